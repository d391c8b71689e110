/* What the parts of the poller share: poller.c (thread, group), poller_feeds.c (which feed when), poller_result.c (what an answer becomes). */
#ifndef WM_INGEST_POLLER_INTERNAL_H
#define WM_INGEST_POLLER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "services/ingest/feed_list.h"
#include "services/ingest/fetch.h"
#include "services/ingest/outlet.h"
#include "services/ingest/poller.h"
#include "services/ingest/state.h"

#define WM_POLLER_PARTITIONS_MAX 1024

typedef struct wm_poller_feed wm_poller_feed_t;

typedef struct {
  const char *name; /* of an entry of the list */
  bool busy;
  int64_t free_ms;        /* monotonic time from which it may be asked again */
  wm_poller_feed_t *next; /* while what is due is looked for */
} wm_poller_host_t;

struct wm_poller_feed {
  const wm_feed_entry_t *entry;
  int partition;
  wm_state_feed_t state;
  wm_fetch_t *fetch; /* under way */
  wm_poller_host_t *host;
};

/* A partition of the state topic. */
typedef struct {
  bool mine, loaded;
  int64_t target; /* end of the partition when it became mine; -1: not known yet */
  int64_t end;    /* offset at which reading came to the end; -1: not yet */
} wm_poller_part_t;

struct wm_poller {
  const wm_ingest_settings_t *set;
  const wm_follow_t *follow;
  const wm_meter_t *meter;
  wm_outlet_t *outlet;
  wm_fetcher_t *fetcher;
  rd_kafka_t *consumer, *admin; /* the admin handle asks for ends of partitions, open transactions included */
  wm_feed_list_t list;
  wm_poller_feed_t *feeds;       /* one for each of the list, in its order */
  wm_poller_host_t *hosts, *due; /* due: room for as many, for looking for what is due */
  size_t n_hosts, running;       /* requests under way */
  bool unsure;                   /* a commit failed: it may stand all the same, so the state must be read again */
  wm_poller_part_t part[WM_POLLER_PARTITIONS_MAX];
  int n_parts;
  wm_buffer_t record;
  pthread_t thread;
  bool joined;
  atomic_bool stopping, ended, settled;
  wm_error_t error; /* valid once ended */
  pthread_mutex_t lock;
  wm_feed_list_t next; /* of a reload; guarded by lock */
  bool reload;
};

int64_t wm_poller_now(void);  /* monotonic, ms */
int64_t wm_poller_wall(void); /* Unix time, ms */

/* poller_feeds.c */
/* Makes feeds and hosts out of the list; forgets all state. WM_ERR_NOMEM. */
wm_err_t wm_poller_set_feeds(wm_poller_t *p, wm_error_t *err);
void wm_poller_clear_feeds(wm_poller_t *p);
/* Cancels the requests of a partition (-1: all). */
void wm_poller_cancel(wm_poller_t *p, int partition);
/* Takes the state of a feed out of a record. */
void wm_poller_take_state(wm_poller_t *p, const rd_kafka_message_t *m);
/* Starts requests that are due, those that have waited longest first: no feed starves beside others of its host. */
void wm_poller_start_due(wm_poller_t *p);
/* Feeds whose partition is mine and loaded. */
size_t wm_poller_count(const wm_poller_t *p);

/* poller_result.c */
/* What became of a request: sends what is new and the state. Only fatal errors come back. */
wm_err_t wm_poller_take_result(wm_poller_t *p, wm_poller_feed_t *feed, wm_error_t *err);
/* How long the host of a finished request is left alone: a host that answers 429 or 503 with Retry-After means all of its feeds. */
int64_t wm_poller_rest(wm_fetch_t *fetch, int gap_ms);
/* Milliseconds until a feed is asked again after `failures` failures in a row; `seed` chooses within the jitter. */
int64_t wm_poller_backoff(int interval_ms, int failures, uint64_t seed);

#endif
