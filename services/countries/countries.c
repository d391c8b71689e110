#include "countries.h"

#include <stdlib.h>
#include <string.h>

#include "resolver.h"

#define MODEL_FILE "countries.wmm"
#define PATH_MAX_BYTES 4096

typedef struct {
  wm_gazetteer_t *gazetteer;
  wm_policy_t *policy;
} shared_t;

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
  wm_policy_destroy(s->policy);
  wm_gazetteer_close(s->gazetteer);
  free(s);
}

static wm_err_t open_shared(const wm_config_t *config, void **shared, wm_error_t *err) {
  char found[PATH_MAX_BYTES];
  const char *path = wm_config_string(config, "model");
  const char *policy = wm_config_string(config, "policy");
  wm_err_t rc = WM_OK;
  *shared = NULL;
  if (!path || !*path) {
    rc = wm_model_find(MODEL_FILE, found, sizeof found, err);
    if (rc != WM_OK) return rc;
    path = found;
  }
  shared_t *s = calloc(1, sizeof *s);
  if (!s) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  s->policy = wm_policy_new();
  if (!s->policy) rc = wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (rc == WM_OK) rc = wm_gazetteer_open(path, &s->gazetteer, err);
  if (rc == WM_OK) rc = wm_resolver_check(s->gazetteer, err);
  if (rc == WM_OK && policy && *policy) rc = wm_policy_add_file(s->policy, s->gazetteer, policy, err);
  if (rc == WM_OK) {
    wm_str_t text = wm_gazetteer_policy(s->gazetteer);
    rc = wm_policy_add(s->policy, s->gazetteer, path, text.s, text.len, err);
  }
  if (rc != WM_OK) {
    close_shared(s);
    return rc;
  }
  *shared = s;
  return WM_OK;
}

static wm_err_t open_worker(const void *shared, void **worker, wm_error_t *err) {
  const shared_t *s = shared;
  *worker = wm_resolver_new(s->gazetteer, s->policy);
  return *worker ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static void close_worker(void *worker) {
  wm_resolver_destroy(worker);
}

static wm_err_t enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  return wm_resolver_run(worker, article, err);
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
};
