/**
 * dlq: dead letters out of their topic, for `wiremill dlq`.
 *
 * Threads: one at a time. Ownership: a message belongs to the reader during the callback.
 */
#ifndef WM_DLQ_H
#define WM_DLQ_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "common/config.h"

/** What to look for; NULL and 0 mean all. */
typedef struct {
  const char *error, *service;
  const char *const *positions; /* "PARTITION:OFFSET" */
  size_t position_count;
} wm_dlq_filter_t;

/** Called for each dead letter that the filter lets through. Anything but WM_OK ends the reading. */
typedef wm_err_t (*wm_dlq_visit_t)(void *context, const rd_kafka_message_t *message, wm_error_t *err);

/** The header `name` as a string that lives as long as the message; "" if absent. */
const char *wm_dlq_header(const rd_kafka_message_t *message, const char *name);
/** WM_ERR_USAGE if a position is not PARTITION:OFFSET. */
wm_err_t wm_dlq_check_positions(const wm_dlq_filter_t *filter, wm_error_t *err);
/**
 * A consumer that stands at the beginning of every partition of `topic`, or, with `from_committed`, where its group left off.
 * `*partitions` is how many. WM_ERR_KAFKA (class retriable where no broker answers) with the remedy.
 */
wm_err_t wm_dlq_open(const char *servers, const char *topic, const wm_config_t *config, bool from_committed,
                     rd_kafka_t **out, int *partitions, wm_error_t *err);
/** Reads to the end as it is now, or up to `max` matches (0: all). */
wm_err_t wm_dlq_read(rd_kafka_t *consumer, int partitions, const wm_dlq_filter_t *filter, size_t max,
                     wm_dlq_visit_t visit, void *context, wm_error_t *err);

#endif
