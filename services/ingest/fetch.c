#include "services/ingest/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "common/address.h"

#define ACCEPT                                                                                                         \
  "Accept: application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.9, " \
  "*/*;q=0.1"
#define RETRY_MS_MAX 86400000LL
#define HEADERS_MAX (256u << 10) /* bytes of all heads of one request */

struct wm_fetcher {
  const wm_ingest_settings_t *set;
  CURLM *multi;
};

struct wm_fetch {
  wm_fetcher_t *owner;
  CURL *easy;
  struct curl_slist *headers;
  void *context;
  bool done, too_large;
  CURLcode code;
  wm_buffer_t body;
  size_t head_bytes;
  char etag[WM_STATE_TAG_MAX + 1], modified[WM_STATE_TAG_MAX + 1], charset[64];
  char location[512];
  bool permanent;
  int64_t retry_ms;
  char error[CURL_ERROR_SIZE], refused[128];
};

wm_fetcher_t *wm_fetcher_new(const wm_ingest_settings_t *set) {
  wm_fetcher_t *f = calloc(1, sizeof *f);
  if (!f) return NULL;
  f->set = set;
  f->multi = curl_multi_init();
  if (!f->multi) {
    free(f);
    return NULL;
  }
  curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)set->parallel);
  return f;
}

void wm_fetcher_destroy(wm_fetcher_t *f) {
  if (!f) return;
  curl_multi_cleanup(f->multi);
  free(f);
}

/* --- what libcurl calls --- */

static size_t on_body(char *bytes, size_t size, size_t n, void *context) {
  wm_fetch_t *fetch = context;
  if (wm_buffer_append(&fetch->body, bytes, size * n, NULL) == WM_OK) return size * n;
  fetch->too_large = true;
  return 0;
}

/* The value of header `name`, without white space around it; false if the line is another header. */
static bool header_value(const char *line, size_t len, const char *name, char *out, size_t cap) {
  size_t n = strlen(name);
  if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0) return false;
  const char *s = line + n + 1, *end = line + len;
  while (s < end && (*s == ' ' || *s == '\t')) s++;
  while (end > s && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ')) end--;
  if ((size_t)(end - s) >= cap) return false; /* too long to be kept, so it is as if it were not there */
  memcpy(out, s, (size_t)(end - s));
  out[end - s] = '\0';
  return true;
}

/* Seconds or a date (RFC 9110, 10.2.3). */
static int64_t retry_after(const char *s) {
  int64_t ms = -1;
  if (*s >= '0' && *s <= '9' && strspn(s, "0123456789") == strlen(s)) {
    ms = strlen(s) > 9 ? RETRY_MS_MAX : strtoll(s, NULL, 10) * 1000;
  } else {
    time_t at = curl_getdate(s, NULL);
    if (at != (time_t)-1) ms = ((int64_t)at - (int64_t)time(NULL)) * 1000;
    if (at != (time_t)-1 && ms < 0) ms = 0;
  }
  return ms > RETRY_MS_MAX ? RETRY_MS_MAX : ms;
}

/* text/xml; charset="utf-8" */
static void take_charset(wm_fetch_t *fetch, const char *type) {
  const char *at = strcasestr(type, "charset=");
  if (!at) return;
  at += strlen("charset=");
  if (*at == '"') at++;
  snprintf(fetch->charset, sizeof fetch->charset, "%.*s", (int)strcspn(at, "\"; \t"), at);
}

static size_t on_header(char *line, size_t size, size_t n, void *context) {
  wm_fetch_t *fetch = context;
  size_t len = size * n;
  char value[WM_STATE_TAG_MAX + 1];
  fetch->head_bytes += len;
  if (fetch->head_bytes > HEADERS_MAX) return 0;
  if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) { /* a new answer: what redirects said counts no more */
    const char *status = memchr(line, ' ', len);
    fetch->etag[0] = fetch->modified[0] = fetch->charset[0] = '\0';
    fetch->retry_ms = -1;
    fetch->permanent =
        status && len - (size_t)(status - line) >= 4 && (!memcmp(status, " 301", 4) || !memcmp(status, " 308", 4));
    wm_buffer_reset(&fetch->body);
  } else if (header_value(line, len, "etag", value, sizeof value)) {
    snprintf(fetch->etag, sizeof fetch->etag, "%s", value);
  } else if (header_value(line, len, "last-modified", value, sizeof value)) {
    snprintf(fetch->modified, sizeof fetch->modified, "%s", value);
  } else if (header_value(line, len, "retry-after", value, sizeof value)) {
    fetch->retry_ms = retry_after(value);
  } else if (header_value(line, len, "content-type", value, sizeof value)) {
    take_charset(fetch, value);
  } else if (fetch->permanent && header_value(line, len, "location", value, sizeof fetch->location)) {
    snprintf(fetch->location, sizeof fetch->location, "%.511s", value);
  }
  return len;
}

/* The one place where it is known what is connected to. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  wm_fetch_t *fetch = context;
  char text[WM_ADDRESS_TEXT_MAX];
  (void)purpose;
  if (!fetch->owner->set->allow_private && !wm_address_is_public(&address->addr, (socklen_t)address->addrlen)) {
    snprintf(fetch->refused, sizeof fetch->refused, "%s is no public address (WM_ALLOW_PRIVATE_ADDRESSES allows it)",
             wm_address_text(&address->addr, (socklen_t)address->addrlen, text));
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* --- requests --- */

static bool add_header(wm_fetch_t *fetch, const char *name, const char *value) {
  char line[WM_STATE_TAG_MAX + 64];
  if (!value[0]) return true;
  snprintf(line, sizeof line, "%s: %s", name, value);
  struct curl_slist *grown = curl_slist_append(fetch->headers, line);
  if (grown) fetch->headers = grown;
  return grown != NULL;
}

static void set_options(wm_fetch_t *fetch, const char *url) {
  const wm_ingest_settings_t *set = fetch->owner->set;
  CURL *e = fetch->easy;
  curl_easy_setopt(e, CURLOPT_URL, url);
  curl_easy_setopt(e, CURLOPT_PRIVATE, fetch);
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, set->redirects > 0 ? 1L : 0L);
  curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)set->redirects);
  curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
  curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, fetch);
  curl_easy_setopt(e, CURLOPT_PROXY, "");
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
  if (set->ca_file) curl_easy_setopt(e, CURLOPT_CAINFO, set->ca_file); /* the system's stay: they are in a folder */
  curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)set->fetch_timeout_ms);
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(set->fetch_timeout_ms < 15000 ? set->fetch_timeout_ms : 15000));
  curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_USERAGENT, "wiremill/" WM_VERSION);
  curl_easy_setopt(e, CURLOPT_HTTPHEADER, fetch->headers);
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, fetch);
  curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(e, CURLOPT_HEADERDATA, fetch);
  curl_easy_setopt(e, CURLOPT_ERRORBUFFER, fetch->error);
}

wm_fetch_t *wm_fetch_start(wm_fetcher_t *f, const char *url, const char *etag, const char *modified, void *context) {
  wm_fetch_t *fetch = calloc(1, sizeof *fetch);
  if (!fetch) return NULL;
  fetch->owner = f;
  fetch->context = context;
  fetch->retry_ms = -1;
  wm_buffer_init(&fetch->body, f->set->fetch_bytes);
  fetch->easy = curl_easy_init();
  fetch->headers = curl_slist_append(NULL, ACCEPT);
  bool ok = fetch->easy && fetch->headers && add_header(fetch, "If-None-Match", etag) &&
            add_header(fetch, "If-Modified-Since", modified);
  if (ok) set_options(fetch, url);
  if (ok && curl_multi_add_handle(f->multi, fetch->easy) == CURLM_OK) return fetch;
  if (fetch->easy) curl_easy_cleanup(fetch->easy);
  fetch->easy = NULL;
  wm_fetch_free(fetch);
  return NULL;
}

void wm_fetcher_work(wm_fetcher_t *f, int ms) {
  int running;
  curl_multi_perform(f->multi, &running);
  curl_multi_poll(f->multi, NULL, 0, ms, NULL);
  curl_multi_perform(f->multi, &running);
}

wm_fetch_t *wm_fetcher_next(wm_fetcher_t *f) {
  int left;
  for (const CURLMsg *m; (m = curl_multi_info_read(f->multi, &left));) {
    if (m->msg != CURLMSG_DONE) continue;
    wm_fetch_t *fetch = NULL;
    CURLcode code = m->data.result;
    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &fetch);
    fetch->done = true;
    fetch->code = code;
    return fetch;
  }
  return NULL;
}

void *wm_fetch_context(const wm_fetch_t *fetch) {
  return fetch->context;
}

void wm_fetch_result(wm_fetch_t *fetch, wm_fetch_result_t *out) {
  *out = (wm_fetch_result_t){.error = "",
                             .etag = fetch->etag,
                             .modified = fetch->modified,
                             .charset = fetch->charset,
                             .location = fetch->location,
                             .retry_ms = fetch->retry_ms,
                             .body = fetch->body.data ? fetch->body.data : "",
                             .len = fetch->body.len};
  if (fetch->code == CURLE_OK) {
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &out->status);
    return;
  }
  out->error = fetch->too_large    ? "the document is larger than WM_FETCH_MAX_BYTES"
               : fetch->refused[0] ? fetch->refused
               : fetch->error[0]   ? fetch->error
                                   : curl_easy_strerror(fetch->code);
}

void wm_fetch_free(wm_fetch_t *fetch) {
  if (!fetch) return;
  if (fetch->easy) {
    curl_multi_remove_handle(fetch->owner->multi, fetch->easy);
    curl_easy_cleanup(fetch->easy);
  }
  curl_slist_free_all(fetch->headers);
  wm_buffer_clear(&fetch->body);
  free(fetch);
}
