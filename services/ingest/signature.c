#include <string.h>
#include <xxhash.h>

#include "services/ingest/duplicates.h"

#define WORD_BYTES_MAX 64u /* longer words are cut */

typedef struct {
  uint64_t word[3]; /* the last three */
  size_t words;
  uint32_t least[WM_SIGNATURE_BINS];
  bool filled[WM_SIGNATURE_BINS];
} sketch_t;

/* A word as it counts: ASCII in lower case, others folded; what cannot be folded (a cut word) counts as it is. */
static uint64_t word_hash(const char *word, size_t len) {
  char lower[WORD_BYTES_MAX], folded[4 * WORD_BYTES_MAX];
  bool ascii = true;
  if (len > WORD_BYTES_MAX) len = WORD_BYTES_MAX;
  for (size_t i = 0; i < len; i++) {
    lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] | 0x20 : word[i]);
    ascii = ascii && (unsigned char)word[i] < 0x80;
  }
  size_t n = ascii ? SIZE_MAX : wm_text_fold(lower, len, folded, sizeof folded);
  return n == SIZE_MAX ? XXH3_64bits(lower, len) : XXH3_64bits(folded, n);
}

static void take_word(sketch_t *k, const char *word, size_t len) {
  k->word[0] = k->word[1];
  k->word[1] = k->word[2];
  k->word[2] = word_hash(word, len);
  if (++k->words < 3) return;
  uint64_t h = XXH3_64bits(k->word, sizeof k->word);
  size_t bin = (size_t)(h >> 58);
  uint32_t value = (uint32_t)(h >> 16);
  if (k->filled[bin] && k->least[bin] <= value) return;
  k->filled[bin] = true;
  k->least[bin] = value;
}

static bool is_plain(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Bytes of the separator or word at s: *word tells which. A sign of Han, Kana or Hangul is a word. */
static size_t piece(const unsigned char *s, size_t left, bool *word) {
  unsigned char c = s[0];
  *word = false;
  if (c == 0xC2) return 2; /* no-break space, quotes, signs */
  if (left >= 3 && ((c == 0xE2 && s[1] == 0x80) || (c == 0xE3 && s[1] == 0x80))) return 3; /* punctuation */
  if (c < 0x80 && !is_plain(c)) return 1;
  *word = true;
  if (c >= 0xE3 && c <= 0xED) return 3;
  size_t n = 0;
  while (n < left && (s[n] >= 0x80 || is_plain(s[n]))) {
    if (s[n] == 0xC2 || (s[n] >= 0xE3 && s[n] <= 0xED) || (s[n] == 0xE2 && n + 1 < left && s[n + 1] == 0x80)) break;
    n++;
  }
  return n;
}

static void take_text(sketch_t *k, const char *s, size_t len) {
  for (size_t at = 0; at < len;) {
    bool word;
    size_t n = piece((const unsigned char *)s + at, len - at, &word);
    if (n == 0 || n > len - at) n = len - at;
    if (word) take_word(k, s + at, n);
    at += n;
  }
}

void wm_signature_make(wm_str_t text, wm_signature_t *out) {
  sketch_t k = {.words = 0};
  memset(out, 0, sizeof *out);
  take_text(&k, text.s, text.len);
  if (k.words < WM_SIGNATURE_SHINGLES + 2) return;
  out->usable = true;
  for (uint32_t i = 0; i < WM_SIGNATURE_BINS; i++) {
    uint32_t from = i, pair[2] = {i, 0};
    while (!k.filled[from]) { /* at least one is filled */
      pair[1]++;
      from = (uint32_t)(XXH3_64bits(pair, sizeof pair) >> 58);
    }
    out->bin[i] = (uint16_t)k.least[from];
  }
}

unsigned wm_signature_alike(const wm_signature_t *a, const wm_signature_t *b) {
  unsigned n = 0;
  for (size_t i = 0; i < WM_SIGNATURE_BINS; i++) n += a->bin[i] == b->bin[i];
  return n;
}
