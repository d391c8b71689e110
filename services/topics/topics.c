/* The topics service: descriptor, model, and writing what was decided into the article. */
#include "services/topics/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/language.h"
#include "services/topics/topics_internal.h"

typedef struct {
  wm_topics_model_t model;
  char name[128]; /* model and release of the vocabulary, for `processing` */
  size_t max;
} shared_t;

typedef struct {
  const shared_t *shared;
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
};

static void close_shared(void *shared) {
  shared_t *s = shared;
  if (!s) return;
  wm_topics_model_clear(&s->model);
  free(s);
}

static wm_err_t open_shared(const wm_config_t *config, void **out, wm_error_t *err) {
  char found[4096];
  const char *path = wm_config_string(config, "model");
  wm_err_t e = WM_OK;
  shared_t *s = calloc(1, sizeof *s);
  if (!s) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for the topics model");
  s->max = (size_t)wm_config_int(config, "max.topics");
  if (!path || !*path) {
    if ((e = wm_model_find("topics.wmm", found, sizeof found, err))) goto out;
    path = found;
  }
  if ((e = wm_topics_model_open(path, &s->model, err))) goto out;
  snprintf(s->name, sizeof s->name, "%s+mediatopic-%s", wm_model_name(s->model.file), s->model.params->release);
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
  wm_topics_scratch_init(&w->scratch);
  *out = w;
  return WM_OK;
}

static void close_worker(void *worker) {
  worker_t *w = worker;
  if (!w) return;
  wm_topics_scratch_clear(&w->scratch);
  free(w);
}

static json_t *qcode_json(uint32_t code) {
  return json_sprintf("medtop:%08u", code);
}

/* Qcodes from level 1 down to the concept itself. */
static json_t *path_json(const wm_topics_model_t *m, uint32_t concept) {
  json_t *path = json_array();
  for (int i = (int)concept; path && i >= 0; i = m->concepts[i].parent) {
    if (json_array_insert_new(path, 0, qcode_json(m->concepts[i].code))) {
      json_decref(path);
      path = NULL;
    }
  }
  return path;
}

static json_t *topic_json(const wm_topics_model_t *m, const wm_topics_given_t *t) {
  const wm_topics_concept_t *c = &m->concepts[t->concept];
  return json_pack("{s:o, s:s, s:i, s:i, s:o}", "qcode", qcode_json(c->code), "name", m->names + c->name, "relevance",
                   t->relevance, "confidence", t->confidence, "path", path_json(m, t->concept));
}

static wm_err_t write_topics(const wm_topics_model_t *m, wm_article_t *article, const wm_topics_given_t *given,
                             size_t n, wm_error_t *err) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < n; i++) {
    if (json_array_append_new(list, topic_json(m, &given[i]))) {
      json_decref(list);
      list = NULL;
    }
  }
  return wm_article_set(article, "topics", list, err);
}

/* True unless the article is known to be in another language than the model's. */
static bool own_language(const wm_topics_model_t *m, const wm_article_t *article) {
  const char *language = wm_article_language(article);
  return !*language || strcmp(language, "und") == 0 || strcmp(language, wm_model_language(m->file)) == 0;
}

static wm_err_t enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  worker_t *w = worker;
  const wm_topics_model_t *m = &w->shared->model;
  wm_topics_given_t given[WM_TOPICS_GIVEN_MAX];
  size_t n = 0;
  if (own_language(m, article)) {
    wm_err_t e = wm_topics_features(m, &w->scratch, wm_article_text(article, WM_FIELD_HEADLINE),
                                    wm_article_text(article, WM_FIELD_BODY), err);
    if (e) return e;
    if (wm_topics_readable(&w->scratch)) {
      wm_topics_score(m, &w->scratch);
      n = wm_topics_decide(m, &w->scratch, w->shared->max, given);
    }
  }
  return write_topics(m, article, given, n, err);
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
};
