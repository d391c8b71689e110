#include "services/topics/live.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct wm_topics_live {
  _Atomic(wm_topics_vocabulary_t *) now;
  _Atomic(wm_topics_vocabulary_t *) reading[WM_TOPICS_LIVE_SLOTS];
  atomic_bool taken[WM_TOPICS_LIVE_SLOTS];
};

wm_topics_live_t *wm_topics_live_new(wm_topics_vocabulary_t *first) {
  wm_topics_live_t *l = calloc(1, sizeof *l);
  if (!l) return NULL;
  atomic_init(&l->now, first);
  for (int i = 0; i < WM_TOPICS_LIVE_SLOTS; i++) {
    atomic_init(&l->reading[i], NULL);
    atomic_init(&l->taken[i], false);
  }
  return l;
}

void wm_topics_live_destroy(wm_topics_live_t *l) {
  if (!l) return;
  wm_topics_vocabulary_destroy(atomic_load(&l->now));
  free(l);
}

int wm_topics_live_join(wm_topics_live_t *l) {
  for (int i = 0; i < WM_TOPICS_LIVE_SLOTS; i++)
    if (!atomic_exchange(&l->taken[i], true)) return i;
  return -1;
}

void wm_topics_live_leave(wm_topics_live_t *l, int slot) {
  atomic_store(&l->taken[slot], false);
}

const wm_topics_vocabulary_t *wm_topics_live_enter(wm_topics_live_t *l, int slot) {
  for (;;) { /* ends: only a replacement in between, of which there are few, makes it go round again */
    wm_topics_vocabulary_t *v = atomic_load(&l->now);
    atomic_store(&l->reading[slot], v);
    if (v == atomic_load(&l->now)) return v;
  }
}

void wm_topics_live_exit(wm_topics_live_t *l, int slot) {
  atomic_store(&l->reading[slot], NULL);
}

static bool is_read(wm_topics_live_t *l, const wm_topics_vocabulary_t *v) {
  for (int i = 0; i < WM_TOPICS_LIVE_SLOTS; i++)
    if (atomic_load(&l->reading[i]) == v) return true;
  return false;
}

void wm_topics_live_replace(wm_topics_live_t *l, wm_topics_vocabulary_t *next) {
  wm_topics_vocabulary_t *old = atomic_exchange(&l->now, next);
  if (!old || old == next) return;
  while (is_read(l, old)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); /* an article takes less */
  wm_topics_vocabulary_destroy(old);
}
