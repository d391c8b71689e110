/**
 * mock: a stage on librdkafka's mock cluster, for tests.
 *
 * What the mock cluster does not do, and the tests must not lean on: it keeps no offsets that were sent to a transaction (so a worker that
 * joins anew begins at the start), hides nothing of aborted transactions, and keeps the last 5 MB or so of a partition. So
 * "exactly once" is asserted as: every uri in the output, the committed messages (wm_messages_total) exactly as many as went in,
 * and, where no transaction was aborted, no record twice.
 *
 * Threads: one. Ownership: a fixture owns all that it made.
 */
#ifndef WM_TEST_MOCK_H
#define WM_TEST_MOCK_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/stage.h"

/* Kafka's numbers of the requests that get errors. */
enum {
  MOCK_PRODUCE = 0,
  MOCK_FIND_COORDINATOR = 10,
  MOCK_HEARTBEAT = 12,
  MOCK_INIT_PRODUCER_ID = 22,
  MOCK_ADD_PARTITIONS = 24,
  MOCK_ADD_OFFSETS = 25,
  MOCK_END_TXN = 26,
  MOCK_TXN_OFFSET_COMMIT = 28
};

#define MOCK_WAIT_MS 120000 /* no test waits longer for anything */

typedef struct {
  rd_kafka_t *rk; /* carries the cluster; feeds it */
  rd_kafka_mock_cluster_t *cluster;
  const char *bootstrap;
  int brokers;
  wm_metrics_t *metrics;
  wm_stage_t *stage;
  wm_stage_settings_t set; /* for mock_start(); a test may change it */
} mock_t;

/** What is in a topic now. */
typedef struct {
  rd_kafka_t *consumer;
  rd_kafka_message_t **message;
  size_t n, capacity;
} mock_records_t;

/** A cluster of `brokers` with articles.raw (`partitions`; on the first broker), articles.test and articles.dlq (4 each; on the last). */
void mock_open(mock_t *m, int brokers, int partitions);
void mock_close(mock_t *m);
/** Starts the stage; mock_stop() stops, joins and returns its result. */
void mock_start(mock_t *m);
wm_err_t mock_stop(mock_t *m, wm_error_t *err);
/** Waits for the stage to end by itself and returns its result. */
wm_err_t mock_join(mock_t *m, wm_error_t *err);
/** Waits until the stage is ready. */
void mock_wait_ready(mock_t *m);

/** Produces one record and waits for it. `headers` may be NULL (else taken); `timestamp` 0 is now; partition -1 any. */
void mock_feed(mock_t *m, int partition, const char *key, const void *value, size_t len, rd_kafka_headers_t *headers,
               int64_t timestamp);
/** Articles "urn:a:FROM" up to "urn:a:(FROM+N-1)", spread over the partitions. */
void mock_feed_articles(mock_t *m, int from, int n);
/** Number of committed messages of `result` ("enriched", "dead", "withdrawn"); of transactions. */
long mock_messages(mock_t *m, const char *result);
long mock_transactions(mock_t *m, const char *result);
/** Waits until enriched + dead + withdrawn is at least `n`; fails the test if the stage ends before. */
void mock_wait_messages(mock_t *m, long n);

/** Reads the whole topic. mock_records_clear() frees. */
void mock_read(mock_t *m, const char *topic, mock_records_t *out);
void mock_records_clear(mock_records_t *r);
/** The header `name` of a record as a string, NULL if absent; borrowed from the record. */
const char *mock_header(const rd_kafka_message_t *record, const char *name);
/** Fails the test unless each of urn:a:FROM ... is in the topic (by key), and, if `once`, exactly once and nothing else. */
void mock_expect_articles(mock_t *m, const char *topic, int from, int n, bool once);

/** Injects `n` errors into the next requests of kind `api`, at whatever broker. */
void mock_push(mock_t *m, int api, size_t n, const rd_kafka_resp_err_t *errors);
void mock_push_one(mock_t *m, int api, rd_kafka_resp_err_t error);

/** The same for Produce requests to articles.test and articles.dlq only: with two brokers or more, which mock_open() gives them. */
void mock_push_out(mock_t *m, size_t n, rd_kafka_resp_err_t error);

#endif
