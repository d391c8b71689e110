/**
 * dead_letter: the headers of a record in the dead-letter topic (design section 4).
 *
 * Value: the original bytes. Key, timestamp and headers: the original ones, with wm-service, wm-version, wm-error (stable word of
 * wm_err_word()), wm-reason (text, at most 400 bytes), wm-topic, wm-partition, wm-offset, wm-time (RFC 3339) set (replaced where an
 * earlier dead letter left them). Where the dead-letter topic cannot take the original bytes, the value is empty (not null) and
 * wm-truncated says how many bytes it had; the record itself is still at wm-topic, wm-partition, wm-offset.
 *
 * Threads: no state.
 */
#ifndef WM_DEAD_LETTER_H
#define WM_DEAD_LETTER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "common/error.h"

#define WM_DEAD_LETTER_REASON_MAX 400 /* bytes of wm-reason */

typedef struct {
  bool truncated; /* the value is left out: wm-truncated is added */
  bool bare;      /* the original headers are left out as well */
} wm_dead_letter_form_t;

/** New headers for a dead letter of `message`: the caller owns them. `form` may be NULL. NULL when out of memory. */
rd_kafka_headers_t *wm_dead_letter_headers(const rd_kafka_message_t *message, const char *service, const char *version,
                                           const wm_error_t *why, const wm_dead_letter_form_t *form);
/** The headers that a dead letter had before it was one, for a replay: new, the caller owns them. NULL when out of memory. */
rd_kafka_headers_t *wm_dead_letter_original_headers(const rd_kafka_message_t *message);

#endif
