#include "services/ingest/feed_list.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "services/ingest/state.h"

#define INTERVAL_MS_MAX 86400000LL
#define VALUE_MAX 512u /* bytes of source or language */

/* A line under way. */
typedef struct {
  const char *name;
  size_t line;
  wm_error_t *err;
} place_t;

#define WRONG(p, ...) wrong((p), __VA_ARGS__)
__attribute__((format(printf, 2, 3))) static wm_err_t wrong(const place_t *p, const char *format, ...) {
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return wm_error_set(p->err, WM_ERR_CONFIG, "%s:%zu: %s", p->name, p->line, text);
}

static void clear_entry(wm_feed_entry_t *e) {
  free(e->url);
  free(e->shown);
  free(e->host);
  free(e->source);
  free(e->language);
}

void wm_feed_list_clear(wm_feed_list_t *list) {
  for (size_t i = 0; i < list->n; i++) clear_entry(&list->feeds[i]);
  free(list->feeds);
  *list = (wm_feed_list_t){.n = 0};
}

static char *get_part(CURLU *url, CURLUPart part) {
  char *value = NULL, *copy = NULL;
  if (curl_url_get(url, part, &value, 0) == CURLUE_OK) copy = strdup(value);
  curl_free(value);
  return copy;
}

static wm_err_t take_url(const place_t *p, wm_feed_entry_t *e, const char *s, size_t len) {
  if (len > WM_FEED_URL_MAX) return WRONG(p, "the URL has more than %u bytes", WM_FEED_URL_MAX);
  CURLU *url = curl_url();
  e->url = strndup(s, len);
  char *scheme = NULL;
  wm_err_t rc = WM_OK;
  if (!url || !e->url) rc = wm_error_set(p->err, WM_ERR_NOMEM, "out of memory");
  else if (curl_url_set(url, CURLUPART_URL, e->url, 0) != CURLUE_OK)
    rc = WRONG(p, "the line must begin with a URL, such as https://news.example/rss.xml");
  if (rc == WM_OK) {
    scheme = get_part(url, CURLUPART_SCHEME);
    e->host = get_part(url, CURLUPART_HOST);
    curl_url_set(url, CURLUPART_USER, NULL, 0);
    curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
    curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
    e->shown = get_part(url, CURLUPART_URL);
    if (!scheme || (strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0))
      rc = WRONG(p, "the URL's scheme must be http or https");
    else if (!e->host || !e->shown) rc = WRONG(p, "the URL names no host");
  }
  free(scheme);
  curl_url_cleanup(url);
  if (rc == WM_OK) e->hash = wm_state_feed_hash(e->url);
  return rc;
}

static wm_err_t take_interval(const place_t *p, wm_feed_entry_t *e, const char *s, size_t len) {
  long long n = 0;
  size_t digits = 0;
  while (digits < len && digits < 9 && s[digits] >= '0' && s[digits] <= '9') n = n * 10 + (s[digits++] - '0');
  char unit = digits + 1 == len ? s[digits] : '?';
  long long ms = unit == 's' ? n * 1000 : unit == 'm' ? n * 60000 : unit == 'h' ? n * 3600000 : 0;
  if (digits == 0 || ms < 1000 || ms > INTERVAL_MS_MAX)
    return WRONG(p, "interval must be a number with s, m or h, from 1s to 24h (interval=5m)");
  e->interval_ms = (int)ms;
  return WM_OK;
}

static wm_err_t take_text(const place_t *p, char **out, const char *name, const char *s, size_t len) {
  if (*out) return WRONG(p, "%s is given twice", name);
  if (len == 0 || len > VALUE_MAX || !wm_text_visible(s, len))
    return WRONG(p, "%s must have 1 to %u bytes", name, VALUE_MAX);
  *out = strndup(s, len);
  return *out ? WM_OK : wm_error_set(p->err, WM_ERR_NOMEM, "out of memory");
}

/* name=value or name="value with blanks" at s; *used is its length. */
static wm_err_t take_setting(const place_t *p, wm_feed_entry_t *e, const char *s, size_t len, size_t *used) {
  const char *equals = memchr(s, '=', len);
  size_t name = equals ? (size_t)(equals - s) : 0;
  if (name == 0 || name > 20 || memchr(s, ' ', name) || memchr(s, '\t', name))
    return WRONG(p, "behind the URL come interval=, source= and language=, separated by blanks");
  const char *value = equals + 1;
  size_t left = len - name - 1, n = 0;
  if (left > 0 && *value == '"') {
    const char *close = memchr(++value, '"', left - 1);
    if (!close) return WRONG(p, "a quotation mark is not closed");
    n = (size_t)(close - value);
    *used = (size_t)(close + 1 - s);
  } else {
    while (n < left && value[n] != ' ' && value[n] != '\t') n++;
    *used = (size_t)(value + n - s);
  }
  if (name == 8 && memcmp(s, "interval", 8) == 0) return take_interval(p, e, value, n);
  if (name == 6 && memcmp(s, "source", 6) == 0) return take_text(p, &e->source, "source", value, n);
  if (name == 8 && memcmp(s, "language", 8) == 0) return take_text(p, &e->language, "language", value, n);
  return WRONG(p, "\"%.*s\" is not known: there are interval, source and language", (int)name, s);
}

static size_t skip_blanks(const char *s, size_t len, size_t at) {
  while (at < len && (s[at] == ' ' || s[at] == '\t')) at++;
  return at;
}

static wm_err_t take_line(const place_t *p, wm_feed_entry_t *e, const char *s, size_t len) {
  size_t url = 0;
  while (url < len && s[url] != ' ' && s[url] != '\t') url++;
  wm_err_t rc = take_url(p, e, s, url);
  for (size_t at = skip_blanks(s, len, url); rc == WM_OK && at < len;) {
    size_t used = 0;
    rc = take_setting(p, e, s + at, len - at, &used);
    at = skip_blanks(s, len, at + used);
  }
  e->line = p->line;
  return rc;
}

static int by_hash(const void *a, const void *b) {
  const wm_feed_entry_t *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->line < y->line ? -1 : x->line > y->line;
}

static wm_err_t find_doubles(const char *name, wm_feed_list_t *list, wm_error_t *err) {
  qsort(list->feeds, list->n, sizeof *list->feeds, by_hash);
  for (size_t i = 1; i < list->n; i++)
    if (list->feeds[i].hash == list->feeds[i - 1].hash)
      return wm_error_set(err, WM_ERR_CONFIG, "%s:%zu: this feed is in line %zu already", name, list->feeds[i].line,
                          list->feeds[i - 1].line);
  return WM_OK;
}

wm_err_t wm_feed_list_parse(const char *name, const char *text, size_t len, wm_feed_list_t *out, wm_error_t *err) {
  place_t p = {.name = name, .err = err};
  size_t capacity = 0;
  wm_err_t rc = WM_OK;
  *out = (wm_feed_list_t){.n = 0};
  for (size_t at = 0; at < len && rc == WM_OK;) {
    const char *newline = memchr(text + at, '\n', len - at);
    size_t end = newline ? (size_t)(newline - text) : len, start = skip_blanks(text, end, at), stop = end;
    at = end + 1;
    p.line++;
    while (stop > start && (text[stop - 1] == '\r' || text[stop - 1] == ' ' || text[stop - 1] == '\t')) stop--;
    if (stop == start || text[start] == '#') continue;
    if (!wm_utf8_valid(text + start, stop - start, NULL) || memchr(text + start, '\0', stop - start)) {
      rc = WRONG(&p, "the line is not UTF-8 text");
      break;
    }
    if (out->n == WM_FEED_LIST_MAX) rc = WRONG(&p, "more than %u feeds", WM_FEED_LIST_MAX);
    if (rc == WM_OK && out->n == capacity) {
      capacity = capacity ? 2 * capacity : 16;
      wm_feed_entry_t *grown = realloc(out->feeds, capacity * sizeof *grown);
      if (grown) out->feeds = grown;
      else rc = wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    }
    if (rc != WM_OK) break;
    out->feeds[out->n++] = (wm_feed_entry_t){.url = NULL};
    rc = take_line(&p, &out->feeds[out->n - 1], text + start, stop - start);
  }
  if (rc == WM_OK && out->n > 0) rc = find_doubles(name, out, err);
  if (rc != WM_OK) wm_feed_list_clear(out);
  return rc;
}

wm_err_t wm_feed_list_load(const char *path, wm_feed_list_t *out, wm_error_t *err) {
  *out = (wm_feed_list_t){.n = 0};
  FILE *f = fopen(path, "rbe");
  if (!f) return wm_error_set(err, WM_ERR_CONFIG, "the list of feeds %s cannot be opened: %s", path, strerror(errno));
  char *text = malloc(WM_FEED_LIST_BYTES_MAX + 1);
  size_t len = text ? fread(text, 1, WM_FEED_LIST_BYTES_MAX + 1, f) : 0;
  bool failed = ferror(f) != 0;
  fclose(f);
  wm_err_t rc = WM_OK;
  if (!text) rc = wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  else if (failed) rc = wm_error_set(err, WM_ERR_CONFIG, "the list of feeds %s cannot be read", path);
  else if (len > WM_FEED_LIST_BYTES_MAX)
    rc = wm_error_set(err, WM_ERR_CONFIG, "the list of feeds %s has more than 16 MiB", path);
  else rc = wm_feed_list_parse(path, text, len, out, err);
  free(text);
  return rc;
}

const wm_feed_entry_t *wm_feed_list_find(const wm_feed_list_t *list, uint64_t hash) {
  size_t low = 0, high = list->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list->feeds[middle].hash < hash) low = middle + 1;
    else high = middle;
  }
  return low < list->n && list->feeds[low].hash == hash ? &list->feeds[low] : NULL;
}
