#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

#define VALUE_MAX 1536 /* bytes of one string value as written, so that one long field leaves room for the others */
#define TAIL_ROOM 96   /* kept free for what ends a line: "cut", "limited", "dropped", the brace and the newline */

/* A line of at most PIPE_BUF bytes is written to a pipe in one piece, so lines of several threads never mix. */
_Static_assert(WM_LOG_LINE_MAX <= PIPE_BUF, "a log line must be written in one piece");

static const char *const k_levels[] = {"debug", "info", "warn", "error", "off"};

static const char *_Atomic g_service = "wiremill";
static _Atomic int g_level = WM_LOG_INFO;

/* A line in the making; `limit` is how far fields may go. */
typedef struct {
  char text[WM_LOG_LINE_MAX];
  size_t len, limit;
} line_t;

void wm_log_init(const char *service, wm_log_level_t level) {
  atomic_store(&g_service, service ? service : "wiremill");
  atomic_store(&g_level, (int)level);
}

int wm_log_level_parse(const char *word) {
  for (int i = 0; word && i <= WM_LOG_OFF; i++)
    if (strcmp(word, k_levels[i]) == 0) return i;
  return -1;
}

int wm_log_enabled(wm_log_level_t level) {
  return level < WM_LOG_OFF && (int)level >= atomic_load_explicit(&g_level, memory_order_relaxed);
}

/* Appends all of `bytes` or nothing; false if they do not fit below the limit. */
static bool put(line_t *line, const char *bytes, size_t len) {
  if (len > line->limit - line->len) return false;
  memcpy(line->text + line->len, bytes, len);
  line->len += len;
  return true;
}

/* Code points that would break a line, or a terminal that shows it: controls, format characters (bidi), line separators. */
static bool must_escape(utf8proc_int32_t cp) {
  if (cp < 0x20 || cp == '"' || cp == '\\' || cp == 0x7F) return true;
  if (cp < 0x80) return false;
  utf8proc_category_t category = utf8proc_category(cp);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

/* Writes one code point as JSON into out[12]; returns the length. */
static size_t escape(utf8proc_int32_t cp, char out[16]) {
  if (cp == '"' || cp == '\\') {
    out[0] = '\\';
    out[1] = (char)cp;
    return 2;
  }
  static const char k_short[][2] = {{'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};
  for (size_t i = 0; i < sizeof k_short / sizeof k_short[0]; i++) {
    if (cp != k_short[i][0]) continue;
    out[0] = '\\';
    out[1] = k_short[i][1];
    return 2;
  }
  unsigned u = (unsigned)cp;
  int n = u < 0x10000
              ? snprintf(out, 16, "\\u%04x", u)
              : snprintf(out, 16, "\\u%04x\\u%04x", 0xD800 + ((u - 0x10000) >> 10), 0xDC00 + ((u - 0x10000) & 0x3FF));
  return (size_t)n;
}

/* Writes `s` in quotes, cut at a code point and marked where it is too long. False (nothing written) if not even that fits. */
static bool put_string(line_t *line, const char *s) {
  static const char k_cut[] = "\xE2\x80\xA6\""; /* the mark "…" and the closing quote */
  size_t start = line->len, limit = line->limit;
  if (limit - start < 32) return false;
  if (limit - start > VALUE_MAX) line->limit = start + VALUE_MAX;
  line->limit -= sizeof k_cut;
  put(line, "\"", 1);
  const char *end = "\"";
  for (size_t left = strlen(s); left > 0;) {
    utf8proc_int32_t cp = -1;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)left, &cp);
    char escaped[16];
    bool fits;
    if (n <= 0) fits = put(line, "\xEF\xBF\xBD", 3); /* U+FFFD */
    else if (must_escape(cp)) fits = put(line, escaped, escape(cp, escaped));
    else fits = put(line, s, (size_t)n);
    if (!fits) {
      end = k_cut;
      break;
    }
    size_t step = n > 0 ? (size_t)n : 1;
    s += step;
    left -= step;
  }
  line->limit = limit;
  return put(line, end, strlen(end));
}

static bool put_real(line_t *line, double value) {
  if (!isfinite(value)) return put(line, "null", 4);
  char text[40];
  int n = snprintf(text, sizeof text, "%.9g", value);
  char *comma = strchr(text, ','); /* a locale may have set the decimal sign */
  if (comma) *comma = '.';
  return put(line, text, (size_t)n);
}

static bool put_value(line_t *line, const wm_log_field_t *f) {
  char text[32];
  switch (f->type) {
    case WM_LOG_FIELD_STR:
      return f->str ? put_string(line, f->str) : put(line, "null", 4);
    case WM_LOG_FIELD_INT:
      return put(line, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)f->integer));
    case WM_LOG_FIELD_REAL:
      return put_real(line, f->real);
    default:
      return f->integer ? put(line, "true", 4) : put(line, "false", 5);
  }
}

/* Appends ,"key":value or, if it does not fit, nothing and returns false. */
static bool put_field(line_t *line, const wm_log_field_t *f) {
  size_t start = line->len;
  if (put(line, ",", 1) && put_string(line, f->key ? f->key : "?") && put(line, ":", 1) && put_value(line, f))
    return true;
  line->len = start;
  return false;
}

static void put_head(line_t *line, wm_log_level_t level, const char *event) {
  struct timespec now;
  struct tm tm;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &tm);
  char head[96];
  size_t n = strftime(head, sizeof head, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &tm);
  int more = snprintf(head + n, sizeof head - n, ".%03ldZ\",\"level\":\"%s\"", now.tv_nsec / 1000000L, k_levels[level]);
  put(line, head, n + (size_t)more);
  put_field(line, &WM_LOG_STR("service", atomic_load(&g_service)));
  put_field(line, &WM_LOG_STR("event", event ? event : ""));
}

/* Counts a line of `site`. False if it must be dropped; else `*dropped` lines went before it, and `*last` says that the rest
 * of this second will be dropped. Threads that meet at the turn of a second may write a few lines more than the burst. */
static bool site_allows(wm_log_site_t *site, uint32_t *dropped, bool *last) {
  *dropped = 0;
  *last = false;
  if (!site) return true;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t second = (int64_t)now.tv_sec + 1; /* never 0, which is a fresh site */
  int64_t seen = atomic_load_explicit(&site->second, memory_order_relaxed);
  if (seen != second && atomic_compare_exchange_strong(&site->second, &seen, second)) atomic_store(&site->count, 0);
  uint32_t before = atomic_fetch_add(&site->count, 1);
  if (before >= WM_LOG_BURST) {
    atomic_fetch_add(&site->dropped, 1);
    return false;
  }
  *last = before == WM_LOG_BURST - 1;
  *dropped = atomic_exchange(&site->dropped, 0);
  return true;
}

/* Writes an event with two groups of fields. */
static void write_event(wm_log_site_t *site, wm_log_level_t level, const char *event, const wm_log_field_t *first,
                        size_t n_first, const wm_log_field_t *second, size_t n_second) {
  uint32_t dropped;
  bool last;
  if (!wm_log_enabled(level) || !site_allows(site, &dropped, &last)) return;
  int saved = errno;
  line_t line;
  line.len = 0;
  line.limit = sizeof line.text - TAIL_ROOM;
  put_head(&line, level, event);
  bool cut = false;
  for (size_t i = 0; i < n_first; i++) cut = !put_field(&line, &first[i]) || cut;
  for (size_t i = 0; i < n_second; i++) cut = !put_field(&line, &second[i]) || cut;
  line.limit = sizeof line.text;
  if (cut) put_field(&line, &WM_LOG_BOOL("cut", 1));
  if (dropped > 0) put_field(&line, &WM_LOG_INT("dropped", dropped));
  if (last) put_field(&line, &WM_LOG_BOOL("limited", 1));
  put(&line, "}\n", 2);
  while (write(STDERR_FILENO, line.text, line.len) < 0 && errno == EINTR) continue;
  errno = saved;
}

void wm_log_event(wm_log_site_t *site, wm_log_level_t level, const char *event, const wm_log_field_t *fields,
                  size_t n) {
  write_event(site, level, event, fields, n, NULL, 0);
}

void wm_log_failure(wm_log_site_t *site, wm_log_level_t level, const char *event, const wm_error_t *err,
                    const wm_log_field_t *fields, size_t n) {
  static const char *const k_classes[] = {"none", "retriable", "poison", "fatal"};
  wm_error_t none = WM_ERROR_INIT;
  const wm_error_t *e = err ? err : &none;
  const wm_log_field_t why[] = {WM_LOG_STR("error", wm_err_word(e->code)),
                                WM_LOG_STR("class", k_classes[(unsigned)e->cls <= WM_CLASS_FATAL ? e->cls : 0]),
                                WM_LOG_STR("reason", e->text)};
  write_event(site, level, event, why, sizeof why / sizeof why[0], fields, n);
}
