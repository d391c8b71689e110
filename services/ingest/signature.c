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

static void take_word(sketch_t *k, const char *word, size_t len) {
  k->word[0] = k->word[1];
  k->word[1] = k->word[2];
  k->word[2] = XXH3_64bits(word, len);
  if (++k->words < 3) return;
  uint64_t h = XXH3_64bits(k->word, sizeof k->word);
  size_t bin = (size_t)(h >> 58);
  uint32_t value = (uint32_t)(h >> 16);
  if (k->filled[bin] && k->least[bin] <= value) return;
  k->filled[bin] = true;
  k->least[bin] = value;
}

/* Bytes of the separator or word at s: *word tells which. A sign of Han, Kana or Hangul is a word. Folded text. */
static size_t piece(const unsigned char *s, size_t left, bool *word) {
  unsigned char c = s[0];
  *word = false;
  if (c == 0xC2) return 2; /* no-break space, quotes, signs */
  if (left >= 3 && ((c == 0xE2 && s[1] == 0x80) || (c == 0xE3 && s[1] == 0x80))) return 3; /* punctuation */
  if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) return 1;
  *word = true;
  if (c >= 0xE3 && c <= 0xED) return 3;
  size_t n = 0;
  while (n < left && (s[n] >= 0x80 || (s[n] >= 'a' && s[n] <= 'z') || (s[n] >= '0' && s[n] <= '9'))) {
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
    if (word) take_word(k, s + at, n < WORD_BYTES_MAX ? n : WORD_BYTES_MAX);
    at += n;
  }
}

/* Lower case by itself where the text is ASCII, else folded; what cannot be folded is taken as it is. */
static wm_str_t fold(wm_str_t text, wm_buffer_t *scratch) {
  bool ascii = true;
  wm_buffer_reset(scratch);
  for (size_t i = 0; i < text.len && ascii; i++) ascii = (unsigned char)text.s[i] < 0x80;
  size_t room = ascii ? text.len : 3 * text.len + 16;
  if (wm_buffer_reserve(scratch, room, NULL) != WM_OK) return text;
  if (!ascii) {
    size_t n = wm_text_fold(text.s, text.len, scratch->data, room);
    return n == SIZE_MAX ? text : (wm_str_t){scratch->data, n};
  }
  for (size_t i = 0; i < text.len; i++)
    scratch->data[i] = (char)(text.s[i] >= 'A' && text.s[i] <= 'Z' ? text.s[i] | 0x20 : text.s[i]);
  return (wm_str_t){scratch->data, text.len};
}

void wm_signature_make(wm_str_t text, wm_buffer_t *scratch, wm_signature_t *out) {
  sketch_t k = {.words = 0};
  memset(out, 0, sizeof *out);
  wm_str_t folded = fold(text, scratch);
  take_text(&k, folded.s, folded.len);
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
