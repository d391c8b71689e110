#include "services/ingest/post_body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_type(const char *s, size_t len, const char *name) {
  return strlen(name) == len && strncasecmp(s, name, len) == 0;
}

/* False for a charset parameter that is not UTF-8. */
static bool charset_fits(const char *parameters) {
  const char *at = strcasestr(parameters, "charset=");
  if (!at) return true;
  at += strlen("charset=");
  if (*at == '"') at++;
  size_t n = strcspn(at, "\"; \t");
  return is_type(at, n, "utf-8") || is_type(at, n, "utf8") || is_type(at, n, "us-ascii");
}

wm_post_type_t wm_post_type(const char *content_type) {
  if (!content_type) return WM_POST_UNKNOWN;
  content_type += strspn(content_type, " \t");
  size_t n = strcspn(content_type, "; \t");
  if (!charset_fits(content_type + n)) return WM_POST_UNKNOWN;
  static const char *const lines[] = {"application/x-ndjson", "application/ndjson", "application/jsonl",
                                      "application/x-jsonlines"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    if (is_type(content_type, n, lines[i])) return WM_POST_LINES;
  if (is_type(content_type, n, "application/json")) return WM_POST_ONE;
  return n > 5 && strncasecmp(content_type, "application/", 12) == 0 &&
                 strncasecmp(content_type + n - 5, "+json", 5) == 0
             ? WM_POST_ONE
             : WM_POST_UNKNOWN;
}

void wm_post_body_clear(wm_post_body_t *b) {
  for (size_t i = 0; i < b->n; i++) {
    free(b->articles[i].uri);
    free(b->articles[i].value);
  }
  free(b->articles);
  *b = (wm_post_body_t){.n = 0};
}

static wm_err_t add(wm_post_body_t *b, const wm_raw_t *raw, wm_error_t *err) {
  if (b->n == WM_POST_ARTICLES_MAX)
    return wm_error_set(err, WM_ERR_TOO_LARGE, "more than %u articles in one request", WM_POST_ARTICLES_MAX);
  if (b->n == b->capacity) {
    size_t capacity = b->capacity ? 2 * b->capacity : 1;
    wm_post_article_t *grown = realloc(b->articles, capacity * sizeof *grown);
    if (!grown) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    b->articles = grown;
    b->capacity = capacity;
  }
  wm_post_article_t *a = &b->articles[b->n];
  *a = (wm_post_article_t){
      .uri = strdup(raw->uri), .value = malloc(raw->value.len), .len = raw->value.len, .signature = raw->signature};
  b->n++;
  if (!a->uri || !a->value) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  memcpy(a->value, raw->value.s, raw->value.len);
  b->bytes += a->len + strlen(a->uri);
  return WM_OK;
}

static bool blank(const char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r' && s[i] != '\n') return false;
  return true;
}

wm_err_t wm_post_body_read(wm_raw_reader_t *reader, wm_post_type_t type, const char *body, size_t len,
                           wm_post_body_t *out, size_t *line, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  wm_raw_t raw;
  *out = (wm_post_body_t){.n = 0};
  *line = 0;
  if (len == 0 || blank(body, len)) return wm_error_set(err, WM_ERR_NOT_JSON, "the body is empty");
  for (size_t at = 0; at < len && rc == WM_OK;) {
    const char *newline = type == WM_POST_LINES ? memchr(body + at, '\n', len - at) : NULL;
    size_t end = newline ? (size_t)(newline - body) : len;
    if (type == WM_POST_LINES) ++*line;
    if (!blank(body + at, end - at)) {
      rc = wm_raw_read(reader, body + at, end - at, &raw, err);
      if (rc == WM_OK) rc = add(out, &raw, err);
    }
    at = end + 1;
  }
  if (rc != WM_OK) wm_post_body_clear(out);
  return rc;
}
