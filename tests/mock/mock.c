#include "tests/mock/mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/html.h"
#include "tests/support/stage/stage_service.h"

static int64_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void pause_ms(int ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char text[256] = "";
  if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK) fail_msg("%s: %s", name, text);
}

void mock_open(mock_t *m, int brokers, int partitions) {
  char text[256] = "";
  memset(m, 0, sizeof *m);
  wm_html_init();
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "client.id", "feeder");
  set(conf, "message.max.bytes", "80000000");
  set(conf, "log_level", "0");
  rd_kafka_t *carrier = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
  assert_non_null(carrier);
  m->cluster = rd_kafka_mock_cluster_new(carrier, brokers);
  assert_non_null(m->cluster);
  m->rk = carrier;
  m->bootstrap = rd_kafka_mock_cluster_bootstraps(m->cluster);
  assert_true(rd_kafka_brokers_add(m->rk, m->bootstrap) > 0);
  assert_int_equal(rd_kafka_mock_topic_create(m->cluster, "articles.raw", partitions, 1), 0);
  assert_int_equal(rd_kafka_mock_topic_create(m->cluster, "articles.test", 4, 1), 0);
  assert_int_equal(rd_kafka_mock_topic_create(m->cluster, "articles.dlq", 4, 1), 0);
  for (int i = 0; i < partitions; i++) rd_kafka_mock_partition_set_leader(m->cluster, "articles.raw", i, 1);
  for (int i = 0; i < 4; i++) {
    rd_kafka_mock_partition_set_leader(m->cluster, "articles.test", i, brokers);
    rd_kafka_mock_partition_set_leader(m->cluster, "articles.dlq", i, brokers);
  }
  m->brokers = brokers;
  m->metrics = wm_metrics_new();
  assert_non_null(m->metrics);
  m->set = (wm_stage_settings_t){.service = &stage_test_service,
                                 .bootstrap_servers = m->bootstrap,
                                 .group = "wiremill-test",
                                 .metrics = m->metrics};
}

void mock_close(mock_t *m) {
  wm_stage_destroy(m->stage);
  wm_metrics_destroy(m->metrics);
  rd_kafka_mock_cluster_destroy(m->cluster);
  rd_kafka_destroy(m->rk);
}

void mock_start(mock_t *m) {
  wm_error_t err = WM_ERROR_INIT;
  if (wm_stage_start(&m->set, &m->stage, &err) != WM_OK) fail_msg("%s", err.text);
}

wm_err_t mock_join(mock_t *m, wm_error_t *err) {
  for (int64_t end = now_ms() + MOCK_WAIT_MS; wm_stage_running(m->stage) && now_ms() < end;) pause_ms(10);
  assert_false(wm_stage_running(m->stage));
  wm_err_t rc = wm_stage_join(m->stage, err);
  wm_stage_destroy(m->stage);
  m->stage = NULL;
  return rc;
}

wm_err_t mock_stop(mock_t *m, wm_error_t *err) {
  wm_stage_stop(m->stage);
  return mock_join(m, err);
}

void mock_wait_ready(mock_t *m) {
  char why[256] = "";
  for (int64_t end = now_ms() + MOCK_WAIT_MS; now_ms() < end; pause_ms(20)) {
    if (!wm_stage_running(m->stage)) break;
    if (wm_stage_ready(m->stage, why, sizeof why)) return;
  }
  wm_error_t err = WM_ERROR_INIT;
  if (!wm_stage_running(m->stage)) wm_stage_join(m->stage, &err);
  fail_msg("the stage did not become ready: %s %s", why, err.text);
}

void mock_feed(mock_t *m, int partition, const char *key, const void *value, size_t len, rd_kafka_headers_t *headers,
               int64_t timestamp) {
  rd_kafka_resp_err_t rc =
      rd_kafka_producev(m->rk, RD_KAFKA_V_TOPIC("articles.raw"), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_KEY(key, key ? strlen(key) : 0), RD_KAFKA_V_VALUE((void *)(uintptr_t)value, len),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
                        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_END);
  assert_int_equal(rc, RD_KAFKA_RESP_ERR_NO_ERROR);
  assert_int_equal(rd_kafka_flush(m->rk, MOCK_WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

void mock_feed_articles(mock_t *m, int from, int n) {
  for (int i = from; i < from + n; i++) {
    char key[64], value[256];
    snprintf(key, sizeof key, "urn:a:%d", i);
    int len = snprintf(value, sizeof value,
                       "{\"uri\": \"%s\", \"headline\": \"Article %d\", \"body_text\": \"Said in Berlin.\"}", key, i);
    rd_kafka_resp_err_t rc = rd_kafka_producev(m->rk, RD_KAFKA_V_TOPIC("articles.raw"),
                                               RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(value, (size_t)len),
                                               RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    assert_int_equal(rc, RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  assert_int_equal(rd_kafka_flush(m->rk, MOCK_WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static long metric(mock_t *m, const char *name, const char *result) {
  char labels[64];
  snprintf(labels, sizeof labels, "result=\"%s\"", result);
  return (long)wm_metric_value(wm_metrics_get(m->metrics, WM_METRIC_COUNTER, name, labels, ""));
}

long mock_messages(mock_t *m, const char *result) {
  return metric(m, "wm_messages_total", result);
}

long mock_transactions(mock_t *m, const char *result) {
  return metric(m, "wm_transactions_total", result);
}

void mock_wait_messages(mock_t *m, long n) {
  long sum = 0;
  for (int64_t end = now_ms() + MOCK_WAIT_MS; now_ms() < end; pause_ms(10)) {
    sum = mock_messages(m, "enriched") + mock_messages(m, "dead") + mock_messages(m, "withdrawn");
    if (sum >= n) return;
    if (!wm_stage_running(m->stage)) {
      wm_error_t err = WM_ERROR_INIT;
      wm_stage_join(m->stage, &err);
      fail_msg("the stage ended after %ld of %ld messages: %s", sum, n, err.text);
    }
  }
  fail_msg("%ld of %ld messages", sum, n);
}

static void keep(mock_records_t *r, rd_kafka_message_t *message) {
  if (r->n == r->capacity) {
    r->capacity = r->capacity ? 2 * r->capacity : 64;
    r->message = realloc(r->message, r->capacity * sizeof(*r->message));
    assert_non_null(r->message);
  }
  r->message[r->n++] = message;
}

static int assign_all(rd_kafka_t *consumer, const char *topic) {
  const struct rd_kafka_metadata *metadata = NULL;
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(consumer, topic, NULL);
  assert_non_null(rkt);
  assert_int_equal(rd_kafka_metadata(consumer, 0, rkt, &metadata, MOCK_WAIT_MS), 0);
  int n = metadata->topics[0].partition_cnt;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
  for (int i = 0; i < n; i++) rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
  assert_int_equal(rd_kafka_assign(consumer, list), 0);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(rkt);
  return n;
}

void mock_read(mock_t *m, const char *topic, mock_records_t *out) {
  char text[256] = "";
  memset(out, 0, sizeof *out);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", m->bootstrap);
  set(conf, "group.id", "reader");
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "enable.partition.eof", "true");
  set(conf, "enable.auto.commit", "false");
  set(conf, "isolation.level", "read_committed");
  out->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
  assert_non_null(out->consumer);
  rd_kafka_poll_set_consumer(out->consumer);
  int open = assign_all(out->consumer, topic);
  for (int64_t end = now_ms() + MOCK_WAIT_MS; open > 0 && now_ms() < end;) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(out->consumer, 100);
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      keep(out, message);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) open--;
    rd_kafka_message_destroy(message);
  }
  assert_int_equal(open, 0);
}

void mock_records_clear(mock_records_t *r) {
  for (size_t i = 0; i < r->n; i++) rd_kafka_message_destroy(r->message[i]);
  free(r->message);
  rd_kafka_consumer_close(r->consumer);
  rd_kafka_destroy(r->consumer);
}

const char *mock_header(const rd_kafka_message_t *record, const char *name) {
  rd_kafka_headers_t *headers = NULL;
  const void *value = NULL;
  size_t size;
  if (rd_kafka_message_headers(record, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return NULL;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return NULL;
  return value; /* librdkafka ends values with a NUL */
}

/* N of the key "urn:a:N"; -1 if it is another. */
static long number_of(const rd_kafka_message_t *record) {
  char key[32] = "", *end = key;
  if (record->key_len >= sizeof key || record->key_len <= 6 || memcmp(record->key, "urn:a:", 6) != 0) return -1;
  memcpy(key, record->key, record->key_len);
  long number = strtol(key + 6, &end, 10);
  return *end == '\0' ? number : -1;
}

void mock_expect_articles(mock_t *m, const char *topic, int from, int n, bool once) {
  mock_records_t r;
  mock_read(m, topic, &r);
  int *seen = calloc((size_t)n, sizeof *seen);
  assert_non_null(seen);
  for (size_t i = 0; i < r.n; i++) {
    long number = number_of(r.message[i]);
    if (number < from || number >= from + n) {
      if (once) fail_msg("%s has a record that nobody sent, at offset %lld", topic, (long long)r.message[i]->offset);
      continue;
    }
    seen[number - from]++;
  }
  for (int i = 0; i < n; i++) {
    if (seen[i] == 0) fail_msg("%s lacks urn:a:%d", topic, from + i);
    if (once && seen[i] > 1) fail_msg("%s has urn:a:%d %d times", topic, from + i, seen[i]);
  }
  free(seen);
  mock_records_clear(&r);
}

void mock_push(mock_t *m, int api, size_t n, const rd_kafka_resp_err_t *errors) {
  rd_kafka_mock_push_request_errors_array(m->cluster, (int16_t)api, n, errors);
}

void mock_push_one(mock_t *m, int api, rd_kafka_resp_err_t error) {
  mock_push(m, api, 1, &error);
}

void mock_push_out(mock_t *m, size_t n, rd_kafka_resp_err_t error) {
  assert_true(m->brokers > 1); /* or the feeder would take the errors */
  for (size_t i = 0; i < n; i++)
    assert_int_equal(rd_kafka_mock_broker_push_request_error_rtts(m->cluster, m->brokers, MOCK_PRODUCE, 1, error, 0),
                     0);
}
