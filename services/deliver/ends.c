#include "services/deliver/ends.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/kafka.h"
#include "common/log.h"

#define PARTITIONS_MAX 4096
#define ASK_MS 2000  /* pause between two rounds */
#define CALL_MS 2000 /* one question */

typedef struct {
  _Atomic int64_t low, high; /* high is 0 until it is known */
} end_t;

struct wm_ends {
  rd_kafka_t *rk;
  rd_kafka_topic_t *topic;
  pthread_t thread;
  bool started;
  _Atomic bool stop, up;
  end_t ends[PARTITIONS_MAX];
};

static bool ask(wm_ends_t *e) {
  const struct rd_kafka_metadata *metadata = NULL;
  bool ok = rd_kafka_metadata(e->rk, 0, e->topic, &metadata, CALL_MS) == RD_KAFKA_RESP_ERR_NO_ERROR;
  int n = ok && metadata->topic_cnt > 0 ? metadata->topics[0].partition_cnt : 0;
  if (metadata) rd_kafka_metadata_destroy(metadata);
  if (n > PARTITIONS_MAX) n = PARTITIONS_MAX;
  for (int i = 0; ok && i < n && !atomic_load(&e->stop); i++) {
    int64_t low = 0, high = 0;
    ok = rd_kafka_query_watermark_offsets(e->rk, rd_kafka_topic_name(e->topic), i, &low, &high, CALL_MS) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!ok) break;
    atomic_store(&e->ends[i].low, low);
    atomic_store(&e->ends[i].high, high);
  }
  return ok;
}

static void *run(void *ends) {
  wm_ends_t *e = ends;
  while (!atomic_load(&e->stop)) {
    atomic_store(&e->up, ask(e));
    for (int i = 0; i < ASK_MS / 100 && !atomic_load(&e->stop); i++) {
      rd_kafka_poll(e->rk, 0);
      nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
  }
  return NULL;
}

wm_err_t wm_ends_start(const char *bootstrap_servers, const wm_config_t *config, const char *topic, wm_ends_t **out,
                       wm_error_t *err) {
  wm_ends_t *e = calloc(1, sizeof *e);
  *out = NULL;
  if (!e) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_ADMIN, bootstrap_servers, config, err);
  if (conf) e->rk = wm_kafka_new(RD_KAFKA_CONSUMER, conf, err);
  if (e->rk) e->topic = rd_kafka_topic_new(e->rk, topic, NULL);
  wm_err_t rc = !e->rk     ? WM_ERR_CONFIG
                : e->topic ? WM_OK
                           : wm_error_set(err, WM_ERR_CONFIG, "%s is no name for a topic", topic);
  if (rc == WM_OK && pthread_create(&e->thread, NULL, run, e) != 0)
    rc = wm_error_set(err, WM_ERR_INTERNAL, "cannot start a thread");
  e->started = rc == WM_OK;
  if (rc == WM_OK) *out = e;
  else wm_ends_stop(e);
  return rc;
}

void wm_ends_stop(wm_ends_t *e) {
  if (!e) return;
  atomic_store(&e->stop, true);
  if (e->started) pthread_join(e->thread, NULL);
  if (e->topic) rd_kafka_topic_destroy(e->topic);
  if (e->rk) rd_kafka_destroy(e->rk);
  free(e);
}

int64_t wm_ends_lag(const wm_ends_t *e, int32_t partition, int64_t position) {
  if (!e || partition < 0 || partition >= PARTITIONS_MAX) return 0;
  int64_t low = atomic_load(&e->ends[partition].low), high = atomic_load(&e->ends[partition].high);
  if (position < low) position = low;
  return high > position ? high - position : 0;
}

bool wm_ends_up(const wm_ends_t *e) {
  return atomic_load(&e->up);
}
