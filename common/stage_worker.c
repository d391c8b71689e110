/* The thread of one worker: open, loop, close. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/stage_internal.h"

int64_t wm_stage_now(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void wm_stage_pause(int ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

wm_step_t wm_worker_fail(wm_worker_t *w, const wm_error_t *why) {
  if (w->error.code == WM_OK) {
    w->error = *why;
    pthread_mutex_lock(&w->stage->lock);
    if (w->stage->error.code == WM_OK) w->stage->error = *why;
    pthread_mutex_unlock(&w->stage->lock);
    const wm_log_field_t fields[] = {WM_LOG_INT("worker", w->index)};
    static wm_log_site_t site;
    wm_log_failure(&site, WM_LOG_ERROR, "worker ends", why, fields, 1);
  }
  atomic_store(&w->stage->stop, true);
  return WM_STEP_END;
}

bool wm_worker_stopping(wm_worker_t *w) {
  if (!atomic_load_explicit(&w->stage->stop, memory_order_relaxed)) return false;
  if (w->stop_seen == 0) w->stop_seen = wm_stage_now();
  return true;
}

bool wm_worker_give_up(wm_worker_t *w) {
  return wm_worker_stopping(w) && wm_stage_now() - w->stop_seen >= w->stage->set.stop_ms * 2 / 3;
}

/* ---- open and close ---- */

static wm_err_t open_consumer(wm_worker_t *w, wm_error_t *err) {
  const wm_stage_settings_t *set = &w->stage->set;
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_CONSUMER, set->bootstrap_servers, set->config, err);
  if (!conf) return WM_ERR_CONFIG;
  char id[512];
  snprintf(id, sizeof id, "%s-%s-%d", set->group, w->stage->instance, w->index);
  if (wm_kafka_set(conf, "group.id", set->group, err) != WM_OK || wm_kafka_set(conf, "client.id", id, err) != WM_OK ||
      wm_kafka_set_int(conf, "statistics.interval.ms", WM_STAGE_STATISTICS_MS, err) != WM_OK) {
    rd_kafka_conf_destroy(conf);
    return WM_ERR_CONFIG;
  }
  wm_link_configure(conf, WM_KAFKA_CONSUMER);
  rd_kafka_conf_set_rebalance_cb(conf, wm_rebalance_callback);
  rd_kafka_conf_set_opaque(conf, w);
  w->consumer = wm_kafka_new(RD_KAFKA_CONSUMER, conf, err);
  if (!w->consumer) return WM_ERR_CONFIG;
  rd_kafka_poll_set_consumer(w->consumer);
  return WM_OK;
}

wm_err_t wm_worker_open(wm_worker_t *w, wm_error_t *err) {
  const wm_stage_settings_t *set = &w->stage->set;
  wm_buffer_init(&w->out, WM_KAFKA_RECORD_BYTES_MAX);
  w->article = wm_article_new(&set->limits);
  if (!w->article) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = set->service->worker_open ? set->service->worker_open(set->shared, &w->enricher, err) : WM_OK;
  if (rc == WM_OK) rc = open_consumer(w, err);
  if (rc == WM_OK) rc = wm_txn_new_producer(w, err);
  return rc;
}

void wm_worker_free(wm_worker_t *w) {
  wm_txn_close_producer(w);
  if (w->consumer) rd_kafka_destroy(w->consumer);
  if (w->enricher && w->stage->set.service->worker_close) w->stage->set.service->worker_close(w->enricher);
  wm_article_destroy(w->article);
  wm_buffer_clear(&w->out);
  free(w->parts);
  free(w->suspects);
  w->consumer = NULL;
  w->enricher = NULL;
  w->article = NULL;
  w->parts = NULL;
  w->suspects = NULL;
  w->n_parts = w->n_suspects = 0;
}

static bool subscribe(wm_worker_t *w) {
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__FAIL;
  if (topics) {
    rd_kafka_topic_partition_list_add(topics, w->stage->set.topic_in, RD_KAFKA_PARTITION_UA);
    rc = rd_kafka_subscribe(w->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
  }
  if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set(&err, WM_ERR_KAFKA, "cannot subscribe to %s: %s", w->stage->set.topic_in, rd_kafka_err2str(rc));
  wm_worker_fail(w, &err);
  return false;
}

/* ---- the loop ---- */

static void consumer_error(wm_worker_t *w, const rd_kafka_message_t *m) {
  char text[256] = "";
  switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      wm_log_warn("topic is not there", WM_LOG_INT("worker", w->index), WM_LOG_STR("topic", w->stage->set.topic_in),
                  WM_LOG_STR("remedy", "create it; the worker waits"));
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR__FATAL: {
      rd_kafka_resp_err_t code = rd_kafka_fatal_error(w->consumer, text, sizeof text);
      wm_error_t err = WM_ERROR_INIT;
      wm_error_set(&err, WM_ERR_KAFKA, "consumer: %s: %s", rd_kafka_err2name(code ? code : m->err),
                   code ? text : rd_kafka_message_errstr(m));
      wm_worker_fail(w, &err);
      return;
    }
    default: /* a rebalance follows where the group is concerned; librdkafka tries again where a broker is */
      wm_log_warn("consumer error", WM_LOG_INT("worker", w->index), WM_LOG_STR("code", rd_kafka_err2name(m->err)),
                  WM_LOG_STR("reason", rd_kafka_message_errstr(m)));
  }
}

static void message(wm_worker_t *w, const rd_kafka_message_t *m) {
  if (!wm_take(w, m)) return; /* of a partition that was just taken away */
  if (w->rewind) return;      /* it will come again */
  if (!wm_in_order(w, m)) return;
  wm_level_t level = w->n_suspects > 0 ? wm_suspect_level(w, m->partition, m->offset, NULL) : WM_LEVEL_NORMAL;
  if (level != WM_LEVEL_NORMAL && w->txn_open) { /* a suspect stands alone */
    if (wm_txn_commit(w) == WM_STEP_END) return;
    wm_take(w, m); /* the commit forgot what was taken */
    if (w->rewind) return;
  }
  if (wm_worker_process(w, m, level) != WM_STEP_OK) return;
  if (level != WM_LEVEL_NORMAL || w->tally.messages >= w->stage->set.commit_messages) wm_txn_commit(w);
}

static void measure_lag(wm_worker_t *w) {
  int64_t now = wm_stage_now(), lag = 0;
  if (!w->lag || now - w->lag_at < 1000) return;
  w->lag_at = now;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
  if (!list) return;
  for (int32_t i = 0; i < w->n_parts; i++)
    if (w->parts[i].assigned) rd_kafka_topic_partition_list_add(list, w->stage->set.topic_in, i);
  rd_kafka_position(w->consumer, list);
  for (int i = 0; i < list->cnt; i++) {
    int64_t low = 0, high = 0, at = list->elems[i].offset;
    if (rd_kafka_get_watermark_offsets(w->consumer, list->elems[i].topic, list->elems[i].partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0)
      continue;
    if (at >= 0 && high > at) lag += high - at;
  }
  rd_kafka_topic_partition_list_destroy(list);
  wm_metric_set(w->lag, lag);
}

static void turn(wm_worker_t *w) {
  int64_t wait = WM_STAGE_IDLE_MS;
  if (w->txn_open) {
    int64_t left = w->txn_deadline - wm_stage_now();
    wait = left < 0 ? 0 : left < wait ? left : wait;
  }
  rd_kafka_message_t *m = rd_kafka_consumer_poll(w->consumer, (int)wait);
  if (m) {
    if (m->err) consumer_error(w, m);
    else message(w, m);
    rd_kafka_message_destroy(m);
  }
  if (!m || w->tally.messages % 64 == 0) rd_kafka_poll(w->producer, 0);
  if (w->error.code == WM_OK && w->txn_open && wm_stage_now() >= w->txn_deadline) wm_txn_commit(w);
  if (w->error.code == WM_OK && w->rewind && !wm_worker_stopping(w)) wm_rewind(w);
  measure_lag(w);
}

static void finish(wm_worker_t *w) {
  if (w->txn_open && w->error.code == WM_OK) wm_txn_commit(w);
  if (w->txn_open && w->producer) { /* so that readers need not wait for the transaction's time-out; best effort */
    rd_kafka_error_t *e = rd_kafka_abort_transaction(w->producer, WM_STAGE_SLICE_MS);
    if (e) rd_kafka_error_destroy(e);
    w->txn_open = false;
  }
  rd_kafka_resp_err_t rc = rd_kafka_consumer_close(w->consumer);
  if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
    wm_log_warn("consumer closed", WM_LOG_INT("worker", w->index), WM_LOG_STR("reason", rd_kafka_err2str(rc)));
}

void *wm_worker_main(void *worker) {
  wm_worker_t *w = worker;
  if (wm_txn_open_producer(w) == WM_STEP_OK && subscribe(w)) {
    atomic_store(&w->in_loop, true);
    while (w->error.code == WM_OK && !wm_worker_stopping(w)) turn(w);
    atomic_store(&w->in_loop, false);
  }
  finish(w);
  atomic_store(&w->settled, false);
  wm_worker_free(w);
  atomic_fetch_sub(&w->stage->alive, 1);
  return NULL;
}
