#include "services/entities/features.h"

#include <string.h>
#include <utf8proc.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SEED_WORD = 1, SEED_PREFIX, SEED_SUFFIX, SEED_SHAPE };
enum { AFFIX_POINTS = 3 };
enum {
  CASE_PUNCT,
  CASE_NUMBER,
  CASE_LOWER,
  CASE_CAPITAL,
  CASE_UPPER,
  CASE_INITIAL,
  CASE_MIXED,
  CASE_INNER,
  CASE_OTHER
};

void wm_features_fold(const char *s, size_t len, wm_folded_t *out) {
  size_t i = 0;
  if (len > WM_TOKEN_BYTES_MAX) len = WM_TOKEN_BYTES_MAX;
  for (; i < len; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c >= 0x80 || c <= ' ') break;
    out->text[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  out->len = len;
  if (i == len) return;
  size_t n = wm_text_fold(s, len, out->text, sizeof out->text);
  if (n != SIZE_MAX) {
    out->len = n;
    return;
  }
  memcpy(out->text, s, len);
}

uint64_t wm_features_word(const char *folded, size_t len) {
  return XXH3_64bits_withSeed(folded, len, SEED_WORD);
}

static bool continues(char c) {
  return ((unsigned char)c & 0xC0u) == 0x80u;
}

uint64_t wm_features_prefix(const char *folded, size_t len) {
  size_t end = 0;
  for (int points = 0; end < len && points < AFFIX_POINTS; points++) {
    end++;
    while (end < len && continues(folded[end])) end++;
  }
  return XXH3_64bits_withSeed(folded, end, SEED_PREFIX);
}

uint64_t wm_features_suffix(const char *folded, size_t len) {
  size_t start = len;
  for (int points = 0; start > 0 && points < AFFIX_POINTS; points++) {
    start--;
    while (start > 0 && continues(folded[start])) start--;
  }
  return XXH3_64bits_withSeed(folded + start, len - start, SEED_SUFFIX);
}

/** The letter that stands for a code point in a shape. */
static char shape_of(uint32_t cp) {
  if (cp < 0x80) {
    if (cp >= 'a' && cp <= 'z') return 'x';
    if (cp >= 'A' && cp <= 'Z') return 'X';
    if (cp >= '0' && cp <= '9') return 'd';
    return (char)cp;
  }
  switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return 'X';
    case UTF8PROC_CATEGORY_LL:
      return 'x';
    case UTF8PROC_CATEGORY_ND:
      return 'd';
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_LM:
      return 'o';
    default:
      return '?';
  }
}

uint64_t wm_features_shape(const char *s, size_t len) {
  char shape[16];
  size_t n = 0;
  for (size_t i = 0, step = 1; i < len && n < sizeof shape; i += step) {
    unsigned char c = (unsigned char)s[i];
    uint32_t cp = c;
    step = 1;
    if (c >= 0x80) cp = wm_utf8_decode(s + i, len - i, &step);
    char letter = shape_of(cp);
    if (n >= 2 && shape[n - 1] == letter && shape[n - 2] == letter) continue;
    shape[n++] = letter;
  }
  return XXH3_64bits_withSeed(shape, n, SEED_SHAPE);
}

uint64_t wm_features_join(uint64_t name, uint64_t word) {
  uint64_t h = name ^ word;
  h *= 0x9E3779B97F4A7C15u;
  h ^= h >> 32;
  h *= 0xBF58476D1CE4E5B9u;
  return (h ^ (h >> 29)) + 1;
}

static uint8_t casing_of(const char *text, const wm_token_t *t) {
  uint32_t f = t->flags;
  if (f & WM_TOKEN_PUNCT) return CASE_PUNCT;
  if (f & WM_TOKEN_NUMBER) return CASE_NUMBER;
  if (f & WM_TOKEN_UPPER) return CASE_UPPER;
  if (f & WM_TOKEN_CAPITAL) {
    if (f & WM_TOKEN_MIXED) return CASE_MIXED;
    size_t len = t->end - t->start;
    return len == 1 || (len == 2 && text[t->end - 1] == '.') ? CASE_INITIAL : CASE_CAPITAL;
  }
  if (f & WM_TOKEN_MIXED) return CASE_INNER;
  return f & WM_TOKEN_WORD ? CASE_LOWER : CASE_OTHER;
}

/** Fills the classes of one sentence. */
static void casing_sentence(const char *text, const wm_token_t *tokens, size_t n, uint8_t *out) {
  size_t words = 0, lower = 0;
  for (size_t i = 0; i < n; i++) {
    out[i] = casing_of(text, &tokens[i]);
    if (!(tokens[i].flags & WM_TOKEN_WORD)) continue;
    words++;
    lower += out[i] == CASE_LOWER;
  }
  bool titled = words >= 4 && lower * 5 < words;
  bool first = true;
  for (size_t i = 0; i < n; i++) {
    uint8_t kind = out[i];
    out[i] = (uint8_t)(kind * 4 + (first ? 2 : 0) + (titled ? 1 : 0));
    if (kind != CASE_PUNCT) first = false;
  }
}

void wm_features_casing(const char *text, const wm_token_t *tokens, size_t n, uint8_t *out) {
  for (size_t start = 0; start < n;) {
    size_t end = start + 1;
    while (end < n && !(tokens[end].flags & WM_TOKEN_SENTENCE)) end++;
    casing_sentence(text, tokens + start, end - start, out + start);
    start = end;
  }
}
