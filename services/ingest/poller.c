#include "services/ingest/poller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/kafka.h"
#include "common/log.h"
#include "services/ingest/poller_internal.h"

#define TICK_MS 20
#define ASK_MS 2000

static int64_t clock_ms(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t wm_poller_now(void) {
  return clock_ms(CLOCK_MONOTONIC);
}

int64_t wm_poller_wall(void) {
  return clock_ms(CLOCK_REALTIME);
}

static bool is_stopping(void *context) {
  return atomic_load(&((wm_poller_t *)context)->stopping);
}

/* --- the group --- */

static void take_partition(wm_poller_t *p, int partition) {
  p->part[partition] = (wm_poller_part_t){.mine = true, .target = -1, .end = -1};
}

static void give_up_all(wm_poller_t *p) {
  wm_poller_cancel(p, -1);
  for (int i = 0; i < WM_POLLER_PARTITIONS_MAX; i++) p->part[i] = (wm_poller_part_t){.target = -1, .end = -1};
  for (size_t i = 0; p->feeds && i < p->list.n; i++) wm_state_feed_clear(&p->feeds[i].state);
}

/* Eager: all partitions go before new ones come. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t e, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque) {
  wm_poller_t *p = opaque;
  give_up_all(p);
  if (e != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    atomic_store(&p->settled, false);
    rd_kafka_assign(rk, NULL);
    return;
  }
  for (int i = 0; i < partitions->cnt; i++) {
    partitions->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    if (partitions->elems[i].partition < WM_POLLER_PARTITIONS_MAX) take_partition(p, partitions->elems[i].partition);
  }
  rd_kafka_assign(rk, partitions);
  if (partitions->cnt == 0) atomic_store(&p->settled, true);
  wm_log_info("partitions of the state assigned", WM_LOG_INT("partitions", partitions->cnt));
}

static void take_message(wm_poller_t *p, const rd_kafka_message_t *m) {
  if (m->err && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    wm_log_warn("kafka error", WM_LOG_STR("code", rd_kafka_err2name(m->err)),
                WM_LOG_STR("reason", rd_kafka_message_errstr(m)));
    return;
  }
  if (m->partition < 0 || m->partition >= WM_POLLER_PARTITIONS_MAX || !p->part[m->partition].mine) return;
  wm_poller_part_t *part = &p->part[m->partition];
  if (m->err) part->end = m->offset;
  else if (!part->loaded) wm_poller_take_state(p, m); /* afterwards all that comes is our own */
}

/* A partition is loaded once reading has come to where it ended when it became ours, transactions that were open then included. */
static void look_at_partitions(wm_poller_t *p) {
  bool all = true, any = false;
  for (int i = 0; i < p->n_parts; i++) {
    wm_poller_part_t *part = &p->part[i];
    int64_t low, high;
    if (!part->mine) continue;
    any = true;
    if (!part->loaded && part->target < 0 &&
        rd_kafka_query_watermark_offsets(p->admin, p->set->topic_state, i, &low, &high, ASK_MS) ==
            RD_KAFKA_RESP_ERR_NO_ERROR)
      part->target = high;
    if (!part->loaded && part->target >= 0 && part->end >= part->target) {
      part->loaded = true;
      wm_metric_set(p->meter->feeds, (int64_t)wm_poller_count(p));
      wm_log_debug("state of a partition read", WM_LOG_INT("partition", i), WM_LOG_INT("end", part->end));
    }
    all = all && part->loaded;
  }
  if (any) atomic_store(&p->settled, all);
}

/* The number of partitions, waited for; 0 at a stop. */
static int count_partitions(wm_poller_t *p) {
  rd_kafka_topic_t *topic = rd_kafka_topic_new(p->admin, p->set->topic_state, NULL);
  int n = 0;
  while (topic && n <= 0 && !is_stopping(p)) {
    const struct rd_kafka_metadata *metadata;
    if (rd_kafka_metadata(p->admin, 0, topic, &metadata, 1000) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR)
      n = metadata->topics[0].partition_cnt;
    else {
      wm_log_warn("the state topic is missing", WM_LOG_STR("topic", p->set->topic_state),
                  WM_LOG_STR("remedy", "wiremill setup creates it"));
      nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
    rd_kafka_metadata_destroy(metadata);
  }
  if (topic) rd_kafka_topic_destroy(topic);
  return n < WM_POLLER_PARTITIONS_MAX ? n : WM_POLLER_PARTITIONS_MAX;
}

/* Reads the state of all partitions that are ours from their beginning. Requests are cancelled: they belong to the old state. */
static void read_again(wm_poller_t *p) {
  give_up_all(p);
  rd_kafka_topic_partition_list_t *assigned = NULL;
  if (rd_kafka_assignment(p->consumer, &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR || !assigned) return;
  for (int i = 0; i < assigned->cnt; i++) {
    assigned->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    if (assigned->elems[i].partition < WM_POLLER_PARTITIONS_MAX) take_partition(p, assigned->elems[i].partition);
  }
  rd_kafka_assign(p->consumer, NULL);
  if (assigned->cnt > 0) rd_kafka_assign(p->consumer, assigned);
  rd_kafka_topic_partition_list_destroy(assigned);
}

/* After a commit that failed: the broker may have carried it out, and only the topic knows. Whatever is open there is ended first. */
static wm_err_t look_again(wm_poller_t *p, wm_error_t *err) {
  if (!p->unsure) return WM_OK;
  wm_error_t why = WM_ERROR_INIT;
  if (wm_outlet_connect(p->outlet, &why) != WM_OK) {
    if (why.cls != WM_CLASS_RETRIABLE) *err = why;
    return err->code; /* or at the next turn */
  }
  p->unsure = false;
  read_again(p);
  return WM_OK;
}

/* --- the list --- */

/* Takes a list that was read anew: all state is read again, for feeds that were not in the old one. */
static wm_err_t take_list(wm_poller_t *p, wm_error_t *err) {
  wm_feed_list_t list;
  pthread_mutex_lock(&p->lock);
  bool reload = p->reload;
  list = p->next;
  p->next = (wm_feed_list_t){.n = 0};
  p->reload = false;
  pthread_mutex_unlock(&p->lock);
  if (!reload) return WM_OK;
  wm_poller_clear_feeds(p);
  wm_feed_list_clear(&p->list);
  p->list = list;
  wm_err_t rc = wm_poller_set_feeds(p, err);
  if (rc != WM_OK) return rc;
  wm_log_info("list of feeds read again", WM_LOG_INT("feeds", p->list.n));
  read_again(p);
  return WM_OK;
}

/* --- the thread --- */

static wm_err_t take_finished(wm_poller_t *p, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  for (wm_fetch_t *fetch; rc == WM_OK && (fetch = wm_fetcher_next(p->fetcher));) {
    wm_poller_feed_t *feed = wm_fetch_context(fetch);
    int64_t rest = wm_poller_rest(fetch, p->set->host_gap_ms);
    rc = wm_poller_take_result(p, feed, err);
    wm_fetch_free(fetch);
    feed->fetch = NULL;
    feed->host->busy = false;
    feed->host->free_ms = wm_poller_now() + rest;
    p->running--;
  }
  return rc;
}

static wm_err_t join_group(wm_poller_t *p, wm_error_t *err) {
  wm_err_t rc = wm_outlet_connect(p->outlet, err); /* first: it ends what a killed process of this name left open */
  if (rc != WM_OK) return rc;
  p->n_parts = count_partitions(p);
  if (p->n_parts == 0) return WM_OK;
  rc = wm_poller_set_feeds(p, err);
  if (rc != WM_OK) return rc;
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, p->set->topic_state, RD_KAFKA_PARTITION_UA);
  rd_kafka_resp_err_t e = rd_kafka_subscribe(p->consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  return e ? wm_error_set(err, WM_ERR_KAFKA, "subscribe: %s", rd_kafka_err2str(e)) : WM_OK;
}

static wm_err_t work(wm_poller_t *p, wm_error_t *err) {
  wm_err_t rc = join_group(p, err);
  while (rc == WM_OK && !is_stopping(p)) {
    for (rd_kafka_message_t *m; (m = rd_kafka_consumer_poll(p->consumer, 0));) {
      take_message(p, m);
      rd_kafka_message_destroy(m);
    }
    rc = take_list(p, err);
    if (rc == WM_OK) rc = look_again(p, err);
    if (rc != WM_OK) break;
    look_at_partitions(p);
    wm_poller_start_due(p);
    wm_fetcher_work(p->fetcher, TICK_MS);
    rc = take_finished(p, err);
  }
  return rc;
}

static void *run(void *arg) {
  wm_poller_t *p = arg;
  wm_error_t err = WM_ERROR_INIT;
  while (!is_stopping(p)) { /* what is retriable here is a coordinator that does not answer at the start */
    wm_error_clear(&err);
    if (work(p, &err) == WM_OK || err.cls != WM_CLASS_RETRIABLE) break;
    if (is_stopping(p)) break;
    wm_log_failed(WM_LOG_WARN, &err, "polling starts again");
    wm_poller_clear_feeds(p);
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
  }
  if (!is_stopping(p)) p->error = err;
  atomic_store(&p->ended, true);
  return NULL;
}

/* --- start and stop --- */

static rd_kafka_t *new_client(const wm_ingest_settings_t *set, wm_poller_t *p, bool admin, wm_error_t *err) {
  char client[300];
  snprintf(client, sizeof client, "%s-feeds-%s", set->group, set->instance);
  rd_kafka_conf_t *conf = wm_kafka_conf(admin ? WM_KAFKA_ADMIN : WM_KAFKA_CONSUMER, set->servers, set->config, err);
  if (!conf) return NULL;
  wm_err_t rc = wm_kafka_set(conf, "client.id", client, err);
  if (rc == WM_OK && admin) rc = wm_kafka_set(conf, "isolation.level", "read_uncommitted", err);
  if (rc == WM_OK && !admin) rc = wm_kafka_set(conf, "group.id", set->group, err);
  if (rc == WM_OK && !admin) rc = wm_kafka_set(conf, "enable.partition.eof", "true", err);
  if (rc == WM_OK && !admin) rc = wm_kafka_set(conf, "partition.assignment.strategy", "range", err);
  if (rc != WM_OK) {
    rd_kafka_conf_destroy(conf);
    return NULL;
  }
  if (!admin) {
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_opaque(conf, p);
  }
  rd_kafka_t *rk = wm_kafka_new(RD_KAFKA_CONSUMER, conf, err);
  if (rk && !admin) rd_kafka_poll_set_consumer(rk);
  return rk;
}

static wm_err_t build(wm_poller_t *p, wm_duplicates_t *index, wm_error_t *err) {
  const wm_outlet_options_t options = {
      .set = p->set, .role = "feeds", .index = index, .meter = p->meter, .stopping = is_stopping, .context = p};
  wm_err_t rc = wm_feed_list_load(p->set->feeds, &p->list, err);
  if (rc != WM_OK) return rc;
  p->outlet = wm_outlet_new(&options);
  p->fetcher = wm_fetcher_new(p->set);
  if (!p->outlet || !p->fetcher) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  p->consumer = new_client(p->set, p, false, err);
  p->admin = p->consumer ? new_client(p->set, p, true, err) : NULL;
  if (!p->admin) return WM_ERR_CONFIG;
  if (pthread_create(&p->thread, NULL, run, p) != 0) return wm_error_set(err, WM_ERR_INTERNAL, "no further thread");
  p->joined = true;
  return WM_OK;
}

wm_err_t wm_poller_start(const wm_ingest_settings_t *set, wm_duplicates_t *index, const wm_follow_t *follow,
                         const wm_meter_t *meter, wm_poller_t **out, wm_error_t *err) {
  wm_poller_t *p = calloc(1, sizeof *p);
  if (!p) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  p->set = set;
  p->follow = follow;
  p->meter = meter;
  wm_buffer_init(&p->record, 1u << 20);
  pthread_mutex_init(&p->lock, NULL);
  wm_err_t rc = build(p, index, err);
  if (rc == WM_OK) *out = p;
  else wm_poller_stop(p);
  return rc;
}

wm_err_t wm_poller_check(const wm_ingest_settings_t *set, size_t *n, wm_error_t *err) {
  wm_feed_list_t list;
  wm_err_t rc = wm_feed_list_load(set->feeds, &list, err);
  *n = list.n;
  wm_feed_list_clear(&list);
  return rc;
}

wm_err_t wm_poller_reload(wm_poller_t *p, wm_error_t *err) {
  wm_feed_list_t list;
  wm_err_t rc = wm_feed_list_load(p->set->feeds, &list, err);
  if (rc != WM_OK) return rc;
  pthread_mutex_lock(&p->lock);
  wm_feed_list_clear(&p->next);
  p->next = list;
  p->reload = true;
  pthread_mutex_unlock(&p->lock);
  return WM_OK;
}

bool wm_poller_ready(const wm_poller_t *p, char *why, size_t cap) {
  if (!p || atomic_load(&p->settled)) return true;
  snprintf(why, cap, "waiting for the group %s, or for the state of the feeds", p->set->group);
  return false;
}

bool wm_poller_running(const wm_poller_t *p) {
  return !atomic_load(&p->ended);
}

wm_err_t wm_poller_result(const wm_poller_t *p, wm_error_t *err) {
  if (err) *err = p->error;
  return p->error.code;
}

void wm_poller_stop(wm_poller_t *p) {
  if (!p) return;
  atomic_store(&p->stopping, true);
  if (p->joined) pthread_join(p->thread, NULL);
  wm_poller_clear_feeds(p);
  wm_outlet_destroy(p->outlet);
  if (p->consumer) {
    rd_kafka_consumer_close(p->consumer);
    rd_kafka_destroy(p->consumer);
  }
  if (p->admin) rd_kafka_destroy(p->admin);
  wm_fetcher_destroy(p->fetcher);
  wm_feed_list_clear(&p->list);
  wm_feed_list_clear(&p->next);
  wm_buffer_clear(&p->record);
  pthread_mutex_destroy(&p->lock);
  free(p);
}
