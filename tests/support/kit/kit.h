/**
 * kit: what the test tools share: librdkafka handles and generated articles.
 *
 * Not part of wiremill: on purpose it uses nothing of common/kafka or common/stage, so that a fault there cannot hide itself.
 *
 * Threads: functions have no state. Ownership: said at each function.
 */
#ifndef WM_TEST_KIT_H
#define WM_TEST_KIT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"

#define KIT_RECORD_BYTES_MAX (32u << 20) /* what the test broker takes */
#define KIT_ID_HEADER "wm-test-id"       /* names a record, whatever its value holds */
#define KIT_SENT_HEADER "wm-test-sent"   /* microseconds since 1970 at which it was sent */

/** A name and a value, for kit_conf(). */
typedef struct {
  const char *name, *value;
} kit_property_t;

/** A configuration with `brokers` and `n` properties; NULL after a message on stderr. The caller owns it. */
rd_kafka_conf_t *kit_conf(const char *brokers, const kit_property_t *properties, size_t n);
/** A client of `type`; takes `conf` (NULL allowed). NULL after a message on stderr. The caller owns it. */
rd_kafka_t *kit_client(rd_kafka_type_t type, rd_kafka_conf_t *conf);
/** Says what went wrong on stderr, with the program's name before it. Always returns 1. */
int kit_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Microseconds since 1970, and of a clock that only goes forward. */
int64_t kit_now_us(void);
int64_t kit_monotonic_us(void);
/** A whole number within [min, max]; false if `text` is none. */
bool kit_number(const char *text, long min, long max, long *out);
/** A stop flag set by SIGTERM and SIGINT, for the tools that run until told. */
void kit_stop_on_signals(void);
bool kit_stopped(void);

/**
 * Article number `n` of the series `prefix` (uri "prefix:n"), about 2.2 kB of JSON, the same for the same numbers. Replaces what
 * `out` held. Returns WM_OK or the buffer's error.
 */
wm_err_t kit_article(const char *prefix, uint64_t seed, uint64_t n, wm_buffer_t *out);

#endif
