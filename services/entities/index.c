#include "services/entities/index.h"

#include <stdlib.h>
#include <string.h>

void wm_index_init(wm_index_t *x) {
  memset(x, 0, sizeof *x);
}

void wm_index_clear(wm_index_t *x) {
  free(x->keys);
  free(x->values);
  wm_index_init(x);
}

wm_err_t wm_index_reset(wm_index_t *x, size_t expected, wm_error_t *err) {
  size_t want = 64;
  while (want < expected * 2) want *= 2;
  if (want > x->capacity) {
    wm_index_clear(x);
    x->keys = malloc(want * sizeof *x->keys);
    x->values = malloc(want * sizeof *x->values);
    if (!x->keys || !x->values) {
      wm_index_clear(x);
      return wm_error_set(err, WM_ERR_NOMEM, "out of memory for an index of %zu names", want);
    }
    x->capacity = want;
  }
  x->used = want; /* a small article does not pay for the room of a large one before it */
  memset(x->values, 0xff, x->used * sizeof *x->values);
  return WM_OK;
}

/** Slot of `key`, or the free one where it belongs. A slot is free while it has no value. */
static size_t slot_of(const wm_index_t *x, uint64_t key) {
  size_t mask = x->used - 1;
  size_t slot = (size_t)(key ^ key >> 32) & mask;
  while (x->values[slot] != WM_INDEX_NONE && x->keys[slot] != key) slot = (slot + 1) & mask;
  return slot;
}

uint32_t *wm_index_at(wm_index_t *x, uint64_t key) {
  size_t slot = slot_of(x, key);
  x->keys[slot] = key;
  return &x->values[slot];
}

uint32_t wm_index_get(const wm_index_t *x, uint64_t key) {
  return x->values[slot_of(x, key)];
}
