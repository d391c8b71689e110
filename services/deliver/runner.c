/* The thread of one target: take, work, commit. */
#include "services/deliver/runner.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "common/kafka.h"
#include "common/log.h"
#include "services/deliver/filter.h"

#define TAKE_MAX 64         /* records taken in one turn */
#define IDLE_MS 250         /* longest wait: how late a stop is seen */
#define PAUSE_AFTER_MS 1000 /* without room */
#define REVOKE_MS 3000      /* for what is under way when partitions are taken away */
#define CALL_MS 5000        /* one question to the broker */

int64_t wm_runner_now(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool wm_runner_stopping(const wm_runner_t *r) {
  return atomic_load_explicit(r->stop, memory_order_relaxed);
}

void wm_runner_done(wm_runner_t *r, const wm_record_t *record, wm_metric_t *metric) {
  wm_track_done(&r->track, record->message->partition, record->epoch, record->message->offset);
  rd_kafka_message_destroy(record->message);
  wm_metric_add(metric, 1);
}

bool wm_runner_current(const wm_runner_t *r, const wm_record_t *record) {
  return wm_track_current(&r->track, record->message->partition, record->epoch);
}

void wm_runner_wait(const wm_runner_t *r, int timeout_ms) {
  struct pollfd fd = {.fd = r->event, .events = POLLIN};
  poll(&fd, 1, timeout_ms);
}

static void fail(wm_runner_t *r, const char *what, const char *reason) {
  wm_error_set(&r->error, WM_ERR_KAFKA, "target %s: %s: %s", r->target->name, what, reason);
}

/* ---- commits ---- */

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list, void *runner) {
  wm_runner_t *r = runner;
  (void)rk;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  wm_log_warn("offsets not committed", WM_LOG_STR("target", r->target->name),
              WM_LOG_STR("reason", rd_kafka_err2str(code)));
  for (int i = 0; list && i < list->cnt; i++) {
    int32_t partition = list->elems[i].partition;
    if (wm_track_has(&r->track, partition)) r->track.parts[partition].committed = -1; /* due once more */
  }
}

bool wm_runner_commit(wm_runner_t *r, bool wait) {
  if (r->operations->flush && !r->operations->flush(r)) return false;
  char metadata[512] = "";
  if (r->operations->metadata) r->operations->metadata(r, metadata, sizeof metadata);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
  if (!list) return false;
  for (int32_t i = 0; i < r->track.n; i++) {
    int64_t due = wm_track_due(&r->track, i);
    if (due < 0) continue;
    rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_add(list, r->set->topic_in, i);
    p->offset = due;
    if (!metadata[0]) continue;
    p->metadata = strdup(metadata);
    p->metadata_size = p->metadata ? strlen(metadata) : 0;
  }
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (list->cnt > 0) code = rd_kafka_commit(r->consumer, list, wait ? 0 : 1);
  for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++)
    wm_track_committed(&r->track, list->elems[i].partition, list->elems[i].offset);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    wm_log_warn("offsets not committed", WM_LOG_STR("target", r->target->name),
                WM_LOG_STR("reason", rd_kafka_err2str(code)));
  rd_kafka_topic_partition_list_destroy(list);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- partitions that come and go ---- */

static void check_call(wm_runner_t *r, const char *what, rd_kafka_error_t *e) {
  if (!e) return;
  fail(r, what, rd_kafka_error_string(e));
  rd_kafka_error_destroy(e);
}

/* Where the group is in these partitions, and what was committed beside it. */
static void learn_committed(wm_runner_t *r, const rd_kafka_topic_partition_list_t *list) {
  rd_kafka_topic_partition_list_t *copy = rd_kafka_topic_partition_list_copy(list);
  rd_kafka_resp_err_t code = rd_kafka_committed(r->consumer, copy, CALL_MS);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && r->operations->assigned)
    fail(r, "the committed offsets are not known", rd_kafka_err2str(code));
  for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < copy->cnt; i++)
    if (copy->elems[i].offset >= 0) wm_track_base(&r->track, copy->elems[i].partition, copy->elems[i].offset);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && r->operations->assigned) r->operations->assigned(r, copy, &r->error);
  rd_kafka_topic_partition_list_destroy(copy);
}

static void count_partitions(wm_runner_t *r) {
  int64_t n = 0;
  for (int32_t i = 0; i < r->track.n; i++) n += r->track.parts[i].assigned ? 1 : 0;
  wm_metric_set(r->metrics.partitions, n);
}

static void partitions_come(wm_runner_t *r, rd_kafka_topic_partition_list_t *list, bool cooperative) {
  for (int i = 0; i < list->cnt; i++) wm_track_assign(&r->track, list->elems[i].partition, &r->error);
  if (list->cnt > 0) learn_committed(r, list);
  if (cooperative) check_call(r, "incremental_assign", rd_kafka_incremental_assign(r->consumer, list));
  else if (rd_kafka_assign(r->consumer, list) != RD_KAFKA_RESP_ERR_NO_ERROR) fail(r, "assign", "librdkafka refused it");
  if (r->paused && list->cnt > 0) rd_kafka_pause_partitions(r->consumer, list);
  atomic_store(&r->settled, true);
  count_partitions(r);
  wm_log_info("partitions assigned", WM_LOG_STR("target", r->target->name), WM_LOG_INT("added", list->cnt));
}

static void partitions_go(wm_runner_t *r, rd_kafka_topic_partition_list_t *list, bool cooperative) {
  bool lost = rd_kafka_assignment_lost(r->consumer);
  atomic_store(&r->settled, false);
  if (!lost && list->cnt > 0) {
    if (r->operations->drain) r->operations->drain(r, wm_runner_stopping(r) ? 0 : REVOKE_MS);
    wm_runner_commit(r, true);
  }
  for (int i = 0; i < list->cnt; i++) wm_track_revoke(&r->track, list->elems[i].partition);
  if (r->operations->forget) r->operations->forget(r);
  if (cooperative) check_call(r, "incremental_unassign", rd_kafka_incremental_unassign(r->consumer, list));
  else if (rd_kafka_assign(r->consumer, NULL) != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail(r, "unassign", "librdkafka refused it");
  count_partitions(r);
  wm_log_info("partitions revoked", WM_LOG_STR("target", r->target->name), WM_LOG_INT("removed", list->cnt),
              WM_LOG_BOOL("lost", lost));
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                         void *runner) {
  wm_runner_t *r = runner;
  const char *protocol = rd_kafka_rebalance_protocol(rk);
  bool cooperative = protocol && strcmp(protocol, "COOPERATIVE") == 0;
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) partitions_come(r, list, cooperative);
  else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) partitions_go(r, list, cooperative);
  else {
    rd_kafka_assign(rk, NULL);
    fail(r, "rebalance", rd_kafka_err2str(code));
  }
}

/* ---- open and close ---- */

static wm_err_t open_consumer(wm_runner_t *r, wm_error_t *err) {
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_CONSUMER, r->set->bootstrap_servers, r->set->config, err);
  if (!conf) return WM_ERR_CONFIG;
  char id[512];
  snprintf(id, sizeof id, "%s-%s", r->target->group, r->set->instance ? r->set->instance : "0");
  if (wm_kafka_set(conf, "group.id", r->target->group, err) != WM_OK ||
      wm_kafka_set(conf, "client.id", id, err) != WM_OK ||
      wm_kafka_set(conf, "enable.partition.eof", "true", err) != WM_OK) {
    rd_kafka_conf_destroy(conf);
    return WM_ERR_CONFIG;
  }
  rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
  rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
  rd_kafka_conf_set_opaque(conf, r);
  r->consumer = wm_kafka_new(RD_KAFKA_CONSUMER, conf, err);
  if (!r->consumer) return WM_ERR_CONFIG;
  rd_kafka_poll_set_consumer(r->consumer);
  r->queue = rd_kafka_queue_get_consumer(r->consumer);
  static const uint64_t k_one = 1;
  if (r->queue) rd_kafka_queue_io_event_enable(r->queue, r->event, &k_one, sizeof k_one);
  return r->queue ? WM_OK : wm_error_set(err, WM_ERR_INTERNAL, "the consumer has no queue");
}

static wm_metric_t *series(wm_runner_t *r, wm_metric_type_t type, const char *name, const char *label,
                           const char *value, const char *help) {
  char labels[256] = "";
  wm_metrics_label(labels, sizeof labels, "target", r->target->name);
  if (label) wm_metrics_label(labels, sizeof labels, label, value);
  return wm_metrics_get(r->set->metrics, type, name, labels, help);
}

static void register_metrics(wm_runner_t *r) {
  const char *records = "Articles by what became of them", *attempts = "Requests to a target by their end";
  const char *name = "wm_deliver_records_total", *tries = "wm_deliver_attempts_total";
  r->metrics = (wm_runner_metrics_t){
      .delivered = series(r, WM_METRIC_COUNTER, name, "result", "delivered", records),
      .filtered = series(r, WM_METRIC_COUNTER, name, "result", "filtered", records),
      .dead = series(r, WM_METRIC_COUNTER, name, "result", "dead", records),
      .withdrawn = series(r, WM_METRIC_COUNTER, name, "result", "withdrawn", records),
      .done = series(r, WM_METRIC_COUNTER, tries, "outcome", "done", attempts),
      .retried = series(r, WM_METRIC_COUNTER, tries, "outcome", "retry", attempts),
      .refused = series(r, WM_METRIC_COUNTER, tries, "outcome", "refused", attempts),
      .lag = series(r, WM_METRIC_GAUGE, "wm_consumer_lag", NULL, NULL,
                    "Records between what is done and the end of the partitions"),
      .in_flight = series(r, WM_METRIC_GAUGE, "wm_deliver_in_flight", NULL, NULL, "Requests under way"),
      .paused = series(r, WM_METRIC_GAUGE, "wm_deliver_paused", NULL, NULL,
                       "1 while no articles are fetched as the target is slow or away"),
      .up = series(r, WM_METRIC_GAUGE, "wm_deliver_target_up", NULL, NULL,
                   "1 when the last attempt was answered, whatever it said"),
      .partitions = series(r, WM_METRIC_GAUGE, "wm_partitions_assigned", NULL, NULL,
                           "Partitions of the input topic that this process reads"),
      .seconds = series(r, WM_METRIC_HISTOGRAM, "wm_deliver_seconds", NULL, NULL, "Time of one request to a target"),
  };
}

wm_err_t wm_runner_open(wm_runner_t *r, wm_error_t *err) {
  register_metrics(r);
  r->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (r->event < 0) return wm_error_set(err, WM_ERR_INTERNAL, "no eventfd");
  r->verbatim = r->target->format == WM_FORMAT_ARTICLE && wm_filter_empty(&r->target->filter) &&
                (r->target->type == WM_TARGET_WEBHOOK || r->target->type == WM_TARGET_OPENSEARCH);
  r->article = wm_article_new(&r->set->limits);
  if (!r->article) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = open_consumer(r, err);
  if (rc == WM_OK) rc = wm_letters_open(r, err);
  if (rc == WM_OK && r->operations->open) rc = r->operations->open(r, err);
  return rc;
}

void wm_runner_close(wm_runner_t *r) {
  wm_letters_close(r);
  if (r->operations->close) r->operations->close(r);
  if (r->queue) rd_kafka_queue_destroy(r->queue);
  if (r->consumer) rd_kafka_destroy(r->consumer);
  wm_article_destroy(r->article);
  wm_track_clear(&r->track);
  if (r->event > 0) close(r->event);
  r->queue = NULL;
  r->consumer = NULL;
  r->article = NULL;
  r->event = -1;
}

/* ---- the loop ---- */

static void consumer_error(wm_runner_t *r, const rd_kafka_message_t *m) {
  char text[256] = "";
  if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    wm_track_end(&r->track, m->partition, m->offset);
    return;
  }
  if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || m->err == RD_KAFKA_RESP_ERR__FATAL) {
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(r->consumer, text, sizeof text);
    fail(r, "consumer", code ? text : rd_kafka_message_errstr(m));
    return;
  }
  wm_log_warn("consumer error", WM_LOG_STR("target", r->target->name), WM_LOG_STR("code", rd_kafka_err2name(m->err)),
              WM_LOG_STR("reason", rd_kafka_message_errstr(m)));
}

/* Sets `item` where the article's bytes go out as they are: its uri and version alone. */
static bool skim(const wm_runner_t *r, const rd_kafka_message_t *m, const wm_origin_t *origin,
                 char uri[WM_ARTICLE_URI_MAX + 1], wm_item_t *item) {
  if (!r->verbatim || !wm_article_skim(m->payload, m->len, &r->set->limits, uri)) return false;
  *item = (wm_item_t){.uri = uri, .version = wm_item_version(origin), .timestamp_ms = origin->timestamp_ms};
  return true;
}

/* Takes the message over. */
static wm_err_t take(wm_runner_t *r, rd_kafka_message_t *m, wm_error_t *err) {
  rd_kafka_timestamp_type_t type;
  wm_origin_t origin = {
      .timestamp_ms = rd_kafka_message_timestamp(m, &type), .partition = m->partition, .offset = m->offset};
  wm_error_t why = WM_ERROR_INIT;
  wm_item_t item;
  bool mine;
  wm_record_t record = {.message = m};
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) origin.timestamp_ms = 0;
  wm_err_t rc = wm_track_take(&r->track, m->partition, m->offset, &record.epoch, &mine, err);
  if (rc != WM_OK || !mine) {
    rd_kafka_message_destroy(m);
    return rc;
  }
  record.version = wm_item_version(&origin);
  if (!m->payload) return r->operations->take(r, &record, NULL, err);
  char uri[WM_ARTICLE_URI_MAX + 1];
  if (skim(r, m, &origin, uri, &item)) return r->operations->take(r, &record, &item, err);
  rc = wm_article_parse(r->article, m->payload, m->len, NULL, &why);
  if (rc != WM_OK && why.cls == WM_CLASS_POISON) return wm_letters_send(r, &record, &why, NULL, err);
  if (rc != WM_OK) {
    rd_kafka_message_destroy(m);
    return wm_error_set(err, rc, "%s", why.text);
  }
  wm_item_read(r->article, &origin, &item);
  if (wm_filter_wants(&r->target->filter, &item)) return r->operations->take(r, &record, &item, err);
  wm_runner_done(r, &record, r->metrics.filtered);
  return WM_OK;
}

static bool room(const wm_runner_t *r) {
  return r->track.open < WM_TRACK_OPEN_MAX && r->letters_open < WM_RUNNER_LETTERS_MAX &&
         (!r->operations->room || r->operations->room(r));
}

/* Pauses all partitions, or lets them go on. */
static void set_paused(wm_runner_t *r, bool paused) {
  rd_kafka_topic_partition_list_t *list = NULL;
  if (rd_kafka_assignment(r->consumer, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  if (paused) rd_kafka_pause_partitions(r->consumer, list);
  else rd_kafka_resume_partitions(r->consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  r->paused = paused;
  wm_metric_set(r->metrics.paused, paused);
}

/* Without room polling stops; where that lasts the partitions are paused instead. */
static void regulate(wm_runner_t *r) {
  if (room(r)) {
    r->full_since = 0;
    if (r->paused) set_paused(r, false);
    return;
  }
  int64_t now = wm_runner_now();
  if (r->full_since == 0) r->full_since = now;
  if (!r->paused && now - r->full_since >= PAUSE_AFTER_MS) set_paused(r, true);
}

/* True if there was nothing more to take. */
static bool take_some(wm_runner_t *r) {
  uint64_t events;
  if (read(r->event, &events, sizeof events) < 0) events = 0; /* nothing happened */
  for (int i = 0; i < TAKE_MAX && r->error.code == WM_OK; i++) {
    if (!r->paused && !room(r)) return false;
    rd_kafka_message_t *m = rd_kafka_consumer_poll(r->consumer, 0);
    if (!m) return true;
    if (!m->err) {
      take(r, m, &r->error);
      continue;
    }
    consumer_error(r, m);
    rd_kafka_message_destroy(m);
  }
  return false;
}

static void measure_lag(wm_runner_t *r, int64_t now) {
  int64_t lag = 0;
  if (now - r->lag_at < 1000) return;
  r->lag_at = now;
  for (int32_t i = 0; i < r->track.n; i++)
    if (r->track.parts[i].assigned) lag += wm_ends_lag(r->set->ends, i, wm_track_position(&r->track, i));
  wm_metric_set(r->metrics.lag, lag);
}

static void turn(wm_runner_t *r) {
  regulate(r);
  bool idle = take_some(r);
  wm_letters_serve(r);
  bool full = !room(r);
  int64_t now = wm_runner_now();
  int wait = idle || full ? IDLE_MS : 0;
  if (r->letters_open > 0 && wait > 20) wait = 20; /* reports of the producer have no event */
  if (r->error.code == WM_OK) r->operations->work(r, idle || full, wait, &r->error);
  if (r->error.code != WM_OK) return;
  if (now >= r->commit_at) {
    wm_runner_commit(r, false);
    r->commit_at = now + r->set->commit_ms;
  }
  measure_lag(r, now);
}

static bool subscribe(wm_runner_t *r) {
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, r->set->topic_in, RD_KAFKA_PARTITION_UA);
  rd_kafka_resp_err_t code = rd_kafka_subscribe(r->consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail(r, "cannot subscribe", rd_kafka_err2str(code));
  return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void finish(wm_runner_t *r) {
  int ms = r->set->stop_ms / 2;
  if (r->operations->drain) r->operations->drain(r, ms);
  wm_letters_flush(r, r->set->stop_ms / 4);
  wm_runner_commit(r, true);
  rd_kafka_resp_err_t code = rd_kafka_consumer_close(r->consumer);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    wm_log_warn("consumer closed", WM_LOG_STR("target", r->target->name), WM_LOG_STR("reason", rd_kafka_err2str(code)));
}

void *wm_runner_main(void *runner) {
  wm_runner_t *r = runner;
  if (subscribe(r)) {
    atomic_store(&r->in_loop, true);
    while (r->error.code == WM_OK && !wm_runner_stopping(r)) turn(r);
    atomic_store(&r->in_loop, false);
  }
  if (r->error.code != WM_OK)
    wm_log_failed(WM_LOG_ERROR, &r->error, "target ends", WM_LOG_STR("target", r->target->name));
  finish(r);
  atomic_store(&r->settled, false);
  atomic_store(&r->ended, true);
  return NULL;
}
