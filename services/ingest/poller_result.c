#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/log.h"
#include "services/ingest/feed.h"
#include "services/ingest/poller_internal.h"

#define BACKOFF_MS_MAX 21600000LL /* six hours */
#define RETRY_KAFKA_MS 1000
#define HOST_REST_MS_MAX 3600000LL
#define GONE_MS 86400000LL /* 410: the publisher says that it will not come back (RFC 9110, 15.5.11) */

/* A document under way. */
typedef struct {
  wm_poller_t *p;
  wm_poller_feed_t *feed;
  uint64_t *now;    /* items of this document, in their order */
  uint64_t *sorted; /* what was seen before, for searching */
  size_t n, taken, refused, withdrawn;
} document_t;

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static bool was_seen(const document_t *d, uint64_t hash) {
  return bsearch(&hash, d->sorted, d->feed->state.n_seen, sizeof hash, by_value) != NULL;
}

static bool in_document(const document_t *d, uint64_t hash) {
  for (size_t i = 0; i < d->n; i++)
    if (d->now[i] == hash) return true;
  return false;
}

static wm_err_t send_item(document_t *d, const wm_feed_item_t *item, wm_error_t *err) {
  wm_error_t why = WM_ERROR_INIT;
  if (!item->json.s) {
    d->withdrawn++;
    return wm_outlet_withdraw(d->p->outlet, item->uri, err);
  }
  wm_err_t rc =
      wm_outlet_article(d->p->outlet, item->json.s, item->json.len, wm_follow_partitions(d->p->follow), NULL, &why);
  if (rc == WM_OK) {
    d->taken++;
    return WM_OK;
  }
  if (why.cls != WM_CLASS_POISON) {
    if (err) *err = why;
    return rc;
  }
  d->refused++;
  wm_log_failed(WM_LOG_WARN, &why, "item refused", WM_LOG_STR("feed", d->feed->entry->shown),
                WM_LOG_INT("item", item->number));
  return WM_OK;
}

/* An item without a uri of its own is known by all of its bytes. */
static wm_err_t on_item(void *context, const wm_feed_item_t *item, wm_error_t *err) {
  document_t *d = context;
  uint64_t hash =
      item->uri[0] ? wm_state_item_hash(item->uri, item->version) : XXH3_64bits(item->json.s, item->json.len);
  bool old = was_seen(d, hash);
  if (!old && in_document(d, hash)) return WM_OK;
  d->now[d->n++] = hash; /* at most WM_FEED_ITEMS_MAX come */
  return old ? WM_OK : send_item(d, item, err);
}

/* What is remembered from now on: this document's items, then older ones as far as there is room. */
static size_t merge_seen(document_t *d) {
  size_t n = d->n;
  uint64_t *known = malloc((n + 1) * sizeof *known);
  if (!known) return n;
  memcpy(known, d->now, n * sizeof *known);
  qsort(known, n, sizeof *known, by_value);
  for (size_t i = 0; i < d->feed->state.n_seen && n < WM_STATE_SEEN_MAX; i++) {
    uint64_t hash = d->feed->state.seen[i];
    if (!bsearch(&hash, known, d->n, sizeof hash, by_value)) d->now[n++] = hash;
  }
  free(known);
  return n;
}

static wm_err_t read_document(document_t *d, const wm_fetch_result_t *got, wm_state_feed_t *state, wm_error_t *err) {
  const wm_feed_entry_t *entry = d->feed->entry;
  const wm_feed_hints_t hints = {.base = entry->shown,
                                 .charset = got->charset[0] ? got->charset : NULL,
                                 .source = entry->source,
                                 .language = entry->language,
                                 .bytes_max = d->p->set->fetch_bytes};
  size_t n = d->feed->state.n_seen;
  d->now = malloc((WM_STATE_SEEN_MAX + WM_FEED_ITEMS_MAX) * sizeof *d->now);
  d->sorted = malloc((n + 1) * sizeof *d->sorted);
  if (!d->now || !d->sorted) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (feed)");
  if (n > 0) memcpy(d->sorted, d->feed->state.seen, n * sizeof *d->sorted);
  qsort(d->sorted, n, sizeof *d->sorted, by_value);
  wm_err_t rc = wm_feed_read(got->body, got->len, &hints, on_item, d, err);
  if (rc != WM_OK) return rc;
  state->n_seen = merge_seen(d);
  state->seen = malloc((state->n_seen + 1) * sizeof *state->seen);
  if (!state->seen) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (feed)");
  memcpy(state->seen, d->now, state->n_seen * sizeof *state->seen);
  snprintf(state->etag, sizeof state->etag, "%s", got->etag);
  snprintf(state->modified, sizeof state->modified, "%s", got->modified);
  return WM_OK;
}

int64_t wm_poller_rest(wm_fetch_t *fetch, int gap_ms) {
  wm_fetch_result_t got;
  wm_fetch_result(fetch, &got);
  if ((got.status != 429 && got.status != 503) || got.retry_ms < gap_ms) return gap_ms;
  return got.retry_ms < HOST_REST_MS_MAX ? got.retry_ms : HOST_REST_MS_MAX;
}

int64_t wm_poller_backoff(int interval_ms, int failures, uint64_t seed) {
  int64_t wait = interval_ms, most = interval_ms > BACKOFF_MS_MAX ? interval_ms : BACKOFF_MS_MAX;
  for (int i = 0; i < failures && wait < most; i++) wait *= 2;
  if (wait > most) wait = most;
  int64_t spread = failures > 0 ? wait / 2 : wait / 10; /* so that feeds do not come in step */
  return wait - (spread > 0 ? (int64_t)(XXH3_64bits(&seed, sizeof seed) % (uint64_t)spread) : 0);
}

static bool copy_seen(wm_state_feed_t *to, const wm_state_feed_t *from) {
  *to = *from;
  to->seen = malloc((from->n_seen + 1) * sizeof *to->seen);
  if (to->seen && from->n_seen > 0) memcpy(to->seen, from->seen, from->n_seen * sizeof *to->seen);
  return to->seen != NULL;
}

/* Writes the state of the feed and commits with it whatever was sent. */
static wm_err_t commit(wm_poller_t *p, const wm_poller_feed_t *feed, const wm_state_feed_t *state, wm_error_t *err) {
  char key[WM_STATE_KEY_MAX];
  wm_state_feed_key(feed->entry->hash, key);
  wm_err_t rc = wm_state_write_feed(state, feed->entry->shown, &p->record, err);
  if (rc == WM_OK) rc = wm_outlet_state(p->outlet, feed->partition, key, p->record.data, p->record.len, err);
  if (rc != WM_OK) return rc;
  rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(offsets, p->set->topic_state, feed->partition)->offset =
      p->part[feed->partition].end;
  rc = wm_outlet_commit(p->outlet, p->consumer, offsets, err);
  rd_kafka_topic_partition_list_destroy(offsets);
  return rc;
}

static void log_failure(const wm_poller_feed_t *feed, const char *why, const wm_state_feed_t *state) {
  wm_log_warn("feed failed", WM_LOG_STR("feed", feed->entry->shown), WM_LOG_STR("reason", why),
              WM_LOG_INT("failures", state->failures), WM_LOG_INT("next_in_ms", state->next_ms - wm_poller_wall()));
}

/* The state after an answer that brought nothing to read. */
static void after_failure(wm_poller_t *p, const wm_poller_feed_t *feed, const wm_fetch_result_t *got,
                          wm_state_feed_t *state) {
  int interval = feed->entry->interval_ms ? feed->entry->interval_ms : p->set->interval_ms;
  int64_t wait = 0;
  if (state->failures < 30) state->failures++;
  wait = wm_poller_backoff(interval, state->failures, feed->entry->hash ^ (uint64_t)wm_poller_wall());
  if (got->status == 410 && wait < GONE_MS) wait = GONE_MS;
  if (got->retry_ms > wait || (got->retry_ms >= 0 && state->failures == 1)) wait = got->retry_ms;
  state->next_ms = wm_poller_wall() + wait;
  wm_metric_add(p->meter->fetch_failed, 1);
}

static void count(wm_poller_t *p, const document_t *d, const wm_fetch_result_t *got) {
  wm_metric_add(p->meter->fed, d->taken);
  wm_metric_add(p->meter->refused_feed, d->refused);
  wm_metric_add(p->meter->withdrawn, d->withdrawn);
  wm_metric_add(d->taken + d->withdrawn > 0 ? p->meter->fetch_new : p->meter->fetch_unchanged, 1);
  if (d->taken + d->refused + d->withdrawn > 0)
    wm_log_info("feed read", WM_LOG_STR("feed", d->feed->entry->shown), WM_LOG_INT("articles", d->taken),
                WM_LOG_INT("refused", d->refused), WM_LOG_INT("withdrawn", d->withdrawn),
                WM_LOG_INT("bytes", got->len));
  if (got->location[0])
    wm_log_warn("feed has moved for good", WM_LOG_STR("feed", d->feed->entry->shown), WM_LOG_STR("to", got->location));
}

/* Reads the answer within a transaction; the state after it in `state` (whose seen is its own). A document that cannot be read is a failure of the feed. */
static wm_err_t read_answer(wm_poller_t *p, document_t *d, const wm_fetch_result_t *got, wm_state_feed_t *state,
                            wm_error_t *err) {
  char reason[300];
  wm_error_t why = WM_ERROR_INIT;
  int interval = d->feed->entry->interval_ms ? d->feed->entry->interval_ms : p->set->interval_ms;
  *state = (wm_state_feed_t){
      .next_ms = wm_poller_wall() + wm_poller_backoff(interval, 0, d->feed->entry->hash ^ (uint64_t)wm_poller_wall())};
  wm_err_t rc = wm_outlet_begin(p->outlet, err);
  if (rc != WM_OK) return rc;
  if (got->status == 200) {
    rc = read_document(d, got, state, &why);
    if (rc == WM_OK) return WM_OK;
    wm_outlet_abort(p->outlet);
    if (why.cls != WM_CLASS_POISON) {
      *err = why;
      return rc;
    }
    rc = wm_outlet_begin(p->outlet, err);
    if (rc != WM_OK) return rc;
  }
  int64_t next_ms = state->next_ms;
  wm_state_feed_clear(state);
  if (!copy_seen(state, &d->feed->state)) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (feed)");
  if (got->status == 304) {
    state->failures = 0;
    state->next_ms = next_ms;
    return WM_OK;
  }
  if (why.code != WM_OK) snprintf(reason, sizeof reason, "%s: %.200s", wm_err_word(why.code), why.text);
  else if (got->status == 0) snprintf(reason, sizeof reason, "%s", got->error);
  else if (got->status == 410)
    snprintf(reason, sizeof reason, "HTTP status 410: gone for good, take it out of the list");
  else snprintf(reason, sizeof reason, "HTTP status %ld", got->status);
  d->taken = d->refused = d->withdrawn = 0;
  after_failure(p, d->feed, got, state);
  log_failure(d->feed, reason, state);
  return WM_OK;
}

wm_err_t wm_poller_take_result(wm_poller_t *p, wm_poller_feed_t *feed, wm_error_t *err) {
  document_t d = {.p = p, .feed = feed};
  wm_fetch_result_t got;
  wm_state_feed_t state = {.seen = NULL};
  wm_error_t why = WM_ERROR_INIT;
  wm_fetch_result(feed->fetch, &got);
  wm_err_t rc = read_answer(p, &d, &got, &state, &why);
  bool failed = rc == WM_OK && state.failures > 0;
  if (rc == WM_OK) {
    rc = commit(p, feed, &state, &why);
    p->unsure = p->unsure || rc != WM_OK;
  }
  if (rc == WM_OK) {
    if (!failed) count(p, &d, &got);
    wm_state_feed_clear(&feed->state);
    feed->state = state;
  } else { /* as if the feed had not been asked */
    wm_outlet_abort(p->outlet);
    wm_state_feed_clear(&state);
    feed->state.next_ms = wm_poller_wall() + RETRY_KAFKA_MS;
    if (why.cls == WM_CLASS_FATAL) *err = why;
    else wm_log_failed(WM_LOG_WARN, &why, "feed will be asked again", WM_LOG_STR("feed", feed->entry->shown));
  }
  free(d.now);
  free(d.sorted);
  return err->code;
}
