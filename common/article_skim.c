#include <string.h>

#include "common/article_internal.h"

#define DEPTH_MAX 64u  /* bits of `objects` */
#define NUMBER_MAX 18u /* characters of a number that surely is in range */

/* RFC 8259, without recursion: what may come next, and of each level whether it is an object. */
typedef enum { AT_VALUE, AT_VALUE_OR_END, AT_KEY, AT_KEY_OR_END, AT_COMMA_OR_END, AT_NOTHING } place_t;

typedef struct {
  const char *p, *end;
  unsigned depth, depth_max;
  uint64_t objects;
  place_t place;
  bool has_enrichment;
  wm_str_t uri; /* s is NULL until it is found */
} skim_t;

static void skip_space(skim_t *k) {
  k->p = wm_scan_space(k->p, k->end);
}

/* Bytes of the escape at `p`, 0 if it is none or one that needs a closer look (half of a pair, \u0000). */
static size_t escape_length(const char *p, const char *end) {
  if (end - p < 2 || p[1] == '\0') return 0;
  if (p[1] != 'u') return strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
  if (end - p < 6) return 0;
  for (int i = 2; i < 6; i++)
    if (wm_scan_hex(p[i]) < 0) return 0;
  if ((p[2] == 'd' || p[2] == 'D') && p[3] >= '8') return 0;
  return memcmp(p + 2, "0000", 4) == 0 ? 0 : 6;
}

/* Bytes in a row that stand for themselves in a string; eight at a time, with the usual tests for a zero byte (Mycroft). */
static const char *skip_plain(const char *p, const char *end) {
  const uint64_t ones = 0x0101010101010101u, tops = ones * 0x80;
  for (uint64_t eight; end - p >= 8; p += 8) {
    memcpy(&eight, p, 8);
    const uint64_t quote = eight ^ (ones * '"'), slash = eight ^ (ones * '\\');
    const uint64_t found = ((eight - ones * ' ') & ~eight) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    if (found & tops) break;
  }
  while (p < end && (unsigned char)*p >= ' ' && *p != '"' && *p != '\\') p++;
  return p;
}

/* `p` at a quote. `out`: what stands between the quotes; `*plain`: without escapes. */
static bool skim_string(skim_t *k, wm_str_t *out, bool *plain) {
  if (k->p >= k->end || *k->p != '"') return false;
  const char *p = k->p + 1, *begin = p;
  *plain = true;
  while ((p = skip_plain(p, k->end)) < k->end && *p == '\\') {
    const size_t n = escape_length(p, k->end);
    if (n == 0) return false;
    *plain = false;
    p += n;
  }
  if (p >= k->end || *p != '"') return false;
  *out = (wm_str_t){begin, (size_t)(p - begin)};
  k->p = p + 1;
  return true;
}

static size_t digits(const char *p, const char *end) {
  size_t n = 0;
  while (p + n < end && p[n] >= '0' && p[n] <= '9') n++;
  return n;
}

/* At most two digits of one: 10^18 * 10^99 is a double. */
static bool skim_exponent(skim_t *k) {
  if (k->p >= k->end || (*k->p != 'e' && *k->p != 'E')) return true;
  const char *p = k->p + 1;
  if (p < k->end && (*p == '+' || *p == '-')) p++;
  const size_t n = digits(p, k->end);
  k->p = p + n;
  return n == 1 || n == 2;
}

/* RFC 8259, 6. */
static bool skim_number(skim_t *k) {
  const char *p = k->p + (*k->p == '-');
  const size_t whole = digits(p, k->end);
  if (whole == 0 || (whole > 1 && *p == '0')) return false;
  p += whole;
  if (p < k->end && *p == '.') {
    const size_t fraction = digits(p + 1, k->end);
    if (fraction == 0) return false;
    p += 1 + fraction;
  }
  const bool sure = p - k->p <= (ptrdiff_t)NUMBER_MAX;
  k->p = p;
  return sure && skim_exponent(k);
}

static bool skim_word(skim_t *k, const char *word, size_t len) {
  if ((size_t)(k->end - k->p) < len || memcmp(k->p, word, len) != 0) return false;
  k->p += len;
  return true;
}

static bool skim_atom(skim_t *k) {
  switch (*k->p) {
    case 't':
      return skim_word(k, "true", 4);
    case 'f':
      return skim_word(k, "false", 5);
    case 'n':
      return skim_word(k, "null", 4);
    default:
      return skim_number(k);
  }
}

static bool open_level(skim_t *k, bool object) {
  if (k->depth >= k->depth_max) return false;
  k->objects = (k->objects << 1) | object;
  k->depth++;
  k->p++;
  k->place = object ? AT_KEY_OR_END : AT_VALUE_OR_END;
  return true;
}

static bool close_level(skim_t *k) {
  const bool object = k->objects & 1;
  if (k->depth == 0 || *k->p != (object ? '}' : ']')) return false;
  k->objects >>= 1;
  k->depth--;
  k->p++;
  k->place = k->depth > 0 ? AT_COMMA_OR_END : AT_NOTHING;
  return true;
}

static bool skim_value(skim_t *k) {
  wm_str_t text;
  bool plain;
  if (*k->p == '{' || *k->p == '[') return open_level(k, *k->p == '{');
  k->place = k->depth > 0 ? AT_COMMA_OR_END : AT_NOTHING;
  return *k->p == '"' ? skim_string(k, &text, &plain) : skim_atom(k);
}

static bool is(wm_str_t s, const char *name) {
  return s.len == strlen(name) && memcmp(s.s, name, s.len) == 0;
}

/* A member's name and colon; `uri` of the article with its value. */
static bool skim_key(skim_t *k) {
  wm_str_t key;
  bool plain;
  if (!skim_string(k, &key, &plain)) return false;
  skip_space(k);
  if (k->p >= k->end || *k->p++ != ':') return false;
  k->place = AT_VALUE;
  if (k->depth > 1) return true;
  if (!plain) return false; /* it may spell one of these */
  skip_space(k);
  if (is(key, "enrichment")) {
    const bool first = !k->has_enrichment;
    k->has_enrichment = true;
    return first && k->p < k->end && *k->p == '{';
  }
  if (!is(key, "uri")) return true;
  k->place = AT_COMMA_OR_END;
  return !k->uri.s && skim_string(k, &k->uri, &plain) && plain;
}

static bool step(skim_t *k) {
  const bool end = *k->p == '}' || *k->p == ']';
  switch (k->place) {
    case AT_VALUE:
      return skim_value(k);
    case AT_VALUE_OR_END:
      return end ? close_level(k) : skim_value(k);
    case AT_KEY:
      return skim_key(k);
    case AT_KEY_OR_END:
      return end ? close_level(k) : skim_key(k);
    case AT_COMMA_OR_END:
      if (end) return close_level(k);
      k->place = k->objects & 1 ? AT_KEY : AT_VALUE;
      return *k->p++ == ',';
    default:
      return false;
  }
}

bool wm_article_skim(const char *json, size_t len, const wm_article_limits_t *limits,
                     char uri[WM_ARTICLE_URI_MAX + 1]) {
  const size_t bytes_max = limits && limits->bytes_max ? limits->bytes_max : WM_ARTICLE_BYTES_MAX;
  const size_t depth_max = limits && limits->depth_max ? limits->depth_max : WM_ARTICLE_DEPTH_MAX;
  skim_t k = {.p = json, .end = json + len, .depth_max = (unsigned)(depth_max < DEPTH_MAX ? depth_max : DEPTH_MAX)};
  if (len == 0 || len > bytes_max || *json != '{' || !wm_utf8_valid(json, len, NULL)) return false;
  for (; k.p < k.end; skip_space(&k))
    if (!step(&k)) return false;
  if (k.place != AT_NOTHING || !k.has_enrichment || !k.uri.s || k.uri.len > WM_ARTICLE_URI_MAX) return false;
  if (!wm_text_visible(k.uri.s, k.uri.len)) return false;
  memcpy(uri, k.uri.s, k.uri.len);
  uri[k.uri.len] = '\0';
  return true;
}
