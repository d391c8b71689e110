/* From text to the input of the network: sums of word vectors over the whole text and its opening, and of hashed words and pairs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL /* words are short: half of the time went into the call */
#include <xxhash.h>

#include "services/topics/topics_internal.h"

#define NO_ROW UINT32_MAX
#define FUNCTION_WORD 0x80000000u
#define PHRASE 0x40000000u        /* is a phrase of the lexicon by itself */
#define BEGINS_PHRASE 0x20000000u /* begins a longer one */
#define ROW 0x1FFFFFFFu
#define PREFETCH 12

void wm_topics_scratch_init(wm_topics_scratch_t *s) {
  memset(s, 0, sizeof *s);
  wm_tokens_init(&s->tokens, WM_TOKENS_MAX);
}

void wm_topics_scratch_clear(wm_topics_scratch_t *s) {
  wm_tokens_clear(&s->tokens);
  free(s->hashes);
  free(s->rows);
  memset(s, 0, sizeof *s);
}

/* Folds one token into out[WM_TOKEN_BYTES_MAX * 4]; plain letters take the short way, which gives the same. */
static size_t fold(const char *s, size_t len, char *out, size_t cap) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c >= 0x80) {
      size_t n = wm_text_fold(s, len, out, cap);
      return n == SIZE_MAX ? 0 : n;
    }
    out[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return len;
}

static wm_err_t reserve(wm_topics_scratch_t *s, size_t n, wm_error_t *err) {
  if (n <= s->capacity) return WM_OK;
  size_t capacity = n + n / 2 + 256;
  uint64_t *hashes = realloc(s->hashes, capacity * sizeof *hashes);
  if (hashes) s->hashes = hashes;
  uint32_t *rows = hashes ? realloc(s->rows, 5 * capacity * sizeof *rows) : NULL;
  if (rows) s->rows = rows;
  if (!rows) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for the words of an article");
  s->capacity = capacity;
  return WM_OK;
}

/* Appends the words of one text. */
static wm_err_t hash_words(wm_topics_scratch_t *s, const char *text, size_t len, wm_error_t *err) {
  char folded[WM_TOKEN_BYTES_MAX * 4];
  wm_err_t e = wm_text_tokenize(text, len, &s->tokens, err);
  if (e || (e = reserve(s, s->n_hashes + s->tokens.count, err))) return e;
  for (size_t i = 0; i < s->tokens.count; i++) {
    const wm_token_t *t = &s->tokens.tokens[i];
    if (!(t->flags & (WM_TOKEN_WORD | WM_TOKEN_NUMBER)) || t->end - t->start > WM_TOKEN_BYTES_MAX) continue;
    const char *word = text + t->start;
    size_t n = fold(word, t->end - t->start, folded, sizeof folded);
    uint64_t hash = XXH3_64bits(folded, n);
    s->hashes[s->n_hashes++] = t->flags & WM_TOKEN_WORD ? hash | 1 : hash & ~(uint64_t)1;
  }
  return WM_OK;
}

/* At most `max` bytes of `text`, cut before a code point. */
static size_t cut(wm_str_t text, size_t max) {
  if (text.len <= max) return text.len;
  size_t n = max;
  while (n && ((unsigned char)text.s[n] & 0xC0) == 0x80) n--;
  return n;
}

wm_err_t wm_topics_words(wm_topics_scratch_t *s, wm_str_t headline, wm_str_t body, wm_error_t *err) {
  s->n_hashes = 0;
  wm_err_t e = hash_words(s, headline.s, cut(headline, WM_TOPICS_HEADLINE_BYTES), err);
  s->n_headline = s->n_hashes;
  return e ? e : hash_words(s, body.s, cut(body, WM_TOPICS_BODY_BYTES), err);
}

static uint32_t find_row(const wm_topics_model_t *m, uint64_t hash) {
  uint32_t mask = m->params->slots - 1, at = (uint32_t)(hash >> 1) & mask, print = (uint32_t)(hash >> 32);
  for (;; at = (at + 1) & mask) {
    const wm_topics_slot_t *slot = &m->slots[at];
    if (slot->row == NO_ROW) return NO_ROW;
    if (slot->print == print) return slot->row;
  }
}

typedef struct {
  size_t words, opening; /* rows found, and how many of them lie in headline and opening */
  size_t pairs, spoken;
  uint32_t *pair_rows;
  uint32_t *spoken_at; /* words of the lexicon, by their place in the text */
} found_t;

/* Notes a word that is a phrase of the lexicon or begins one, and has what it needs fetched: most of it is not in the cache. */
static void note_spoken(const wm_topics_model_t *m, const wm_topics_scratch_t *s, found_t *f, uint32_t row, size_t i) {
  if (row & PHRASE) {
    wm_topics_spoken_prefetch(m, s->hashes[i]);
    f->spoken_at[f->spoken++] = (uint32_t)i << 1;
  }
  if (row & BEGINS_PHRASE && i + 1 < s->n_hashes) {
    wm_topics_spoken_prefetch(m, wm_topics_join(s->hashes[i], s->hashes[i + 1]));
    f->spoken_at[f->spoken++] = (uint32_t)i << 1 | 1;
  }
}

static void count_spoken(const wm_topics_model_t *m, wm_topics_scratch_t *s, const found_t *f, size_t opening) {
  for (size_t k = 0; k < f->spoken; k++) {
    size_t i = f->spoken_at[k] >> 1;
    if (f->spoken_at[k] & 1) wm_topics_spoken_phrases(m, s, i, i < opening);
    else wm_topics_spoken_word(m, s, i, i < opening);
  }
}

/* Finds the rows of all words and pairs. */
static void look_up(const wm_topics_model_t *m, wm_topics_scratch_t *s, found_t *f) {
  uint32_t mask = m->params->pairs - 1, slots = m->params->slots - 1;
  size_t opening = s->n_headline + m->params->opening, paired = m->params->paired;
  uint64_t last = 0;
  s->n_words = s->n_known = s->n_function = 0;
  *f = (found_t){.pair_rows = s->rows + s->n_hashes, .spoken_at = s->rows + 3 * s->n_hashes};
  for (size_t i = 0; i < s->n_hashes; i++) {
    uint64_t hash = s->hashes[i];
    if (i + PREFETCH < s->n_hashes) __builtin_prefetch(&m->slots[(uint32_t)(s->hashes[i + PREFETCH] >> 1) & slots]);
    uint32_t row = find_row(m, hash);
    s->n_words += hash & 1;
    if (row != NO_ROW) {
      s->n_known += hash & 1;
      s->n_function += row >> 31;
      s->rows[f->words++] = row & ROW;
      if (row & (PHRASE | BEGINS_PHRASE)) note_spoken(m, s, f, row, i);
      if (i < opening) f->opening = f->words;
    }
    if (i >= paired) continue;
    f->pair_rows[f->pairs++] = (uint32_t)(hash >> 16) & mask;
    if (last && i != s->n_headline) f->pair_rows[f->pairs++] = (uint32_t)(wm_topics_join(last, hash) >> 32) & mask;
    last = hash;
  }
  count_spoken(m, s, f, opening);
}

/* Brings a sum to length `gain`, in fixed point. */
static void scale_part(const int32_t *sum, size_t n, float gain, int16_t *out) {
  int64_t squares = 0;
  for (size_t i = 0; i < n; i++) squares += (int64_t)sum[i] * sum[i];
  double by = squares ? (double)gain * WM_TOPICS_INPUT_ONE / sqrt((double)squares) : 0;
  for (size_t i = 0; i < n; i++) out[i] = (int16_t)lrint(sum[i] * by);
}

wm_err_t wm_topics_features(const wm_topics_model_t *m, wm_topics_scratch_t *s, wm_str_t headline, wm_str_t body,
                            wm_error_t *err) {
  const wm_topics_params_t *p = m->params;
  const wm_topics_kernel_t *k = wm_topics_kernel(s->plain);
  size_t d = p->words_dim;
  int32_t *whole = s->sums, *opening = whole + d, *pairs = opening + d, *profile = pairs + p->pairs_dim;
  found_t f;
  wm_err_t e = wm_topics_words(s, headline, body, err);
  if (e) return e;
  wm_topics_spoken_clear(m, s);
  look_up(m, s, &f);
  wm_topics_spoken_broader(m, s);
  memset(s->sums, 0, m->input * sizeof *s->sums);
  for (size_t i = 0; i < p->profile; i++) profile[i] = (int32_t)(s->spoken[i] + s->spoken_opening[i]);
  k->sum(opening, m->words, d, s->rows, f.opening);
  memcpy(whole, opening, d * sizeof *whole);
  k->sum(whole, m->words, d, s->rows + f.opening, f.words - f.opening);
  k->sum(pairs, m->pairs, p->pairs_dim, f.pair_rows, f.pairs);
  scale_part(whole, d, p->gain[0], s->input);
  scale_part(opening, d, p->gain[1], s->input + d);
  scale_part(pairs, p->pairs_dim, p->gain[2], s->input + 2 * d);
  scale_part(profile, p->profile_dim, p->gain[3], s->input + 2 * d + p->pairs_dim);
  return WM_OK;
}

bool wm_topics_readable(const wm_topics_scratch_t *s) {
  if (s->n_known < 3 || s->n_known * 2 < s->n_words) return false;
  return s->n_words < 15 || s->n_function * 100 >= s->n_words * 8;
}
