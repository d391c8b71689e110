#include "services/deliver/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void wm_json_begin(wm_json_t *j, wm_buffer_t *out, wm_error_t *err) {
  *j = (wm_json_t){.out = out, .err = err};
}

static void raw(wm_json_t *j, const char *s, size_t len) {
  if (j->rc == WM_OK) j->rc = wm_buffer_append(j->out, s, len, j->err);
}

static void lead(wm_json_t *j, const char *key) {
  if (j->comma) raw(j, ",", 1);
  j->comma = true;
  if (!key) return;
  raw(j, "\"", 1);
  raw(j, key, strlen(key));
  raw(j, "\":", 2);
}

void wm_json_open(wm_json_t *j, const char *key, char bracket) {
  lead(j, key);
  raw(j, &bracket, 1);
  j->comma = false;
}

void wm_json_close(wm_json_t *j, char bracket) {
  raw(j, &bracket, 1);
  j->comma = true;
}

static void escape(wm_json_t *j, unsigned char c) {
  static const char k_short[] = "\b\f\n\r\t", k_letters[] = "bfnrt";
  char text[8];
  const char *at = c != '\0' ? strchr(k_short, c) : NULL;
  int n = c == '"' || c == '\\' ? snprintf(text, sizeof text, "\\%c", c)
          : at                  ? snprintf(text, sizeof text, "\\%c", k_letters[at - k_short])
                                : snprintf(text, sizeof text, "\\u%04x", c);
  raw(j, text, (size_t)n);
}

void wm_json_text_piece(wm_json_t *j, const char *s, size_t len) {
  size_t from = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    raw(j, s + from, i - from);
    escape(j, c);
    from = i + 1;
  }
  raw(j, s + from, len - from);
}

void wm_json_text_begin(wm_json_t *j, const char *key) {
  lead(j, key);
  raw(j, "\"", 1);
}

void wm_json_text_end(wm_json_t *j) {
  raw(j, "\"", 1);
}

void wm_json_text(wm_json_t *j, const char *key, const char *s, size_t len) {
  wm_json_text_begin(j, key);
  wm_json_text_piece(j, s, len);
  wm_json_text_end(j);
}

void wm_json_string(wm_json_t *j, const char *key, const char *s) {
  if (s) wm_json_text(j, key, s, strlen(s));
}

void wm_json_integer(wm_json_t *j, const char *key, int64_t value) {
  char text[24];
  int n = snprintf(text, sizeof text, "%" PRId64, value);
  lead(j, key);
  raw(j, text, (size_t)n);
}

void wm_json_real(wm_json_t *j, const char *key, double value) {
  char text[40];
  int n = snprintf(text, sizeof text, "%.10g", value);
  lead(j, key);
  raw(j, text, (size_t)n);
}

static int take(const char *bytes, size_t len, void *context) {
  wm_json_t *j = context;
  raw(j, bytes, len);
  return j->rc == WM_OK ? 0 : -1;
}

void wm_json_value(wm_json_t *j, const char *key, const json_t *value) {
  lead(j, key);
  if (j->rc == WM_OK && json_dump_callback(value, take, j, JSON_COMPACT | JSON_ENCODE_ANY) != 0 && j->rc == WM_OK)
    j->rc = wm_error_set(j->err, WM_ERR_NOMEM, "out of memory");
}

wm_err_t wm_json_end(const wm_json_t *j) {
  return j->rc;
}
