#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "services/ingest/poller_internal.h"

static int by_name(const void *a, const void *b) {
  return strcmp(((const wm_poller_host_t *)a)->name, ((const wm_poller_host_t *)b)->name);
}

void wm_poller_clear_feeds(wm_poller_t *p) {
  wm_poller_cancel(p, -1);
  for (size_t i = 0; p->feeds && i < p->list.n; i++) wm_state_feed_clear(&p->feeds[i].state);
  free(p->feeds);
  free(p->hosts);
  free(p->due);
  p->feeds = NULL;
  p->hosts = p->due = NULL;
  p->n_hosts = 0;
}

wm_err_t wm_poller_set_feeds(wm_poller_t *p, wm_error_t *err) {
  size_t n = p->list.n;
  p->feeds = calloc(n + 1, sizeof *p->feeds);
  p->hosts = calloc(n + 1, sizeof *p->hosts);
  p->due = calloc(n + 1, sizeof *p->due);
  if (!p->feeds || !p->hosts || !p->due) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (feeds)");
  for (size_t i = 0; i < n; i++) p->hosts[i].name = p->list.feeds[i].host;
  qsort(p->hosts, n, sizeof *p->hosts, by_name);
  for (size_t i = 0; i < n; i++)
    if (p->n_hosts == 0 || strcmp(p->hosts[p->n_hosts - 1].name, p->hosts[i].name) != 0)
      p->hosts[p->n_hosts++] = p->hosts[i];
  for (size_t i = 0; i < n; i++) {
    const wm_poller_host_t key = {.name = p->list.feeds[i].host};
    p->feeds[i].entry = &p->list.feeds[i];
    p->feeds[i].host = bsearch(&key, p->hosts, p->n_hosts, sizeof key, by_name);
    p->feeds[i].partition = p->n_parts > 0 ? (int)(p->list.feeds[i].hash % (uint64_t)p->n_parts) : -1;
  }
  return WM_OK;
}

static void cancel_one(wm_poller_t *p, wm_poller_feed_t *feed) {
  if (!feed->fetch) return;
  wm_fetch_free(feed->fetch);
  feed->fetch = NULL;
  feed->host->busy = false;
  feed->host->free_ms = wm_poller_now() + p->set->host_gap_ms;
  p->running--;
}

void wm_poller_cancel(wm_poller_t *p, int partition) {
  for (size_t i = 0; p->feeds && i < p->list.n; i++)
    if (partition < 0 || p->feeds[i].partition == partition) cancel_one(p, &p->feeds[i]);
}

void wm_poller_take_state(wm_poller_t *p, const rd_kafka_message_t *m) {
  char key[WM_STATE_KEY_MAX];
  size_t skip = strlen(WM_STATE_FEED);
  if (!m->key || m->key_len != skip + 16 || memcmp(m->key, WM_STATE_FEED, skip) != 0) return;
  memcpy(key, m->key, m->key_len);
  key[m->key_len] = '\0';
  const wm_feed_entry_t *entry = wm_feed_list_find(&p->list, strtoull(key + skip, NULL, 16));
  if (!entry) return;
  wm_poller_feed_t *feed = &p->feeds[entry - p->list.feeds];
  wm_state_feed_t state;
  if (feed->partition != m->partition) return;
  if (!m->payload) {
    wm_state_feed_clear(&feed->state);
  } else if (wm_state_read_feed(m->payload, m->len, &state)) {
    wm_state_feed_clear(&feed->state);
    feed->state = state;
  } else {
    wm_log_warn("a record of the state cannot be read", WM_LOG_STR("feed", entry->shown),
                WM_LOG_INT("partition", m->partition), WM_LOG_INT("offset", m->offset));
  }
}

static int by_due(const void *a, const void *b) {
  const wm_poller_feed_t *x = ((const wm_poller_host_t *)a)->next, *y = ((const wm_poller_host_t *)b)->next;
  return x->state.next_ms < y->state.next_ms ? -1 : x->state.next_ms > y->state.next_ms;
}

/* The hosts that may be asked now, each with the feed that has been due for longest, into p->due. */
static size_t find_due(wm_poller_t *p) {
  int64_t wall = wm_poller_wall(), now = wm_poller_now();
  size_t n = 0;
  for (size_t i = 0; i < p->n_hosts; i++) p->hosts[i].next = NULL;
  for (size_t i = 0; i < p->list.n; i++) {
    wm_poller_feed_t *feed = &p->feeds[i];
    wm_poller_host_t *host = feed->host;
    bool mine = feed->partition >= 0 && p->part[feed->partition].mine && p->part[feed->partition].loaded;
    if (!mine || feed->fetch || feed->state.next_ms > wall || host->busy || host->free_ms > now) continue;
    if (!host->next || feed->state.next_ms < host->next->state.next_ms) host->next = feed;
  }
  for (size_t i = 0; i < p->n_hosts; i++)
    if (p->hosts[i].next) p->due[n++] = p->hosts[i];
  qsort(p->due, n, sizeof *p->due, by_due);
  return n;
}

void wm_poller_start_due(wm_poller_t *p) {
  if (p->running >= (size_t)p->set->parallel) return;
  size_t n = find_due(p);
  for (size_t i = 0; i < n && p->running < (size_t)p->set->parallel; i++) {
    wm_poller_feed_t *feed = p->due[i].next;
    feed->fetch = wm_fetch_start(p->fetcher, feed->entry->url, feed->state.etag, feed->state.modified, feed);
    if (!feed->fetch) break;
    feed->host->busy = true;
    p->running++;
  }
}

size_t wm_poller_count(const wm_poller_t *p) {
  size_t n = 0;
  for (size_t i = 0; p->feeds && i < p->list.n; i++) {
    int partition = p->feeds[i].partition;
    n += partition >= 0 && p->part[partition].mine && p->part[partition].loaded;
  }
  return n;
}
