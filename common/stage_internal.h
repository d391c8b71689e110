/**
 * stage_internal: what the parts of the worker loop share. Nothing outside common/stage*.c includes it.
 *
 *   stage.c            settings, start, stop, join, state
 *   stage_options.c    the rows of the config table, stage_check
 *   stage_worker.c     the thread: open, loop, close
 *   stage_process.c    one message: article, dead letter, withdrawn; produce
 *   stage_txn.c        begin, commit, abort; a producer's end
 *   stage_rebalance.c  partitions that come and go, rewinding
 *   stage_suspects.c   records that a broker refused
 *   stage_link.c       is a broker there; librdkafka's callbacks
 *
 * Threads: a worker's members belong to its thread, but for those marked atomic, which others read. librdkafka calls the
 * callbacks (rebalance, error, statistics, delivery report) from that same thread, inside poll, flush and close.
 */
#ifndef WM_STAGE_INTERNAL_H
#define WM_STAGE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/dead_letter.h"
#include "common/kafka.h"
#include "common/log.h"
#include "common/stage.h"

#define WM_STAGE_IDLE_MS 250          /* longest wait for a message: how late a stop is seen */
#define WM_STAGE_SLICE_MS 1000        /* longest single call to the broker, after which stop is looked at */
#define WM_STAGE_SUSPECTS_MAX 1024    /* records under suspicion at a time, of one worker */
#define WM_STAGE_PARTITIONS_MAX 65535 /* highest partition number + 1 */
#define WM_STAGE_STATISTICS_MS 2000
#define WM_STAGE_SILENCE_MS \
  7000 /* a broker that said nothing for so long is not there (heartbeats run each half second) */
#define WM_STAGE_STUCK_MS 5000 /* a call to the broker without an answer for so long: not ready */
#define WM_STAGE_FENCES_MAX 5  /* producers in a row that may end by their own transaction's time-out */

/** What became of a step of the loop. */
typedef enum {
  WM_STEP_OK = 0,
  WM_STEP_ABORTED, /* the transaction is gone; `rewind` is set */
  WM_STEP_END      /* the worker ends: `error` is set, or a stop could not wait longer */
} wm_step_t;

/** One partition of the input topic; the index in wm_worker_t.parts is its number. */
typedef struct {
  bool assigned;
  int64_t first;  /* offset of the first message taken since the last commit; -1: none */
  int64_t next;   /* offset to commit: last processed + 1; -1: none */
  int64_t resume; /* after a rewind: the offset that must come next; -1: any */
  int retries;    /* rewinds in a row that did not bring `resume` */
} wm_part_t;

/** A record that a broker refused for good. */
typedef struct {
  int32_t partition;
  int64_t offset;
  int level; /* wm_level_t */
  rd_kafka_resp_err_t why;
} wm_suspect_t;

/** How a message is to be published; each refusal goes one further. */
typedef enum {
  WM_LEVEL_NORMAL = 0,
  WM_LEVEL_ALONE,       /* refused in a batch: again, alone in its transaction, as another record may be the reason */
  WM_LEVEL_DEAD_LETTER, /* refused alone: a dead letter */
  WM_LEVEL_TRUNCATED,   /* the dead letter was refused: without its value */
  WM_LEVEL_BARE,        /* and without key and original headers */
  WM_LEVEL_END          /* nothing is taken: the worker cannot go on */
} wm_level_t;

/** What the open transaction did: goes into the metrics when it is committed. */
typedef struct {
  int messages; /* processed */
  uint64_t enriched, dead, withdrawn, skipped, bytes_in, bytes_out;
  uint32_t errors[WM_ERR_COUNT_]; /* dead letters by code */
} wm_tally_t;

/** Whether a broker is there, as one librdkafka handle sees it. */
typedef struct {
  _Atomic bool up;
} wm_link_t;

typedef struct {
  struct wm_stage *stage;
  int index;
  pthread_t thread;
  rd_kafka_t *consumer, *producer;
  rd_kafka_topic_t *out_topic, *dlq_topic; /* of the producer */
  wm_article_t *article;
  void *enricher;
  wm_buffer_t out;

  wm_part_t *parts;
  int32_t n_parts;
  wm_suspect_t *suspects;
  int n_suspects;

  bool txn_open;
  int64_t txn_began;    /* ms */
  int64_t txn_deadline; /* ms: when to commit */
  wm_tally_t tally;
  bool rewind;       /* the transaction was aborted: rewind before anything is processed */
  int failures;      /* aborts in a row */
  int fences;        /* producers in a row that ended by a time-out of their transaction */
  int64_t stop_seen; /* ms; 0: not yet */
  int64_t lag_at;    /* ms: when the lag was measured last */
  wm_error_t error;  /* why the worker ends */

  /* Read by others. */
  wm_link_t consumer_link, producer_link;
  _Atomic bool settled; /* has an assignment */
  _Atomic int partitions;
  _Atomic bool in_loop;
  _Atomic bool failing;
  _Atomic bool stuck; /* a call of the transaction has had no answer for WM_STAGE_STUCK_MS */
  wm_metric_t *lag;   /* of this worker */
} wm_worker_t;

typedef struct {
  wm_metric_t *enriched, *dead, *withdrawn, *skipped, *committed, *aborted, *bytes_in, *bytes_out, *enrich, *commit,
      *batch, *partitions, *errors[WM_ERR_COUNT_];
} wm_stage_metrics_t;

struct wm_stage {
  wm_stage_settings_t set; /* strings point into `strings` */
  char *strings[6];
  char instance[256];
  _Atomic bool stop;
  _Atomic int alive; /* threads that have not ended */
  bool joined;
  int started;
  pthread_mutex_t lock; /* guards `error` */
  wm_error_t error;     /* the first fatal error of a worker */
  wm_stage_metrics_t metrics;
  wm_worker_t *workers;
};

/* stage_options.c */
/** Fills in defaults. WM_ERR_CONFIG where settings are out of range or contradict each other. */
wm_err_t wm_stage_normalise(wm_stage_settings_t *set, wm_error_t *err);

/* stage_worker.c */
int64_t wm_stage_now(void); /* ms, monotonic */
void wm_stage_pause(int ms);
/** Makes consumer, enricher and buffers; called by wm_stage_start() so that bad properties are told at once. */
wm_err_t wm_worker_open(wm_worker_t *w, wm_error_t *err);
/** Frees what open made. */
void wm_worker_free(wm_worker_t *w);
void *wm_worker_main(void *worker);
/** Remembers why the worker ends (first wins) and stops the others. Returns WM_STEP_END. */
wm_step_t wm_worker_fail(wm_worker_t *w, const wm_error_t *why);
/** True once a stop was asked for. */
bool wm_worker_stopping(wm_worker_t *w);
/** True once a stop was asked for and two thirds of stop_ms are over: waiting for a broker ends. */
bool wm_worker_give_up(wm_worker_t *w);

/* stage_process.c */
/** Processes one message into the open transaction (opens it). `level` is how it is published. */
wm_step_t wm_worker_process(wm_worker_t *w, const rd_kafka_message_t *message, wm_level_t level);

/* stage_txn.c */
/** A producer, its topics, transactions initialised: waits for a broker as long as it takes. */
wm_step_t wm_txn_open_producer(wm_worker_t *w);
/** The same, once only and without the broker: for wm_worker_open(). */
wm_err_t wm_txn_new_producer(wm_worker_t *w, wm_error_t *err);
void wm_txn_close_producer(wm_worker_t *w);
wm_step_t wm_txn_begin(wm_worker_t *w);
/** Sends offsets and commits what is processed. Nothing to do is WM_STEP_OK. */
wm_step_t wm_txn_commit(wm_worker_t *w);
/** Aborts what is processed, sets `rewind`: WM_STEP_ABORTED, or WM_STEP_END. `why` is a constant phrase for the log. */
wm_step_t wm_txn_abort(wm_worker_t *w, const char *why);

/* stage_rebalance.c */
void wm_rebalance_callback(rd_kafka_t *consumer, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                           void *worker);
/** Seeks every partition that the aborted transaction took messages of back to the first of them, and backs off. */
wm_step_t wm_rewind(wm_worker_t *w);
/** Notes that `message` was taken from the consumer. False if its partition is not ours (then it is to be dropped). */
bool wm_take(wm_worker_t *w, const rd_kafka_message_t *message);
/** False if a rewind did not bring the message that must come next; then `rewind` is set and the message is to be dropped. */
bool wm_in_order(wm_worker_t *w, const rd_kafka_message_t *message);

/* stage_suspects.c */
wm_level_t wm_suspect_level(const wm_worker_t *w, int32_t partition, int64_t offset, rd_kafka_resp_err_t *why);
/** Notes a refusal of the record made from that message. */
void wm_suspect_refused(wm_worker_t *w, int32_t partition, int64_t offset, rd_kafka_resp_err_t why);
/** Forgets those that are committed, and those of partitions that are gone. */
void wm_suspect_sweep(wm_worker_t *w);
/** True if a broker's `code` for one record will be the same each time. */
bool wm_suspect_code(rd_kafka_resp_err_t code);
/** The place of a message as one pointer, for delivery reports; NULL where it does not fit. */
void *wm_suspect_pack(int32_t partition, int64_t offset);
bool wm_suspect_unpack(const void *packed, int32_t *partition, int64_t *offset);

/* stage_link.c */
/** Sets error, statistics and (producer) delivery callbacks. */
void wm_link_configure(rd_kafka_conf_t *conf, wm_kafka_role_t role);
/** Something came back from a broker just now. */
void wm_link_alive(wm_link_t *link);

#endif
