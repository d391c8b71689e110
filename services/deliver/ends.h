/**
 * ends: where the partitions of the topic that is read end, asked for every other second by a thread of its own, so that the lag of a
 * target is known while it fetches nothing.
 *
 * Threads: one thread asks; wm_ends_lag() and wm_ends_up() may be called from any. Ownership: settings are borrowed.
 */
#ifndef WM_DELIVER_ENDS_H
#define WM_DELIVER_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"
#include "common/error.h"

typedef struct wm_ends wm_ends_t;

/** WM_ERR_CONFIG, WM_ERR_NOMEM, WM_ERR_INTERNAL. */
wm_err_t wm_ends_start(const char *bootstrap_servers, const wm_config_t *config, const char *topic, wm_ends_t **out,
                       wm_error_t *err);
/** Waits for the thread, at most some seconds. NULL allowed. */
void wm_ends_stop(wm_ends_t *e);
/** Records between `position` (-1: the beginning) and the end of the partition; 0 where the end is not known yet. */
int64_t wm_ends_lag(const wm_ends_t *e, int32_t partition, int64_t position);
/** A broker answered the last time. */
bool wm_ends_up(const wm_ends_t *e);

#endif
