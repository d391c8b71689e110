/**
 * runner: what every target but kafka shares: a thread with a consumer of its own group, the track of what is done, commits, dead
 * letters. What is done with a record is the business of the target's operations (sender.c, archive.c).
 *
 *   turn: take records while there is room -> let the operations work -> commit what is done without a gap
 *
 * Without room nothing is polled; after a second without room the partitions are paused and polling goes on, so that the group keeps
 * this member however long its target is away. Offsets are committed only up to the first record that is not done.
 *
 * Threads: all of a runner belongs to its thread but the atomics. librdkafka calls back from that thread only.
 */
#ifndef WM_DELIVER_RUNNER_H
#define WM_DELIVER_RUNNER_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "common/metrics.h"
#include "services/deliver/ends.h"
#include "services/deliver/item.h"
#include "services/deliver/target.h"
#include "services/deliver/track.h"

#define WM_RUNNER_LETTERS_MAX 1000u /* dead letters that are not acknowledged yet */

typedef struct {
  const char *bootstrap_servers, *topic_in, *instance;
  const wm_config_t *config;
  int commit_ms, stop_ms;
  wm_article_limits_t limits;
  wm_metrics_t *metrics;
  const wm_ends_t *ends;
} wm_deliver_settings_t;

typedef struct {
  wm_metric_t *delivered, *filtered, *dead, *withdrawn;    /* wm_deliver_records_total */
  wm_metric_t *done, *retried, *refused;                   /* wm_deliver_attempts_total */
  wm_metric_t *lag, *in_flight, *paused, *up, *partitions; /* gauges */
  wm_metric_t *seconds;                                    /* histogram */
} wm_runner_metrics_t;

struct wm_runner;

/** A record that was taken. */
typedef struct {
  rd_kafka_message_t *message; /* owned by whoever has the record */
  uint32_t epoch;
  int64_t version;
} wm_record_t;

/** What a kind of target does. All but take may be NULL. */
typedef struct {
  wm_err_t (*open)(struct wm_runner *r, wm_error_t *err);
  void (*close)(struct wm_runner *r);
  /** True if a record more can be taken. */
  bool (*room)(const struct wm_runner *r);
  /** Takes the record over. `item` is NULL for an article that was withdrawn (its key is the uri), and borrowed for the call. */
  wm_err_t (*take)(struct wm_runner *r, const wm_record_t *record, const wm_item_t *item, wm_error_t *err);
  /** Moves on; waits for work or for the consumer's event at most `timeout_ms`. `idle`: there was nothing more to take. */
  wm_err_t (*work)(struct wm_runner *r, bool idle, int timeout_ms, wm_error_t *err);
  /** Ends what is under way, within `ms`. */
  void (*drain)(struct wm_runner *r, int ms);
  /** Partitions were taken away: forgets records whose epoch is over. */
  void (*forget)(struct wm_runner *r);
  /** Partitions came; `committed` has their offsets and metadata. */
  wm_err_t (*assigned)(struct wm_runner *r, const rd_kafka_topic_partition_list_t *committed, wm_error_t *err);
  /** Before a commit: makes durable what is done. False: not now. */
  bool (*flush)(struct wm_runner *r);
  /** Writes what is committed beside the offsets into `out`. */
  void (*metadata)(const struct wm_runner *r, char *out, size_t cap);
  /** A dead letter of `job` was acknowledged. */
  void (*letter_done)(struct wm_runner *r, void *job);
} wm_operations_t;

typedef struct wm_letter wm_letter_t;

typedef struct wm_runner {
  const wm_deliver_settings_t *set;
  const wm_target_t *target;
  const wm_operations_t *operations;
  void *state; /* of the operations */
  _Atomic bool *stop;
  pthread_t thread;
  bool started;

  rd_kafka_t *consumer;
  rd_kafka_queue_t *queue; /* the consumer's, for its event */
  int event;               /* eventfd: readable when the consumer has something */
  rd_kafka_t *letters;     /* producer of dead letters */
  rd_kafka_topic_t *letters_topic;
  wm_letter_t *letters_again; /* to be sent again */
  size_t letters_open;
  int64_t letters_at; /* ms: when to send them again */
  wm_track_t track;
  wm_article_t *article;
  wm_runner_metrics_t metrics;
  bool verbatim; /* the target takes every article as it is: nothing but the uri has to be read */
  bool paused;
  int64_t full_since, commit_at, lag_at; /* ms; 0: not */
  wm_error_t error;

  _Atomic bool settled, in_loop, ended;
} wm_runner_t;

/** Makes the consumer, the producer of dead letters and what the operations need. WM_ERR_CONFIG, WM_ERR_NOMEM and those of open. */
wm_err_t wm_runner_open(wm_runner_t *r, wm_error_t *err);
void *wm_runner_main(void *runner);
/** Frees what open made. */
void wm_runner_close(wm_runner_t *r);

/* For the operations. */
int64_t wm_runner_now(void); /* ms, monotonic */
bool wm_runner_stopping(const wm_runner_t *r);
/** The record is done: counts it in `metric` (may be NULL), notes its offset and destroys the message. */
void wm_runner_done(wm_runner_t *r, const wm_record_t *record, wm_metric_t *metric);
/** True if its partition is still ours since the record was taken. */
bool wm_runner_current(const wm_runner_t *r, const wm_record_t *record);
/** Waits for the consumer's event, at most `timeout_ms`. */
void wm_runner_wait(const wm_runner_t *r, int timeout_ms);
/** Commits what is done now; `wait`: for the broker's answer. False if it was refused or had to be put off. */
bool wm_runner_commit(wm_runner_t *r, bool wait);

/* letters.c */
wm_err_t wm_letters_open(wm_runner_t *r, wm_error_t *err);
void wm_letters_close(wm_runner_t *r);
/** Takes the record over and sends it to the target's dead letters; then letter_done(job), or nothing where `job` is NULL. */
wm_err_t wm_letters_send(wm_runner_t *r, const wm_record_t *record, const wm_error_t *why, void *job, wm_error_t *err);
/** Serves delivery reports; sends again what failed. */
void wm_letters_serve(wm_runner_t *r);
/** Waits until all are acknowledged, at most `ms`. */
void wm_letters_flush(wm_runner_t *r, int ms);

/* sender.c, archive.c */
extern const wm_operations_t wm_sender_operations;
extern const wm_operations_t wm_archive_operations;

#endif
