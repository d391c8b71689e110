/* A stage: its settings, its workers' start and end, what they are doing. */
#include "common/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/stage_internal.h"

static wm_err_t nomem(wm_error_t *err) {
  return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static wm_err_t copy_strings(wm_stage_t *s, wm_error_t *err) {
  const char **members[] = {&s->set.bootstrap_servers, &s->set.topic_in, &s->set.topic_out,
                            &s->set.topic_dlq,         &s->set.group,    &s->set.instance};
  _Static_assert(sizeof members / sizeof members[0] == sizeof s->strings / sizeof s->strings[0], "one copy a string");
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    if (!*members[i]) continue;
    s->strings[i] = strdup(*members[i]);
    if (!s->strings[i]) return nomem(err);
    *members[i] = s->strings[i];
  }
  return WM_OK;
}

/* The same after a restart in the same container (same host name, same process id), so that the new process ends at once
 * whatever transaction the old one left open; never the same for two processes that live. */
static void name_instance(wm_stage_t *s) {
  char host[128] = "host";
  if (s->set.instance && s->set.instance[0]) {
    snprintf(s->instance, sizeof s->instance, "%s", s->set.instance);
    return;
  }
  if (gethostname(host, sizeof host) == 0) host[sizeof host - 1] = '\0';
  snprintf(s->instance, sizeof s->instance, "%s-%ld", host, (long)getpid());
}

/* The series `name` with the stage's own labels and `more` (may be NULL). */
static wm_metric_t *series(wm_stage_t *s, wm_metric_type_t type, const char *name, const char *more, const char *help) {
  char labels[512];
  const char *own = s->set.labels ? s->set.labels : "";
  snprintf(labels, sizeof labels, "%s%s%s", own, own[0] && more ? "," : "", more ? more : "");
  return wm_metrics_get(s->set.metrics, type, name, labels, help);
}

static void register_metrics(wm_stage_t *s) {
  if (!s->set.metrics) return;
  const char *messages = "Articles whose transaction was committed, by what became of them";
  const char *transactions = "Kafka transactions by their end";
  const char *letters = "Dead letters by the word in wm-error";
  const char *bytes = "Bytes of values";
  s->metrics = (wm_stage_metrics_t){
      .enriched = series(s, WM_METRIC_COUNTER, "wm_messages_total", "result=\"enriched\"", messages),
      .dead = series(s, WM_METRIC_COUNTER, "wm_messages_total", "result=\"dead\"", messages),
      .withdrawn = series(s, WM_METRIC_COUNTER, "wm_messages_total", "result=\"withdrawn\"", messages),
      .committed = series(s, WM_METRIC_COUNTER, "wm_transactions_total", "result=\"committed\"", transactions),
      .aborted = series(s, WM_METRIC_COUNTER, "wm_transactions_total", "result=\"aborted\"", transactions),
      .bytes_in = series(s, WM_METRIC_COUNTER, "wm_bytes_total", "direction=\"in\"", bytes),
      .bytes_out = series(s, WM_METRIC_COUNTER, "wm_bytes_total", "direction=\"out\"", bytes),
      .enrich = series(s, WM_METRIC_HISTOGRAM, "wm_enrich_seconds", NULL, "Time to enrich one article"),
      .commit = series(s, WM_METRIC_HISTOGRAM, "wm_commit_seconds", NULL, "Time to commit one transaction"),
      .batch = series(s, WM_METRIC_GAUGE, "wm_batch_messages", NULL, "Articles in the last transaction"),
      .partitions = series(s, WM_METRIC_GAUGE, "wm_partitions_assigned", NULL,
                           "Partitions of the input topic that this process reads"),
  };
  if (s->set.service->render)
    s->metrics.skipped = series(s, WM_METRIC_COUNTER, "wm_messages_total", "result=\"skipped\"", messages);
  for (int code = 0; code < WM_ERR_COUNT_; code++) {
    if (wm_err_class((wm_err_t)code) != WM_CLASS_POISON && code != WM_ERR_KAFKA) continue;
    char labels[64];
    snprintf(labels, sizeof labels, "error=\"%s\"", wm_err_word((wm_err_t)code));
    s->metrics.errors[code] = series(s, WM_METRIC_COUNTER, "wm_dead_letters_total", labels, letters);
  }
  for (int i = 0; i < s->set.workers; i++) {
    char labels[32];
    snprintf(labels, sizeof labels, "worker=\"%d\"", i);
    s->workers[i].lag = series(s, WM_METRIC_GAUGE, "wm_consumer_lag", labels,
                               "Records between this worker's position and the end of its partitions");
  }
}

static wm_err_t start_threads(wm_stage_t *s, wm_error_t *err) {
  atomic_store(&s->alive, s->set.workers);
  for (; s->started < s->set.workers; s->started++) {
    wm_worker_t *w = &s->workers[s->started];
    int rc = pthread_create(&w->thread, NULL, wm_worker_main, w);
    if (rc == 0) continue;
    atomic_fetch_sub(&s->alive, s->set.workers - s->started);
    return wm_error_set(err, WM_ERR_INTERNAL, "cannot start a thread: %s", strerror(rc));
  }
  return WM_OK;
}

wm_err_t wm_stage_start(const wm_stage_settings_t *settings, wm_stage_t **out, wm_error_t *err) {
  *out = NULL;
  wm_stage_t *s = calloc(1, sizeof *s);
  if (!s) return nomem(err);
  pthread_mutex_init(&s->lock, NULL);
  s->set = *settings;
  wm_err_t rc = wm_stage_normalise(&s->set, err);
  if (rc == WM_OK) rc = copy_strings(s, err);
  if (rc == WM_OK) {
    name_instance(s);
    s->workers = calloc((size_t)s->set.workers, sizeof *s->workers);
    if (!s->workers) rc = nomem(err);
  }
  if (rc == WM_OK) register_metrics(s);
  for (int i = 0; rc == WM_OK && i < s->set.workers; i++) {
    s->workers[i].stage = s;
    s->workers[i].index = i;
    rc = wm_worker_open(&s->workers[i], err);
  }
  if (rc == WM_OK) rc = start_threads(s, err);
  if (rc != WM_OK) {
    wm_stage_destroy(s);
    return rc;
  }
  *out = s;
  return WM_OK;
}

void wm_stage_stop(wm_stage_t *s) {
  atomic_store(&s->stop, true);
}

bool wm_stage_stopping(const wm_stage_t *s) {
  return atomic_load(&s->stop);
}

bool wm_stage_running(const wm_stage_t *s) {
  return atomic_load(&s->alive) > 0;
}

void wm_stage_state(const wm_stage_t *s, wm_stage_state_t *out) {
  *out = (wm_stage_state_t){.workers = s->started, .broker_up = 1};
  for (int i = 0; i < s->set.workers; i++) {
    const wm_worker_t *w = &s->workers[i];
    out->running += atomic_load(&w->in_loop) ? 1 : 0;
    out->assigned_workers += atomic_load(&w->settled) ? 1 : 0;
    out->partitions += atomic_load(&w->partitions);
    out->failing += atomic_load(&w->failing) ? 1 : 0;
    if (!atomic_load(&w->consumer_link.up) || !atomic_load(&w->producer_link.up) || atomic_load(&w->stuck))
      out->broker_up = 0;
  }
}

bool wm_stage_ready(const wm_stage_t *s, char *why, size_t cap) {
  wm_stage_state_t state;
  wm_stage_state(s, &state);
  if (wm_stage_stopping(s)) snprintf(why, cap, "stopping");
  else if (!state.broker_up) snprintf(why, cap, "no broker answers at %s", s->set.bootstrap_servers);
  else if (state.running < s->set.workers)
    snprintf(why, cap, "%d of %d workers are in their loop", state.running, s->set.workers);
  else if (state.assigned_workers < s->set.workers)
    snprintf(why, cap, "%d of %d workers have their partitions", state.assigned_workers, s->set.workers);
  else if (state.failing > 0)
    snprintf(why, cap, "%d of %d workers have had three transactions or more aborted in a row", state.failing,
             s->set.workers);
  else return true;
  return false;
}

wm_err_t wm_stage_join(wm_stage_t *s, wm_error_t *err) {
  for (int i = 0; !s->joined && i < s->started; i++) pthread_join(s->workers[i].thread, NULL);
  s->joined = true;
  if (s->error.code == WM_OK) return WM_OK;
  return wm_error_set_class(err, s->error.code, s->error.cls, "%s", s->error.text);
}

void wm_stage_destroy(wm_stage_t *s) {
  if (!s) return;
  wm_stage_stop(s);
  wm_stage_join(s, NULL);
  for (int i = 0; s->workers && i < s->set.workers; i++)
    if (s->workers[i].stage) wm_worker_free(&s->workers[i]); /* those whose thread never ran */
  for (size_t i = 0; i < sizeof s->strings / sizeof s->strings[0]; i++) free(s->strings[i]);
  free(s->workers);
  pthread_mutex_destroy(&s->lock);
  free(s);
}
