/**
 * post: POST requests to one target, several at a time (curl's multi interface): connections are kept, HTTP/2 is used where the server
 * offers it over TLS, redirects are never followed, an answer is read up to a limit.
 *
 * Threads: one at a time. Ownership: said at each function.
 */
#ifndef WM_DELIVER_POST_H
#define WM_DELIVER_POST_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "services/deliver/target.h"

#define WM_POST_ANSWER_MAX (16u << 20) /* bytes of an answer that are read; more is an error */
#define WM_POST_REASON_MAX 200         /* bytes of a reason */

/** How a request ended. */
typedef struct {
  long status;            /* of HTTP; 0: there was no answer */
  int64_t retry_after_ms; /* what the server asked for; 0: nothing */
  const char *text;       /* the answer's body */
  size_t len;
  char reason[WM_POST_REASON_MAX]; /* why it failed, for people; "" if the status says it */
  double seconds;
} wm_answer_t;

typedef struct wm_post wm_post_t;
/** Called inside wm_post_step() and wm_post_cancel(); `job` as given to wm_post_start(). May start other requests. */
typedef void (*wm_post_done_t)(void *context, void *job, const wm_answer_t *answer);

/** For once in a process, before other threads. WM_ERR_HTTP. */
wm_err_t wm_post_init(wm_error_t *err);
void wm_post_cleanup(void);

/** For `target` (borrowed). WM_ERR_NOMEM, WM_ERR_CONFIG (libcurl refuses the URL or a file of certificates). */
wm_err_t wm_post_new(const wm_target_t *target, wm_post_done_t done, void *context, wm_post_t **out, wm_error_t *err);
/** Cancels what is under way without calling back. NULL allowed. */
void wm_post_destroy(wm_post_t *p);
/** Requests under way, and whether one more may be started. */
size_t wm_post_running(const wm_post_t *p);
bool wm_post_free(const wm_post_t *p);
/**
 * Starts a request with `body` (borrowed until it is done) and the further `headers` (taken; NULL: none). WM_ERR_INTERNAL without a free
 * slot, or where libcurl fails; then the headers are freed as well.
 */
wm_err_t wm_post_start(wm_post_t *p, void *job, const char *body, size_t len, struct curl_slist *headers,
                       wm_error_t *err);
/** Moves all requests on, after waiting for them, or for `fd` to be readable, at most `timeout_ms`. */
void wm_post_step(wm_post_t *p, int fd, int timeout_ms);
/** Ends all requests that are under way; each is answered with status 0 and "cancelled". */
void wm_post_cancel(wm_post_t *p);

/** What to do after an answer. */
typedef enum { WM_VERDICT_DONE, WM_VERDICT_RETRY, WM_VERDICT_REFUSED } wm_verdict_t;
/** 2xx is done; no answer, 408, 425, 429 and 5xx are tried again; all else is refused. */
wm_verdict_t wm_post_verdict(const wm_answer_t *answer);
/**
 * How long to wait before try number `tries` + 1: `first_ms`, doubled each time up to `max_ms`, of which a random half is taken off
 * (`random` is any number), but not less than `asked_ms`, which counts up to ten times `max_ms`.
 */
int64_t wm_post_backoff(int tries, int64_t first_ms, int64_t max_ms, int64_t asked_ms, uint64_t random);

#endif
