#include "cli/embedded.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kafka.h"

#define TOPIC_DLQ "articles.dlq"
#define SETTLE_MS 60000

static wm_err_t kafka_error(wm_error_t *err, const char *what, rd_kafka_resp_err_t code) {
  return wm_error_set(err, WM_ERR_KAFKA, "embedded Kafka: %s: %s", what, rd_kafka_err2str(code));
}

static rd_kafka_t *new_client(rd_kafka_type_t type, const char *servers, wm_error_t *err) {
  char text[256];
  rd_kafka_conf_t *conf =
      wm_kafka_conf(type == RD_KAFKA_PRODUCER ? WM_KAFKA_PRODUCER : WM_KAFKA_CONSUMER, servers, NULL, err);
  if (!conf) return NULL;
  wm_err_t rc = WM_OK;
  if (type == RD_KAFKA_CONSUMER) {
    rc = wm_kafka_set(conf, "group.id", "wiremill-pipeline", err);
    if (rc == WM_OK) rc = wm_kafka_set(conf, "enable.auto.commit", "false", err);
    if (rc == WM_OK) rc = wm_kafka_set(conf, "isolation.level", "read_committed", err);
    if (rc == WM_OK) rc = wm_kafka_set(conf, "fetch.wait.max.ms", "5", err);
  } else {
    rc = wm_kafka_set(conf, "test.mock.num.brokers", "1", err);
    if (rc == WM_OK) rc = wm_kafka_set(conf, "message.max.bytes", "134217728", err);
    if (rc == WM_OK) rc = wm_kafka_set(conf, "linger.ms", "1", err);
  }
  rd_kafka_t *rk = rc == WM_OK ? rd_kafka_new(type, conf, text, sizeof text) : NULL;
  if (rk) return rk;
  rd_kafka_conf_destroy(conf);
  if (rc == WM_OK) wm_error_set(err, WM_ERR_KAFKA, "embedded Kafka: %s", text);
  return NULL;
}

static wm_err_t make_topics(wm_embedded_t *e, const wm_chain_t *chain, int partitions, wm_error_t *err) {
  for (size_t i = 0; i <= chain->count; i++) {
    const char *name = i == 0 ? "articles.raw" : chain->links[i - 1].service->topic_out;
    snprintf(e->topics[i], sizeof e->topics[i], "%s", name);
    rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(e->cluster, name, partitions, 1);
    if (code) return kafka_error(err, name, code);
  }
  rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(e->cluster, TOPIC_DLQ, partitions, 1);
  return code ? kafka_error(err, TOPIC_DLQ, code) : WM_OK;
}

static wm_err_t start_reader(wm_embedded_t *e, const wm_chain_t *chain, const char *servers, int partitions,
                             wm_error_t *err) {
  e->consumer = new_client(RD_KAFKA_CONSUMER, servers, err);
  if (!e->consumer) return WM_ERR_KAFKA;
  rd_kafka_poll_set_consumer(e->consumer);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(2 * partitions);
  for (int p = 0; p < partitions; p++) {
    rd_kafka_topic_partition_list_add(list, e->topics[chain->count], p)->offset = 0;
    rd_kafka_topic_partition_list_add(list, TOPIC_DLQ, p)->offset = 0;
  }
  rd_kafka_resp_err_t code = rd_kafka_assign(e->consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  return code ? kafka_error(err, "assign", code) : WM_OK;
}

static wm_err_t load_defaults(wm_embedded_t *e, wm_error_t *err) {
  static const wm_config_program_t program = {.program = "wiremill", .version = WM_VERSION, .takes_kafka = true};
  size_t n;
  const wm_config_option_t *rows = wm_stage_options(&n);
  /* The mock answers a fetch that found nothing only when its time is over, whatever comes in meanwhile. */
  char name[] = "wiremill", kafka[] = "--kafka", wait[] = "fetch.wait.max.ms=5";
  char *argv[] = {name, kafka, wait, NULL};
  e->config = wm_config_new(&program);
  if (!e->config) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = wm_config_add(e->config, rows, n, err);
  /* The rows that have no default: overwritten below. */
  const wm_config_default_t own[] = {{"topic.in", "in"}, {"topic.out", "out"}, {"group", "group"}};
  if (rc == WM_OK) rc = wm_config_defaults(e->config, own, sizeof own / sizeof own[0], err);
  return rc == WM_OK ? wm_config_load(e->config, 3, argv, NULL, err) : rc;
}

static wm_err_t start_stages(wm_embedded_t *e, const wm_chain_t *chain, const wm_embedded_settings_t *settings,
                             const char *servers, wm_error_t *err) {
  wm_err_t rc = load_defaults(e, err);
  for (size_t i = 0; rc == WM_OK && i < chain->count; i++) {
    const wm_link_t *link = &chain->links[i];
    wm_stage_settings_t s;
    wm_stage_settings(e->config, link->service, &s);
    s.shared = link->shared;
    s.bootstrap_servers = servers;
    s.topic_in = e->topics[i];
    s.topic_out = e->topics[i + 1];
    s.topic_dlq = TOPIC_DLQ;
    s.group = link->service->name;
    s.instance = link->service->name;
    s.workers = settings->workers;
    s.commit_ms = settings->commit_ms;
    s.limits = settings->limits;
    s.metrics = e->metrics;
    rc = wm_stage_start(&s, &e->stages[i], err);
    if (rc == WM_OK) e->stage_count++;
  }
  return rc;
}

static bool settled(const wm_embedded_t *e, int workers) {
  for (size_t i = 0; i < e->stage_count; i++) {
    wm_stage_state_t state;
    wm_stage_state(e->stages[i], &state);
    if (state.assigned_workers < workers || state.partitions < e->partitions) return false;
  }
  return true;
}

/* Articles fed while workers still join would be processed in transactions that the next rebalance ends. */
static wm_err_t wait_settled(wm_embedded_t *e, int workers, wm_error_t *err) {
  for (int waited = 0; !settled(e, workers); waited += 20) {
    if (waited >= SETTLE_MS)
      return wm_error_set(err, WM_ERR_TIMEOUT, "the workers got no partitions within %d s", SETTLE_MS / 1000);
    wm_err_t rc = wm_embedded_check(e, err);
    if (rc != WM_OK) return rc;
    rd_kafka_poll(e->producer, 20);
  }
  return WM_OK;
}

wm_err_t wm_embedded_start(wm_embedded_t *e, const wm_chain_t *chain, const wm_embedded_settings_t *settings,
                           wm_error_t *err) {
  memset(e, 0, sizeof *e);
  e->partitions = settings->partitions;
  e->metrics = wm_metrics_new();
  if (!e->metrics) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  /* The cluster lives in the producer's handle, and ends with it. */
  e->producer = new_client(RD_KAFKA_PRODUCER, "localhost", err);
  if (!e->producer) return WM_ERR_KAFKA;
  e->cluster = rd_kafka_handle_mock_cluster(e->producer);
  if (!e->cluster) return wm_error_set(err, WM_ERR_KAFKA, "embedded Kafka: the mock cluster does not start");
#ifdef WM_HAVE_MOCK_REBALANCE_DELAY
  rd_kafka_mock_group_initial_rebalance_delay_ms(e->cluster, 0); /* an older librdkafka waits 3 s for more members */
#endif
  const char *servers = rd_kafka_mock_cluster_bootstraps(e->cluster);
  wm_err_t rc = make_topics(e, chain, settings->partitions, err);
  if (rc == WM_OK) rc = start_reader(e, chain, servers, settings->partitions, err);
  if (rc == WM_OK) rc = start_stages(e, chain, settings, servers, err);
  if (rc == WM_OK) rc = wait_settled(e, settings->workers, err);
  return rc;
}

wm_err_t wm_embedded_feed(wm_embedded_t *e, const char *json, size_t len, uint64_t seq, wm_error_t *err) {
  char number[24];
  int n = snprintf(number, sizeof number, "%" PRIu64, seq);
  rd_kafka_resp_err_t code;
  do {
    code =
        rd_kafka_producev(e->producer, RD_KAFKA_V_TOPIC(e->topics[0]), RD_KAFKA_V_VALUE((void *)(uintptr_t)json, len),
                          RD_KAFKA_V_KEY(number, (size_t)n), RD_KAFKA_V_HEADER(WM_EMBEDDED_SEQ, number, n),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    rd_kafka_poll(e->producer, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 50 : 0);
  } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
  return code ? kafka_error(err, "produce", code) : WM_OK;
}

rd_kafka_message_t *wm_embedded_next(wm_embedded_t *e, int timeout_ms, uint64_t *seq, bool *dead) {
  rd_kafka_poll(e->producer, 0);
  rd_kafka_message_t *m = rd_kafka_consumer_poll(e->consumer, timeout_ms);
  if (!m) return NULL;
  const char *number = m->err ? NULL : wm_kafka_header(m, WM_EMBEDDED_SEQ);
  if (!number) {
    rd_kafka_message_destroy(m);
    return NULL;
  }
  *seq = strtoull(number, NULL, 10);
  *dead = strcmp(rd_kafka_topic_name(m->rkt), TOPIC_DLQ) == 0;
  return m;
}

int64_t wm_embedded_aborted(wm_embedded_t *e) {
  return wm_metric_value(
      wm_metrics_get(e->metrics, WM_METRIC_COUNTER, "wm_transactions_total", "result=\"aborted\"", ""));
}

wm_err_t wm_embedded_check(wm_embedded_t *e, wm_error_t *err) {
  for (size_t i = 0; i < e->stage_count; i++) {
    if (wm_stage_running(e->stages[i])) continue;
    wm_err_t rc = wm_stage_join(e->stages[i], err);
    return rc != WM_OK ? rc : wm_error_set(err, WM_ERR_INTERNAL, "a stage stopped by itself");
  }
  return WM_OK;
}

wm_err_t wm_embedded_stop(wm_embedded_t *e, wm_error_t *err) {
  wm_err_t first = WM_OK;
  for (size_t i = 0; i < e->stage_count; i++) wm_stage_stop(e->stages[i]);
  for (size_t i = 0; i < e->stage_count; i++) {
    wm_err_t rc = wm_stage_join(e->stages[i], err);
    if (first == WM_OK) first = rc;
    wm_stage_destroy(e->stages[i]);
  }
  if (e->consumer) rd_kafka_destroy(e->consumer);
  if (e->producer) rd_kafka_destroy(e->producer);
  wm_metrics_destroy(e->metrics);
  wm_config_destroy(e->config);
  memset(e, 0, sizeof *e);
  return first;
}
