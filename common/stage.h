/**
 * stage: the worker loop (design section 4): consume, enrich, produce, commit, in Kafka transactions.
 *
 * docs/internals/stage.md has the state machine and what happens at each point of failure.
 *
 * Threads: wm_stage_start() makes N threads; each owns one consumer, one transactional producer, one article and one enricher
 * worker; they share the service's read-only model, the metrics (atomics) and the stop flag. All other functions may be
 * called from any thread. Ownership: the settings are copied (strings included); service, shared model, metrics and config are
 * borrowed until wm_stage_destroy().
 */
#ifndef WM_STAGE_H
#define WM_STAGE_H

#include "common/metrics.h"
#include "common/service.h"

#define WM_STAGE_WORKERS_MAX 64
#define WM_STAGE_COMMIT_MESSAGES 500 /* defaults; docs/performance.md has the table they were chosen from */
#define WM_STAGE_COMMIT_MS 50
#define WM_STAGE_TRANSACTION_TIMEOUT_MS 30000
#define WM_STAGE_STOP_MS 10000

/** 0 or NULL stands for the default in every member that has one. */
typedef struct {
  const wm_service_t *service;
  const void *shared;        /* what service->open gave */
  const wm_config_t *config; /* for librdkafka's passed-through properties; may be NULL */
  const char *bootstrap_servers;
  const char *topic_in, *topic_out, *topic_dlq, *group;
  const char *instance;       /* part of transactional.id and client.id; NULL: host name and process id */
  int workers;                /* 1 to 64; default 1 */
  int commit_messages;        /* commit after so many messages ... */
  int commit_ms;              /* ... or so many milliseconds after the first of the batch */
  int transaction_timeout_ms; /* the broker aborts a transaction that is open longer */
  int stop_ms;                /* a stop takes no longer: two thirds for the last commit, the rest to close */
  wm_article_limits_t limits;
  wm_metrics_t *metrics; /* may be NULL */
  const char *labels;    /* labels of every series of this stage (`target="x"`), borrowed while it starts; NULL: none */
} wm_stage_settings_t;

typedef struct wm_stage wm_stage_t;

/** What a worker, or all of them, are doing: for readiness and tests. */
typedef struct {
  int workers, running; /* threads started, threads in the loop */
  int assigned_workers; /* workers with a settled assignment (which may be empty when there are more workers than partitions) */
  int partitions; /* partitions assigned to this process */
  int broker_up;  /* a broker answered lately, for every worker */
  int failing;    /* workers whose last three transactions or more were aborted */
} wm_stage_state_t;

/** The rows of the table that every stage has (kafka, topics, workers, commit, limits, http, log), and how many. */
const wm_config_option_t *wm_stage_options(size_t *n);
/** Fills settings from a loaded config that has wm_stage_options(). Strings belong to the config. */
void wm_stage_settings(const wm_config_t *config, const wm_service_t *service, wm_stage_settings_t *out);

/**
 * Checks the settings, then that broker and topics are there, within `timeout_ms`: for --check-config. WM_ERR_CONFIG (settings that
 * contradict each other, a property that librdkafka refuses, a topic that does not exist), WM_ERR_KAFKA of class retriable (no broker answers);
 * the text names the thing and the remedy.
 */
wm_err_t wm_stage_check(const wm_stage_settings_t *settings, int timeout_ms, wm_error_t *err);
/** Starts the workers. WM_ERR_CONFIG (settings that contradict each other, librdkafka refused a property), WM_ERR_NOMEM, WM_ERR_INTERNAL. */
wm_err_t wm_stage_start(const wm_stage_settings_t *settings, wm_stage_t **out, wm_error_t *err);
/** Asks the workers to finish their batch, commit and close. Returns at once; async-signal-safe. */
void wm_stage_stop(wm_stage_t *s);
/** True once a stop was asked for, by wm_stage_stop() or by a worker's fatal error. */
bool wm_stage_stopping(const wm_stage_t *s);
/** True while a worker runs. False after a stop, or when one met a fatal error and all were stopped for it. */
bool wm_stage_running(const wm_stage_t *s);
void wm_stage_state(const wm_stage_t *s, wm_stage_state_t *out);
/** True when every worker runs, has a settled assignment and a broker; else writes why not into `why` (at most `cap` bytes). */
bool wm_stage_ready(const wm_stage_t *s, char *why, size_t cap);
/** Waits for the workers, once. WM_OK after an orderly stop, else the first fatal error. */
wm_err_t wm_stage_join(wm_stage_t *s, wm_error_t *err);
/** Stops and joins what still runs, frees. NULL allowed. */
void wm_stage_destroy(wm_stage_t *s);

#endif
