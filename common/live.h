/**
 * live: one thing that many workers read and one thread replaces while they do (SIGHUP).
 *
 * Threads: each worker has a slot, and says in it what it is reading (a hazard pointer: Michael, "Hazard Pointers: Safe Memory Reclamation
 * for Lock-Free Objects", 2004); whoever replaces waits until no slot has the old one. Workers never wait.
 * Ownership: the live thing is owned and given to `destroy` at its end; what enter() gives is good until exit().
 */
#ifndef WM_LIVE_H
#define WM_LIVE_H

#define WM_LIVE_SLOTS 256 /* workers of one process at most */

typedef struct wm_live wm_live_t;

/** Takes `first` (may be NULL), unless it returns NULL: out of memory. `destroy` is never called with NULL. */
wm_live_t *wm_live_new(void *first, void (*destroy)(void *thing));
/** Frees all; no worker may be left. NULL allowed. */
void wm_live_destroy(wm_live_t *l);
/** A slot for one worker; -1 if all are taken. */
int wm_live_join(wm_live_t *l);
void wm_live_leave(wm_live_t *l, int slot);
/** What is in use now (may be NULL), good until wm_live_exit() of the same slot. */
const void *wm_live_enter(wm_live_t *l, int slot);
void wm_live_exit(wm_live_t *l, int slot);
/** Puts `next` (taken, may be NULL) in place and destroys the old one once nobody reads it. One caller at a time. */
void wm_live_replace(wm_live_t *l, void *next);

#endif
