/**
 * outlet: articles and state into Kafka, in transactions. What is sent between begin and commit is seen whole or not at all.
 *
 * Errors: class retriable means that the transaction is gone (aborted, or its producer was replaced) and the same articles may be sent anew
 * in a new one; class fatal that it makes no sense to go on. While brokers are away, commit waits and tries again until `stopping` says true.
 *
 * Threads: one. Ownership: settings and index are borrowed; what is sent is copied.
 */
#ifndef WM_INGEST_OUTLET_H
#define WM_INGEST_OUTLET_H

#include <librdkafka/rdkafka.h>

#include "services/ingest/meter.h"
#include "services/ingest/raw.h"
#include "services/ingest/settings.h"

typedef struct wm_outlet wm_outlet_t;

typedef struct {
  const wm_ingest_settings_t *set;
  const char *role;       /* part of the transactional.id: "feeds", "files" */
  wm_duplicates_t *index; /* NULL: duplicates are not marked */
  const wm_meter_t *meter;
  bool (*stopping)(void *context);
  void *context;
} wm_outlet_options_t;

/** A new outlet; nothing is asked of a broker yet. NULL when out of memory. `options` is copied. */
wm_outlet_t *wm_outlet_new(const wm_outlet_options_t *options);
void wm_outlet_destroy(wm_outlet_t *o);
/** Makes the producer known to the brokers, which ends a transaction that a killed process of the same name left open. Errors as wm_outlet_begin(). */
wm_err_t wm_outlet_connect(wm_outlet_t *o, wm_error_t *err);
/** Begins a transaction, connecting first where that is needed. WM_ERR_KAFKA, WM_ERR_CONFIG; WM_ERR_TIMEOUT (retriable) at a stop. */
wm_err_t wm_outlet_begin(wm_outlet_t *o, wm_error_t *err);
/** Reads, marks and sends one article; its uri (borrowed until the next call) comes back in `*uri`. Errors of wm_raw_read() (poison: the
 * transaction goes on), WM_ERR_KAFKA. `partitions` of the state topic, 0: signatures are not kept. */
wm_err_t wm_outlet_article(wm_outlet_t *o, const char *json, size_t len, int partitions, const char **uri,
                           wm_error_t *err);
/** Sends a record without a value: the article was withdrawn. WM_ERR_KAFKA. */
wm_err_t wm_outlet_withdraw(wm_outlet_t *o, const char *uri, wm_error_t *err);
/** Sends a record of the state. WM_ERR_KAFKA. */
wm_err_t wm_outlet_state(wm_outlet_t *o, int partition, const char *key, const char *value, size_t len,
                         wm_error_t *err);
/**
 * Commits. With `consumer`: only if it is still a member of the generation of its group in which `offsets` were read, so that one who has
 * lost its partitions without noticing changes nothing. WM_ERR_KAFKA, WM_ERR_TIMEOUT (retriable) at a stop.
 */
wm_err_t wm_outlet_commit(wm_outlet_t *o, rd_kafka_t *consumer, const rd_kafka_topic_partition_list_t *offsets,
                          wm_error_t *err);
/** Gives up what was sent since begin. Does nothing outside of a transaction. */
void wm_outlet_abort(wm_outlet_t *o);

#endif
