/*
 * bench_bare: the bare loop that a stage is measured against: one consumer, one transactional producer, each article parsed and
 * dumped by jansson, nothing else. Settings as for a service (WM_TOPIC_IN, WM_COMMIT_MS ...). Runs until SIGTERM.
 *
 * It is what a reasonable engineer writes: batches, one transaction for many articles, no copy where librdkafka can take the text
 * over, the same compression as a stage, and abort with rewind. It has no metrics, no checks of the article, no dead-letter headers.
 */
#include <stdio.h>

#include "kit/worker.h"

#define CALL_MS 60000
#define POLL_MS 100

typedef struct {
  kit_worker_t w;
  bool open; /* a transaction is open */
} bare_t;

/* Frees `e`; returns 0 for none, 1 if the transaction must be aborted, 2 if all is lost. */
static int judge(rd_kafka_error_t *e, const char *what) {
  if (!e) return 0;
  const int verdict = rd_kafka_error_txn_requires_abort(e) ? 1 : 2;
  if (verdict == 2) kit_fail("%s: %s", what, rd_kafka_error_string(e));
  rd_kafka_error_destroy(e);
  return verdict;
}

/* Puts every partition that is assigned back to its committed offset. */
static void rewind_all(rd_kafka_t *consumer) {
  rd_kafka_topic_partition_list_t *list = NULL;
  if (rd_kafka_assignment(consumer, &list)) return;
  if (list->cnt && !rd_kafka_committed(consumer, list, CALL_MS)) {
    for (int i = 0; i < list->cnt; i++)
      if (list->elems[i].offset < 0) list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_error_t *e = rd_kafka_seek_partitions(consumer, list, CALL_MS);
    if (e) rd_kafka_error_destroy(e);
  }
  rd_kafka_topic_partition_list_destroy(list);
}

static int commit(bare_t *b) {
  kit_worker_t *w = &b->w;
  rd_kafka_topic_partition_list_t *positions = NULL;
  rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(w->consumer);
  int verdict = rd_kafka_assignment(w->consumer, &positions) || rd_kafka_position(w->consumer, positions) ? 2 : 0;
  if (!verdict)
    verdict = judge(rd_kafka_send_offsets_to_transaction(w->producer, positions, group, CALL_MS), "sending offsets");
  if (!verdict) verdict = judge(rd_kafka_commit_transaction(w->producer, CALL_MS), "commit");
  if (positions) rd_kafka_topic_partition_list_destroy(positions);
  rd_kafka_consumer_group_metadata_destroy(group);
  if (verdict == 1 && !(verdict = judge(rd_kafka_abort_transaction(w->producer, CALL_MS), "abort")))
    rewind_all(w->consumer);
  b->open = false;
  return verdict;
}

/* One transaction. */
static int batch(bare_t *b) {
  kit_worker_t *w = &b->w;
  rd_kafka_message_t *m = rd_kafka_consumer_poll(w->consumer, POLL_MS);
  if (!m) return 0;
  int verdict = judge(rd_kafka_begin_transaction(w->producer), "begin");
  b->open = !verdict;
  const int64_t end = kit_monotonic_us() + w->commit_ms * 1000;
  long n = 0;
  for (;;) {
    if (m && !m->err) {
      if (!verdict && kit_worker_forward(w, m)) verdict = 2;
      n++;
    }
    if (m) rd_kafka_message_destroy(m);
    rd_kafka_poll(w->producer, 0);
    const int64_t left = end - kit_monotonic_us();
    if (verdict || n >= w->commit_messages || left <= 0) break;
    m = rd_kafka_consumer_poll(w->consumer, (int)(left / 1000) + 1);
  }
  return verdict ? verdict : commit(b);
}

/*
 * Rebalancing commits the open transaction first. Never an abort of what is still queued: librdkafka then ends a transaction that the
 * broker has not heard of, and the producer is lost (its issue 4849).
 */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t e, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque) {
  bare_t *b = opaque;
  if (e == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rd_kafka_assign(rk, partitions);
    return;
  }
  if (b->open) {
    if (commit(b) < 2) b->open = !judge(rd_kafka_begin_transaction(b->w.producer), "begin");
  }
  rd_kafka_assign(rk, NULL);
}

static int open_clients(bare_t *b) {
  kit_worker_t *w = &b->w;
  char id[64];
  snprintf(id, sizeof id, "bare-%lld", (long long)kit_now_us());
  const kit_property_t consumer[] = {{"group.id", w->group},
                                     {"session.timeout.ms", w->session_timeout_ms},
                                     {"auto.offset.reset", "earliest"},
                                     {"isolation.level", "read_committed"},
                                     {"enable.auto.commit", "false"},
                                     {"partition.assignment.strategy", "range,roundrobin"}};
  const kit_property_t producer[] = {{"transactional.id", id},
                                     {"transaction.timeout.ms", w->transaction_timeout_ms},
                                     {"linger.ms", "5"},
                                     {"compression.type", "lz4"}};
  rd_kafka_conf_t *conf = kit_conf(w->brokers, consumer, sizeof consumer / sizeof consumer[0]);
  if (!conf) return 1;
  rd_kafka_conf_set_opaque(conf, b);
  rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
  w->consumer = kit_client(RD_KAFKA_CONSUMER, conf);
  w->producer = kit_client(RD_KAFKA_PRODUCER, kit_conf(w->brokers, producer, sizeof producer / sizeof producer[0]));
  if (!w->consumer || !w->producer || judge(rd_kafka_init_transactions(w->producer, CALL_MS), "init")) return 1;
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, w->topic_in, RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t e = rd_kafka_subscribe(w->consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  return e ? kit_fail("subscribe: %s", rd_kafka_err2str(e)) : 0;
}

int main(void) {
  bare_t b = {0};
  if (!kit_worker_settings(&b.w)) {
    fprintf(stderr,
            "bench_bare: settings come from WM_KAFKA_BOOTSTRAP_SERVERS, WM_TOPIC_IN, WM_TOPIC_OUT, WM_TOPIC_DLQ and "
            "WM_GROUP\n");
    return 64;
  }
  kit_stop_on_signals();
  int failed = open_clients(&b);
  while (!failed && !kit_stopped()) failed = batch(&b);
  if (b.w.consumer) rd_kafka_consumer_close(b.w.consumer);
  if (b.w.consumer) rd_kafka_destroy(b.w.consumer);
  if (b.w.producer) rd_kafka_destroy(b.w.producer);
  return failed ? 1 : 0;
}
