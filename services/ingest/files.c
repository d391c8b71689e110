#include "services/ingest/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "services/ingest/feed.h"

#define CHUNK (256u << 10)
#define BATCH_MAX 1000u /* articles of one transaction of standard input */
#define TRIES 3

typedef struct {
  wm_outlet_t *outlet;
  const wm_ingest_settings_t *set;
  const char *name; /* for messages */
  int fd, partitions;
  bool piped; /* cannot be read again */
  bool ended;
  wm_buffer_t bytes; /* read and not used yet */
  size_t line;       /* lines used */
  size_t open;       /* articles in the transaction */
  wm_files_count_t count;
} input_t;

static wm_err_t commit(input_t *in, wm_error_t *err) {
  wm_err_t rc = wm_outlet_commit(in->outlet, NULL, NULL, err);
  in->open = 0;
  return rc;
}

/* One article; a bad one is told and counted. */
static wm_err_t send_one(input_t *in, const char *json, size_t len, size_t line, wm_error_t *err) {
  wm_error_t why = WM_ERROR_INIT;
  wm_err_t rc = wm_outlet_article(in->outlet, json, len, in->partitions, NULL, &why);
  if (rc == WM_OK) {
    in->count.taken++;
    in->open++;
    return WM_OK;
  }
  if (why.cls != WM_CLASS_POISON) {
    if (err) *err = why;
    return rc;
  }
  in->count.refused++;
  fprintf(stderr, "%s:%zu: %s: %s\n", in->name, line, wm_err_word(why.code), why.text);
  return WM_OK;
}

static wm_err_t on_item(void *context, const wm_feed_item_t *item, wm_error_t *err) {
  input_t *in = context;
  if (item->json.s) return send_one(in, item->json.s, item->json.len, item->number, err);
  in->count.withdrawn++;
  return wm_outlet_withdraw(in->outlet, item->uri, err);
}

/* Reads what is there, at least a byte, unless the end has come. WM_ERR_IO, WM_ERR_TOO_LARGE, WM_ERR_NOMEM. */
static wm_err_t read_more(input_t *in, wm_error_t *err) {
  size_t room = in->bytes.max - in->bytes.len;
  if (room == 0)
    return wm_error_set(err, WM_ERR_TOO_LARGE, "%s: more than %zu bytes in one piece", in->name, in->bytes.max);
  wm_err_t rc = wm_buffer_reserve(&in->bytes, room < CHUNK ? room : CHUNK, err);
  if (rc != WM_OK) return rc;
  ssize_t n;
  do n = read(in->fd, in->bytes.data + in->bytes.len, room < CHUNK ? room : CHUNK);
  while (n < 0 && errno == EINTR);
  if (n < 0) return wm_error_set(err, WM_ERR_IO, "%s: %s", in->name, strerror(errno));
  in->bytes.len += (size_t)n;
  in->bytes.data[in->bytes.len] = '\0';
  in->ended = n == 0;
  return WM_OK;
}

static bool blank(const char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r') return false;
  return true;
}

/* Sends all whole lines that are there (at the end of the input the last one too) and keeps the rest. */
static wm_err_t use_lines(input_t *in, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  size_t at = 0;
  while (rc == WM_OK && at < in->bytes.len) {
    const char *s = in->bytes.data + at, *newline = memchr(s, '\n', in->bytes.len - at);
    if (!newline && !in->ended) break;
    size_t len = newline ? (size_t)(newline - s) : in->bytes.len - at;
    in->line++;
    if (in->piped && in->open == 0 && !blank(s, len)) rc = wm_outlet_begin(in->outlet, err);
    if (rc == WM_OK && !blank(s, len)) rc = send_one(in, s, len, in->line, err);
    if (rc == WM_OK && in->piped && in->open >= BATCH_MAX) rc = commit(in, err);
    at += len + (newline != NULL);
  }
  if (at > 0) memmove(in->bytes.data, in->bytes.data + at, in->bytes.len - at + 1);
  in->bytes.len -= at;
  return rc;
}

static bool is_idle(const input_t *in) {
  struct pollfd p = {.fd = in->fd, .events = POLLIN};
  return poll(&p, 1, 0) == 0;
}

static wm_err_t send_lines(input_t *in, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  for (;;) {
    rc = use_lines(in, err);
    if (rc == WM_OK && in->piped && in->open > 0 && (in->ended || is_idle(in))) rc = commit(in, err);
    if (rc != WM_OK || in->ended) return rc;
    rc = read_more(in, err);
    if (rc != WM_OK) return rc;
  }
}

/* The whole input once. A document is sent in one transaction; lines too, unless they are piped. */
static wm_err_t send_input(input_t *in, wm_error_t *err) {
  size_t look = 1;
  wm_feed_kind_t kind = WM_FEED_EMPTY;
  wm_err_t rc = WM_OK;
  while (rc == WM_OK && !in->ended && kind != WM_FEED_LINES) {
    rc = read_more(in, err);
    if (in->bytes.len < look && !in->ended) continue;
    kind = wm_feed_kind(in->bytes.data, in->bytes.len);
    look = 2 * in->bytes.len;
  }
  if (rc != WM_OK) return rc;
  if (kind == WM_FEED_LINES && in->piped) return send_lines(in, err);
  rc = wm_outlet_begin(in->outlet, err);
  if (rc != WM_OK) return rc;
  if (kind == WM_FEED_LINES) {
    rc = send_lines(in, err);
  } else {
    const wm_feed_hints_t hints = {.bytes_max = in->set->fetch_bytes};
    rc = wm_feed_read(in->bytes.data ? in->bytes.data : "", in->bytes.len, &hints, on_item, in, err);
  }
  return rc == WM_OK ? commit(in, err) : rc;
}

static wm_err_t try_once(input_t *in, const char *path, wm_error_t *err) {
  in->fd = in->piped ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (in->fd < 0) return wm_error_set(err, WM_ERR_IO, "%s: %s", path, strerror(errno));
  size_t max = in->set->fetch_bytes > in->set->article_bytes ? in->set->fetch_bytes : in->set->article_bytes;
  wm_buffer_init(&in->bytes, max + 2);
  wm_err_t rc = send_input(in, err);
  if (rc != WM_OK) wm_outlet_abort(in->outlet);
  wm_buffer_clear(&in->bytes);
  if (!in->piped) close(in->fd);
  return rc;
}

wm_err_t wm_files_send(wm_outlet_t *outlet, const wm_ingest_settings_t *set, const char *path, int partitions,
                       wm_files_count_t *count, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  bool piped = strcmp(path, "-") == 0;
  for (int i = 0; i < TRIES; i++) {
    input_t in = {
        .outlet = outlet, .set = set, .name = piped ? "stdin" : path, .partitions = partitions, .piped = piped};
    wm_error_t why = WM_ERROR_INIT;
    rc = try_once(&in, path, &why);
    if (rc == WM_OK || piped || (why.cls == WM_CLASS_POISON && in.count.taken == 0)) {
      count->taken += in.count.taken;
      count->refused += in.count.refused;
      count->withdrawn += in.count.withdrawn;
    }
    if (rc == WM_OK) return WM_OK;
    bool again = why.code == WM_ERR_KAFKA && why.cls == WM_CLASS_RETRIABLE && !piped && i + 1 < TRIES;
    if (again) continue;
    return wm_error_set_class(err, why.code, why.cls, "%s%s%s", why.code == WM_ERR_IO ? "" : in.name,
                              why.code == WM_ERR_IO ? "" : ": ", why.text);
  }
  return rc;
}
