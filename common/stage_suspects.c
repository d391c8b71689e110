/* Records that a broker refused for good. See docs/internals/stage.md, "A record that the broker refuses". */
#include <stdint.h>
#include <stdlib.h>

#include "common/stage_internal.h"

bool wm_suspect_code(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return true;
    default:
      return false;
  }
}

/* 16 bits of partition + 1, 48 of offset: so NULL is none. */
_Static_assert(sizeof(void *) == 8, "wm_suspect_pack() needs 64-bit pointers");

void *wm_suspect_pack(int32_t partition, int64_t offset) {
  if (partition < 0 || partition >= WM_STAGE_PARTITIONS_MAX || offset < 0 || offset >= INT64_C(1) << 48) return NULL;
  return (void *)(uintptr_t)(((uint64_t)(partition + 1) << 48) | (uint64_t)offset);
}

bool wm_suspect_unpack(const void *packed, int32_t *partition, int64_t *offset) {
  uint64_t bits = (uint64_t)(uintptr_t)packed;
  *partition = (int32_t)(bits >> 48) - 1;
  *offset = (int64_t)(bits & ((UINT64_C(1) << 48) - 1));
  return *partition >= 0;
}

static wm_suspect_t *find(const wm_worker_t *w, int32_t partition, int64_t offset) {
  for (int i = 0; i < w->n_suspects; i++)
    if (w->suspects[i].offset == offset && w->suspects[i].partition == partition) return &w->suspects[i];
  return NULL;
}

wm_level_t wm_suspect_level(const wm_worker_t *w, int32_t partition, int64_t offset, rd_kafka_resp_err_t *why) {
  const wm_suspect_t *s = find(w, partition, offset);
  if (why) *why = s ? s->why : RD_KAFKA_RESP_ERR_NO_ERROR;
  return s ? (wm_level_t)s->level : WM_LEVEL_NORMAL;
}

void wm_suspect_refused(wm_worker_t *w, int32_t partition, int64_t offset, rd_kafka_resp_err_t why) {
  wm_suspect_t *s = find(w, partition, offset);
  if (!s) {
    /* A full set is no loss: those that do not fit are refused again when their turn comes. */
    if (w->n_suspects == WM_STAGE_SUSPECTS_MAX) return;
    if (!w->suspects) w->suspects = calloc(WM_STAGE_SUSPECTS_MAX, sizeof *w->suspects);
    if (!w->suspects) return;
    s = &w->suspects[w->n_suspects++];
    *s = (wm_suspect_t){.partition = partition, .offset = offset, .level = WM_LEVEL_NORMAL};
  }
  s->why = why;
  /* In company it is only a suspect; alone it is the reason. A suspect is always alone, so each refusal goes one level on. */
  bool alone = w->tally.messages <= 1;
  if (s->level == WM_LEVEL_NORMAL) s->level = alone ? WM_LEVEL_DEAD_LETTER : WM_LEVEL_ALONE;
  else if (s->level < WM_LEVEL_END) s->level++;
}

void wm_suspect_sweep(wm_worker_t *w) {
  int kept = 0;
  for (int i = 0; i < w->n_suspects; i++) {
    const wm_suspect_t *s = &w->suspects[i];
    const wm_part_t *part = s->partition < w->n_parts ? &w->parts[s->partition] : NULL;
    if (!part || !part->assigned || s->offset < part->next) continue;
    w->suspects[kept++] = *s;
  }
  w->n_suspects = kept;
}
