#include "services/deliver/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/kafka.h"
#include "common/log.h"
#include "services/deliver/publish.h"

#define LABELS_MAX 160

typedef struct {
  wm_stage_t *stage;   /* of a target kafka */
  wm_runner_t *runner; /* of any other */
  char labels[LABELS_MAX];
} part_t;

struct wm_deliver {
  const wm_deliver_settings_t *set;
  const wm_targets_t *targets;
  wm_ends_t *ends;
  part_t *parts;
  size_t n;
  _Atomic bool stop;
  bool joined;
};

/* ---- settings ---- */

static const char *const k_shared[] = {"kafka.bootstrap.servers",
                                       "instance",
                                       "transaction.timeout.ms",
                                       "topic.in",
                                       "commit.messages",
                                       "commit.ms",
                                       "max.article.bytes",
                                       "stop.ms",
                                       "http.listen",
                                       "log.level"};
static const wm_config_option_t k_own[] = {
    {.key = "targets",
     .group = "Targets",
     .type = WM_CONFIG_PATH,
     .min = 1,
     .max = 4096,
     .flags = WM_CONFIG_REQUIRED,
     .placeholder = "FILE",
     .help = "File with the targets (JSON); services/deliver/README.md lists what it may hold"},
    {.key = "group",
     .group = "Targets",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 180,
     .def = "wiremill-deliver",
     .placeholder = "GROUP",
     .help = "Consumer groups are named so, with a dash and the target's name behind it, where the targets file names "
             "no other"},
};

const wm_config_option_t *wm_deliver_options(size_t *n) {
  enum { SHARED = sizeof k_shared / sizeof k_shared[0], OWN = sizeof k_own / sizeof k_own[0] };
  static wm_config_option_t all[SHARED + OWN]; /* filled by the one thread that starts */
  size_t of_stage;
  const wm_config_option_t *rows = wm_stage_options(&of_stage);
  *n = 0;
  for (size_t i = 0; i < OWN; i++) all[(*n)++] = k_own[i];
  for (size_t k = 0; k < of_stage; k++)
    for (size_t i = 0; i < SHARED; i++)
      if (strcmp(rows[k].key, k_shared[i]) == 0) all[(*n)++] = rows[k];
  return all;
}

void wm_deliver_settings(const wm_config_t *config, wm_deliver_settings_t *out) {
  *out = (wm_deliver_settings_t){
      .bootstrap_servers = wm_config_string(config, "kafka.bootstrap.servers"),
      .topic_in = wm_config_string(config, "topic.in"),
      .instance = wm_config_string(config, "instance"),
      .config = config,
      .commit_ms = (int)wm_config_int(config, "commit.ms"),
      .stop_ms = (int)wm_config_int(config, "stop.ms"),
      .limits = {.bytes_max = (size_t)wm_config_int(config, "max.article.bytes")},
  };
}

wm_err_t wm_deliver_check(const wm_deliver_settings_t *settings, const wm_targets_t *targets, int timeout_ms,
                          wm_error_t *err) {
  const char **topics = calloc(1 + 2 * targets->n, sizeof *topics);
  size_t n = 0;
  if (!topics) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  topics[n++] = settings->topic_in;
  for (size_t i = 0; i < targets->n; i++) {
    if (targets->items[i].topic) topics[n++] = targets->items[i].topic;
    topics[n++] = targets->items[i].dead_letters;
  }
  wm_err_t rc = wm_kafka_check(settings->bootstrap_servers, settings->config, topics, n, timeout_ms, err);
  free(topics);
  return rc;
}

/* ---- start ---- */

static wm_err_t start_part(wm_deliver_t *d, size_t i, wm_error_t *err) {
  const wm_target_t *t = &d->targets->items[i];
  part_t *part = &d->parts[i];
  wm_metrics_label(part->labels, sizeof part->labels, "target", t->name);
  if (t->type == WM_TARGET_KAFKA) {
    wm_stage_settings_t set;
    wm_publish_settings(d->set, t, part->labels, &set);
    return wm_stage_start(&set, &part->stage, err);
  }
  part->runner = calloc(1, sizeof *part->runner);
  if (!part->runner) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  *part->runner = (wm_runner_t){.set = d->set, .target = t, .stop = &d->stop};
  part->runner->operations = t->type == WM_TARGET_FILE ? &wm_archive_operations : &wm_sender_operations;
  wm_err_t rc = wm_runner_open(part->runner, err);
  if (rc != WM_OK) return rc;
  int code = pthread_create(&part->runner->thread, NULL, wm_runner_main, part->runner);
  part->runner->started = code == 0;
  return code == 0 ? WM_OK : wm_error_set(err, WM_ERR_INTERNAL, "cannot start a thread: %s", strerror(code));
}

wm_err_t wm_deliver_start(wm_deliver_settings_t *settings, const wm_targets_t *targets, wm_deliver_t **out,
                          wm_error_t *err) {
  wm_deliver_t *d = calloc(1, sizeof *d);
  *out = NULL;
  if (!d) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  d->set = settings;
  d->targets = targets;
  d->parts = calloc(targets->n, sizeof *d->parts);
  wm_err_t rc = d->parts ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (rc == WM_OK) rc = wm_ends_start(settings->bootstrap_servers, settings->config, settings->topic_in, &d->ends, err);
  settings->ends = d->ends;
  for (; rc == WM_OK && d->n < targets->n; d->n++) {
    rc = start_part(d, d->n, err);
    if (rc == WM_OK)
      wm_log_info("target started", WM_LOG_STR("target", targets->items[d->n].name),
                  WM_LOG_STR("type", wm_target_type_word(targets->items[d->n].type)),
                  WM_LOG_STR("group", targets->items[d->n].group),
                  WM_LOG_STR("dead_letters", targets->items[d->n].dead_letters));
  }
  if (rc == WM_OK) *out = d;
  else wm_deliver_destroy(d);
  return rc;
}

/* ---- state ---- */

void wm_deliver_stop(wm_deliver_t *d) {
  atomic_store(&d->stop, true);
  for (size_t i = 0; i < d->n; i++)
    if (d->parts[i].stage) wm_stage_stop(d->parts[i].stage);
}

bool wm_deliver_stopping(const wm_deliver_t *d) {
  return atomic_load(&d->stop);
}

static bool part_runs(const part_t *part) {
  if (part->stage) return wm_stage_running(part->stage);
  return part->runner && part->runner->started && !atomic_load(&part->runner->ended);
}

bool wm_deliver_running(wm_deliver_t *d) {
  size_t running = 0;
  for (size_t i = 0; i < d->n; i++) running += part_runs(&d->parts[i]) ? 1 : 0;
  if (running < d->n && !wm_deliver_stopping(d)) wm_deliver_stop(d);
  return running > 0;
}

bool wm_deliver_ready(const wm_deliver_t *d, char *why, size_t cap) {
  if (wm_deliver_stopping(d)) {
    snprintf(why, cap, "stopping");
    return false;
  }
  if (!wm_ends_up(d->ends)) {
    snprintf(why, cap, "no broker answers at %s", d->set->bootstrap_servers);
    return false;
  }
  for (size_t i = 0; i < d->n; i++) {
    const part_t *part = &d->parts[i];
    const char *name = d->targets->items[i].name;
    if (part->stage) {
      char text[160];
      if (wm_stage_ready(part->stage, text, sizeof text)) continue;
      snprintf(why, cap, "target %s: %s", name, text);
      return false;
    }
    if (atomic_load(&part->runner->in_loop) && atomic_load(&part->runner->settled)) continue;
    snprintf(why, cap, "target %s has no partitions yet", name);
    return false;
  }
  return true;
}

/* ---- the end ---- */

wm_err_t wm_deliver_join(wm_deliver_t *d, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  d->joined = true;
  for (size_t i = 0; i < d->n; i++) {
    part_t *part = &d->parts[i];
    wm_error_t own = WM_ERROR_INIT;
    if (part->stage) wm_stage_join(part->stage, &own);
    if (part->runner && part->runner->started) {
      pthread_join(part->runner->thread, NULL);
      part->runner->started = false;
      own = part->runner->error;
    }
    if (own.code != WM_OK && rc == WM_OK) rc = wm_error_set_class(err, own.code, own.cls, "%s", own.text);
  }
  return rc;
}

void wm_deliver_destroy(wm_deliver_t *d) {
  if (!d) return;
  if (d->parts) {
    /* The part that failed to start is the one behind the last. */
    size_t n = d->n < d->targets->n ? d->n + 1 : d->n;
    wm_deliver_stop(d);
    if (!d->joined) wm_deliver_join(d, NULL);
    for (size_t i = 0; i < n; i++) {
      wm_stage_destroy(d->parts[i].stage);
      if (d->parts[i].runner) wm_runner_close(d->parts[i].runner);
      free(d->parts[i].runner);
    }
  }
  wm_ends_stop(d->ends);
  free(d->parts);
  free(d);
}
