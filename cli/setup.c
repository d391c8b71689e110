#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "common/kafka.h"

#define TOPICS_MAX 64u
#define REQUEST_MS 20000
#define RETRY_MS 500

static const wm_config_program_t k_program = {
    .program = "wiremill setup",
    .version = WM_VERSION,
    .summary =
        "Creates the Kafka topics of the flow where they are missing, and leaves those that exist as they are: run it "
        "as\n"
        "often as you like. Waits for the brokers first.",
    .usage = "wiremill setup [OPTION...] [TOPIC...]",
    .epilog =
        "Without TOPIC: articles.raw, articles.entities, articles.countries, articles.enriched, articles.dlq and\n"
        "articles.ingest.state, which is compacted: its partitions must not become more later.\n"
        "The number of partitions bounds how many workers can share a topic; it is easier to begin with enough.\n"
        "The dead-letter topic keeps its records for ever; the others as the brokers say.\n"
        "\n"
        "Examples:\n"
        "  wiremill setup --kafka-bootstrap-servers broker1:9092 --partitions 12 --replication 3\n"
        "  wiremill setup --partitions 1 archive.raw",
    .takes_operands = true,
    .takes_kafka = true,
};

static const wm_config_option_t k_rows[] = {
    {"kafka.bootstrap.servers", "Kafka", WM_CONFIG_STRING, 1, 4096, NULL, "localhost:9092", 0, "HOST:PORT,...",
     "brokers to ask first"},
    {"partitions", "Topics", WM_CONFIG_INT, 1, 10000, NULL, "6", 0, "N", "partitions of a topic that is created"},
    {"replication", "Topics", WM_CONFIG_INT, -1, 100, NULL, "-1", 0, "N",
     "replicas of each partition; -1: the brokers' default"},
    {"topic.dlq", "Topics", WM_CONFIG_STRING, 1, 249, NULL, "articles.dlq", 0, "TOPIC", "topic of the dead letters"},
    {"topic.state", "Topics", WM_CONFIG_STRING, 1, 249, NULL, "articles.ingest.state", 0, "TOPIC",
     "topic of what wiremill-ingest has seen; compacted"},
    {"max.record.bytes", "Topics", WM_CONFIG_BYTES, 1024, 1 << 30, NULL, "32MiB", 0, "BYTES",
     "largest record that the topics take (max.message.bytes)"},
    {"wait", "Topics", WM_CONFIG_MS, 0, 3600000, NULL, "60s", 0, "TIME", "how long to wait for the brokers"},
};

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static wm_err_t new_admin(const wm_config_t *config, rd_kafka_t **out, wm_error_t *err) {
  char text[256];
  rd_kafka_conf_t *conf =
      wm_kafka_conf(WM_KAFKA_ADMIN, wm_config_string(config, "kafka.bootstrap.servers"), config, err);
  if (!conf) return WM_ERR_CONFIG;
  *out = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
  if (*out) return WM_OK;
  rd_kafka_conf_destroy(conf);
  return wm_error_set(err, WM_ERR_CONFIG, "librdkafka: %s", text);
}

static wm_err_t wait_for_brokers(rd_kafka_t *rk, const wm_config_t *config, wm_error_t *err) {
  int64_t until = now_ms() + wm_config_int(config, "wait");
  for (;;) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, NULL, &metadata, 2000);
    if (!code) {
      rd_kafka_metadata_destroy(metadata);
      return WM_OK;
    }
    if (now_ms() >= until)
      return wm_error_set_class(err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE,
                                "no broker answers at %s: %s; check WM_KAFKA_BOOTSTRAP_SERVERS, or --wait longer",
                                wm_config_string(config, "kafka.bootstrap.servers"), rd_kafka_err2str(code));
    rd_kafka_poll(rk, RETRY_MS);
  }
}

static rd_kafka_NewTopic_t *describe(const wm_config_t *config, const char *name, wm_error_t *err) {
  char text[256], bytes[24];
  rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, (int)wm_config_int(config, "partitions"),
                                                     (int)wm_config_int(config, "replication"), text, sizeof text);
  if (!topic) {
    wm_error_set(err, WM_ERR_CONFIG, "topic %s: %s", name, text);
    return NULL;
  }
  snprintf(bytes, sizeof bytes, "%lld", wm_config_int(config, "max.record.bytes"));
  rd_kafka_NewTopic_set_config(topic, "max.message.bytes", bytes);
  if (strcmp(name, wm_config_string(config, "topic.dlq")) == 0) {
    rd_kafka_NewTopic_set_config(topic, "retention.ms", "-1");
    rd_kafka_NewTopic_set_config(topic, "retention.bytes", "-1");
  }
  if (strcmp(name, wm_config_string(config, "topic.state")) == 0) {
    rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    rd_kafka_NewTopic_set_config(topic, "segment.ms", "86400000"); /* what is in the newest segment is not compacted */
  }
  return topic;
}

/* Says what became of each topic; WM_ERR_KAFKA if one could neither be created nor found. */
static wm_err_t report(rd_kafka_event_t *event, wm_error_t *err) {
  if (rd_kafka_event_error(event))
    return wm_error_set_class(err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE, "the brokers did not create the topics: %s",
                              rd_kafka_event_error_string(event));
  size_t n;
  const rd_kafka_topic_result_t **results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
  for (size_t i = 0; i < n; i++) {
    const char *name = rd_kafka_topic_result_name(results[i]);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      return wm_error_set(err, WM_ERR_KAFKA, "topic %s: %s", name,
                          rd_kafka_topic_result_error_string(results[i])
                              ? rd_kafka_topic_result_error_string(results[i])
                              : rd_kafka_err2str(code));
    printf("%s %s\n", code ? "exists " : "created", name);
  }
  return WM_OK;
}

static wm_err_t create(rd_kafka_t *rk, const wm_config_t *config, const char *const *names, size_t n, wm_error_t *err) {
  rd_kafka_NewTopic_t *topics[TOPICS_MAX];
  size_t made = 0;
  wm_err_t rc = WM_OK;
  for (size_t i = 0; i < n && rc == WM_OK; i++) {
    topics[made] = describe(config, names[i], err);
    if (topics[made]) made++;
    else rc = WM_ERR_CONFIG;
  }
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  if (rc == WM_OK) {
    rd_kafka_CreateTopics(rk, topics, made, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, REQUEST_MS * 3);
    rc = event ? report(event, err)
               : wm_error_set(err, WM_ERR_TIMEOUT, "the brokers did not answer within %d s", REQUEST_MS * 3 / 1000);
    if (event) rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy_array(topics, made);
  return rc;
}

static wm_err_t run(const wm_config_t *config, wm_error_t *err) {
  const char *flow[] = {"articles.raw",
                        "articles.entities",
                        "articles.countries",
                        "articles.enriched",
                        wm_config_string(config, "topic.dlq"),
                        wm_config_string(config, "topic.state")};
  size_t n;
  const char *const *names = wm_config_operands(config, &n);
  if (n > TOPICS_MAX) return wm_error_set(err, WM_ERR_USAGE, "at most %u topics at a time", TOPICS_MAX);
  if (n == 0) {
    names = flow;
    n = sizeof flow / sizeof flow[0];
  }
  rd_kafka_t *rk = NULL;
  wm_err_t rc = new_admin(config, &rk, err);
  if (rc == WM_OK) rc = wait_for_brokers(rk, config, err);
  if (rc == WM_OK) rc = create(rk, config, names, n, err);
  if (rk) rd_kafka_destroy(rk);
  return rc;
}

int wm_cli_setup(int argc, char **argv) {
  return wm_cli_run(&k_program, k_rows, sizeof k_rows / sizeof k_rows[0], run, argc, argv);
}
