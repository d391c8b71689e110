/* wm-test-topics BROKERS NAME:PARTITIONS...: creates topics and waits until each partition has a leader. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"

#define TOPICS_MAX 64
#define TIMEOUT_MS 60000

/* Splits "name:3" in place. */
static bool parse(char *operand, const char **name, int *partitions) {
  char *colon = strrchr(operand, ':');
  long n;
  if (!colon || !kit_number(colon + 1, 1, 1000, &n)) return false;
  *colon = '\0';
  *name = operand;
  *partitions = (int)n;
  return true;
}

static int create(rd_kafka_t *rk, rd_kafka_NewTopic_t **topics, size_t n) {
  int failed = 0;
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options, TIMEOUT_MS, text, sizeof text);
  rd_kafka_AdminOptions_set_operation_timeout(options, TIMEOUT_MS, text, sizeof text);
  rd_kafka_CreateTopics(rk, topics, n, options, queue);
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TIMEOUT_MS + 1000);
  if (!event || rd_kafka_event_error(event)) {
    failed = kit_fail("creating topics: %s", event ? rd_kafka_event_error_string(event) : "no answer");
  } else {
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    for (size_t i = 0; i < count; i++)
      if (rd_kafka_topic_result_error(results[i]))
        failed = kit_fail("creating topic %s: %s", rd_kafka_topic_result_name(results[i]),
                          rd_kafka_topic_result_error_string(results[i]));
  }
  if (event) rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  return failed;
}

/* Whether the broker names a leader for every partition of `name`. */
static bool led(rd_kafka_t *rk, const char *name) {
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
  const struct rd_kafka_metadata *metadata;
  bool good = false;
  if (topic && !rd_kafka_metadata(rk, 0, topic, &metadata, 5000)) {
    good = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0;
    for (int i = 0; good && i < metadata->topics[0].partition_cnt; i++)
      good = metadata->topics[0].partitions[i].leader >= 0;
    rd_kafka_metadata_destroy(metadata);
  }
  if (topic) rd_kafka_topic_destroy(topic);
  return good;
}

static int run(rd_kafka_t *rk, char **operands, size_t n) {
  rd_kafka_NewTopic_t *topics[TOPICS_MAX];
  const char *names[TOPICS_MAX];
  int partitions, failed = 0;
  size_t made = 0;
  for (; !failed && made < n; made++) {
    if (!parse(operands[made], &names[made], &partitions)) {
      failed = kit_fail("%s: expected NAME:PARTITIONS", operands[made]);
      break;
    }
    topics[made] = rd_kafka_NewTopic_new(names[made], partitions, 1, NULL, 0);
  }
  if (!failed) failed = create(rk, topics, made);
  rd_kafka_NewTopic_destroy_array(topics, made);
  const int64_t limit = kit_monotonic_us() + TIMEOUT_MS * 1000LL;
  for (size_t i = 0; !failed && i < made; i++)
    while (!led(rk, names[i])) {
      if (kit_monotonic_us() > limit) return kit_fail("topic %s has no leader", names[i]);
      rd_kafka_poll(rk, 50);
    }
  return failed;
}

int main(int argc, char **argv) {
  if (argc < 3 || argc - 2 > TOPICS_MAX) {
    fprintf(stderr, "usage: wm-test-topics BROKERS NAME:PARTITIONS...\n");
    return 64;
  }
  rd_kafka_t *rk = kit_client(RD_KAFKA_PRODUCER, kit_conf(argv[1], NULL, 0));
  if (!rk) return 1;
  const int failed = run(rk, argv + 2, (size_t)argc - 2);
  rd_kafka_destroy(rk);
  return failed;
}
