/* Partitions that come and go, and the way back after an abort. */
#include <stdlib.h>
#include <string.h>

#include "common/stage_internal.h"

#define REWIND_TRIES 5 /* seeks in a row, before the worker ends */

static void fail(wm_worker_t *w, const char *what, const char *reason) {
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set(&err, WM_ERR_KAFKA, "%s: %s", what, reason);
  wm_worker_fail(w, &err);
}

static bool make_room(wm_worker_t *w, int32_t partition) {
  if (partition < w->n_parts) return true;
  if (partition < 0 || partition >= WM_STAGE_PARTITIONS_MAX) return false;
  wm_part_t *parts = realloc(w->parts, (size_t)(partition + 1) * sizeof *parts);
  if (!parts) return false;
  w->parts = parts;
  for (int32_t i = w->n_parts; i <= partition; i++) parts[i] = (wm_part_t){.first = -1, .next = -1, .resume = -1};
  w->n_parts = partition + 1;
  return true;
}

static void count(wm_worker_t *w) {
  int n = 0, all = 0;
  for (int32_t i = 0; i < w->n_parts; i++) n += w->parts[i].assigned ? 1 : 0;
  atomic_store(&w->partitions, n);
  for (int i = 0; i < w->stage->set.workers; i++) all += atomic_load(&w->stage->workers[i].partitions);
  wm_metric_set(w->stage->metrics.partitions, all);
}

static void mark(wm_worker_t *w, const rd_kafka_topic_partition_list_t *list, bool assigned) {
  for (int i = 0; i < list->cnt; i++) {
    int32_t partition = list->elems[i].partition;
    if (!make_room(w, partition)) {
      fail(w, "assignment", "a partition number beyond the limit, or out of memory");
      return;
    }
    w->parts[partition] = (wm_part_t){.assigned = assigned, .first = -1, .next = -1, .resume = -1};
  }
  count(w);
}

static void check_call(wm_worker_t *w, const char *what, rd_kafka_error_t *e) {
  if (!e) return;
  fail(w, what, rd_kafka_error_string(e));
  rd_kafka_error_destroy(e);
}

static void assign(wm_worker_t *w, rd_kafka_topic_partition_list_t *list, bool cooperative) {
  mark(w, list, true);
  if (cooperative) check_call(w, "incremental_assign", rd_kafka_incremental_assign(w->consumer, list));
  else {
    rd_kafka_resp_err_t rc = rd_kafka_assign(w->consumer, list);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) fail(w, "assign", rd_kafka_err2str(rc));
  }
  atomic_store(&w->settled, true);
  wm_log_info("partitions assigned", WM_LOG_INT("worker", w->index), WM_LOG_INT("added", list->cnt),
              WM_LOG_INT("now", atomic_load(&w->partitions)));
}

/* What is processed is committed as long as the partitions are still ours, else it is given up: the next owner reads it again. */
static void revoke(wm_worker_t *w, rd_kafka_topic_partition_list_t *list, bool cooperative) {
  bool lost = rd_kafka_assignment_lost(w->consumer);
  atomic_store(&w->settled, false);
  if (w->txn_open) {
    if (lost || w->error.code != WM_OK) wm_txn_abort(w, "the partitions were lost");
    else wm_txn_commit(w); /* where that ends in an abort, `rewind` is set for the partitions that stay */
  }
  mark(w, list, false);
  if (w->n_suspects > 0) wm_suspect_sweep(w);
  if (cooperative) check_call(w, "incremental_unassign", rd_kafka_incremental_unassign(w->consumer, list));
  else {
    rd_kafka_resp_err_t rc = rd_kafka_assign(w->consumer, NULL);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) fail(w, "unassign", rd_kafka_err2str(rc));
  }
  wm_log_info("partitions revoked", WM_LOG_INT("worker", w->index), WM_LOG_INT("removed", list->cnt),
              WM_LOG_INT("now", atomic_load(&w->partitions)), WM_LOG_BOOL("lost", lost));
}

void wm_rebalance_callback(rd_kafka_t *consumer, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                           void *worker) {
  wm_worker_t *w = worker;
  const char *protocol = rd_kafka_rebalance_protocol(consumer);
  bool cooperative = protocol && strcmp(protocol, "COOPERATIVE") == 0;
  wm_link_alive(&w->consumer_link);
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) assign(w, list, cooperative);
  else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) revoke(w, list, cooperative);
  else {
    rd_kafka_assign(consumer, NULL);
    fail(w, "rebalance", rd_kafka_err2str(code));
  }
}

bool wm_take(wm_worker_t *w, const rd_kafka_message_t *message) {
  if (message->partition < 0 || message->partition >= w->n_parts || !w->parts[message->partition].assigned)
    return false;
  wm_part_t *part = &w->parts[message->partition];
  int64_t offset = message->offset;
  if (part->resume >= 0 && part->resume < offset) offset = part->resume; /* still owed since the last rewind */
  if (part->first < 0 || offset < part->first) part->first = offset;
  return true;
}

bool wm_in_order(wm_worker_t *w, const rd_kafka_message_t *message) {
  wm_part_t *part = &w->parts[message->partition];
  if (part->resume < 0) return true;
  /* Retention or compaction may really have taken the record away in between, so the tries end. */
  if (message->offset > part->resume && part->retries < REWIND_TRIES) {
    part->retries++; /* wm_take() has set `first` to `resume` */
    w->rewind = true;
    return false;
  }
  if (message->offset != part->resume)
    wm_log_warn("a record is gone", WM_LOG_INT("partition", message->partition), WM_LOG_INT("offset", part->resume),
                WM_LOG_INT("next", message->offset));
  part->resume = -1;
  part->retries = 0;
  return true;
}

/* True if every seek worked; those that did are marked by taking `first` over into `resume`. */
static bool seek_once(wm_worker_t *w, const char **reason) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
  if (!list) {
    *reason = "out of memory";
    return false;
  }
  for (int32_t i = 0; i < w->n_parts; i++)
    if (w->parts[i].assigned && w->parts[i].first >= 0)
      rd_kafka_topic_partition_list_add(list, w->stage->set.topic_in, i)->offset = w->parts[i].first;
  bool ok = true;
  if (list->cnt > 0) {
    rd_kafka_error_t *e = rd_kafka_seek_partitions(w->consumer, list, 5 * WM_STAGE_SLICE_MS);
    if (e) {
      *reason = rd_kafka_err2str(rd_kafka_error_code(e));
      rd_kafka_error_destroy(e);
      ok = false;
    }
  }
  for (int i = 0; ok && i < list->cnt; i++) {
    wm_part_t *part = &w->parts[list->elems[i].partition];
    if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      *reason = rd_kafka_err2str(list->elems[i].err);
      ok = false;
      break;
    }
    part->resume = part->first;
    part->first = part->next = -1;
  }
  rd_kafka_topic_partition_list_destroy(list);
  return ok;
}

/* 0 after the first abort in a row, then 100 ms, doubling to 3.2 s. */
static void back_off(wm_worker_t *w) {
  int exponent = w->failures - 2;
  if (exponent < 0) return;
  int64_t until = wm_stage_now() + (100 << (exponent > 5 ? 5 : exponent));
  while (wm_stage_now() < until && !wm_worker_stopping(w)) wm_stage_pause(50);
}

wm_step_t wm_rewind(wm_worker_t *w) {
  const char *reason = "";
  for (int tries = 0; tries < REWIND_TRIES; tries++) {
    if (seek_once(w, &reason)) {
      w->rewind = false;
      back_off(w);
      return WM_STEP_OK;
    }
    wm_log_warn("seek failed", WM_LOG_INT("worker", w->index), WM_LOG_STR("reason", reason));
    wm_stage_pause(200);
  }
  /* Going on from a later offset would lose articles; a new start begins at the committed one. */
  fail(w, "the partitions could not be rewound", reason);
  return WM_STEP_END;
}
