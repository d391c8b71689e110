/**
 * embedded: librdkafka's mock cluster in this process, with the topics of the flow and a stage for each enricher.
 *
 * The mock keeps some 5 MB a partition, so whoever feeds it bounds what is in flight.
 *
 * Threads: the stages have their own; the functions here are for one thread. Ownership: the caller clears.
 */
#ifndef WM_EMBEDDED_H
#define WM_EMBEDDED_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "cli/chain.h"
#include "common/stage.h"

#define WM_EMBEDDED_SEQ "wm-pipeline-seq" /* header that numbers the articles fed */

typedef struct {
  rd_kafka_t *producer, *consumer;
  rd_kafka_mock_cluster_t *cluster;
  wm_config_t *config; /* the stages' own table, with its defaults */
  wm_metrics_t *metrics;
  int partitions;
  wm_stage_t *stages[WM_CHAIN_MAX];
  size_t stage_count;
  char topics[WM_CHAIN_MAX + 1][64]; /* in, between, out */
} wm_embedded_t;

typedef struct {
  int workers, partitions, commit_ms;
  wm_article_limits_t limits;
} wm_embedded_settings_t;

/** Starts cluster, topics, stages, and a reader of what comes out and of dead letters; returns when every worker has its partitions.
 * WM_ERR_KAFKA, WM_ERR_NOMEM, WM_ERR_TIMEOUT, errors of wm_stage_start(). */
wm_err_t wm_embedded_start(wm_embedded_t *e, const wm_chain_t *chain, const wm_embedded_settings_t *settings,
                           wm_error_t *err);
/** How many transactions were aborted so far. The mock cluster shows their records all the same, so they come out twice. */
int64_t wm_embedded_aborted(wm_embedded_t *e);
/** Puts one article into the first topic, numbered `seq`, with its uri as key (may be NULL). WM_ERR_KAFKA. */
wm_err_t wm_embedded_feed(wm_embedded_t *e, const char *json, size_t len, uint64_t seq, wm_error_t *err);
/** The next record that came out, within `timeout_ms`; NULL if none. The caller destroys it. `*dead` tells a dead letter. */
rd_kafka_message_t *wm_embedded_next(wm_embedded_t *e, int timeout_ms, uint64_t *seq, bool *dead);
/** WM_OK while every stage runs; else the error of the one that stopped. */
wm_err_t wm_embedded_check(wm_embedded_t *e, wm_error_t *err);
/** Stops the stages in order and frees. WM_OK if all stopped in order. */
wm_err_t wm_embedded_stop(wm_embedded_t *e, wm_error_t *err);

#endif
