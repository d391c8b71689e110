/* The topics service: descriptor, model, and writing what was decided into the article. */
#include "services/topics/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/language.h"
#include "common/live.h"
#include "services/topics/write.h"

typedef struct {
  wm_topics_model_t model;
  char name[128]; /* model and release of the vocabulary, for `processing` */
  size_t max;
  bool subjects;
  char *vocabulary_path; /* NULL: IPTC's vocabulary alone */
  wm_live_t *vocabulary; /* the wm_topics_vocabulary_t in use */
} shared_t;

typedef struct {
  const shared_t *shared;
  int slot; /* of the vocabulary in use */
  wm_topics_scratch_t scratch;
} worker_t;

static const wm_config_option_t options[] = {
    {.key = "model",
     .group = "Model",
     .type = WM_CONFIG_PATH,
     .placeholder = "FILE",
     .help =
         "Model file; without it topics.wmm is looked for in WM_MODEL_DIR, the source tree and the installed files"},
    {.key = "max.topics",
     .group = "Topics of an article",
     .type = WM_CONFIG_INT,
     .min = 1,
     .max = WM_TOPICS_GIVEN_MAX,
     .def = "5",
     .placeholder = "N",
     .help = "Most topics that one article is given"},
    {.key = "vocabulary",
     .group = "Topics of an article",
     .type = WM_CONFIG_PATH,
     .placeholder = "FILE",
     .help = "Your own vocabulary: house codes for IPTC's concepts, concepts switched off, topics by keywords "
             "(services/topics/README.md)"},
    {.key = "subject.codes",
     .group = "Topics of an article",
     .type = WM_CONFIG_BOOL,
     .def = "false",
     .help = "Give each topic its IPTC Subject Code too, as `subject`, for systems that still speak them"},
};

static void close_shared(void *shared) {
  shared_t *s = shared;
  if (!s) return;
  wm_live_destroy(s->vocabulary);
  free(s->vocabulary_path);
  wm_topics_model_clear(&s->model);
  free(s);
}

static void destroy_vocabulary(void *vocabulary) {
  wm_topics_vocabulary_destroy(vocabulary);
}

static wm_err_t open_vocabulary(shared_t *s, const char *path, wm_error_t *err) {
  wm_topics_vocabulary_t *first = NULL;
  wm_err_t e = WM_OK;
  if (path && *path) {
    if (!(s->vocabulary_path = strdup(path))) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a vocabulary");
    if ((e = wm_topics_vocabulary_open(path, &s->model, &first, err))) return e;
  }
  if ((s->vocabulary = wm_live_new(first, destroy_vocabulary))) return WM_OK;
  wm_topics_vocabulary_destroy(first);
  return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a vocabulary");
}

/* Reads the vocabulary again; a faulty file changes nothing. */
static wm_err_t reload(void *shared, wm_error_t *err) {
  shared_t *s = shared;
  wm_topics_vocabulary_t *next = NULL;
  if (!s->vocabulary_path) return WM_OK;
  wm_err_t e = wm_topics_vocabulary_open(s->vocabulary_path, &s->model, &next, err);
  if (!e) wm_live_replace(s->vocabulary, next);
  return e;
}

static wm_err_t open_shared(const wm_config_t *config, void **out, wm_error_t *err) {
  char found[4096];
  const char *path = wm_config_string(config, "model");
  wm_err_t e = WM_OK;
  shared_t *s = calloc(1, sizeof *s);
  if (!s) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for the topics model");
  s->max = (size_t)wm_config_int(config, "max.topics");
  s->subjects = wm_config_bool(config, "subject.codes");
  if (!path || !*path) {
    if ((e = wm_model_find("topics.wmm", found, sizeof found, err))) goto out;
    path = found;
  }
  if ((e = wm_topics_model_open(path, &s->model, err))) goto out;
  snprintf(s->name, sizeof s->name, "%s+mediatopic-%s", wm_model_name(s->model.file), s->model.params->release);
  if ((e = open_vocabulary(s, wm_config_string(config, "vocabulary"), err))) goto out;
  *out = s;
  s = NULL;
out:
  close_shared(s);
  return e;
}

static wm_err_t open_worker(const void *shared, void **out, wm_error_t *err) {
  worker_t *w = calloc(1, sizeof *w);
  if (!w) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a topics worker");
  w->shared = shared;
  w->slot = wm_live_join(w->shared->vocabulary);
  if (w->slot < 0) {
    free(w);
    return wm_error_set(err, WM_ERR_INTERNAL, "more than %d topics workers in one process", WM_LIVE_SLOTS);
  }
  wm_topics_scratch_init(&w->scratch);
  *out = w;
  return WM_OK;
}

static void close_worker(void *worker) {
  worker_t *w = worker;
  if (!w) return;
  wm_live_leave(w->shared->vocabulary, w->slot);
  wm_topics_scratch_clear(&w->scratch);
  free(w);
}

/* True unless the article is known to be in another language than the model's. */
static bool own_language(const wm_topics_model_t *m, const wm_article_t *article) {
  const char *language = wm_article_language(article);
  return !*language || strcmp(language, "und") == 0 || strcmp(language, wm_model_language(m->file)) == 0;
}

static wm_err_t enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  worker_t *w = worker;
  const shared_t *shared = w->shared;
  const wm_topics_model_t *m = &shared->model;
  wm_topics_list_t list = {.n_given = 0, .n_house = 0};
  wm_err_t e = wm_topics_features(m, &w->scratch, wm_article_text(article, WM_FIELD_HEADLINE),
                                  wm_article_text(article, WM_FIELD_BODY), err);
  if (e) return e;
  const wm_topics_vocabulary_t *v = wm_live_enter(shared->vocabulary, w->slot);
  if (own_language(m, article) && wm_topics_readable(&w->scratch)) {
    wm_topics_score(m, &w->scratch);
    list.n_given = wm_topics_decide(m, &w->scratch, v ? wm_topics_vocabulary_off(v) : NULL, shared->max, list.given);
  }
  if (v) list.n_house = wm_topics_vocabulary_match(v, &w->scratch, shared->max, list.house);
  e = wm_topics_write(m, v, shared->subjects, &list, shared->max, article, err);
  wm_live_exit(shared->vocabulary, w->slot);
  return e;
}

static wm_model_info_t model_info(const void *shared) {
  const shared_t *s = shared;
  return (wm_model_info_t){s->name, wm_model_sha256(s->model.file)};
}

const wm_service_t wm_topics_service = {
    .name = "topics",
    .version = WM_VERSION,
    .summary = "Adds IPTC Media Topics to articles.",
    .topic_in = "articles.countries",
    .topic_out = "articles.enriched",
    .http_listen = "127.0.0.1:9103",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .open = open_shared,
    .close = close_shared,
    .worker_open = open_worker,
    .worker_close = close_worker,
    .enrich = enrich,
    .model_info = model_info,
    .reload = reload,
};
