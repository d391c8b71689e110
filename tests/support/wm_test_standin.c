/*
 * wm-test-standin auto-commit|commit-first: workers that are wrong on purpose, to prove that the exactly-once test can fail.
 *   auto-commit   leaves offsets to librdkafka's timer: killed, it does again what it had done (doubles)
 *   commit-first  commits the offsets of a batch before it produces it: killed between, the batch is lost
 * Settings as for a service (WM_TOPIC_IN ...). No transactions. Runs until SIGTERM.
 */
#include <stdio.h>
#include <string.h>

#include "kit/worker.h"

#define BATCH_MAX 500
#define BATCH_MS 100

static int open_clients(kit_worker_t *w, bool auto_commit) {
  const kit_property_t consumer[] = {{"group.id", w->group},
                                     {"session.timeout.ms", w->session_timeout_ms},
                                     {"heartbeat.interval.ms", "500"},
                                     {"auto.offset.reset", "earliest"},
                                     {"isolation.level", "read_committed"},
                                     {"enable.auto.commit", auto_commit ? "true" : "false"},
                                     {"auto.commit.interval.ms", "5000"},
                                     {"fetch.message.max.bytes", "33554432"},
                                     {"receive.message.max.bytes", "134217728"}};
  const kit_property_t producer[] = {
      {"enable.idempotence", "true"}, {"linger.ms", "5"}, {"message.max.bytes", "33554432"}};
  w->consumer = kit_client(RD_KAFKA_CONSUMER, kit_conf(w->brokers, consumer, sizeof consumer / sizeof consumer[0]));
  w->producer = kit_client(RD_KAFKA_PRODUCER, kit_conf(w->brokers, producer, sizeof producer / sizeof producer[0]));
  if (!w->consumer || !w->producer) return 1;
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, w->topic_in, RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t e = rd_kafka_subscribe(w->consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  return e ? kit_fail("subscribe: %s", rd_kafka_err2str(e)) : 0;
}

/* Takes what comes within BATCH_MS, BATCH_MAX records at most. */
static size_t take(kit_worker_t *w, rd_kafka_message_t **batch) {
  size_t n = 0;
  const int64_t end = kit_monotonic_us() + BATCH_MS * 1000;
  for (int64_t left; n < BATCH_MAX && (left = end - kit_monotonic_us()) > 0;) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(w->consumer, (int)(left / 1000));
    if (m && !m->err) batch[n++] = m;
    else if (m) rd_kafka_message_destroy(m);
  }
  return n;
}

static int work(kit_worker_t *w, bool auto_commit) {
  rd_kafka_message_t *batch[BATCH_MAX];
  int failed = 0;
  while (!failed && !kit_stopped()) {
    const size_t n = take(w, batch);
    if (n && !auto_commit) rd_kafka_commit(w->consumer, NULL, 0);
    for (size_t i = 0; i < n; i++) {
      if (!failed && kit_worker_forward(w, batch[i])) failed = kit_fail("an article could not be produced");
      rd_kafka_message_destroy(batch[i]);
    }
    rd_kafka_poll(w->producer, 0);
    if (n) rd_kafka_flush(w->producer, 60000);
  }
  return failed;
}

int main(int argc, char **argv) {
  kit_worker_t w;
  const bool auto_commit = argc == 2 && !strcmp(argv[1], "auto-commit");
  if (argc != 2 || (!auto_commit && strcmp(argv[1], "commit-first") != 0) || !kit_worker_settings(&w)) {
    fprintf(stderr, "usage: wm-test-standin auto-commit|commit-first   (settings from WM_TOPIC_IN and so on)\n");
    return 64;
  }
  kit_stop_on_signals();
  int failed = open_clients(&w, auto_commit);
  if (!failed) failed = work(&w, auto_commit);
  if (w.consumer) rd_kafka_consumer_close(w.consumer);
  if (w.consumer) rd_kafka_destroy(w.consumer);
  if (w.producer) rd_kafka_flush(w.producer, 10000);
  if (w.producer) rd_kafka_destroy(w.producer);
  return failed;
}
