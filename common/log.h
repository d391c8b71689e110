/**
 * log: one JSON line an event on stderr: time (RFC 3339, UTC, ms), level, service, event, then the fields.
 *
 *   wm_log_info("batch committed", WM_LOG_STR("topic", topic), WM_LOG_INT("messages", n));
 *
 * `event` is a short constant phrase (what a person greps for); what varies goes into fields. Never log a payload or a
 * secret. Rate-limited by call site: at most WM_LOG_BURST lines a second a site. The last line before the site is cut off has
 * `"limited":true`, the next one that it writes has `"dropped":N`. Fields that find no room in a line are left out, with `"cut":true`.
 *
 * Threads: every function may be called from any thread; a line is written with one write(2).
 */
#ifndef WM_LOG_H
#define WM_LOG_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/error.h"

#define WM_LOG_BURST 20      /* lines a second and site */
#define WM_LOG_LINE_MAX 4096 /* bytes of a line; longer field values are cut at a code point and marked with "…" */

typedef enum { WM_LOG_DEBUG = 0, WM_LOG_INFO, WM_LOG_WARN, WM_LOG_ERROR, WM_LOG_OFF } wm_log_level_t;

typedef struct {
  const char *key;
  enum { WM_LOG_FIELD_STR, WM_LOG_FIELD_INT, WM_LOG_FIELD_REAL, WM_LOG_FIELD_BOOL } type;
  const char *str; /* borrowed for the call; NULL gives JSON null; invalid UTF-8 is replaced by U+FFFD */
  int64_t integer;
  double real;
} wm_log_field_t;

#define WM_LOG_STR(key_, value_) ((wm_log_field_t){.key = (key_), .type = WM_LOG_FIELD_STR, .str = (value_)})
#define WM_LOG_INT(key_, value_) \
  ((wm_log_field_t){.key = (key_), .type = WM_LOG_FIELD_INT, .integer = (int64_t)(value_)})
#define WM_LOG_REAL(key_, value_) ((wm_log_field_t){.key = (key_), .type = WM_LOG_FIELD_REAL, .real = (value_)})
#define WM_LOG_BOOL(key_, value_) \
  ((wm_log_field_t){.key = (key_), .type = WM_LOG_FIELD_BOOL, .integer = (value_) ? 1 : 0})

/** Rate state of one call site; zero-initialised static storage. */
typedef struct {
  _Atomic int64_t second;
  _Atomic uint32_t count, dropped;
} wm_log_site_t;

/** Sets the service name (borrowed for the life of the process) and the lowest level that is written. Once, at start. */
void wm_log_init(const char *service, wm_log_level_t level);
/** The level named by `word` ("debug", "info", "warn", "error", "off"); -1 if none. */
int wm_log_level_parse(const char *word);
/** True if lines of `level` are written. */
int wm_log_enabled(wm_log_level_t level);
/** Writes one event. Use the macros below. */
void wm_log_event(wm_log_site_t *site, wm_log_level_t level, const char *event, const wm_log_field_t *fields, size_t n);
/** Writes `event` with the code word, class and text of `err` as fields "error", "class", "reason", and the fields given. */
void wm_log_failure(wm_log_site_t *site, wm_log_level_t level, const char *event, const wm_error_t *err,
                    const wm_log_field_t *fields, size_t n);

#define WM_LOG_(level_, event_, ...)                                         \
  do {                                                                       \
    static wm_log_site_t wm_log_site_;                                       \
    const wm_log_field_t wm_log_fields_[] = {__VA_ARGS__ __VA_OPT__(, ){0}}; \
    if (wm_log_enabled(level_))                                              \
      wm_log_event(&wm_log_site_, (level_), (event_), wm_log_fields_,        \
                   sizeof wm_log_fields_ / sizeof wm_log_fields_[0] - 1);    \
  } while (0)
#define wm_log_debug(...) WM_LOG_(WM_LOG_DEBUG, __VA_ARGS__)
#define wm_log_info(...) WM_LOG_(WM_LOG_INFO, __VA_ARGS__)
#define wm_log_warn(...) WM_LOG_(WM_LOG_WARN, __VA_ARGS__)
#define wm_log_error(...) WM_LOG_(WM_LOG_ERROR, __VA_ARGS__)

/** wm_log_failure() from a site of its own: wm_log_failed(WM_LOG_ERROR, &err, "commit failed", WM_LOG_STR("topic", topic)). */
#define wm_log_failed(level_, err_, event_, ...)                                \
  do {                                                                          \
    static wm_log_site_t wm_log_site_;                                          \
    const wm_log_field_t wm_log_fields_[] = {__VA_ARGS__ __VA_OPT__(, ){0}};    \
    if (wm_log_enabled(level_))                                                 \
      wm_log_failure(&wm_log_site_, (level_), (event_), (err_), wm_log_fields_, \
                     sizeof wm_log_fields_ / sizeof wm_log_fields_[0] - 1);     \
  } while (0)

#endif
