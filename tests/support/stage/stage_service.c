#include "tests/support/stage/stage_service.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

#define GROWTH (2u << 20)

static _Atomic long calls;

long stage_test_calls(void) {
  return atomic_load(&calls);
}

static bool says(const wm_article_t *article, const char *word) {
  wm_str_t headline = wm_article_text(article, WM_FIELD_HEADLINE);
  return headline.len == strlen(word) && memcmp(headline.s, word, headline.len) == 0;
}

static wm_err_t grow(wm_article_t *article, wm_error_t *err) {
  char *text = malloc(GROWTH);
  if (!text) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  unsigned state = 1; /* nothing that compression makes small */
  for (size_t i = 0; i < GROWTH; i++) {
    state = state * 1103515245u + 12345u;
    text[i] = (char)('a' + (state >> 16) % 26);
  }
  json_t *value = json_stringn(text, GROWTH);
  free(text);
  return wm_article_set(article, "test_growth", value, err);
}

static wm_err_t enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  (void)worker;
  atomic_fetch_add(&calls, 1);
  if (says(article, "refuse")) return wm_error_set(err, WM_ERR_ENRICHER, "the headline says so");
  if (says(article, "break")) return wm_error_set(err, WM_ERR_INTERNAL, "the headline says so");
  if (says(article, "slow")) nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
  if (says(article, "snore")) nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
  if (says(article, "hang")) {
    wm_log_info("hanging");
    nanosleep(&(struct timespec){.tv_sec = 600}, NULL);
  }
  if (says(article, "grow")) {
    wm_err_t rc = grow(article, err);
    if (rc != WM_OK) return rc;
  }
  return wm_article_set(article, "test", json_pack("{s:s}", "seen", "yes"), err);
}

static wm_err_t pass(void *worker, wm_article_t *article, wm_error_t *err) {
  (void)worker;
  (void)article;
  (void)err;
  return WM_OK;
}

const wm_service_t stage_test_service = {
    .name = "test",
    .version = "1.2.3",
    .summary = "Adds a member for tests.",
    .topic_in = "articles.raw",
    .topic_out = "articles.test",
    .http_listen = "127.0.0.1:0",
    .enrich = enrich,
};

const wm_service_t stage_passthrough_service = {
    .name = "passthrough",
    .version = "1.0.0",
    .summary = "Reads each article and writes it again: what the worker loop itself costs.",
    .topic_in = "articles.raw",
    .topic_out = "articles.passthrough",
    .http_listen = "127.0.0.1:0",
    .enrich = pass,
};
