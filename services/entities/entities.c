#include "services/entities/entities.h"

#include <stdlib.h>
#include <string.h>

#include "common/language.h"
#include "common/live.h"
#include "services/entities/newsroom.h"
#include "services/entities/publish.h"
#include "services/entities/recase.h"

#define VERSION WM_VERSION
#define PATH_MAX_BYTES 4096

typedef struct {
  wm_model_t *model;
  wm_tagger_t tagger;
  wm_knowledge_t knowledge;
  char *newsroom_path; /* NULL: no list */
  wm_live_t *newsroom; /* the wm_newsroom_t in use */
} shared_t;

typedef struct {
  const shared_t *shared;
  int slot; /* of the list in use */
  wm_language_t *language;
  wm_tagger_scratch_t *scratch;
  wm_tokens_t tokens[WM_FIELD_COUNT];
  wm_buffer_t capitals[WM_FIELD_COUNT]; /* texts without capitals, in capitals */
  wm_document_t document;
} worker_t;

static const wm_config_option_t options[] = {
    {.key = "model",
     .group = "Entities",
     .type = WM_CONFIG_PATH,
     .placeholder = "FILE",
     .help = "model file; without it entities.wmm is looked for in WM_MODEL_DIR, the source tree and the share folder"},
    {.key = "simd",
     .group = "Entities",
     .type = WM_CONFIG_CHOICE,
     .choices = "auto|avx512vnni|avx2|plain",
     .def = "auto",
     .placeholder = "PATH",
     .help = "instructions that the network is computed with; all give the same result, auto takes the fastest"},
    {.key = "gazetteer",
     .group = "Entities",
     .type = WM_CONFIG_PATH,
     .placeholder = "FILE",
     .help =
         "your own list of names, a line each with tabs between: NAME, TYPE, ID, COUNTRY, ALIASES; it goes before what "
         "the model finds, and is read again on SIGHUP (services/entities/README.md)"},
};

static void entities_close(void *shared) {
  shared_t *s = shared;
  if (!s) return;
  wm_live_destroy(s->newsroom);
  free(s->newsroom_path);
  wm_tagger_close(&s->tagger);
  wm_model_close(s->model);
  free(s);
}

static void destroy_newsroom(void *list) {
  wm_newsroom_destroy(list);
}

/** Reads the newsroom's list, if there is one. */
static wm_err_t open_newsroom(shared_t *s, const char *path, wm_error_t *err) {
  wm_newsroom_t *list = NULL;
  if (path && *path) {
    s->newsroom_path = strdup(path);
    if (!s->newsroom_path) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    wm_err_t rc = wm_newsroom_open(path, &list, err);
    if (rc) return rc;
  }
  s->newsroom = wm_live_new(list, destroy_newsroom);
  if (s->newsroom) return WM_OK;
  wm_newsroom_destroy(list);
  return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

/** Reads the list again; a faulty file changes nothing. */
static wm_err_t entities_reload(void *shared, wm_error_t *err) {
  shared_t *s = shared;
  wm_newsroom_t *list = NULL;
  if (!s->newsroom_path) return WM_OK;
  wm_err_t rc = wm_newsroom_open(s->newsroom_path, &list, err);
  if (!rc) wm_live_replace(s->newsroom, list);
  return rc;
}

static wm_err_t entities_open(const wm_config_t *config, void **shared, wm_error_t *err) {
  char found[PATH_MAX_BYTES];
  const char *path = wm_config_string(config, "model");
  const char *simd = wm_config_string(config, "simd");
  wm_err_t rc = WM_OK;
  shared_t *s = calloc(1, sizeof *s);
  if (!s) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (!path) {
    rc = wm_model_find("entities.wmm", found, sizeof found, err);
    path = found;
  }
  if (!rc) rc = wm_model_open(path, "entities", &s->model, err);
  if (!rc) rc = wm_tagger_open(s->model, strcmp(simd, "auto") ? simd : NULL, &s->tagger, err);
  if (!rc) rc = wm_knowledge_open(s->model, &s->knowledge, err);
  if (!rc) rc = open_newsroom(s, wm_config_string(config, "gazetteer"), err);
  if (rc) entities_close(s);
  else *shared = s;
  return rc;
}

static void entities_worker_close(void *worker) {
  worker_t *w = worker;
  if (!w) return;
  if (w->slot >= 0) wm_live_leave(w->shared->newsroom, w->slot);
  wm_language_destroy(w->language);
  wm_tagger_scratch_destroy(w->scratch);
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_tokens_clear(&w->tokens[f]);
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_buffer_clear(&w->capitals[f]);
  wm_document_clear(&w->document);
  free(w);
}

static wm_err_t entities_worker_open(const void *shared, void **worker, wm_error_t *err) {
  worker_t *w = calloc(1, sizeof *w);
  if (!w) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  w->shared = shared;
  w->slot = wm_live_join(w->shared->newsroom);
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_tokens_init(&w->tokens[f], WM_TOKENS_MAX);
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_buffer_init(&w->capitals[f], UINT32_MAX);
  wm_document_init(&w->document, &w->shared->knowledge);
  w->scratch = wm_tagger_scratch_new();
  w->language = wm_language_new(err);
  if (w->scratch && w->language && w->slot >= 0) {
    *worker = w;
    return WM_OK;
  }
  bool full = w->slot < 0;
  entities_worker_close(w);
  if (full) return wm_error_set(err, WM_ERR_INTERNAL, "more than %d workers in one process", WM_LIVE_SLOTS);
  return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

/** The language that the article declares, else what its text looks like. */
static wm_language_guess_t language_of(worker_t *w, const wm_article_t *article) {
  wm_language_guess_t guess = {.confidence = 100};
  const char *declared = json_string_value(json_object_get(wm_article_json(article), "language"));
  if (declared && wm_language_normalize(declared, guess.code)) return guess;
  wm_str_t text = wm_article_text(article, WM_FIELD_BODY);
  if (!wm_text_visible(text.s, text.len)) text = wm_article_text(article, WM_FIELD_HEADLINE);
  return wm_language_detect(w->language, text.s, text.len);
}

/** True if the model is made for texts of this language. */
static bool understood(const worker_t *w, const char *code) {
  const char *own = wm_model_language(w->shared->model);
  return !strcmp(own, "mul") || !strcmp(code, "und") || !strcmp(code, own);
}

/** The text of a field as it is read: in capitals where it has none. A short headline without capitals is judged by its body. */
static wm_err_t text_of(worker_t *w, const wm_article_t *article, wm_field_t field, wm_str_t *text, wm_error_t *err) {
  *text = wm_article_text(article, field);
  bool bare = wm_recase_needed(*text, WM_RECASE_LETTERS);
  if (!bare && field == WM_FIELD_HEADLINE)
    bare = wm_recase_needed(*text, 1) && wm_recase_needed(wm_article_text(article, WM_FIELD_BODY), WM_RECASE_LETTERS);
  if (!bare) return WM_OK;
  wm_err_t rc = wm_recase_upper(*text, &w->capitals[field], err);
  if (!rc) *text = (wm_str_t){w->capitals[field].data, w->capitals[field].len};
  return rc;
}

/** Finds the names in both fields: those of the newsroom's list in any language, others where the model is made for the text. */
static wm_err_t read_article(worker_t *w, const wm_article_t *article, bool tag, wm_error_t *err) {
  for (wm_field_t f = 0; f < WM_FIELD_COUNT; f++) {
    wm_str_t written = wm_article_text(article, f), text = written;
    const wm_span_t *spans = NULL;
    size_t count = 0;
    wm_err_t rc = tag ? text_of(w, article, f, &text, err) : WM_OK;
    if (!rc) rc = wm_text_tokenize(text.s, text.len, &w->tokens[f], err);
    if (!rc && tag) rc = wm_tagger_run(&w->shared->tagger, w->scratch, text.s, &w->tokens[f], &spans, &count, err);
    if (rc) return rc;
    wm_document_field(&w->document, f, written, text, &w->tokens[f]);
    rc = wm_document_add(&w->document, f, spans, count, err);
    if (!rc) rc = wm_document_list(&w->document, f, err);
    if (rc) return rc;
  }
  return wm_document_resolve(&w->document, err);
}

static wm_err_t entities_enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  worker_t *w = worker;
  wm_language_guess_t language = language_of(w, article);
  wm_err_t rc = wm_article_set(article, "language",
                               json_pack("{s:s, s:i}", "code", language.code, "confidence", language.confidence), err);
  if (rc) return rc;
  const wm_newsroom_t *list = wm_live_enter(w->shared->newsroom, w->slot);
  bool tag = understood(w, language.code);
  wm_document_reset(&w->document, list);
  if (tag || list) rc = read_article(w, article, tag, err);
  if (!rc) rc = wm_article_set(article, "entities", wm_document_publish(&w->document), err);
  wm_live_exit(w->shared->newsroom, w->slot);
  return rc;
}

static wm_model_info_t entities_model_info(const void *shared) {
  const shared_t *s = shared;
  return (wm_model_info_t){wm_model_name(s->model), wm_model_sha256(s->model)};
}

const wm_service_t wm_entities_service = {
    .name = "entities",
    .version = VERSION,
    .summary =
        "Finds people, organisations, places, groups, events and works in articles and joins the ways in which each is "
        "named.",
    .topic_in = "articles.raw",
    .topic_out = "articles.entities",
    .http_listen = "127.0.0.1:9101",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .open = entities_open,
    .close = entities_close,
    .worker_open = entities_worker_open,
    .worker_close = entities_worker_close,
    .enrich = entities_enrich,
    .model_info = entities_model_info,
    .reload = entities_reload,
};
