#include "services/deliver/post.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/service.h"

#define CONNECT_MS 10000L
#define MAX_POLL_MS 1000
#define KEEP_BYTES 65536u /* a larger buffer is not kept for the next answer */

typedef struct {
  CURL *easy;
  void *job;
  struct curl_slist *headers;
  wm_buffer_t answer;
  char error[CURL_ERROR_SIZE];
  bool running;
} slot_t;

struct wm_post {
  const wm_target_t *target;
  CURLM *multi;
  slot_t *slots;
  size_t n, running;
  struct curl_slist *common; /* headers of every request, a pattern that is copied */
  wm_post_done_t done;
  void *context;
};

wm_err_t wm_post_init(wm_error_t *err) {
  if (curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK) return WM_OK;
  return wm_error_set(err, WM_ERR_HTTP, "libcurl cannot be initialised");
}

void wm_post_cleanup(void) {
  curl_global_cleanup();
}

static size_t take(char *bytes, size_t size, size_t n, void *slot) {
  slot_t *s = slot;
  return wm_buffer_append(&s->answer, bytes, size * n, NULL) == WM_OK ? size * n : 0;
}

static bool set_common(wm_post_t *p, CURL *e, slot_t *s) {
  const wm_target_t *t = p->target;
  bool ok = curl_easy_setopt(e, CURLOPT_URL, t->url) == CURLE_OK && curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)t->timeout_ms) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                             t->timeout_ms < CONNECT_MS ? (long)t->timeout_ms : CONNECT_MS) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_USERAGENT, "wiremill-deliver/" WM_VERSION) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_WRITEDATA, s) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_PRIVATE, s) == CURLE_OK &&
            curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error) == CURLE_OK;
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS); /* refused by a libcurl without HTTP/2 */
  if (strncasecmp(t->url, "https:", 6) == 0) curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
  if (t->ca_file) ok = ok && curl_easy_setopt(e, CURLOPT_CAINFO, t->ca_file) == CURLE_OK;
  if (t->user)
    ok = ok && curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_USERNAME, t->user) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_PASSWORD, t->secret) == CURLE_OK;
  return ok;
}

/* Appends a line; false, and the list as it was, when out of memory. */
static bool add_header(struct curl_slist **list, const char *line) {
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (longer) *list = longer;
  return longer != NULL;
}

static wm_err_t make_headers(wm_post_t *p, wm_error_t *err) {
  const wm_target_t *t = p->target;
  const char *type =
      t->type == WM_TARGET_OPENSEARCH ? "Content-Type: application/x-ndjson" : "Content-Type: application/json";
  bool ok = add_header(&p->common, type) && add_header(&p->common, "Expect:");
  for (size_t i = 0; ok && i < t->headers.n; i++) ok = add_header(&p->common, t->headers.items[i]);
  if (ok && t->authorization) {
    char *line = NULL;
    ok = asprintf(&line, "Authorization: %s", t->authorization) >= 0 && add_header(&p->common, line);
    free(line);
  }
  return ok ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

wm_err_t wm_post_new(const wm_target_t *target, wm_post_done_t done, void *context, wm_post_t **out, wm_error_t *err) {
  wm_post_t *p = calloc(1, sizeof *p);
  *out = NULL;
  if (!p) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  p->target = target;
  p->done = done;
  p->context = context;
  p->n = (size_t)target->in_flight;
  p->slots = calloc(p->n, sizeof *p->slots);
  p->multi = curl_multi_init();
  wm_err_t rc = p->slots && p->multi ? make_headers(p, err) : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  for (size_t i = 0; rc == WM_OK && i < p->n; i++) {
    slot_t *s = &p->slots[i];
    wm_buffer_init(&s->answer, WM_POST_ANSWER_MAX);
    s->easy = curl_easy_init();
    if (!s->easy) rc = wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    else if (!set_common(p, s->easy, s))
      rc = wm_error_set(err, WM_ERR_CONFIG, "target %s: libcurl %s refuses the URL or another setting", target->name,
                        curl_version_info(CURLVERSION_NOW)->version);
  }
  if (rc != WM_OK) {
    wm_post_destroy(p);
    return rc;
  }
  curl_multi_setopt(p->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)p->n);
  curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)p->n);
  *out = p;
  return WM_OK;
}

void wm_post_destroy(wm_post_t *p) {
  if (!p) return;
  for (size_t i = 0; p->slots && i < p->n; i++) {
    slot_t *s = &p->slots[i];
    if (s->running) curl_multi_remove_handle(p->multi, s->easy);
    if (s->easy) curl_easy_cleanup(s->easy);
    curl_slist_free_all(s->headers);
    wm_buffer_clear(&s->answer);
  }
  if (p->multi) curl_multi_cleanup(p->multi);
  curl_slist_free_all(p->common);
  free(p->slots);
  free(p);
}

size_t wm_post_running(const wm_post_t *p) {
  return p->running;
}

bool wm_post_free(const wm_post_t *p) {
  return p->running < p->n;
}

wm_err_t wm_post_start(wm_post_t *p, void *job, const char *body, size_t len, struct curl_slist *headers,
                       wm_error_t *err) {
  slot_t *s = NULL;
  for (size_t i = 0; !s && i < p->n; i++)
    if (!p->slots[i].running) s = &p->slots[i];
  bool ok = s != NULL;
  for (const struct curl_slist *line = p->common; ok && line; line = line->next) ok = add_header(&headers, line->data);
  if (!ok) {
    curl_slist_free_all(headers);
    return wm_error_set(err, s ? WM_ERR_NOMEM : WM_ERR_INTERNAL, s ? "out of memory" : "no request is free");
  }
  s->job = job;
  s->headers = headers;
  s->error[0] = '\0';
  wm_buffer_reset(&s->answer);
  if (curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
      curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len) == CURLE_OK &&
      curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
      curl_multi_add_handle(p->multi, s->easy) == CURLM_OK) {
    s->running = true;
    p->running++;
    return WM_OK;
  }
  curl_slist_free_all(headers);
  s->headers = NULL;
  return wm_error_set(err, WM_ERR_INTERNAL, "libcurl does not take a request");
}

/* Frees the slot first: the callback may start the next request with it. */
static void finish(wm_post_t *p, slot_t *s, CURLcode code, bool cancelled) {
  wm_answer_t answer = {.text = s->answer.data ? s->answer.data : "", .len = s->answer.len};
  curl_off_t after = 0;
  if (code == CURLE_OK && !cancelled) {
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    if (curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &after) == CURLE_OK && after > 0)
      answer.retry_after_ms = after > 86400 ? 86400 * 1000 : (int64_t)after * 1000;
  } else {
    snprintf(answer.reason, sizeof answer.reason, "%.199s",
             cancelled     ? "cancelled"
             : s->error[0] ? s->error
                           : curl_easy_strerror(code));
  }
  curl_easy_getinfo(s->easy, CURLINFO_TOTAL_TIME, &answer.seconds);
  curl_multi_remove_handle(p->multi, s->easy);
  curl_slist_free_all(s->headers);
  s->headers = NULL;
  wm_buffer_t text = s->answer;
  wm_buffer_init(&s->answer, WM_POST_ANSWER_MAX);
  s->running = false;
  p->running--;
  p->done(p->context, s->job, &answer);
  wm_buffer_reset(&text);
  if (s->answer.data || text.capacity > KEEP_BYTES) wm_buffer_clear(&text);
  else s->answer = text;
}

void wm_post_step(wm_post_t *p, int fd, int timeout_ms) {
  struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
  int left = 0, still = 0;
  if (timeout_ms > MAX_POLL_MS) timeout_ms = MAX_POLL_MS;
  curl_multi_perform(p->multi, &still);
  if (timeout_ms > 0 && (size_t)still == p->running) {
    curl_multi_poll(p->multi, fd >= 0 ? &extra : NULL, fd >= 0 ? 1 : 0, timeout_ms, NULL);
    curl_multi_perform(p->multi, &still);
  }
  CURLMsg *m;
  while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
    if (m->msg != CURLMSG_DONE) continue;
    char *slot = NULL;
    CURLcode code = m->data.result;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &slot);
    finish(p, (slot_t *)(void *)slot, code, false);
  }
}

void wm_post_cancel(wm_post_t *p) {
  for (size_t i = 0; i < p->n; i++)
    if (p->slots[i].running) finish(p, &p->slots[i], CURLE_OK, true);
}

wm_verdict_t wm_post_verdict(const wm_answer_t *answer) {
  if (answer->status >= 200 && answer->status < 300) return WM_VERDICT_DONE;
  if (answer->status == 0 || answer->status == 408 || answer->status == 425 || answer->status == 429 ||
      answer->status >= 500)
    return WM_VERDICT_RETRY;
  return WM_VERDICT_REFUSED;
}

int64_t wm_post_backoff(int tries, int64_t first_ms, int64_t max_ms, int64_t asked_ms, uint64_t random) {
  int64_t wait = first_ms;
  for (int i = 1; i < tries && wait < max_ms; i++) wait *= 2;
  if (wait > max_ms) wait = max_ms;
  wait -= (int64_t)(random % (uint64_t)(wait / 2 + 1));
  if (asked_ms > 10 * max_ms) asked_ms = 10 * max_ms;
  return wait > asked_ms ? wait : asked_ms;
}
