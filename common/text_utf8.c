#include <string.h>
#include <utf8proc.h>

#include "common/text_internal.h"

static bool is_continuation(unsigned char c) {
  return (c & 0xC0) == 0x80;
}

/* Length of the valid sequence at p (n bytes left), 0 if there is none. Unicode 15, table 3-7. */
static size_t sequence_length(const unsigned char *p, size_t n) {
  unsigned char a = p[0];
  if (a < 0x80) return 1;
  if (a < 0xC2 || a > 0xF4 || n < 2) return 0;
  unsigned char low = 0x80, high = 0xBF;
  if (a == 0xE0) low = 0xA0;
  if (a == 0xED) high = 0x9F;
  if (a == 0xF0) low = 0x90;
  if (a == 0xF4) high = 0x8F;
  if (p[1] < low || p[1] > high) return 0;
  if (a < 0xE0) return 2;
  if (n < 3 || !is_continuation(p[2])) return 0;
  if (a < 0xF0) return 3;
  return n >= 4 && is_continuation(p[3]) ? 4 : 0;
}

bool wm_utf8_valid(const char *s, size_t len, size_t *bad) {
  const unsigned char *p = (const unsigned char *)s;
  size_t i = 0;
  while (i < len) {
    uint64_t eight;
    if (len - i >= sizeof eight) {
      memcpy(&eight, p + i, sizeof eight);
      if (!(eight & 0x8080808080808080u)) {
        i += sizeof eight;
        continue;
      }
    }
    size_t n = sequence_length(p + i, len - i);
    if (n == 0) {
      if (bad) *bad = i;
      return false;
    }
    i += n;
  }
  return true;
}

uint32_t wm_utf8_decode(const char *s, size_t len, size_t *bytes) {
  const unsigned char *p = (const unsigned char *)s;
  if (p[0] < 0x80) {
    *bytes = 1;
    return p[0];
  }
  size_t n = sequence_length(p, len);
  if (n == 2) {
    *bytes = 2;
    return ((p[0] & 0x1Fu) << 6) | (p[1] & 0x3Fu);
  }
  if (n == 3) {
    *bytes = 3;
    return ((p[0] & 0x0Fu) << 12) | ((p[1] & 0x3Fu) << 6) | (p[2] & 0x3Fu);
  }
  if (n == 4) {
    *bytes = 4;
    return ((p[0] & 0x07u) << 18) | ((p[1] & 0x3Fu) << 12) | ((p[2] & 0x3Fu) << 6) | (p[3] & 0x3Fu);
  }
  *bytes = 1;
  return 0xFFFD;
}

size_t wm_utf8_encode(uint32_t cp, char out[4]) {
  if (cp < 0x80) {
    out[0] = (char)cp;
    return 1;
  }
  if (cp < 0x800) {
    out[0] = (char)(0xC0u | (cp >> 6));
    out[1] = (char)(0x80u | (cp & 0x3Fu));
    return 2;
  }
  if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) cp = 0xFFFD;
  if (cp < 0x10000) {
    out[0] = (char)(0xE0u | (cp >> 12));
    out[1] = (char)(0x80u | ((cp >> 6) & 0x3Fu));
    out[2] = (char)(0x80u | (cp & 0x3Fu));
    return 3;
  }
  out[0] = (char)(0xF0u | (cp >> 18));
  out[1] = (char)(0x80u | ((cp >> 12) & 0x3Fu));
  out[2] = (char)(0x80u | ((cp >> 6) & 0x3Fu));
  out[3] = (char)(0x80u | (cp & 0x3Fu));
  return 4;
}

size_t wm_utf8_points(const char *s, size_t len) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) n += (size_t)!is_continuation((unsigned char)s[i]);
  return n;
}

bool wm_text_visible(const char *s, size_t len) {
  for (size_t i = 0, n = 0; i < len; i += n) {
    uint32_t cp = wm_utf8_decode(s + i, len - i, &n);
    if (cp < 0x80) {
      if (cp > ' ' && cp != 0x7F) return true;
      continue;
    }
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
      case UTF8PROC_CATEGORY_ZS:
      case UTF8PROC_CATEGORY_ZL:
      case UTF8PROC_CATEGORY_ZP:
      case UTF8PROC_CATEGORY_CC:
      case UTF8PROC_CATEGORY_CF:
        break;
      default:
        return true;
    }
  }
  return false;
}

void wm_text_points_init(wm_text_points_t *c, const char *s, size_t len) {
  *c = (wm_text_points_t){.s = s, .len = len};
}

size_t wm_text_points_at(wm_text_points_t *c, size_t byte) {
  if (byte > c->len) byte = c->len;
  while (byte > 0 && byte < c->len && is_continuation((unsigned char)c->s[byte])) byte--;
  if (byte >= c->byte) {
    c->point += wm_utf8_points(c->s + c->byte, byte - c->byte);
  } else if (byte > c->byte / 2) { /* the way back is shorter than the way from the start */
    c->point -= wm_utf8_points(c->s + byte, c->byte - byte);
  } else {
    c->point = wm_utf8_points(c->s, byte);
  }
  c->byte = byte;
  return c->point;
}
