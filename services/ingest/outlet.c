#include "services/ingest/outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/kafka.h"
#include "common/log.h"
#include "services/ingest/state.h"

#define SLICE_MS 2000 /* of one call that waits */
#define LOSSES_MAX 5  /* producers lost in a row */
#define CLOSE_MS 5000

struct wm_outlet {
  wm_outlet_options_t options;
  rd_kafka_t *producer; /* NULL: to be made */
  bool connected, open; /* transactions are possible; one is open */
  int losses;
  wm_raw_reader_t *reader;
  wm_buffer_t record;
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

wm_outlet_t *wm_outlet_new(const wm_outlet_options_t *options) {
  wm_outlet_t *o = calloc(1, sizeof *o);
  if (!o) return NULL;
  o->options = *options;
  o->reader = wm_raw_reader_new(options->set->article_bytes, options->index != NULL);
  wm_buffer_init(&o->record, 65536);
  if (o->reader) return o;
  free(o);
  return NULL;
}

static void drop_producer(wm_outlet_t *o) {
  if (o->producer) {
    rd_kafka_purge(o->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_destroy(o->producer);
  }
  o->producer = NULL;
  o->connected = o->open = false;
}

void wm_outlet_destroy(wm_outlet_t *o) {
  if (!o) return;
  wm_outlet_abort(o);
  drop_producer(o);
  wm_raw_reader_destroy(o->reader);
  wm_buffer_clear(&o->record);
  free(o);
}

static bool stopping(const wm_outlet_t *o) {
  return o->options.stopping && o->options.stopping(o->options.context);
}

static wm_err_t retry_later(wm_error_t *err, const char *call, const char *text) {
  return wm_error_set_class(err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE, "%s: %s", call, text);
}

/* The producer is of no use any more: the next transaction gets a new one, unless that happens again and again. */
static wm_err_t lose(wm_outlet_t *o, const char *call, const char *text, wm_error_t *err) {
  drop_producer(o);
  if (++o->losses < LOSSES_MAX) return retry_later(err, call, text);
  return wm_error_set(err, WM_ERR_KAFKA, "%s: %s; if another process has the same name, give each its own WM_INSTANCE",
                      call, text);
}

/* Judges a failed call and destroys `e`. WM_OK: call again. Else the transaction is gone. */
static wm_err_t judge(wm_outlet_t *o, const char *call, rd_kafka_error_t *e, wm_error_t *err) {
  char text[256];
  snprintf(text, sizeof text, "%s: %s", rd_kafka_error_name(e), rd_kafka_error_string(e));
  bool fatal = rd_kafka_error_is_fatal(e), must_abort = rd_kafka_error_txn_requires_abort(e),
       again = rd_kafka_error_is_retriable(e);
  rd_kafka_error_destroy(e);
  if (!fatal && !must_abort && again) {
    wm_log_warn("kafka keeps us waiting", WM_LOG_STR("call", call), WM_LOG_STR("reason", text));
    if (stopping(o)) {
      drop_producer(o);
      return wm_error_set(err, WM_ERR_TIMEOUT, "stopped while waiting: %s: %s", call, text);
    }
    rd_kafka_poll(o->producer, 100);
    return WM_OK;
  }
  if (!must_abort || fatal) return lose(o, call, text, err);
  wm_log_warn("transaction aborted", WM_LOG_STR("call", call), WM_LOG_STR("reason", text));
  wm_outlet_abort(o);
  return retry_later(err, call, text);
}

static wm_err_t make_producer(wm_outlet_t *o, wm_error_t *err) {
  const wm_ingest_settings_t *set = o->options.set;
  char id[600];
  snprintf(id, sizeof id, "%s-%s-%s", set->group, o->options.role, set->instance);
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_PRODUCER, set->servers, set->config, err);
  if (!conf) return WM_ERR_CONFIG;
  wm_err_t rc = wm_kafka_set(conf, "transactional.id", id, err);
  if (rc == WM_OK) rc = wm_kafka_set(conf, "client.id", id, err);
  if (rc == WM_OK) rc = wm_kafka_set_int(conf, "transaction.timeout.ms", set->transaction_timeout_ms, err);
  if (rc == WM_OK &&
      set->transaction_timeout_ms < 60000) /* librdkafka refuses a transaction that may end before a request does */
    rc = wm_kafka_set_int(conf, "socket.timeout.ms", set->transaction_timeout_ms, err);
  if (rc == WM_OK) rc = wm_kafka_set(conf, "delivery.report.only.error", "true", err);
  if (rc != WM_OK) {
    rd_kafka_conf_destroy(conf);
    return rc;
  }
  o->producer = wm_kafka_new(RD_KAFKA_PRODUCER, conf, err);
  return o->producer ? WM_OK : WM_ERR_CONFIG;
}

wm_err_t wm_outlet_connect(wm_outlet_t *o, wm_error_t *err) {
  wm_err_t rc = o->producer ? WM_OK : make_producer(o, err);
  while (rc == WM_OK && !o->connected) {
    rd_kafka_error_t *e = rd_kafka_init_transactions(o->producer, SLICE_MS);
    if (e) rc = judge(o, "init_transactions", e, err);
    else o->connected = true;
  }
  return rc;
}

wm_err_t wm_outlet_begin(wm_outlet_t *o, wm_error_t *err) {
  wm_err_t rc = wm_outlet_connect(o, err);
  if (rc != WM_OK) return rc;
  rd_kafka_error_t *e = rd_kafka_begin_transaction(o->producer);
  if (e) {
    rc = judge(o, "begin_transaction", e, err);
    return rc == WM_OK ? retry_later(err, "begin_transaction", "not now") : rc;
  }
  o->open = true;
  return WM_OK;
}

/* A full queue is waited for. */
static wm_err_t produce(wm_outlet_t *o, const char *topic, int32_t partition, const char *key, const char *value,
                        size_t len, wm_error_t *err) {
  for (;;) {
    rd_kafka_resp_err_t rc = rd_kafka_producev(
        o->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, strlen(key)),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)value, len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) return WM_OK;
    if (rc != RD_KAFKA_RESP_ERR__QUEUE_FULL || stopping(o)) {
      wm_outlet_abort(o);
      return retry_later(err, "produce", rd_kafka_err2str(rc));
    }
    rd_kafka_poll(o->producer, 50);
  }
}

wm_err_t wm_outlet_article(wm_outlet_t *o, const char *json, size_t len, int partitions, const char **uri,
                           wm_error_t *err) {
  wm_raw_t raw;
  char first[WM_ARTICLE_URI_MAX + 1] = "", key[32], own[WM_ARTICLE_URI_MAX + 1];
  int64_t slot = -1, at_ms = now_ms();
  wm_err_t rc = wm_raw_read(o->reader, json, len, &raw, err);
  if (rc != WM_OK) return rc;
  snprintf(own, sizeof own, "%s", raw.uri); /* marking reads anew */
  wm_str_t value = raw.value;
  bool again = o->options.index && wm_duplicates_check(o->options.index, &raw.signature, own, at_ms, first, &slot);
  if (again) rc = wm_raw_mark(o->reader, raw.value, first, &value, err);
  if (rc == WM_OK) rc = produce(o, o->options.set->topic_out, RD_KAFKA_PARTITION_UA, own, value.s, value.len, err);
  if (rc != WM_OK) return rc;
  if (again) wm_metric_add(o->options.meter->duplicates, 1);
  if (slot >= 0 && partitions > 0) {
    snprintf(key, sizeof key, "%s%lld", WM_STATE_SIGNATURE, (long long)slot);
    rc = wm_state_write_signature(own, first, at_ms, &raw.signature, &o->record, err);
    if (rc == WM_OK) rc = wm_outlet_state(o, (int)(slot % partitions), key, o->record.data, o->record.len, err);
    if (rc != WM_OK) wm_outlet_abort(o);
  }
  if (uri) *uri = wm_raw_uri(o->reader);
  return rc;
}

wm_err_t wm_outlet_withdraw(wm_outlet_t *o, const char *uri, wm_error_t *err) {
  return produce(o, o->options.set->topic_out, RD_KAFKA_PARTITION_UA, uri, NULL, 0, err);
}

wm_err_t wm_outlet_state(wm_outlet_t *o, int partition, const char *key, const char *value, size_t len,
                         wm_error_t *err) {
  return produce(o, o->options.set->topic_state, partition, key, value, len, err);
}

static wm_err_t send_offsets(wm_outlet_t *o, rd_kafka_t *consumer, const rd_kafka_topic_partition_list_t *offsets,
                             wm_error_t *err) {
  wm_err_t rc = WM_OK;
  for (bool sent = false; !sent && rc == WM_OK;) {
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer);
    rd_kafka_error_t *e = group ? rd_kafka_send_offsets_to_transaction(o->producer, offsets, group, SLICE_MS) : NULL;
    if (group) rd_kafka_consumer_group_metadata_destroy(group);
    if (e) rc = judge(o, "send_offsets", e, err);
    else sent = true;
  }
  return rc;
}

/* All must be at the broker before the offsets are sent: who takes over waits for what lies in the state topic, and the group refuses what comes later. */
static wm_err_t flush(wm_outlet_t *o, wm_error_t *err) {
  while (rd_kafka_flush(o->producer, SLICE_MS) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    if (!stopping(o)) continue;
    drop_producer(o);
    return wm_error_set(err, WM_ERR_TIMEOUT, "stopped while waiting for the brokers");
  }
  return WM_OK;
}

wm_err_t wm_outlet_commit(wm_outlet_t *o, rd_kafka_t *consumer, const rd_kafka_topic_partition_list_t *offsets,
                          wm_error_t *err) {
  if (!o->open) return retry_later(err, "commit", "no transaction is open");
  wm_err_t rc = consumer ? flush(o, err) : WM_OK;
  if (rc == WM_OK && consumer) rc = send_offsets(o, consumer, offsets, err);
  while (rc == WM_OK && o->open) {
    rd_kafka_error_t *e = rd_kafka_commit_transaction(o->producer, SLICE_MS);
    if (e) rc = judge(o, "commit_transaction", e, err);
    else o->open = false;
  }
  if (rc == WM_OK) o->losses = 0;
  return rc;
}

void wm_outlet_abort(wm_outlet_t *o) {
  int64_t begin = now_ms();
  if (!o->open) return;
  o->open = false;
  for (;;) {
    rd_kafka_error_t *e = rd_kafka_abort_transaction(o->producer, SLICE_MS);
    if (!e) return;
    bool again = rd_kafka_error_is_retriable(e) && !rd_kafka_error_is_fatal(e);
    rd_kafka_error_destroy(e);
    if (again && !(stopping(o) && now_ms() - begin > CLOSE_MS)) continue;
    drop_producer(o); /* the broker aborts it for the next producer of this name, or for its age */
    return;
  }
}
