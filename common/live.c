#include "common/live.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct wm_live {
  void (*destroy)(void *thing);
  _Atomic(void *) now;
  _Atomic(void *) reading[WM_LIVE_SLOTS];
  atomic_bool taken[WM_LIVE_SLOTS];
};

wm_live_t *wm_live_new(void *first, void (*destroy)(void *thing)) {
  wm_live_t *l = calloc(1, sizeof *l);
  if (!l) return NULL;
  l->destroy = destroy;
  atomic_init(&l->now, first);
  for (int i = 0; i < WM_LIVE_SLOTS; i++) {
    atomic_init(&l->reading[i], NULL);
    atomic_init(&l->taken[i], false);
  }
  return l;
}

void wm_live_destroy(wm_live_t *l) {
  if (!l) return;
  void *last = atomic_load(&l->now);
  if (last) l->destroy(last);
  free(l);
}

int wm_live_join(wm_live_t *l) {
  for (int i = 0; i < WM_LIVE_SLOTS; i++)
    if (!atomic_exchange(&l->taken[i], true)) return i;
  return -1;
}

void wm_live_leave(wm_live_t *l, int slot) {
  atomic_store(&l->taken[slot], false);
}

const void *wm_live_enter(wm_live_t *l, int slot) {
  for (;;) { /* ends: only a replacement in between, of which there are few, makes it go round again */
    void *thing = atomic_load(&l->now);
    atomic_store(&l->reading[slot], thing);
    if (thing == atomic_load(&l->now)) return thing;
  }
}

void wm_live_exit(wm_live_t *l, int slot) {
  atomic_store(&l->reading[slot], NULL);
}

static bool is_read(wm_live_t *l, const void *thing) {
  for (int i = 0; i < WM_LIVE_SLOTS; i++)
    if (atomic_load(&l->reading[i]) == thing) return true;
  return false;
}

void wm_live_replace(wm_live_t *l, void *next) {
  void *old = atomic_exchange(&l->now, next);
  if (!old || old == next) return;
  while (is_read(l, old)) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); /* an article takes less */
  l->destroy(old);
}
