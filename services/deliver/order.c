#include "services/deliver/order.h"

#include <stddef.h>

bool wm_order_add(wm_order_t *o, wm_order_link_t *link, uint64_t key) {
  bool first = true;
  wm_order_link_t **at = &o->buckets[key % WM_ORDER_BUCKETS];
  for (; *at; at = &(*at)->next) first = first && (*at)->key != key;
  *link = (wm_order_link_t){.key = key};
  *at = link;
  return first;
}

wm_order_link_t *wm_order_remove(wm_order_t *o, wm_order_link_t *link) {
  bool first = true;
  wm_order_link_t **at = &o->buckets[link->key % WM_ORDER_BUCKETS];
  for (; *at && *at != link; at = &(*at)->next) first = first && (*at)->key != link->key;
  if (!*at) return NULL;
  *at = link->next;
  for (wm_order_link_t *next = link->next; first && next; next = next->next)
    if (next->key == link->key) return next;
  return NULL;
}
