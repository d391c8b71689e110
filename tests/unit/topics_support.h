/* For the tests of the topics enricher: the service with a worker, and its model opened beside it. */
#ifndef WM_TESTS_TOPICS_SUPPORT_H
#define WM_TESTS_TOPICS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdlib.h>

#include "services/topics/topics.h"
#include "services/topics/topics_internal.h"

typedef struct {
  wm_config_t *config;
  void *shared, *worker;
  wm_article_t *article;
  wm_topics_model_t model;
  wm_topics_scratch_t scratch;
} fixture_t;

/* `flag`: an option of the service, NULL for none. */
static inline int fixture_open(void **state, const char *flag) {
  static const wm_config_program_t program = {.program = "unit_topics", .version = WM_VERSION};
  fixture_t *f = calloc(1, sizeof *f);
  char path[4096], *argv[] = {(char *)"unit_topics", (char *)flag, NULL};
  wm_error_t err = WM_ERROR_INIT;
  assert_non_null(f);
  f->config = wm_config_new(&program);
  assert_int_equal(wm_config_add(f->config, wm_topics_service.options, wm_topics_service.n_options, &err), WM_OK);
  assert_int_equal(wm_config_load(f->config, flag ? 2 : 1, argv, NULL, &err), WM_OK);
  if (wm_topics_service.open(f->config, &f->shared, &err)) fail_msg("%s", err.text);
  assert_int_equal(wm_topics_service.worker_open(f->shared, &f->worker, &err), WM_OK);
  f->article = wm_article_new(NULL);
  assert_int_equal(wm_model_find("topics.wmm", path, sizeof path, &err), WM_OK);
  assert_int_equal(wm_topics_model_open(path, &f->model, &err), WM_OK);
  wm_topics_scratch_init(&f->scratch);
  *state = f;
  return 0;
}

static inline int tear_down(void **state) {
  fixture_t *f = *state;
  wm_topics_scratch_clear(&f->scratch);
  wm_topics_model_clear(&f->model);
  wm_article_destroy(f->article);
  wm_topics_service.worker_close(f->worker);
  wm_topics_service.close(f->shared);
  wm_config_destroy(f->config);
  free(f);
  return 0;
}

#endif
