/**
 * kafka: librdkafka configured the way wiremill needs it.
 *
 * Threads: functions have no state; handles follow librdkafka's rules. Ownership: said at each function.
 */
#ifndef WM_KAFKA_H
#define WM_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "common/config.h"

typedef enum { WM_KAFKA_CONSUMER, WM_KAFKA_PRODUCER, WM_KAFKA_ADMIN } wm_kafka_role_t;

/**
 * A new librdkafka configuration for `role` with bootstrap servers, log and error callbacks into common/log, and the passed-through
 * properties of `config` (may be NULL) that this role knows; those that wiremill itself sets (enable.auto.commit, isolation.level,
 * transactional.id, ...) are refused with the reason. The caller owns it until a handle takes it. NULL with WM_ERR_CONFIG or WM_ERR_NOMEM.
 */
rd_kafka_conf_t *wm_kafka_conf(wm_kafka_role_t role, const char *bootstrap_servers, const wm_config_t *config,
                               wm_error_t *err);
/** Sets one property. WM_ERR_CONFIG with librdkafka's text. */
wm_err_t wm_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, wm_error_t *err);
/** "range,roundrobin" (eager) for a librdkafka below 2.10, else "cooperative-sticky"; asked at run time. */
const char *wm_kafka_assignor(void);
/** The first broker that answers, and that each of `topics` exists. WM_ERR_KAFKA naming broker or topic and the remedy. */
wm_err_t wm_kafka_check(const char *bootstrap_servers, const wm_config_t *config, const char *const *topics, size_t n,
                        int timeout_ms, wm_error_t *err);

#endif
