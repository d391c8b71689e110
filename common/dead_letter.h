/**
 * dead_letter: the headers of a record in the dead-letter topic (design section 4).
 *
 * Value: the original bytes. Key and headers: the original ones, with wm-service, wm-version, wm-error (stable word of
 * wm_err_word()), wm-reason (text, at most 400 bytes), wm-topic, wm-partition, wm-offset, wm-time (RFC 3339) set (replaced where an
 * earlier dead letter left them).
 *
 * Threads: no state.
 */
#ifndef WM_DEAD_LETTER_H
#define WM_DEAD_LETTER_H

#include <librdkafka/rdkafka.h>

#include "common/error.h"

/** New headers for a dead letter of `message`: the caller owns them. NULL when out of memory. */
rd_kafka_headers_t *wm_dead_letter_headers(const rd_kafka_message_t *message, const char *service, const char *version,
                                           const wm_error_t *why);

#endif
