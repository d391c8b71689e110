#include "common/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

wm_err_t wm_line_fault(const wm_line_t *at, const char *format, ...) {
  char text[WM_ERROR_TEXT_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return wm_error_set(at->err, WM_ERR_CONFIG, "%s:%zu: %s", at->file, at->number, text);
}

static bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

wm_str_t wm_line_trim(wm_str_t s) {
  while (s.len > 0 && blank(s.s[0])) s.s++, s.len--;
  while (s.len > 0 && blank(s.s[s.len - 1])) s.len--;
  return s;
}

wm_str_t wm_line_cut(wm_str_t *rest, char mark) {
  const char *end = rest->len ? memchr(rest->s, mark, rest->len) : NULL;
  wm_str_t cut = *rest;
  if (end) {
    cut.len = (size_t)(end - rest->s);
    *rest = (wm_str_t){end + 1, rest->len - cut.len - 1};
  } else {
    *rest = (wm_str_t){NULL, 0};
  }
  return wm_line_trim(cut);
}

int wm_line_shown(wm_str_t s) {
  size_t len = s.len;
  if (len <= WM_LINES_SHOWN) return (int)len;
  len = WM_LINES_SHOWN;
  while (len > 0 && ((unsigned char)s.s[len] & 0xC0u) == 0x80u) len--;
  return (int)len;
}

wm_err_t wm_lines_parse(const char *file, const char *text, size_t len, wm_lines_take_t take, void *self,
                        wm_error_t *err) {
  wm_line_t at = {file, 0, err};
  wm_err_t rc = WM_OK;
  size_t i = len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
  while (rc == WM_OK && i < len) {
    const char *end = memchr(text + i, '\n', len - i);
    wm_str_t line = {text + i, end ? (size_t)(end - (text + i)) : len - i};
    size_t bad = 0;
    i += line.len + 1;
    at.number++;
    while (line.len > 0 && blank(line.s[line.len - 1])) line.len--;
    if (!wm_utf8_valid(line.s, line.len, &bad))
      rc = wm_line_fault(&at, "bytes that are no text, at byte %zu of the line: write the file in UTF-8", bad + 1);
    else if (line.len > 0 && memchr(line.s, '\0', line.len))
      rc = wm_line_fault(&at, "a NUL byte, which is no text: write the file in UTF-8");
    else rc = take(self, &at, line);
  }
  return rc;
}

/* The file's bytes in `*out` (owned by the caller), which grows as far as the file goes: it may be a pipe. */
static wm_err_t slurp(FILE *f, const char *path, size_t bytes_max, char **out, size_t *len, wm_error_t *err) {
  size_t room = 0;
  *len = 0;
  do {
    room = room ? room * 2 : 65536;
    if (room > bytes_max + 1) room = bytes_max + 1;
    char *more = realloc(*out, room);
    if (!more) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for %s", path);
    *out = more;
    *len += fread(*out + *len, 1, room - *len, f);
    if (ferror(f)) return wm_error_set(err, WM_ERR_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
    if (*len > bytes_max)
      return wm_error_set(err, WM_ERR_CONFIG, "%s: more than %zu bytes, which is the most", path, bytes_max);
  } while (*len == room);
  return WM_OK;
}

wm_err_t wm_lines_load(const char *path, size_t bytes_max, char **text, size_t *len, wm_error_t *err) {
  *text = NULL;
  *len = 0;
  FILE *f = fopen(path, "rb");
  if (!f) return wm_error_set(err, WM_ERR_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
  wm_err_t rc = slurp(f, path, bytes_max, text, len, err);
  fclose(f);
  if (rc == WM_OK) return WM_OK;
  free(*text);
  *text = NULL;
  return rc;
}

wm_err_t wm_lines_read(const char *path, size_t bytes_max, wm_lines_take_t take, void *self, wm_error_t *err) {
  char *text = NULL;
  size_t len = 0;
  wm_err_t rc = wm_lines_load(path, bytes_max, &text, &len, err);
  if (rc == WM_OK) rc = wm_lines_parse(path, text, len, take, self, err);
  free(text);
  return rc;
}
