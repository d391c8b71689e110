#include "countries.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver.h"

#define MODEL_FILE "countries.wmm"
#define PATH_MAX_BYTES 4097
#define WORKERS_MAX 256

/*
 * The policy may be read again while workers run. A worker says in its slot which policy it is using; an old one is freed once no slot says
 * so (hazard pointers: Michael, "Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects", 2004).
 */
typedef struct {
  wm_gazetteer_t *gazetteer;
  _Atomic(wm_policy_t *) policy;
  char policy_path[PATH_MAX_BYTES]; /* empty: only the built-in rules */
  char model_path[PATH_MAX_BYTES];
  _Atomic(wm_policy_t *) using[WORKERS_MAX];
  atomic_bool taken[WORKERS_MAX];
  wm_policy_t *retired[WORKERS_MAX + 1]; /* replaced, but perhaps still in use; of the thread that reloads */
  size_t n_retired;
} shared_t;

typedef struct {
  shared_t *shared;
  wm_resolver_t *resolver;
  size_t slot;
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
  for (size_t i = 0; i < s->n_retired; i++) wm_policy_destroy(s->retired[i]);
  wm_policy_destroy(atomic_load(&s->policy));
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

static wm_err_t open_shared(const wm_config_t *config, void **shared, wm_error_t *err) {
  const char *model = wm_config_string(config, "model"), *policy = wm_config_string(config, "policy");
  wm_policy_t *first = NULL;
  *shared = NULL;
  shared_t *s = calloc(1, sizeof *s);
  if (!s) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = WM_OK;
  snprintf(s->policy_path, sizeof s->policy_path, "%s", policy ? policy : "");
  if (model && *model) snprintf(s->model_path, sizeof s->model_path, "%s", model);
  else rc = wm_model_find(MODEL_FILE, s->model_path, sizeof s->model_path, err);
  if (rc == WM_OK) rc = wm_gazetteer_open(s->model_path, &s->gazetteer, err);
  if (rc == WM_OK) rc = wm_resolver_check(s->gazetteer, err);
  if (rc == WM_OK) rc = read_policy(s, &first, err);
  atomic_store(&s->policy, first);
  if (rc != WM_OK) {
    close_shared(s);
    return rc;
  }
  *shared = s;
  return WM_OK;
}

/* Frees what was replaced and no worker uses any more. */
static void free_retired(shared_t *s) {
  size_t kept = 0;
  for (size_t i = 0; i < s->n_retired; i++) {
    bool used = false;
    for (size_t k = 0; k < WORKERS_MAX && !used; k++) used = atomic_load(&s->using[k]) == s->retired[i];
    if (used) s->retired[kept++] = s->retired[i];
    else wm_policy_destroy(s->retired[i]);
  }
  s->n_retired = kept;
}

static wm_err_t reload(void *shared, wm_error_t *err) {
  shared_t *s = shared;
  wm_policy_t *fresh = NULL;
  wm_err_t rc = read_policy(s, &fresh, err);
  if (rc != WM_OK) return rc;
  free_retired(s); /* at most one stays for each worker, so that there is room */
  s->retired[s->n_retired++] = atomic_exchange(&s->policy, fresh);
  free_retired(s);
  return WM_OK;
}

static const wm_policy_t *take_policy(worker_t *w) {
  wm_policy_t *p = atomic_load(&w->shared->policy);
  for (;;) {
    atomic_store(&w->shared->using[w->slot], p);
    wm_policy_t *now = atomic_load(&w->shared->policy);
    if (now == p) return p;
    p = now;
  }
}

static void close_worker(void *worker) {
  worker_t *w = worker;
  if (!w) return;
  wm_resolver_destroy(w->resolver);
  atomic_store(&w->shared->taken[w->slot], false);
  free(w);
}

static wm_err_t open_worker(const void *shared, void **worker, wm_error_t *err) {
  shared_t *s = (shared_t *)(uintptr_t)shared; /* the slots are the workers' part of it */
  size_t slot = 0;
  *worker = NULL;
  while (slot < WORKERS_MAX && atomic_exchange(&s->taken[slot], true)) slot++;
  if (slot == WORKERS_MAX) return wm_error_set(err, WM_ERR_INTERNAL, "more than %d workers", WORKERS_MAX);
  worker_t *w = calloc(1, sizeof *w);
  if (!w) {
    atomic_store(&s->taken[slot], false);
    return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  }
  w->shared = s;
  w->slot = slot;
  w->resolver = wm_resolver_new(s->gazetteer);
  if (!w->resolver) {
    close_worker(w);
    return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  }
  *worker = w;
  return WM_OK;
}

static wm_err_t enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  worker_t *w = worker;
  wm_err_t rc = wm_resolver_run(w->resolver, take_policy(w), article, err);
  atomic_store(&w->shared->using[w->slot], NULL);
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
