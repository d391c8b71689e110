/**
 * order: of the jobs with one key only the oldest may run.
 *
 * A job embeds a link. Keys are hashes: two that collide wait for each other, which is harmless.
 *
 * Threads: one at a time. Ownership: links belong to the caller and stay where they are while they are in.
 */
#ifndef WM_DELIVER_ORDER_H
#define WM_DELIVER_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define WM_ORDER_BUCKETS 1024u

typedef struct wm_order_link {
  uint64_t key;
  struct wm_order_link *next; /* younger, in the same bucket */
} wm_order_link_t;

typedef struct {
  wm_order_link_t *buckets[WM_ORDER_BUCKETS];
} wm_order_t;

/** Adds a link as the youngest. True if it may run at once. */
bool wm_order_add(wm_order_t *o, wm_order_link_t *link, uint64_t key);
/** Takes a link out; returns the one that may run now because of it, NULL if none. */
wm_order_link_t *wm_order_remove(wm_order_t *o, wm_order_link_t *link);

#endif
