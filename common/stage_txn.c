/* Transactions: begin, commit, abort, and the end of a producer. docs/internals/stage.md has the table of errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stage_internal.h"

/* What librdkafka asks for after a failed call. */
typedef enum { WM_VERDICT_RETRY, WM_VERDICT_ABORT, WM_VERDICT_FATAL } verdict_t;

static verdict_t verdict(const rd_kafka_error_t *e) {
  if (rd_kafka_error_is_fatal(e)) return WM_VERDICT_FATAL;
  if (rd_kafka_error_txn_requires_abort(e)) return WM_VERDICT_ABORT;
  return rd_kafka_error_is_retriable(e) ? WM_VERDICT_RETRY : WM_VERDICT_FATAL;
}

/* The name and text of `e` as an error of ours; destroys `e`. */
static wm_error_t take_error(const char *call, rd_kafka_error_t *e) {
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set(&err, WM_ERR_KAFKA, "%s: %s: %s", call, rd_kafka_error_name(e), rd_kafka_error_string(e));
  rd_kafka_error_destroy(e);
  return err;
}

/* Between two tries of a call, the first at `first`: serves the producer, and waits where the last one (at `started`) came back at once. */
static void between(wm_worker_t *w, int64_t first, int64_t started) {
  rd_kafka_poll(w->producer, 0);
  if (wm_stage_now() - started < 100) wm_stage_pause(100);
  if (wm_stage_now() - first >= WM_STAGE_STUCK_MS) atomic_store(&w->stuck, true);
}

/* A call to the broker had its answer. */
static void answered(wm_worker_t *w) {
  wm_link_alive(&w->producer_link);
  atomic_store_explicit(&w->stuck, false, memory_order_relaxed);
}

/* ---- the producer ---- */

/* librdkafka refuses a transaction that may end before a request does. */
static wm_err_t shorten_requests(rd_kafka_conf_t *conf, int transaction_timeout_ms, wm_error_t *err) {
  char text[32] = "";
  size_t size = sizeof text;
  if (rd_kafka_conf_get(conf, "socket.timeout.ms", text, &size) != RD_KAFKA_CONF_OK) return WM_OK;
  if (strtol(text, NULL, 10) <= transaction_timeout_ms) return WM_OK;
  return wm_kafka_set_int(conf, "socket.timeout.ms", transaction_timeout_ms, err);
}

static rd_kafka_conf_t *producer_conf(wm_worker_t *w, wm_error_t *err) {
  const wm_stage_settings_t *set = &w->stage->set;
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_PRODUCER, set->bootstrap_servers, set->config, err);
  if (!conf) return NULL;
  char id[512];
  snprintf(id, sizeof id, "%s-%s-%d", set->group, w->stage->instance, w->index);
  if (wm_kafka_set(conf, "transactional.id", id, err) != WM_OK || wm_kafka_set(conf, "client.id", id, err) != WM_OK ||
      wm_kafka_set_int(conf, "transaction.timeout.ms", set->transaction_timeout_ms, err) != WM_OK ||
      shorten_requests(conf, set->transaction_timeout_ms, err) != WM_OK ||
      wm_kafka_set(conf, "delivery.report.only.error", "true", err) != WM_OK ||
      wm_kafka_set_int(conf, "statistics.interval.ms", WM_STAGE_STATISTICS_MS, err) != WM_OK) {
    rd_kafka_conf_destroy(conf);
    return NULL;
  }
  wm_link_configure(conf, WM_KAFKA_PRODUCER);
  rd_kafka_conf_set_opaque(conf, w);
  return conf;
}

wm_err_t wm_txn_new_producer(wm_worker_t *w, wm_error_t *err) {
  rd_kafka_conf_t *conf = producer_conf(w, err);
  if (!conf) return WM_ERR_CONFIG;
  w->producer = wm_kafka_new(RD_KAFKA_PRODUCER, conf, err);
  if (!w->producer) return WM_ERR_CONFIG;
  w->out_topic = rd_kafka_topic_new(w->producer, w->stage->set.topic_out, NULL);
  w->dlq_topic = rd_kafka_topic_new(w->producer, w->stage->set.topic_dlq, NULL);
  if (w->out_topic && w->dlq_topic) return WM_OK;
  return wm_error_set(err, WM_ERR_CONFIG, "topic %s or %s cannot be used: %s", w->stage->set.topic_out,
                      w->stage->set.topic_dlq, rd_kafka_err2str(rd_kafka_last_error()));
}

void wm_txn_close_producer(wm_worker_t *w) {
  if (w->out_topic) rd_kafka_topic_destroy(w->out_topic);
  if (w->dlq_topic) rd_kafka_topic_destroy(w->dlq_topic);
  w->out_topic = w->dlq_topic = NULL;
  if (!w->producer) return;
  rd_kafka_purge(w->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_destroy(w->producer);
  w->producer = NULL;
}

wm_step_t wm_txn_open_producer(wm_worker_t *w) {
  wm_error_t err = WM_ERROR_INIT;
  if (!w->producer && wm_txn_new_producer(w, &err) != WM_OK) return wm_worker_fail(w, &err);
  for (int64_t first = wm_stage_now();;) {
    int64_t started = wm_stage_now();
    rd_kafka_error_t *e = rd_kafka_init_transactions(w->producer, WM_STAGE_SLICE_MS);
    if (!e) break;
    verdict_t v = verdict(e);
    err = take_error("init_transactions", e);
    if (v != WM_VERDICT_RETRY) return wm_worker_fail(w, &err);
    wm_log_warn("waiting for the transaction coordinator", WM_LOG_INT("worker", w->index),
                WM_LOG_STR("reason", err.text));
    between(w, first, started);
    if (wm_worker_stopping(w)) return WM_STEP_END;
  }
  answered(w);
  return WM_STEP_OK;
}

/* True if the producer was fenced because its own transaction was open longer than transaction.timeout.ms (a broker that was
 * away, a machine that slept). Within that time only another process with the same transactional.id can be the reason. */
static bool timed_out(const wm_worker_t *w, rd_kafka_resp_err_t code) {
  bool fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
                code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH || code == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE ||
                code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING;
  return fenced && w->txn_open && wm_stage_now() - w->txn_began >= w->stage->set.transaction_timeout_ms - 500;
}

static void aborted(wm_worker_t *w, const char *why) {
  w->txn_open = false;
  w->tally = (wm_tally_t){0};
  w->rewind = true;
  w->failures++;
  for (int32_t i = 0; i < w->n_parts; i++) w->parts[i].next = -1;
  atomic_store(&w->failing, w->failures >= 3);
  wm_metric_add(w->stage->metrics.aborted, 1);
  wm_log_warn("transaction aborted", WM_LOG_INT("worker", w->index), WM_LOG_STR("reason", why),
              WM_LOG_INT("in_a_row", w->failures));
}

/* The producer is of no use any more. A new one goes on where the broker ended the transaction for its age; all else ends the worker. */
static wm_step_t producer_ended(wm_worker_t *w, const wm_error_t *why) {
  char text[256] = "";
  rd_kafka_resp_err_t code = rd_kafka_fatal_error(w->producer, text, sizeof text);
  if (!timed_out(w, code)) {
    wm_error_t err = WM_ERROR_INIT;
    if (code == RD_KAFKA_RESP_ERR__FENCED)
      wm_error_set(&err, WM_ERR_KAFKA,
                   "%s; another process uses the same transactional.id: give each its own WM_INSTANCE", why->text);
    return wm_worker_fail(w, err.code != WM_OK ? &err : why);
  }
  if (++w->fences > WM_STAGE_FENCES_MAX) {
    wm_error_t err = WM_ERROR_INIT;
    wm_error_set(&err, WM_ERR_KAFKA,
                 "%d transactions in a row were open longer than %d ms: raise WM_TRANSACTION_TIMEOUT_MS or lower "
                 "WM_COMMIT_MESSAGES",
                 w->fences, w->stage->set.transaction_timeout_ms);
    return wm_worker_fail(w, &err);
  }
  aborted(w, "the broker ended the transaction for its age");
  wm_txn_close_producer(w);
  wm_step_t step = wm_txn_open_producer(w);
  return step == WM_STEP_OK ? WM_STEP_ABORTED : step;
}

/* ---- begin, commit, abort ---- */

wm_step_t wm_txn_begin(wm_worker_t *w) {
  rd_kafka_error_t *e = rd_kafka_begin_transaction(w->producer);
  if (e) {
    wm_error_t err = take_error("begin_transaction", e);
    return wm_worker_fail(w, &err);
  }
  w->txn_open = true;
  w->txn_began = wm_stage_now();
  w->txn_deadline = w->txn_began + w->stage->set.commit_ms;
  w->tally = (wm_tally_t){0};
  return WM_STEP_OK;
}

static wm_step_t give_up(wm_worker_t *w, const char *call) {
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set_class(&err, WM_ERR_TIMEOUT, WM_CLASS_FATAL,
                     "stopping: %s had no answer within %d ms; the broker will abort the transaction", call,
                     w->stage->set.stop_ms * 2 / 3);
  return wm_worker_fail(w, &err);
}

wm_step_t wm_txn_abort(wm_worker_t *w, const char *why) {
  if (!w->txn_open) {
    w->rewind = true;
    return WM_STEP_ABORTED;
  }
  int refused = 0;
  for (int64_t first = wm_stage_now();;) {
    int64_t started = wm_stage_now();
    rd_kafka_error_t *e = rd_kafka_abort_transaction(w->producer, WM_STAGE_SLICE_MS);
    if (!e) break;
    verdict_t v = verdict(e);
    wm_error_t err = take_error("abort_transaction", e);
    if (v == WM_VERDICT_FATAL || (v == WM_VERDICT_ABORT && ++refused > 10)) return producer_ended(w, &err);
    wm_log_warn("abort is not done yet", WM_LOG_INT("worker", w->index), WM_LOG_STR("reason", err.text));
    between(w, first, started);
    if (wm_worker_give_up(w)) return give_up(w, "abort_transaction");
  }
  answered(w);
  aborted(w, why);
  return WM_STEP_ABORTED;
}

/* The offsets to commit; NULL when out of memory. */
static rd_kafka_topic_partition_list_t *offsets_of(const wm_worker_t *w) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
  for (int32_t i = 0; list && i < w->n_parts; i++)
    if (w->parts[i].next >= 0)
      rd_kafka_topic_partition_list_add(list, w->stage->set.topic_in, i)->offset = w->parts[i].next;
  return list;
}

/* The group metadata that fences us if the group has moved on. NULL if the consumer is not a member any more: its metadata would
 * then be empty, and a broker takes offsets with empty metadata from anybody. */
static rd_kafka_consumer_group_metadata_t *membership(wm_worker_t *w) {
  rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata(w->consumer);
  char *member = rd_kafka_memberid(w->consumer);
  bool ok = metadata && member && member[0] != '\0' && !rd_kafka_assignment_lost(w->consumer);
  if (member) rd_kafka_mem_free(w->consumer, member);
  if (ok) return metadata;
  if (metadata) rd_kafka_consumer_group_metadata_destroy(metadata);
  return NULL;
}

static wm_step_t send_offsets(wm_worker_t *w, const rd_kafka_topic_partition_list_t *offsets,
                              const rd_kafka_consumer_group_metadata_t *metadata) {
  for (int64_t first = wm_stage_now();;) {
    int64_t started = wm_stage_now();
    rd_kafka_error_t *e = rd_kafka_send_offsets_to_transaction(w->producer, offsets, metadata, 5 * WM_STAGE_SLICE_MS);
    if (!e) return WM_STEP_OK;
    verdict_t v = verdict(e);
    wm_error_t err = take_error("send_offsets_to_transaction", e);
    if (v == WM_VERDICT_FATAL) return producer_ended(w, &err);
    wm_log_warn("offsets are not sent yet", WM_LOG_INT("worker", w->index), WM_LOG_STR("reason", err.text));
    if (v == WM_VERDICT_ABORT) return wm_txn_abort(w, "offsets were refused");
    between(w, first, started);
    if (wm_worker_give_up(w)) return give_up(w, "send_offsets_to_transaction");
    /* Offsets are no commit yet: what waits longer than a transaction may last can as well be aborted. */
    if (wm_stage_now() - w->txn_began > w->stage->set.transaction_timeout_ms)
      return wm_txn_abort(w, "offsets took too long");
  }
}

/* True if a broker answers another question meanwhile. */
static bool probe(wm_worker_t *w) {
  const struct rd_kafka_metadata *metadata = NULL;
  if (rd_kafka_metadata(w->producer, 0, w->out_topic, &metadata, WM_STAGE_SLICE_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return false;
  rd_kafka_metadata_destroy(metadata);
  return true;
}

/* Once commit_transaction was called its outcome belongs to the broker: it may be asked again, but never be aborted. As long as
 * no broker is there it is asked for ever; a broker that is there and does not tell, for so long, is a reason to start afresh. */
static wm_step_t end_commit(wm_worker_t *w) {
  int64_t unanswered = 0, limit = 2 * (int64_t)w->stage->set.transaction_timeout_ms;
  for (int64_t first = wm_stage_now();;) {
    int64_t started = wm_stage_now();
    rd_kafka_error_t *e = rd_kafka_commit_transaction(w->producer, WM_STAGE_SLICE_MS);
    if (!e) return WM_STEP_OK;
    verdict_t v = verdict(e);
    wm_error_t err = take_error("commit_transaction", e);
    if (v == WM_VERDICT_FATAL) return producer_ended(w, &err);
    wm_log_warn("commit is not done yet", WM_LOG_INT("worker", w->index), WM_LOG_STR("reason", err.text));
    if (v == WM_VERDICT_ABORT) return wm_txn_abort(w, "commit was refused");
    between(w, first, started);
    if (wm_worker_give_up(w)) return give_up(w, "commit_transaction");
    if (atomic_load(&w->stuck) && probe(w)) unanswered += wm_stage_now() - started;
    if (unanswered > limit) return wm_worker_fail(w, &err);
  }
}

static void committed(wm_worker_t *w) {
  wm_stage_metrics_t *m = &w->stage->metrics;
  const wm_tally_t *t = &w->tally;
  wm_metric_add(m->committed, 1);
  wm_metric_add(m->enriched, t->enriched);
  wm_metric_add(m->dead, t->dead);
  wm_metric_add(m->withdrawn, t->withdrawn);
  wm_metric_add(m->skipped, t->skipped);
  wm_metric_add(m->bytes_in, t->bytes_in);
  wm_metric_add(m->bytes_out, t->bytes_out);
  wm_metric_set(m->batch, t->messages);
  for (int i = 0; t->dead > 0 && i < WM_ERR_COUNT_; i++)
    if (t->errors[i] > 0) wm_metric_add(m->errors[i], t->errors[i]);
  if (w->n_suspects > 0) wm_suspect_sweep(w);
  for (int32_t i = 0; i < w->n_parts; i++) w->parts[i].first = w->parts[i].next = -1;
  w->txn_open = false;
  w->tally = (wm_tally_t){0};
  w->failures = w->fences = 0;
  atomic_store_explicit(&w->failing, false, memory_order_relaxed);
  answered(w);
}

wm_step_t wm_txn_commit(wm_worker_t *w) {
  if (!w->txn_open) return WM_STEP_OK;
  int64_t started = wm_stage_now();
  rd_kafka_consumer_group_metadata_t *metadata = membership(w);
  if (!metadata) return wm_txn_abort(w, "the group has moved on");
  rd_kafka_topic_partition_list_t *offsets = offsets_of(w);
  wm_step_t step;
  if (!offsets) {
    wm_error_t err = WM_ERROR_INIT;
    wm_error_set(&err, WM_ERR_NOMEM, "out of memory");
    step = wm_worker_fail(w, &err);
  } else {
    step = send_offsets(w, offsets, metadata);
    rd_kafka_topic_partition_list_destroy(offsets);
  }
  rd_kafka_consumer_group_metadata_destroy(metadata);
  if (step == WM_STEP_OK) step = end_commit(w);
  if (step != WM_STEP_OK) return step;
  wm_metric_observe(w->stage->metrics.commit, (double)(wm_stage_now() - started) / 1000.0);
  committed(w);
  return WM_STEP_OK;
}
