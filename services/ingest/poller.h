/**
 * poller: asks feeds again and again and sends what is new.
 *
 * Who asks which feed. The processes of a group share the partitions of the state topic as consumers do; a feed belongs to the partition
 * that its URL hashes to, and who has the partition asks the feed. New items and the feed's new state go into one transaction, together with
 * an offset of the group: Kafka refuses it if the process is no longer a member of the current generation. Whoever gets a partition reads it
 * up to the end that it had then, waiting for transactions that are still open, before it asks the first feed. So what one process has
 * sent the next one knows, and what one has not committed the next one sends. The number of partitions must not change afterwards.
 *
 * Threads: a thread of its own; all functions from any. Ownership: settings, index, follower and meter are borrowed until wm_poller_stop().
 */
#ifndef WM_INGEST_POLLER_H
#define WM_INGEST_POLLER_H

#include "services/ingest/follow.h"
#include "services/ingest/meter.h"

typedef struct wm_poller wm_poller_t;

/** Reads the list of feeds and starts the thread. WM_ERR_CONFIG (with the line), WM_ERR_NOMEM, WM_ERR_INTERNAL. `index` and `follow` may be NULL. */
wm_err_t wm_poller_start(const wm_ingest_settings_t *set, wm_duplicates_t *index, const wm_follow_t *follow,
                         const wm_meter_t *meter, wm_poller_t **out, wm_error_t *err);
/** Reads the list of feeds again; on an error the old one stays. WM_ERR_CONFIG, WM_ERR_NOMEM. */
wm_err_t wm_poller_reload(wm_poller_t *p, wm_error_t *err);
/** Reads the list only: how many feeds are in it. WM_ERR_CONFIG, WM_ERR_NOMEM. */
wm_err_t wm_poller_check(const wm_ingest_settings_t *set, size_t *n, wm_error_t *err);
/** True when the group has given this process its partitions and their state is read; NULL is always ready. */
bool wm_poller_ready(const wm_poller_t *p, char *why, size_t cap);
/** False once the thread has ended by itself; wm_poller_result() then says why. */
bool wm_poller_running(const wm_poller_t *p);
wm_err_t wm_poller_result(const wm_poller_t *p, wm_error_t *err);
/** Cancels requests, leaves the group, frees. NULL allowed. */
void wm_poller_stop(wm_poller_t *p);

#endif
