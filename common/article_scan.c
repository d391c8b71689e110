#include <string.h>

#include "common/article_internal.h"

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_atom(char c) {
  return is_space(c) || c == ',' || c == ':' || c == '"' || c == '{' || c == '}' || c == '[' || c == ']';
}

const char *wm_scan_space(const char *p, const char *end) {
  while (p < end && is_space(*p)) p++;
  return p;
}

/* `p` is at the opening quote; returns what follows the closing one, `end` if there is none. */
static const char *skip_string(const char *p, const char *end) {
  const char *start = p + 1;
  for (p = start; p < end; p++) {
    p = memchr(p, '"', (size_t)(end - p));
    if (!p) return end;
    size_t slashes = 0; /* each run of backslashes is counted once: linear time */
    while (p - slashes > start && p[-1 - (ptrdiff_t)slashes] == '\\') slashes++;
    if (slashes % 2 == 0) return p + 1;
  }
  return end;
}

/* The first byte below a space, NULL if there is none; eight at a time. */
static const char *find_control(const char *p, const char *end) {
  const uint64_t ones = 0x0101010101010101u;
  for (uint64_t eight; end - p >= 8; p += 8) {
    memcpy(&eight, p, 8);
    if ((eight - ones * ' ') & ~eight & ones * 0x80) break;
  }
  for (; p < end; p++)
    if ((unsigned char)*p < ' ') return p;
  return NULL;
}

static const char *skip_atom(const char *p, const char *end) {
  while (p < end && !ends_atom(*p)) p++;
  return p;
}

static const char *skip_value(const char *p, const char *end) {
  size_t depth = 0;
  while (p < end) {
    if (*p == '"') {
      p = skip_string(p, end);
    } else if (*p == '{' || *p == '[') {
      depth++;
      p++;
      continue;
    } else if (*p == '}' || *p == ']') {
      if (depth > 0) depth--;
      p++;
    } else if (depth > 0 && (is_space(*p) || *p == ',' || *p == ':')) {
      p++;
      continue;
    } else {
      p = skip_atom(p, end);
    }
    if (depth == 0) return p;
  }
  return end;
}

static wm_err_t atom_too_long(const char *s, const char *p, wm_error_t *err) {
  if (*p == '-' || (*p >= '0' && *p <= '9'))
    return wm_error_set(err, WM_ERR_NUMBER_RANGE, "the number at byte %zu has more than %u characters", (size_t)(p - s),
                        WM_ARTICLE_ATOM_MAX);
  return wm_error_set(err, WM_ERR_NOT_JSON, "no JSON value at byte %zu", (size_t)(p - s));
}

wm_err_t wm_scan_check(const char *s, size_t len, size_t depth_max, bool *spaced, wm_error_t *err) {
  const char *end = s + len, *nul = len ? memchr(s, '\0', len) : NULL;
  if (nul) return wm_error_set(err, WM_ERR_NOT_JSON, "a NUL byte at byte %zu", (size_t)(nul - s));
  size_t depth = 0;
  *spaced = false;
  for (const char *p = s; p < end;) {
    if (*p == '"') {
      const char *string = p;
      p = skip_string(p, end);
      const char *control = find_control(string, p);
      if (control)
        return wm_error_set(err, WM_ERR_NOT_JSON, "a control character inside a string at byte %zu",
                            (size_t)(control - s));
    } else if (*p == '{' || *p == '[') {
      if (++depth > depth_max)
        return wm_error_set(err, WM_ERR_TOO_DEEP, "nested deeper than %zu at byte %zu", depth_max, (size_t)(p - s));
      p++;
    } else if (*p == '}' || *p == ']') {
      if (depth > 0) depth--;
      p++;
    } else if (is_space(*p)) {
      *spaced = true;
      p++;
    } else if (*p == ',' || *p == ':') {
      p++;
    } else {
      const char *atom = p;
      p = skip_atom(p, end);
      if (p - atom > (ptrdiff_t)WM_ARTICLE_ATOM_MAX) return atom_too_long(s, atom, err);
    }
  }
  return WM_OK;
}

void wm_scan_begin(wm_scan_t *scan, wm_str_t object) {
  scan->end = object.s + object.len - 1;
  scan->before = object.s + 1;
  scan->p = wm_scan_space(scan->before, scan->end);
}

bool wm_scan_next(wm_scan_t *scan, wm_span_t *out) {
  const char *p = scan->p, *end = scan->end;
  if (p >= end || *p != '"') return false;
  out->before = scan->before;
  out->key.s = p;
  p = skip_string(p, end);
  out->key.len = (size_t)(p - out->key.s);
  p = wm_scan_space(p, end);
  if (p < end && *p == ':') p++;
  p = wm_scan_space(p, end);
  out->value.s = p;
  p = skip_value(p, end);
  out->value.len = (size_t)(p - out->value.s);
  scan->before = p;
  p = wm_scan_space(p, end);
  if (p < end && *p == ',') p++;
  out->after = scan->p = wm_scan_space(p, end);
  return true;
}

int wm_scan_hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The code point of \uXXXX at `p`, -1 if it is another escape. */
static int escaped(const char *p, const char *end) {
  if (end - p < 6 || p[1] != 'u') return -1;
  int value = 0;
  for (int i = 2; i < 6; i++) {
    int digit = wm_scan_hex(p[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool wm_scan_key_is(wm_str_t key, const char *name) {
  if (key.len < 2) return false;
  const char *p = key.s + 1, *end = key.s + key.len - 1;
  for (; *name; name++) {
    if (p >= end) return false;
    if (*p != '\\') {
      if (*p++ != *name) return false;
    } else {
      if (escaped(p, end) != *name) return false;
      p += 6;
    }
  }
  return p == end;
}

wm_err_t wm_scan_compact(const char *s, size_t len, wm_buffer_t *out, wm_error_t *err) {
  const char *end = s + len;
  wm_err_t rc = WM_OK;
  for (const char *p = wm_scan_space(s, end); p < end && rc == WM_OK; p = wm_scan_space(p, end)) {
    const char *start = p;
    while (p < end && !is_space(*p)) p = *p == '"' ? skip_string(p, end) : p + 1;
    rc = wm_buffer_append(out, start, (size_t)(p - start), err);
  }
  return rc;
}
