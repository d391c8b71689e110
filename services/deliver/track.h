/**
 * track: which records of which partition are done, so that only what is done without a gap is committed.
 *
 * Records are taken in the order of their offsets and finish in any order. The position of a partition is the offset below which all
 * is done. A partition that is taken away and comes back is another one: its `epoch` differs, and what finishes late for the old one
 * is ignored.
 *
 * Threads: one at a time. Ownership: owns its memory; init/clear in place.
 */
#ifndef WM_DELIVER_TRACK_H
#define WM_DELIVER_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define WM_TRACK_PARTITIONS_MAX 65535 /* highest partition number + 1 */
#define WM_TRACK_OPEN_MAX 20000u /* records of one target between the oldest that is not done and the newest taken */

typedef struct {
  bool assigned;
  uint32_t epoch;
  int64_t position;  /* all below is done; -1: nothing was taken yet */
  int64_t committed; /* position when it was committed last; -1: not yet */
  int64_t base;      /* where the group was when the partition came; -1: nowhere. For the lag only */
  uint64_t *ring;    /* offset << 1 | done, oldest first */
  size_t head, n, capacity;
} wm_track_part_t;

typedef struct {
  wm_track_part_t *parts; /* by partition number */
  int32_t n;
  size_t open; /* entries in all rings */
} wm_track_t;

void wm_track_clear(wm_track_t *t);
/** The partition is ours from now on. WM_ERR_NOMEM, WM_ERR_INTERNAL (a number beyond the limit). */
wm_err_t wm_track_assign(wm_track_t *t, int32_t partition, wm_error_t *err);
/** It is not ours any more; forgets its records. */
void wm_track_revoke(wm_track_t *t, int32_t partition);
/** True if the partition is ours. */
bool wm_track_has(const wm_track_t *t, int32_t partition);
/** True if `epoch` is the partition's present one. */
bool wm_track_current(const wm_track_t *t, int32_t partition, uint32_t epoch);
/**
 * A record was taken; `*epoch` is to be kept with it. `*mine` is false where the partition is not ours: then it is to be dropped. An
 * offset that is not above those before it (a topic that was created anew) begins a new epoch. WM_ERR_NOMEM.
 */
wm_err_t wm_track_take(wm_track_t *t, int32_t partition, int64_t offset, uint32_t *epoch, bool *mine, wm_error_t *err);
void wm_track_done(wm_track_t *t, int32_t partition, uint32_t epoch, int64_t offset);
/** The end of the partition was reached at `offset`: what lies between (markers of transactions) is done, too. */
void wm_track_end(wm_track_t *t, int32_t partition, int64_t offset);
/** Where the group was when the partition came. */
void wm_track_base(wm_track_t *t, int32_t partition, int64_t offset);
/** The offset below which all is done, as far as it is known; -1: it is not. */
int64_t wm_track_position(const wm_track_t *t, int32_t partition);
/** The offset to commit, or -1 where nothing is new since the last wm_track_committed(). */
int64_t wm_track_due(const wm_track_t *t, int32_t partition);
void wm_track_committed(wm_track_t *t, int32_t partition, int64_t offset);

#endif
