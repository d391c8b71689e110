/**
 * index: a hash map from 64-bit keys to 32-bit values that is reused from article to article.
 *
 * Threads: one at a time. Ownership: init/clear in place.
 */
#ifndef WM_ENTITIES_INDEX_H
#define WM_ENTITIES_INDEX_H

#include <stdint.h>

#include "common/error.h"

#define WM_INDEX_NONE UINT32_MAX             /* no value yet */
#define WM_INDEX_AMBIGUOUS (UINT32_MAX - 1u) /* more than one value was put there */

typedef struct {
  uint64_t *keys;
  uint32_t *values;
  size_t capacity, used;
} wm_index_t;

void wm_index_init(wm_index_t *x);
void wm_index_clear(wm_index_t *x);
/** Empties the index and makes room for `expected` keys. WM_ERR_NOMEM. */
wm_err_t wm_index_reset(wm_index_t *x, size_t expected, wm_error_t *err);
/** The value at `key`, which is WM_INDEX_NONE for a new one. Never more keys than were expected. */
uint32_t *wm_index_at(wm_index_t *x, uint64_t key);
/** The value at `key`, WM_INDEX_NONE if it is not there. */
uint32_t wm_index_get(const wm_index_t *x, uint64_t key);

#endif
