#include "countries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/live.h"
#include "resolver.h"

#define MODEL_FILE "countries.wmm"
#define PATH_MAX_BYTES 4097

typedef struct {
  wm_gazetteer_t *gazetteer;
  wm_live_t *policy;                /* the wm_policy_t in use */
  char policy_path[PATH_MAX_BYTES]; /* empty: only the built-in rules */
  char model_path[PATH_MAX_BYTES];
} shared_t;

typedef struct {
  const shared_t *shared;
  wm_resolver_t *resolver;
  int slot; /* of the policy in use */
} worker_t;

static const wm_config_option_t k_options[] = {
    {.key = "model",
     .group = "Model",
     .type = WM_CONFIG_PATH,
     .placeholder = "FILE",
     .help = "the gazetteer; without it " MODEL_FILE " is looked for beside the programs and in the source tree"},
    {.key = "policy",
     .group = "Model",
     .type = WM_CONFIG_PATH,
     .placeholder = "FILE",
     .help =
         "rules NAME = CODE for disputed, dissolved and other places, a line each; they go before the built-in ones"},
};

static void close_shared(void *shared) {
  shared_t *s = shared;
  if (!s) return;
  wm_live_destroy(s->policy);
  wm_gazetteer_close(s->gazetteer);
  free(s);
}

/* The newsroom's rules before the built-in ones. */
static wm_err_t read_policy(const shared_t *s, wm_policy_t **out, wm_error_t *err) {
  wm_str_t text = wm_gazetteer_policy(s->gazetteer);
  wm_policy_t *p = wm_policy_new();
  wm_err_t rc = p ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (rc == WM_OK && s->policy_path[0]) rc = wm_policy_add_file(p, s->gazetteer, s->policy_path, err);
  if (rc == WM_OK) rc = wm_policy_add(p, s->gazetteer, s->model_path, text.s, text.len, err);
  if (rc != WM_OK) {
    wm_policy_destroy(p);
    p = NULL;
  }
  *out = p;
  return rc;
}

static void destroy_policy(void *policy) {
  wm_policy_destroy(policy);
}

static wm_err_t open_policy(shared_t *s, wm_error_t *err) {
  wm_policy_t *first = NULL;
  wm_err_t rc = read_policy(s, &first, err);
  if (rc != WM_OK) return rc;
  s->policy = wm_live_new(first, destroy_policy);
  if (s->policy) return WM_OK;
  wm_policy_destroy(first);
  return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static wm_err_t open_shared(const wm_config_t *config, void **shared, wm_error_t *err) {
  const char *model = wm_config_string(config, "model"), *policy = wm_config_string(config, "policy");
  *shared = NULL;
  shared_t *s = calloc(1, sizeof *s);
  if (!s) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = WM_OK;
  snprintf(s->policy_path, sizeof s->policy_path, "%s", policy ? policy : "");
  if (model && *model) snprintf(s->model_path, sizeof s->model_path, "%s", model);
  else rc = wm_model_find(MODEL_FILE, s->model_path, sizeof s->model_path, err);
  if (rc == WM_OK) rc = wm_gazetteer_open(s->model_path, &s->gazetteer, err);
  if (rc == WM_OK) rc = wm_resolver_check(s->gazetteer, err);
  if (rc == WM_OK) rc = open_policy(s, err);
  if (rc != WM_OK) {
    close_shared(s);
    return rc;
  }
  *shared = s;
  return WM_OK;
}

/* Reads the policy again; a faulty file changes nothing. */
static wm_err_t reload(void *shared, wm_error_t *err) {
  shared_t *s = shared;
  wm_policy_t *fresh = NULL;
  wm_err_t rc = read_policy(s, &fresh, err);
  if (rc == WM_OK) wm_live_replace(s->policy, fresh);
  return rc;
}

static void close_worker(void *worker) {
  worker_t *w = worker;
  if (!w) return;
  wm_resolver_destroy(w->resolver);
  if (w->slot >= 0) wm_live_leave(w->shared->policy, w->slot);
  free(w);
}

static wm_err_t open_worker(const void *shared, void **worker, wm_error_t *err) {
  const shared_t *s = shared;
  *worker = NULL;
  worker_t *w = calloc(1, sizeof *w);
  if (!w) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  w->shared = s;
  w->slot = wm_live_join(s->policy);
  w->resolver = wm_resolver_new(s->gazetteer);
  if (w->resolver && w->slot >= 0) {
    *worker = w;
    return WM_OK;
  }
  bool full = w->slot < 0;
  close_worker(w);
  if (full) return wm_error_set(err, WM_ERR_INTERNAL, "more than %d workers in one process", WM_LIVE_SLOTS);
  return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static wm_err_t enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  worker_t *w = worker;
  wm_err_t rc = wm_resolver_run(w->resolver, wm_live_enter(w->shared->policy, w->slot), article, err);
  wm_live_exit(w->shared->policy, w->slot);
  return rc;
}

static wm_model_info_t model_info(const void *shared) {
  const wm_model_t *m = wm_gazetteer_model(((const shared_t *)shared)->gazetteer);
  return (wm_model_info_t){wm_model_name(m), wm_model_sha256(m)};
}

const wm_service_t wm_countries_service = {
    .name = "countries",
    .version = WM_VERSION,
    .summary = "Adds the countries that an article involves, and the country of each place in it.",
    .topic_in = "articles.entities",
    .topic_out = "articles.countries",
    .http_listen = "127.0.0.1:9102",
    .options = k_options,
    .n_options = sizeof k_options / sizeof *k_options,
    .open = open_shared,
    .close = close_shared,
    .worker_open = open_worker,
    .worker_close = close_worker,
    .enrich = enrich,
    .model_info = model_info,
    .reload = reload,
};
