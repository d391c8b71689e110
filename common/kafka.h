/**
 * kafka: librdkafka configured the way wiremill needs it.
 *
 * Three layers, later ones win: wiremill's defaults (linger, compression, session time, queue sizes), what the user passes through
 * (WM_KAFKA_X_Y, --kafka x.y=value), and what the exactly-once loop stands on (enable.auto.commit, isolation.level,
 * transactional.id, ...): passing one of those through is refused with the reason and the right setting.
 *
 * Threads: functions have no state; handles follow librdkafka's rules. The log and error callbacks write to common/log, which
 * any thread may call. Ownership: said at each function.
 */
#ifndef WM_KAFKA_H
#define WM_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "common/config.h"

/** Bytes of the largest record that wiremill produces, key and headers included; a larger one is refused before it is sent. */
#define WM_KAFKA_RECORD_BYTES_MAX (72u << 20)

/** ADMIN is a consumer handle without a group: it asks for metadata and never creates a topic by asking. */
typedef enum { WM_KAFKA_CONSUMER, WM_KAFKA_PRODUCER, WM_KAFKA_ADMIN } wm_kafka_role_t;

/**
 * A new librdkafka configuration for `role` with bootstrap servers, log and error callbacks into common/log, and the passed-through
 * properties of `config` (may be NULL). Topic-level properties are set on the default topic configuration. The caller owns
 * it until rd_kafka_new() takes it. NULL with WM_ERR_CONFIG (a property that is unknown, out of range, or wiremill's own) or WM_ERR_NOMEM.
 */
rd_kafka_conf_t *wm_kafka_conf(wm_kafka_role_t role, const char *bootstrap_servers, const wm_config_t *config,
                               wm_error_t *err);
/** Sets one property, whatever its layer. WM_ERR_CONFIG with librdkafka's text. */
wm_err_t wm_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, wm_error_t *err);
/** As wm_kafka_set() with a number. */
wm_err_t wm_kafka_set_int(rd_kafka_conf_t *conf, const char *name, long long value, wm_error_t *err);
/** A new handle out of `conf`, which is taken over (freed on error). NULL with WM_ERR_CONFIG and librdkafka's text. */
rd_kafka_t *wm_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, wm_error_t *err);
/** "range,roundrobin" (eager) for a librdkafka below 2.10, else "cooperative-sticky"; asked at run time. */
const char *wm_kafka_assignor(void);
/**
 * Waits up to `timeout_ms` for the first broker that answers and looks whether each of `topics` is there. WM_ERR_KAFKA of class retriable
 * (exit 75) where no broker answers; WM_ERR_CONFIG for a topic that does not exist or may not be seen; each names the thing and the remedy.
 */
wm_err_t wm_kafka_check(const char *bootstrap_servers, const wm_config_t *config, const char *const *topics, size_t n,
                        int timeout_ms, wm_error_t *err);

/** The last header `name` of a message as a string that lives as long as the message (librdkafka keeps a NUL behind each value); NULL if absent. */
const char *wm_kafka_header(const rd_kafka_message_t *message, const char *name);

#endif
