/**
 * post: POST /articles. Articles are checked, marked as duplicates where they are, handed to an idempotent producer, and answered once Kafka
 * has acknowledged all of them:
 *   202 {"uris": [...]}   all are in the topic
 *   400 {"error", "reason", "line"}   a bad article (its line in NDJSON); none was taken
 *   401 the bearer token is missing or wrong · 413 too large · 415 not JSON or NDJSON in UTF-8
 *   429 with Retry-After: the queue to Kafka is full; none was taken
 *   503 with Retry-After: Kafka did not take all in time; send all again (same uris)
 *
 * Threads: the handler runs on the server's thread, delivery reports on a thread of this module. Ownership: settings, index, follower and
 * meter are borrowed until wm_post_stop().
 */
#ifndef WM_INGEST_POST_H
#define WM_INGEST_POST_H

#include "common/http.h"
#include "services/ingest/follow.h"
#include "services/ingest/meter.h"

typedef struct wm_post wm_post_t;

/** Starts producer and thread. `index` and `follow` may be NULL (no duplicates). WM_ERR_CONFIG, WM_ERR_NOMEM, WM_ERR_INTERNAL. */
wm_err_t wm_post_start(const wm_ingest_settings_t *set, wm_duplicates_t *index, const wm_follow_t *follow,
                       const wm_meter_t *meter, wm_post_t **out, wm_error_t *err);
/** The handler, with the wm_post_t as its context. */
void wm_post_handle(void *context, const wm_http_request_t *request, wm_http_response_t *response);
/** From now on requests are answered 503; waits up to `ms` for Kafka to take what is under way. True if nothing is left. */
bool wm_post_drain(wm_post_t *p, int ms);
/** True while brokers answer; else says why not. Asks the broker, so it may take a second. */
bool wm_post_ready(wm_post_t *p, char *why, size_t cap);
/** Frees; what Kafka has not taken is answered 503. NULL allowed. */
void wm_post_stop(wm_post_t *p);

#endif
