/**
 * fetch: documents by HTTP (libcurl's multi interface), confined.
 *
 * http and https only, redirects included and counted; each address is checked when it is connected to (common/address), so that neither a
 * redirect nor a name that resolves to something else the second time leads into private networks; certificates are verified; no proxy is
 * taken from the environment (it would connect in our place); bytes, after unpacking, and time are bounded. Gzip, deflate and brotli are unpacked.
 *
 * Threads: one. Ownership: the fetcher owns its fetches; a finished one is freed by wm_fetch_free().
 */
#ifndef WM_INGEST_FETCH_H
#define WM_INGEST_FETCH_H

#include "common/buffer.h"
#include "services/ingest/settings.h"
#include "services/ingest/state.h"

typedef struct wm_fetcher wm_fetcher_t;
typedef struct wm_fetch wm_fetch_t;

typedef struct {
  long status;       /* of the last answer; 0: none came, or it was broken off, and `error` says why */
  const char *error; /* "" where there is none */
  const char *etag, *modified, *charset; /* "" where the answer has none */
  const char *location;                  /* where a permanent redirect led to; "" */
  int64_t retry_ms;                      /* Retry-After from now; -1: none */
  const char *body;
  size_t len;
} wm_fetch_result_t;

/** NULL when out of memory. */
wm_fetcher_t *wm_fetcher_new(const wm_ingest_settings_t *set);
/** Cancels what is under way. NULL allowed. */
void wm_fetcher_destroy(wm_fetcher_t *f);
/** Starts a request; `etag` and `modified` ("" for none) make it conditional. NULL when out of memory. */
wm_fetch_t *wm_fetch_start(wm_fetcher_t *f, const char *url, const char *etag, const char *modified, void *context);
/** Lets requests go on, waiting up to `ms` for something to happen. */
void wm_fetcher_work(wm_fetcher_t *f, int ms);
/** The next finished request, NULL if there is none now. */
wm_fetch_t *wm_fetcher_next(wm_fetcher_t *f);
void *wm_fetch_context(const wm_fetch_t *fetch);
/** What a finished request brought; borrowed from it. */
void wm_fetch_result(wm_fetch_t *fetch, wm_fetch_result_t *out);
/** Frees a request; one under way is cancelled. NULL allowed. */
void wm_fetch_free(wm_fetch_t *fetch);

#endif
