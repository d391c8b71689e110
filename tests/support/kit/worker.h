/**
 * worker: what the stand-in workers share: settings from the variables of a real service, and one article read and written.
 *
 * The stand-ins are what wiremill's workers are measured against: wm-test-standin is wrong on purpose, bench_bare is a bare loop.
 *
 * Threads: one. Ownership: settings borrow the environment; the handles are the program's.
 */
#ifndef WM_TEST_WORKER_H
#define WM_TEST_WORKER_H

#include <jansson.h>

#include "kit.h"

typedef struct {
  const char *brokers, *topic_in, *topic_out, *topic_dlq, *group;
  const char *session_timeout_ms, *transaction_timeout_ms;
  long commit_messages, commit_ms;
  rd_kafka_t *consumer, *producer;
} kit_worker_t;

/** Reads WM_KAFKA_BOOTSTRAP_SERVERS, WM_TOPIC_IN, WM_GROUP and so on. False if one is missing or wrong. */
bool kit_worker_settings(kit_worker_t *w);
/** Parses the article with jansson and produces it, dumped again, with its key, headers and timestamp; what does not parse goes to the
 * dead-letter topic. Waits while the queue is full. librdkafka's error otherwise. */
rd_kafka_resp_err_t kit_worker_forward(kit_worker_t *w, const rd_kafka_message_t *m);

#endif
