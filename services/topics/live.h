/**
 * live: the vocabulary in use, which can be replaced while workers read it.
 *
 * Threads: each worker has a slot, and says in it what it is reading (a hazard pointer: Michael, "Hazard Pointers: Safe Memory Reclamation
 * for Lock-Free Objects", 2004); the one that replaces waits until no slot has the old one. Workers never wait.
 * Ownership: the live vocabulary is owned; what enter() gives is good until exit().
 */
#ifndef WM_TOPICS_LIVE_H
#define WM_TOPICS_LIVE_H

#include "services/topics/vocabulary.h"

#define WM_TOPICS_LIVE_SLOTS 128 /* workers of one process at most */

typedef struct wm_topics_live wm_topics_live_t;

/** Takes `first` (may be NULL), unless it returns NULL: out of memory. */
wm_topics_live_t *wm_topics_live_new(wm_topics_vocabulary_t *first);
/** Frees all; no worker may be left. NULL allowed. */
void wm_topics_live_destroy(wm_topics_live_t *l);
/** A slot for one worker; -1 if all are taken. */
int wm_topics_live_join(wm_topics_live_t *l);
void wm_topics_live_leave(wm_topics_live_t *l, int slot);
/** What is in use now (may be NULL), good until wm_topics_live_exit() of the same slot. */
const wm_topics_vocabulary_t *wm_topics_live_enter(wm_topics_live_t *l, int slot);
void wm_topics_live_exit(wm_topics_live_t *l, int slot);
/** Puts `next` (taken, may be NULL) in place and frees the old one once nobody reads it. One caller at a time. */
void wm_topics_live_replace(wm_topics_live_t *l, wm_topics_vocabulary_t *next);

#endif
