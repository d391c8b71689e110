#include "services/deliver/track.h"

#include <stdlib.h>
#include <string.h>

void wm_track_clear(wm_track_t *t) {
  for (int32_t i = 0; i < t->n; i++) free(t->parts[i].ring);
  free(t->parts);
  *t = (wm_track_t){0};
}

static wm_track_part_t *find(const wm_track_t *t, int32_t partition) {
  return partition >= 0 && partition < t->n && t->parts[partition].assigned ? &t->parts[partition] : NULL;
}

static void reset(wm_track_t *t, wm_track_part_t *p) {
  t->open -= p->n;
  p->head = p->n = 0;
  p->epoch++;
  p->position = p->committed = p->base = -1;
}

wm_err_t wm_track_assign(wm_track_t *t, int32_t partition, wm_error_t *err) {
  if (partition < 0 || partition >= WM_TRACK_PARTITIONS_MAX)
    return wm_error_set(err, WM_ERR_INTERNAL, "partition %d is beyond the limit", (int)partition);
  if (partition >= t->n) {
    wm_track_part_t *parts = realloc(t->parts, (size_t)(partition + 1) * sizeof *parts);
    if (!parts) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    t->parts = parts;
    memset(parts + t->n, 0, (size_t)(partition + 1 - t->n) * sizeof *parts);
    t->n = partition + 1;
  }
  wm_track_revoke(t, partition);
  t->parts[partition].assigned = true;
  return WM_OK;
}

void wm_track_revoke(wm_track_t *t, int32_t partition) {
  if (partition < 0 || partition >= t->n) return;
  reset(t, &t->parts[partition]);
  t->parts[partition].assigned = false;
}

bool wm_track_has(const wm_track_t *t, int32_t partition) {
  return find(t, partition) != NULL;
}

bool wm_track_current(const wm_track_t *t, int32_t partition, uint32_t epoch) {
  const wm_track_part_t *p = find(t, partition);
  return p && p->epoch == epoch;
}

static uint64_t *at(const wm_track_part_t *p, size_t i) {
  return &p->ring[(p->head + i) % p->capacity];
}

static bool grow(wm_track_part_t *p) {
  size_t capacity = p->capacity ? 2 * p->capacity : 256;
  uint64_t *ring = malloc(capacity * sizeof *ring);
  if (!ring) return false;
  for (size_t i = 0; i < p->n; i++) ring[i] = *at(p, i);
  free(p->ring);
  p->ring = ring;
  p->capacity = capacity;
  p->head = 0;
  return true;
}

wm_err_t wm_track_take(wm_track_t *t, int32_t partition, int64_t offset, uint32_t *epoch, bool *mine, wm_error_t *err) {
  wm_track_part_t *p = find(t, partition);
  *mine = p != NULL;
  if (!p) return WM_OK;
  int64_t last = p->n > 0 ? (int64_t)(*at(p, p->n - 1) >> 1) : p->position - 1;
  if (offset <= last) reset(t, p);
  *epoch = p->epoch;
  if (p->n == p->capacity && !grow(p)) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (p->position < 0) p->position = offset;
  *at(p, p->n) = (uint64_t)offset << 1;
  p->n++;
  t->open++;
  return WM_OK;
}

void wm_track_done(wm_track_t *t, int32_t partition, uint32_t epoch, int64_t offset) {
  wm_track_part_t *p = find(t, partition);
  if (!p || p->epoch != epoch) return;
  size_t low = 0, high = p->n; /* entries ascend */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if ((int64_t)(*at(p, middle) >> 1) < offset) low = middle + 1;
    else high = middle;
  }
  if (low == p->n || (int64_t)(*at(p, low) >> 1) != offset) return;
  *at(p, low) |= 1;
  while (p->n > 0 && (*at(p, 0) & 1)) {
    p->position = (int64_t)(*at(p, 0) >> 1) + 1;
    p->head = (p->head + 1) % p->capacity;
    p->n--;
    t->open--;
  }
}

void wm_track_end(wm_track_t *t, int32_t partition, int64_t offset) {
  wm_track_part_t *p = find(t, partition);
  if (p && p->n == 0 && offset > p->position) p->position = offset;
}

void wm_track_base(wm_track_t *t, int32_t partition, int64_t offset) {
  wm_track_part_t *p = find(t, partition);
  if (p) p->base = offset;
}

int64_t wm_track_position(const wm_track_t *t, int32_t partition) {
  const wm_track_part_t *p = find(t, partition);
  return !p ? -1 : p->position >= 0 ? p->position : p->base;
}

int64_t wm_track_due(const wm_track_t *t, int32_t partition) {
  const wm_track_part_t *p = find(t, partition);
  return p && p->position > p->committed ? p->position : -1;
}

void wm_track_committed(wm_track_t *t, int32_t partition, int64_t offset) {
  wm_track_part_t *p = find(t, partition);
  if (p && offset > p->committed) p->committed = offset;
}
