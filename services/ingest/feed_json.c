/* JSON: one article, an array of them, or one a line. The articles themselves are read by common/article. */
#include <string.h>

#include "services/ingest/feed_internal.h"

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The byte behind the object or array that begins at `at`; 0 if it does not end. Strings are skipped; nothing else is checked. */
static size_t value_end(const char *s, size_t len, size_t at) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = at; i < len; i++) {
    if (quoted) {
      if (s[i] == '\\') i++;
      else if (s[i] == '"') quoted = false;
    } else if (s[i] == '"') {
      quoted = true;
    } else if (s[i] == '{' || s[i] == '[') {
      depth++;
    } else if (s[i] == '}' || s[i] == ']') {
      if (depth <= 1) return i + 1;
      depth--;
    }
  }
  return 0;
}

wm_feed_kind_t wm_feed_kind(const char *s, size_t len) {
  size_t i = 0;
  if (len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) i = 3;
  if (len >= 2 && (memcmp(s, "\xFE\xFF", 2) == 0 || memcmp(s, "\xFF\xFE", 2) == 0)) return WM_FEED_XML;
  if (len >= 4 && (memcmp(s, "<\0?", 3) == 0 || memcmp(s, "\0<\0?", 4) == 0)) return WM_FEED_XML;
  while (i < len && is_space(s[i])) i++;
  if (i == len) return WM_FEED_EMPTY;
  if (s[i] == '<') return WM_FEED_XML;
  if (s[i] == '[') return WM_FEED_JSON;
  if (s[i] != '{') return WM_FEED_UNKNOWN;
  const char *newline = memchr(s + i, '\n', len - i);
  size_t first = newline ? (size_t)(newline - s) : len, end = value_end(s, first, i);
  if (!newline || end == 0) return WM_FEED_JSON; /* it does not end on its line */
  while (first < len && is_space(s[first])) first++;
  return first == len ? WM_FEED_JSON : WM_FEED_LINES;
}

static wm_err_t give(wm_feed_t *f, const char *s, size_t len, size_t number) {
  if (++f->items > WM_FEED_ITEMS_MAX)
    return wm_error_set(f->err, WM_ERR_TOO_LARGE, "more than %u articles", WM_FEED_ITEMS_MAX);
  const wm_feed_item_t item = {.json = {s, len}, .uri = "", .version = "", .number = number};
  return f->sink(f->context, &item, f->err);
}

static wm_err_t read_lines(wm_feed_t *f, const char *s, size_t len) {
  wm_err_t rc = WM_OK;
  size_t number = 1;
  for (size_t at = 0; at < len && rc == WM_OK; number++) {
    const char *newline = memchr(s + at, '\n', len - at);
    size_t end = newline ? (size_t)(newline - s) : len, start = at;
    at = end + 1;
    while (start < end && is_space(s[start])) start++;
    while (end > start && is_space(s[end - 1])) end--;
    if (end > start) rc = give(f, s + start, end - start, number);
  }
  return rc;
}

static wm_err_t read_array(wm_feed_t *f, const char *s, size_t len) {
  size_t i = 0, number = 0;
  while (s[i] != '[') i++;
  bool after = false; /* an article has just ended: a comma or the end of the array follows */
  for (i++;;) {
    while (i < len && is_space(s[i])) i++;
    if (i < len && s[i] == ']' && (after || number == 0)) break;
    if (i < len && s[i] == ',' && after) {
      after = false;
      i++;
      continue;
    }
    size_t end = i < len && s[i] == '{' && !after ? value_end(s, len, i) : 0;
    if (end == 0)
      return wm_error_set(f->err, WM_ERR_NOT_JSON, "byte %zu: an array of articles goes on with an object or ends", i);
    wm_err_t rc = give(f, s + i, end - i, ++number);
    if (rc != WM_OK) return rc;
    i = end;
    after = true;
  }
  for (i++; i < len; i++)
    if (!is_space(s[i])) return wm_error_set(f->err, WM_ERR_NOT_JSON, "byte %zu: something follows the array", i);
  return WM_OK;
}

wm_err_t wm_feed_read_json(wm_feed_t *f, const char *s, size_t len, wm_feed_kind_t kind) {
  if (len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) s += 3, len -= 3;
  if (kind == WM_FEED_LINES) return read_lines(f, s, len);
  size_t i = 0;
  while (i < len && is_space(s[i])) i++;
  return s[i] == '[' ? read_array(f, s, len) : give(f, s + i, len - i, 1);
}
