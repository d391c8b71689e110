#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/dlq.h"
#include "common/kafka.h"

#define BROKER_MS 10000
#define QUIET_MS 30000
#define GROUP "wiremill-dlq-replay"

const char *wm_dlq_header(const rd_kafka_message_t *message, const char *name) {
  const char *value = wm_kafka_header(message, name);
  return value ? value : "";
}

static bool parse_position(const char *s, int32_t *partition, int64_t *offset) {
  char *end;
  if (*s < '0' || *s > '9') return false;
  unsigned long long p = strtoull(s, &end, 10);
  if (*end != ':' || end[1] < '0' || end[1] > '9' || p > INT32_MAX) return false;
  unsigned long long o = strtoull(end + 1, &end, 10);
  if (*end != '\0' || o > INT64_MAX) return false;
  *partition = (int32_t)p;
  *offset = (int64_t)o;
  return true;
}

wm_err_t wm_dlq_check_positions(const wm_dlq_filter_t *filter, wm_error_t *err) {
  int32_t p;
  int64_t o;
  for (size_t i = 0; i < filter->position_count; i++)
    if (!parse_position(filter->positions[i], &p, &o))
      return wm_error_set(err, WM_ERR_USAGE,
                          "'%s' is no position; give PARTITION:OFFSET as wiremill dlq list prints it",
                          filter->positions[i]);
  return WM_OK;
}

static bool matches(const wm_dlq_filter_t *f, const rd_kafka_message_t *m) {
  if (f->error && strcmp(f->error, wm_dlq_header(m, "wm-error")) != 0) return false;
  if (f->service && strcmp(f->service, wm_dlq_header(m, "wm-service")) != 0) return false;
  if (f->position_count == 0) return true;
  for (size_t i = 0; i < f->position_count; i++) {
    int32_t p;
    int64_t o;
    if (parse_position(f->positions[i], &p, &o) && p == m->partition && o == m->offset) return true;
  }
  return false;
}

static rd_kafka_t *new_consumer(const char *servers, const wm_config_t *config, wm_error_t *err) {
  static const char *const properties[][2] = {{"group.id", GROUP},
                                              {"enable.auto.commit", "false"},
                                              {"isolation.level", "read_committed"},
                                              {"enable.partition.eof", "true"},
                                              {"auto.offset.reset", "earliest"}};
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_CONSUMER, servers, config, err);
  if (!conf) return NULL;
  char text[256];
  for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
    if (wm_kafka_set(conf, properties[i][0], properties[i][1], err) == WM_OK) continue;
    rd_kafka_conf_destroy(conf);
    return NULL;
  }
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
  if (!rk) {
    rd_kafka_conf_destroy(conf);
    wm_error_set(err, WM_ERR_CONFIG, "librdkafka: %s", text);
    return NULL;
  }
  rd_kafka_poll_set_consumer(rk);
  return rk;
}

static wm_err_t assign(rd_kafka_t *rk, const char *topic, int partitions, bool from_committed, wm_error_t *err) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
  if (!list) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  for (int p = 0; p < partitions; p++)
    rd_kafka_topic_partition_list_add(list, topic, p)->offset =
        from_committed ? RD_KAFKA_OFFSET_STORED : RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_resp_err_t code = rd_kafka_assign(rk, list);
  rd_kafka_topic_partition_list_destroy(list);
  return code ? wm_error_set(err, WM_ERR_KAFKA, "%s: %s", topic, rd_kafka_err2str(code)) : WM_OK;
}

wm_err_t wm_dlq_open(const char *servers, const char *topic, const wm_config_t *config, bool from_committed,
                     rd_kafka_t **out, int *partitions, wm_error_t *err) {
  wm_err_t rc = wm_kafka_check(servers, config, &topic, 1, BROKER_MS, err);
  if (rc != WM_OK) return rc;
  rd_kafka_t *rk = new_consumer(servers, config, err);
  if (!rk) return WM_ERR_CONFIG;
  const struct rd_kafka_metadata *metadata = NULL;
  rd_kafka_topic_t *rkt = rd_kafka_topic_new(rk, topic, NULL);
  rd_kafka_resp_err_t code = rkt ? rd_kafka_metadata(rk, 0, rkt, &metadata, BROKER_MS) : rd_kafka_last_error();
  if (code || metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt < 1) {
    rc = wm_error_set_class(err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE, "cannot ask %s for the partitions of %s: %s",
                            servers, topic, rd_kafka_err2str(code));
  } else {
    *partitions = metadata->topics[0].partition_cnt;
    rc = assign(rk, topic, *partitions, from_committed, err);
  }
  if (metadata) rd_kafka_metadata_destroy(metadata);
  if (rkt) rd_kafka_topic_destroy(rkt);
  if (rc != WM_OK) {
    rd_kafka_destroy(rk);
    return rc;
  }
  *out = rk;
  return WM_OK;
}

wm_err_t wm_dlq_read(rd_kafka_t *consumer, int partitions, const wm_dlq_filter_t *filter, size_t max,
                     wm_dlq_visit_t visit, void *context, wm_error_t *err) {
  size_t found = 0;
  int at_end = 0, quiet = 0;
  while (at_end < partitions && (max == 0 || found < max)) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(consumer, 500);
    if (!m) {
      quiet += 500;
      if (quiet >= QUIET_MS)
        return wm_error_set_class(
            err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE,
            "the broker sent nothing for %d s: an open transaction, or a broker that is down; try again",
            QUIET_MS / 1000);
      continue;
    }
    wm_err_t rc = WM_OK;
    quiet = 0;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      at_end++;
    } else if (m->err) {
      rc = wm_error_set_class(err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE, "%s", rd_kafka_message_errstr(m));
    } else if (matches(filter, m)) {
      found++;
      rc = visit(context, m, err);
    }
    rd_kafka_message_destroy(m);
    if (rc != WM_OK) return rc;
  }
  return WM_OK;
}
