/* Whether a broker is there, and librdkafka's callbacks that tell. */
#include <string.h>

#include "common/stage_internal.h"

void wm_link_alive(wm_link_t *link) {
  atomic_store_explicit(&link->up, true, memory_order_relaxed);
}

static wm_link_t *link_of(wm_worker_t *w, const rd_kafka_t *rk) {
  return rd_kafka_type(rk) == RD_KAFKA_CONSUMER ? &w->consumer_link : &w->producer_link;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
  wm_worker_t *w = opaque;
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    atomic_store_explicit(&link_of(w, rk)->up, false, memory_order_relaxed);
  wm_log_warn("kafka error", WM_LOG_INT("worker", w->index), WM_LOG_STR("client", rd_kafka_name(rk)),
              WM_LOG_STR("code", rd_kafka_err2name((rd_kafka_resp_err_t)code)), WM_LOG_STR("reason", reason));
}

/* True if the statistics name a broker that is connected and said something lately. */
static bool statistics_up(const json_t *root, bool heartbeats) {
  const char *key;
  const json_t *broker;
  json_t *brokers = json_object_get(root, "brokers");
  json_object_foreach(brokers, key, broker) {
    const char *state = json_string_value(json_object_get(broker, "state"));
    if (!state || strcmp(state, "UP") != 0) continue;
    json_int_t silent = json_integer_value(json_object_get(broker, "rxidle")); /* microseconds */
    if (!heartbeats || silent < (json_int_t)WM_STAGE_SILENCE_MS * 1000) return true;
  }
  return false;
}

static int on_statistics(rd_kafka_t *rk, char *json, size_t len, void *opaque) {
  wm_worker_t *w = opaque;
  json_t *root = json_loadb(json, len, 0, NULL);
  if (!root) return 0;
  /* Only a consumer talks all the time; an idle producer's connection may be silent. */
  bool up = statistics_up(root, rd_kafka_type(rk) == RD_KAFKA_CONSUMER);
  atomic_store_explicit(&link_of(w, rk)->up, up, memory_order_relaxed);
  json_decref(root);
  return 0; /* librdkafka frees the text */
}

/* Called for failures only (delivery.report.only.error). */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  wm_worker_t *w = opaque;
  int32_t partition;
  int64_t offset;
  if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) return;
  if (!wm_suspect_unpack(message->_private, &partition, &offset)) partition = -1;
  wm_log_warn("record not delivered", WM_LOG_INT("worker", w->index),
              WM_LOG_STR("topic", rd_kafka_topic_name(message->rkt)), WM_LOG_INT("from_partition", partition),
              WM_LOG_INT("from_offset", offset), WM_LOG_STR("reason", rd_kafka_err2str(message->err)));
  if (partition >= 0 && wm_suspect_code(message->err)) wm_suspect_refused(w, partition, offset, message->err);
}

void wm_link_configure(rd_kafka_conf_t *conf, wm_kafka_role_t role) {
  rd_kafka_conf_set_error_cb(conf, on_error);
  rd_kafka_conf_set_stats_cb(conf, on_statistics);
  if (role == WM_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
}
