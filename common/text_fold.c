/*
 * Folding of names into look-up keys: NFKC and full case folding (Unicode 15, 3.13 and UAX #15) by utf8proc, then apostrophes, dashes and
 * white space unified. ASCII text takes a path of its own.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/text_internal.h"

#define STACK_POINTS 512

static utf8proc_int32_t unify(utf8proc_int32_t cp, void *data) {
  (void)data;
  switch (cp) {
    case 0x0060: /* ` ´ ʹ ʻ ʼ ʾ ʿ ˈ ‘ ’ ‛ ′ ＇ and the Hebrew geresh: all used for an apostrophe or an ayn in names */
    case 0x00B4:
    case 0x02B9:
    case 0x02BB:
    case 0x02BC:
    case 0x02BE:
    case 0x02BF:
    case 0x02C8:
    case 0x05F3:
    case 0x2018:
    case 0x2019:
    case 0x201B:
    case 0x2032:
    case 0xFF07:
      return '\'';
    case 0x2212: /* minus */
      return '-';
    default:
      break;
  }
  if (cp < 0x80) return cp < ' ' || cp == 0x7F ? ' ' : cp;
  switch (utf8proc_category(cp)) {
    case UTF8PROC_CATEGORY_PD:
      return '-';
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
      return ' ';
    default:
      return cp;
  }
}

/* Unifies what decomposition brought up and folds spaces; returns the new number of code points. */
static size_t tidy(utf8proc_int32_t *points, size_t n) {
  size_t out = 0;
  for (size_t i = 0; i < n; i++) {
    utf8proc_int32_t cp = unify(points[i], NULL);
    if (cp == ' ' && (out == 0 || points[out - 1] == ' ')) continue;
    points[out++] = cp;
  }
  if (out > 0 && points[out - 1] == ' ') out--;
  return out;
}

static size_t fold_ascii(const char *s, size_t len, char *out, size_t cap) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) {
    char c = s[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c + ('a' - 'A'));
    if (c == '`') c = '\'';
    if (c <= ' ' || c == 0x7F) {
      if (n == 0 || out[n - 1] == ' ') continue;
      c = ' ';
    }
    if (n == cap) {
      if (c != ' ') return SIZE_MAX;
      for (; i < len; i++) /* white space at the end needs no room */
        if (s[i] > ' ' && s[i] != 0x7F) return SIZE_MAX;
      return n;
    }
    out[n++] = c;
  }
  return n > 0 && out[n - 1] == ' ' ? n - 1 : n;
}

/* One round of folding from `s` into `*points` (`*room` of them, moved to the heap where too few). SIZE_MAX on failure. */
static size_t fold_round(const char *s, size_t len, utf8proc_int32_t **points, size_t *room, utf8proc_int32_t *stack) {
  const utf8proc_option_t options =
      UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
  const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)s;
  utf8proc_ssize_t n =
      utf8proc_decompose_custom(bytes, (utf8proc_ssize_t)len, *points, (utf8proc_ssize_t)*room, options, unify, NULL);
  if (n < 0) return SIZE_MAX;
  if ((size_t)n > *room) {
    utf8proc_int32_t *more = malloc((size_t)n * sizeof *more);
    if (!more) return SIZE_MAX;
    if (*points != stack) free(*points);
    *points = more;
    *room = (size_t)n;
    n = utf8proc_decompose_custom(bytes, (utf8proc_ssize_t)len, more, n, options, unify, NULL);
    if (n < 0 || (size_t)n > *room) return SIZE_MAX;
  }
  size_t count = tidy(*points, (size_t)n);
  n = utf8proc_normalize_utf32(*points, (utf8proc_ssize_t)count, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  return n < 0 ? SIZE_MAX : (size_t)n;
}

static size_t write_points(const utf8proc_int32_t *points, size_t n, char *out, size_t cap) {
  size_t len = 0;
  for (size_t i = 0; i < n; i++) {
    char four[4];
    size_t m = wm_utf8_encode((uint32_t)points[i], four);
    if (m > cap - len) return SIZE_MAX;
    memcpy(out + len, four, m);
    len += m;
  }
  return len;
}

size_t wm_text_fold(const char *s, size_t len, char *out, size_t cap) {
  size_t ascii = 0;
  while (ascii < len && (unsigned char)s[ascii] < 0x80) ascii++;
  if (ascii == len) return fold_ascii(s, len, out, cap);
  if (!wm_utf8_valid(s, len, NULL)) return SIZE_MAX;
  utf8proc_int32_t stack[STACK_POINTS];
  utf8proc_int32_t *points = stack;
  size_t room = STACK_POINTS;
  size_t n = fold_round(s, len, &points, &room, stack);
  size_t written = n == SIZE_MAX ? SIZE_MAX : write_points(points, n, out, cap);
  if (points != stack) free(points);
  return written;
}
