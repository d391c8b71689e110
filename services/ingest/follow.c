#include "services/ingest/follow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "common/kafka.h"
#include "common/log.h"
#include "services/ingest/state.h"

#define POLL_MS 200
#define PARTITIONS_MAX 1024

struct wm_follow {
  const wm_ingest_settings_t *set;
  wm_duplicates_t *index;
  rd_kafka_t *consumer;
  pthread_t thread;
  atomic_bool stopping, loaded, missing;
  atomic_int partitions;
  bool *ended; /* by partition */
  int open;    /* partitions that have not ended yet */
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int count_partitions(wm_follow_t *f, rd_kafka_topic_t *topic) {
  const struct rd_kafka_metadata *metadata;
  if (rd_kafka_metadata(f->consumer, 0, topic, &metadata, 1000) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  int n = metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR
              ? metadata->topics[0].partition_cnt
              : 0;
  atomic_store(&f->missing,
               metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  rd_kafka_metadata_destroy(metadata);
  return n < PARTITIONS_MAX ? n : PARTITIONS_MAX;
}

/* Waits for the topic, then takes all of its partitions. False at a stop. */
static bool assign(wm_follow_t *f) {
  rd_kafka_topic_t *topic = rd_kafka_topic_new(f->consumer, f->set->topic_state, NULL);
  int n = 0;
  while (topic && !atomic_load(&f->stopping) && (n = count_partitions(f, topic)) == 0) {
    if (atomic_load(&f->missing))
      wm_log_warn("the state topic is missing", WM_LOG_STR("topic", f->set->topic_state),
                  WM_LOG_STR("remedy", "wiremill setup creates it"));
    rd_kafka_message_t *m = rd_kafka_consumer_poll(f->consumer, POLL_MS);
    if (m) rd_kafka_message_destroy(m);
  }
  if (topic) rd_kafka_topic_destroy(topic);
  f->ended = n > 0 ? calloc((size_t)n, sizeof *f->ended) : NULL;
  if (!f->ended) return false;
  f->open = n;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
  for (int i = 0; i < n; i++)
    rd_kafka_topic_partition_list_add(list, f->set->topic_state, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  bool ok = rd_kafka_assign(f->consumer, list) == RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_topic_partition_list_destroy(list);
  atomic_store(&f->partitions, n);
  return ok;
}

static void take(wm_follow_t *f, const rd_kafka_message_t *m) {
  if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (m->partition < atomic_load(&f->partitions) && !f->ended[m->partition]) {
      f->ended[m->partition] = true;
      f->open--;
    }
    if (f->open > 0 || atomic_load(&f->loaded)) return;
    atomic_store(&f->loaded, true);
    wm_log_info("index of duplicates read", WM_LOG_INT("articles", wm_duplicates_count(f->index)));
    return;
  }
  int64_t slot = m->err ? -1 : wm_state_slot(m->key, m->key_len);
  wm_state_signature_t kept;
  if (slot < 0 || !m->payload || wm_duplicates_is_own(f->index, slot, XXH3_64bits(m->payload, m->len))) return;
  if (!wm_state_read_signature(m->payload, m->len, &kept)) return;
  wm_duplicates_add(f->index, &kept.signature, kept.uri, kept.first, kept.at_ms, now_ms(), slot);
}

static void *run(void *arg) {
  wm_follow_t *f = arg;
  if (!assign(f)) return NULL;
  while (!atomic_load(&f->stopping)) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(f->consumer, POLL_MS);
    if (!m) continue;
    take(f, m);
    rd_kafka_message_destroy(m);
  }
  return NULL;
}

wm_err_t wm_follow_start(const wm_ingest_settings_t *set, wm_duplicates_t *index, wm_follow_t **out, wm_error_t *err) {
  char group[300], client[300];
  wm_follow_t *f = calloc(1, sizeof *f);
  if (!f) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  f->set = set;
  f->index = index;
  snprintf(group, sizeof group, "%s-follow", set->group); /* librdkafka asks for a group; it is never joined */
  snprintf(client, sizeof client, "%s-follow-%s", set->group, set->instance);
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_CONSUMER, set->servers, set->config, err);
  wm_err_t rc = conf ? WM_OK : WM_ERR_CONFIG;
  if (rc == WM_OK) rc = wm_kafka_set(conf, "group.id", group, err);
  if (rc == WM_OK) rc = wm_kafka_set(conf, "client.id", client, err);
  if (rc == WM_OK) rc = wm_kafka_set(conf, "enable.partition.eof", "true", err);
  if (rc == WM_OK) f->consumer = wm_kafka_new(RD_KAFKA_CONSUMER, conf, err);
  else if (conf) rd_kafka_conf_destroy(conf);
  if (rc == WM_OK && !f->consumer) rc = WM_ERR_CONFIG;
  if (rc == WM_OK) rd_kafka_poll_set_consumer(f->consumer);
  if (rc == WM_OK && pthread_create(&f->thread, NULL, run, f) != 0)
    rc = wm_error_set(err, WM_ERR_INTERNAL, "no further thread");
  if (rc == WM_OK) {
    *out = f;
    return WM_OK;
  }
  if (f->consumer) rd_kafka_destroy(f->consumer);
  free(f);
  return rc;
}

void wm_follow_stop(wm_follow_t *f) {
  if (!f) return;
  atomic_store(&f->stopping, true);
  pthread_join(f->thread, NULL);
  rd_kafka_consumer_close(f->consumer);
  rd_kafka_destroy(f->consumer);
  free(f->ended);
  free(f);
}

bool wm_follow_ready(const wm_follow_t *f, char *why, size_t cap) {
  if (!f || atomic_load(&f->loaded)) return true;
  if (atomic_load(&f->missing))
    snprintf(why, cap, "topic %s does not exist: run wiremill setup, or name another by WM_TOPIC_STATE",
             f->set->topic_state);
  else snprintf(why, cap, "topic %s is being read", f->set->topic_state);
  return false;
}

int wm_follow_partitions(const wm_follow_t *f) {
  return f ? atomic_load(&f->partitions) : 0;
}
