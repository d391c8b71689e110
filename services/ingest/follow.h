/**
 * follow: fills the index of duplicates from the state topic, its own signatures and those of other processes, and keeps it filled.
 *
 * A thread reads all partitions from their beginning, read_committed. While the broker or the topic is away it waits and tries again.
 *
 * Threads: all functions from any. Ownership: settings and index are borrowed until wm_follow_stop().
 */
#ifndef WM_INGEST_FOLLOW_H
#define WM_INGEST_FOLLOW_H

#include "services/ingest/duplicates.h"
#include "services/ingest/settings.h"

typedef struct wm_follow wm_follow_t;

/** Starts the thread. WM_ERR_CONFIG, WM_ERR_NOMEM, WM_ERR_INTERNAL. */
wm_err_t wm_follow_start(const wm_ingest_settings_t *set, wm_duplicates_t *index, wm_follow_t **out, wm_error_t *err);
void wm_follow_stop(wm_follow_t *f);
/** True once everything that was there at the start has been read; else says why not. */
bool wm_follow_ready(const wm_follow_t *f, char *why, size_t cap);
/** Partitions of the state topic; 0 as long as they are not known. NULL allowed. */
int wm_follow_partitions(const wm_follow_t *f);

#endif
