#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES (256u << 10)

wm_err_t wm_input_open(wm_input_t *in, const char *path, size_t max, wm_error_t *err) {
  bool standard = strcmp(path, "-") == 0;
  *in = (wm_input_t){.name = standard ? "stdin" : path, .fd = standard ? STDIN_FILENO : -1, .max = max};
  /* One byte over the limit shows that it was passed; the rest is room for a read ahead. */
  wm_buffer_init(&in->buffer, max + 2 * READ_BYTES);
  if (standard) return WM_OK;
  in->fd = open(path, O_RDONLY | O_CLOEXEC);
  if (in->fd < 0) return wm_error_set(err, WM_ERR_IO, "%s: %s", path, strerror(errno));
  struct stat st;
  if (fstat(in->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
    close(in->fd);
    in->fd = -1;
    return wm_error_set(err, WM_ERR_IO, "%s: is a directory; name the files in it", path);
  }
  return WM_OK;
}

void wm_input_close(wm_input_t *in) {
  if (in->fd > STDERR_FILENO) close(in->fd);
  in->fd = -1;
  wm_buffer_clear(&in->buffer);
}

/* Reads some more behind what is there; moves the rest to the front first. */
static wm_err_t fill(wm_input_t *in, wm_error_t *err) {
  wm_buffer_t *b = &in->buffer;
  if (in->at > 0 && (in->at == b->len || in->at >= READ_BYTES)) {
    memmove(b->data, b->data + in->at, b->len - in->at);
    b->len -= in->at;
    in->at = 0;
  }
  wm_err_t rc = wm_buffer_reserve(b, READ_BYTES, err);
  if (rc != WM_OK) return rc;
  ssize_t n;
  do n = read(in->fd, b->data + b->len, READ_BYTES);
  while (n < 0 && errno == EINTR);
  if (n < 0) return wm_error_set(err, WM_ERR_IO, "%s: %s", in->name, strerror(errno));
  if (n == 0) in->eof = true;
  b->len += (size_t)n;
  b->data[b->len] = '\0';
  return WM_OK;
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Offset of the first byte at or after `at` that is no white space (and no byte-order mark at the very start). */
static size_t skip_space(const wm_buffer_t *b, size_t at, bool start) {
  if (start && b->len >= at + 3 && memcmp(b->data + at, "\xEF\xBB\xBF", 3) == 0) at += 3;
  while (at < b->len && is_space(b->data[at])) at++;
  return at;
}

static const char *find_newline(const wm_input_t *in, size_t from) {
  return in->buffer.len > from ? memchr(in->buffer.data + from, '\n', in->buffer.len - from) : NULL;
}

static bool parses(const char *s, size_t len) {
  json_t *j = json_loadb(s, len, 0, NULL);
  json_decref(j);
  return j != NULL;
}

/* True if a line after the first begins with '{' at its very start: then the file is one article a line. */
static bool more_objects(const char *s, size_t len) {
  const char *end = s + len;
  for (const char *nl = memchr(s, '\n', len); nl && nl + 1 < end; nl = memchr(nl + 1, '\n', (size_t)(end - nl - 1)))
    if (nl[1] == '{') return true;
  return false;
}

/* Reads until the end or the limit; false if the limit came first. */
static bool read_whole(wm_input_t *in, wm_err_t *rc, wm_error_t *err) {
  while (!in->eof && in->buffer.len - in->at <= in->max) {
    *rc = fill(in, err);
    if (*rc != WM_OK) return false;
  }
  return in->buffer.len - in->at <= in->max;
}

/* Looks at the beginning and decides between text, one object, and one article a line. */
static wm_err_t start(wm_input_t *in, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  size_t first = skip_space(&in->buffer, in->at, true);
  while (first == in->buffer.len && !in->eof && in->buffer.len <= in->max) {
    rc = fill(in, err);
    if (rc != WM_OK) return rc;
    first = skip_space(&in->buffer, in->at, true);
  }
  in->started = true;
  if (first == in->buffer.len || in->buffer.data[first] != '{') {
    in->text = in->whole = true;
    return WM_OK;
  }
  const char *nl;
  while (!(nl = find_newline(in, first)) && !in->eof && in->buffer.len - in->at <= in->max) {
    rc = fill(in, err);
    if (rc != WM_OK) return rc;
    first = skip_space(&in->buffer, in->at, true);
  }
  if (!nl || parses(in->buffer.data + first, (size_t)(nl - in->buffer.data) - first)) return WM_OK;
  /* The first line is no complete object: an object over several lines, or a broken line among others. */
  bool complete = read_whole(in, &rc, err);
  if (rc != WM_OK || !complete) return rc;
  first = skip_space(&in->buffer, in->at, true);
  const char *s = in->buffer.data + first;
  size_t len = in->buffer.len - first;
  in->whole = parses(s, len) || !more_objects(s, len);
  return WM_OK;
}

static bool next_whole(wm_input_t *in, wm_input_item_t *item, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  in->done = true;
  bool complete = read_whole(in, &rc, err);
  if (rc != WM_OK) return false;
  if (!in->text && skip_space(&in->buffer, in->at, true) == in->buffer.len) return false;
  *item = (wm_input_item_t){.bytes = in->buffer.len > in->at ? in->buffer.data + in->at : "",
                            .len = in->buffer.len - in->at,
                            .line = 1,
                            .text = in->text,
                            .error = complete ? NULL : "larger than the limit"};
  return true;
}

/* The rest of a line that is over the limit is read and thrown away. */
static wm_err_t drop_line(wm_input_t *in, wm_error_t *err) {
  const char *nl;
  while (!(nl = find_newline(in, in->at)) && !in->eof) {
    in->at = in->buffer.len;
    wm_err_t rc = fill(in, err);
    if (rc != WM_OK) return rc;
  }
  in->at = nl ? (size_t)(nl - in->buffer.data) + 1 : in->buffer.len;
  return WM_OK;
}

static bool next_line(wm_input_t *in, wm_input_item_t *item, wm_error_t *err) {
  for (;;) {
    const char *nl;
    while (!(nl = find_newline(in, in->at)) && !in->eof && in->buffer.len - in->at <= in->max)
      if (fill(in, err) != WM_OK) return false;
    size_t end = nl ? (size_t)(nl - in->buffer.data) : in->buffer.len;
    size_t from = in->at;
    if (from == end && !nl) return false;
    in->line++;
    if (end - from > in->max) {
      *item = (wm_input_item_t){.bytes = "", .line = in->line, .error = "larger than the limit"};
      return drop_line(in, err) == WM_OK;
    }
    in->at = nl ? end + 1 : end;
    if (skip_space(&(wm_buffer_t){.data = in->buffer.data, .len = end}, from, in->line == 1) == end) continue;
    *item = (wm_input_item_t){.bytes = in->buffer.data + from, .len = end - from, .line = in->line};
    return true;
  }
}

bool wm_input_next(wm_input_t *in, wm_input_item_t *item, wm_error_t *err) {
  if (in->done) return false;
  if (!in->started && start(in, err) != WM_OK) return false;
  return in->whole ? next_whole(in, item, err) : next_line(in, item, err);
}

bool wm_input_ready(const wm_input_t *in) {
  if (in->done || in->eof || (in->started && !in->whole && find_newline(in, in->at))) return true;
  struct pollfd p = {.fd = in->fd, .events = POLLIN};
  return poll(&p, 1, 0) != 0; /* a file is always ready */
}
