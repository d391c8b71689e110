/*
 * wm-test-progress BROKERS GROUP TOPIC [SECONDS]: follows a consumer group through a topic. Every 20 ms, when it moved, a line
 * "MICROSECONDS COMMITTED END" (sums over the partitions), until it has committed the end of every partition. Exit 1 when the time is over.
 */
#include <stdio.h>
#include <unistd.h>

#include "kit/kit.h"

#define STEP_US 20000
#define CALL_MS 10000

static rd_kafka_topic_partition_list_t *partitions_of(rd_kafka_t *rk, const char *name) {
  const struct rd_kafka_metadata *metadata;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
  if (topic && !rd_kafka_metadata(rk, 0, topic, &metadata, CALL_MS)) {
    for (int p = 0; p < metadata->topics[0].partition_cnt; p++) rd_kafka_topic_partition_list_add(list, name, p);
    rd_kafka_metadata_destroy(metadata);
  }
  if (topic) rd_kafka_topic_destroy(topic);
  return list;
}

/* Sum of the ends; -1 if a partition's cannot be had. */
static int64_t end_of(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *list) {
  int64_t sum = 0, low, high;
  for (int i = 0; i < list->cnt; i++) {
    if (rd_kafka_query_watermark_offsets(rk, list->elems[i].topic, list->elems[i].partition, &low, &high, CALL_MS))
      return -1;
    sum += high;
  }
  return list->cnt ? sum : -1;
}

static int64_t committed_of(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list) {
  int64_t sum = 0;
  if (rd_kafka_committed(rk, list, CALL_MS)) return -1;
  for (int i = 0; i < list->cnt; i++)
    if (list->elems[i].offset > 0) sum += list->elems[i].offset;
  return sum;
}

static int follow(rd_kafka_t *rk, const char *topic, long seconds) {
  rd_kafka_topic_partition_list_t *list = partitions_of(rk, topic);
  const int64_t end = end_of(rk, list), limit = kit_monotonic_us() + seconds * 1000000;
  int64_t last = -1;
  while (end >= 0 && last < end && kit_monotonic_us() < limit && !kit_stopped()) {
    const int64_t now = committed_of(rk, list);
    if (now != last && now >= 0) {
      printf("%lld %lld %lld\n", (long long)kit_now_us(), (long long)now, (long long)end);
      fflush(stdout);
      last = now;
    }
    usleep(STEP_US);
  }
  rd_kafka_topic_partition_list_destroy(list);
  return end < 0 ? kit_fail("%s: no such topic", topic) : last < end;
}

int main(int argc, char **argv) {
  long seconds = 300;
  if (argc < 4 || argc > 5 || (argc == 5 && !kit_number(argv[4], 1, 86400, &seconds))) {
    fprintf(stderr, "usage: wm-test-progress BROKERS GROUP TOPIC [SECONDS]\n");
    return 64;
  }
  const kit_property_t properties[] = {{"group.id", argv[2]}, {"enable.auto.commit", "false"}};
  kit_stop_on_signals();
  rd_kafka_t *rk = kit_client(RD_KAFKA_CONSUMER, kit_conf(argv[1], properties, 2));
  if (!rk) return 1;
  const int failed = follow(rk, argv[3], seconds);
  rd_kafka_destroy(rk);
  return failed;
}
