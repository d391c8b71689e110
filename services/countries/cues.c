#include "cues.h"

#include <stdlib.h>
#include <string.h>

#include "common/lines.h"

#define SLOTS (4u * WM_CUES_MAX) /* a power of two */
#define TEXT_MAX 100000u
#define PHRASE_BYTES_MAX 64u
#define BESIDE_BYTES_MAX 64u /* of what follows a name */

enum { WHOSE_ANY = 0xFE, WHOSE_BESIDE = 0xFD };

typedef struct {
  uint64_t hash;
  float weight;
  uint8_t home; /* or WHOSE_... */
} cue_t;

struct wm_cues {
  size_t n, n_homes;
  uint8_t homes[WM_CUE_HOMES_MAX];
  bool is_home[WM_NO_COUNTRY + 1];
  uint64_t starts[65536 / 64]; /* the first two bytes of phrases: most words begin none */
  cue_t cues[WM_CUES_MAX];
  uint16_t slots[SLOTS]; /* index + 1 */
};

/* ---- words ---- */

static char fold(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c - 'A' + 'a');
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 ? c : '\0';
}

static bool is_number(const char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (s[i] < '0' || s[i] > '9') return false;
  return len > 0;
}

typedef struct {
  const char *p, *end;
} words_t;

/* The next word into `out` (at most `cap` bytes; longer ones are cut); its length, 0 at the end. A typographic apostrophe parts words too. */
static size_t next_word(words_t *w, char *out, size_t cap) {
  size_t n = 0;
  for (; w->p < w->end; w->p++) {
    const bool quote = w->end - w->p >= 3 && memcmp(w->p, "\xE2\x80", 2) == 0;
    const char c = quote ? '\0' : fold(*w->p);
    if (quote) w->p += 2;
    if (c && n < cap) out[n++] = c;
    else if (!c && n > 0) break;
  }
  if (!is_number(out, n)) return n;
  out[0] = '#';
  return 1;
}

static uint64_t hash_of(uint8_t beside, const char *s, size_t len) {
  return wm_key_hash(s, len) ^ (beside ? UINT64_C(0x9e3779b97f4a7c15) : 0);
}

static size_t slot_of(const wm_cues_t *c, uint64_t hash) {
  size_t i = (size_t)hash & (SLOTS - 1);
  while (c->slots[i] && c->cues[c->slots[i] - 1].hash != hash) i = (i + 1) & (SLOTS - 1);
  return i;
}

static const cue_t *find(const wm_cues_t *c, uint64_t hash) {
  const uint16_t at = c->slots[slot_of(c, hash)];
  return at ? &c->cues[at - 1] : NULL;
}

static unsigned start_of(const char *s, size_t len) {
  return (unsigned)(unsigned char)s[0] << 8 | (len > 1 ? (unsigned char)s[1] : (unsigned char)' ');
}

/* ---- the table ---- */

static wm_err_t add_phrase(wm_cues_t *c, const wm_line_t *at, wm_str_t phrase, uint8_t home, float weight) {
  char text[PHRASE_BYTES_MAX];
  size_t len = 0, n_words = 0;
  words_t w = {.p = phrase.s, .end = phrase.s + phrase.len};
  if (phrase.len == 0) return wm_line_fault(at, "no phrase between two \"|\"");
  if (c->n == WM_CUES_MAX) return wm_line_fault(at, "more than %u phrases", WM_CUES_MAX);
  if (phrase.len > PHRASE_BYTES_MAX - WM_CUE_WORDS_MAX) return wm_line_fault(at, "a phrase is too long");
  do {
    if (len > 0) text[len++] = ' ';
    const bool number = *w.p == '#';
    const size_t n = number ? 1 : next_word(&w, text + len, PHRASE_BYTES_MAX - len);
    if (number) text[len] = *w.p++;
    if (n == 0 || ++n_words > WM_CUE_WORDS_MAX)
      return wm_line_fault(at, "no phrase of at most %u words", WM_CUE_WORDS_MAX);
    len += n;
    while (w.p < w.end && *w.p == ' ') w.p++;
  } while (w.p < w.end);
  const uint64_t hash = hash_of(home == WHOSE_BESIDE, text, len);
  const size_t slot = slot_of(c, hash);
  if (c->slots[slot]) return wm_line_fault(at, "\"%.*s\" a second time", wm_line_shown(phrase), phrase.s);
  const unsigned start = start_of(text, len);
  c->starts[start / 64] |= UINT64_C(1) << (start % 64);
  c->cues[c->n++] = (cue_t){hash, weight, home};
  c->slots[slot] = (uint16_t)c->n;
  return WM_OK;
}

typedef struct {
  wm_cues_t *cues;
  const wm_gazetteer_t *g;
} reader_t;

static wm_err_t home_of(const reader_t *r, const wm_line_t *at, wm_str_t code, uint8_t *home) {
  wm_cues_t *c = r->cues;
  if (code.len == 1 && (code.s[0] == '*' || code.s[0] == '_')) {
    *home = code.s[0] == '*' ? WHOSE_ANY : WHOSE_BESIDE;
    return WM_OK;
  }
  const uint8_t country = wm_gazetteer_find_country(r->g, code.s, code.len);
  if (country == WM_NO_COUNTRY) return wm_line_fault(at, "unknown country code \"%.*s\"", wm_line_shown(code), code.s);
  for (size_t i = 0; i < c->n_homes; i++)
    if (c->homes[i] == country) {
      *home = (uint8_t)i;
      return WM_OK;
    }
  if (c->n_homes == WM_CUE_HOMES_MAX) return wm_line_fault(at, "more than %u countries", WM_CUE_HOMES_MAX);
  c->homes[c->n_homes] = country;
  c->is_home[country] = true;
  *home = (uint8_t)c->n_homes++;
  return WM_OK;
}

static wm_err_t take(void *self, const wm_line_t *at, wm_str_t line) {
  const reader_t *r = self;
  uint8_t home = WM_NO_COUNTRY;
  line = wm_line_trim(line);
  if (line.len == 0 || line.s[0] == '#') return WM_OK;
  const wm_str_t code = wm_line_cut(&line, '\t'), weight = wm_line_cut(&line, '\t');
  const bool minus = weight.len == 2 && weight.s[0] == '-';
  if (weight.len != (minus ? 2u : 1u) || weight.s[minus] < '1' || weight.s[minus] > '9')
    return wm_line_fault(at, "expected CODE, a weight of one digit, and phrases, with tabs between them");
  if (minus != (code.len == 1 && code.s[0] == '*'))
    return wm_line_fault(at, "weights are negative where the code is *, and only there");
  wm_err_t rc = home_of(r, at, code, &home);
  while (rc == WM_OK && line.s)
    rc = add_phrase(r->cues, at, wm_line_cut(&line, '|'), home, (float)(weight.s[minus] - '0'));
  return rc;
}

wm_err_t wm_cues_read(const wm_gazetteer_t *g, const char *origin, const char *text, size_t len, wm_cues_t **out,
                      wm_error_t *err) {
  wm_cues_t *c = calloc(1, sizeof *c);
  *out = NULL;
  if (!c) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  reader_t reader = {c, g};
  const wm_err_t rc = wm_lines_parse(origin, text, len, take, &reader, err);
  if (rc == WM_OK) *out = c;
  else wm_cues_destroy(c);
  return rc;
}

void wm_cues_destroy(wm_cues_t *cues) {
  free(cues);
}

size_t wm_cues_homes(const wm_cues_t *cues) {
  return cues->n_homes;
}

bool wm_cues_is_home(const wm_cues_t *cues, uint8_t country) {
  return cues->is_home[country];
}

uint8_t wm_cues_home(const wm_cues_t *cues, size_t home) {
  return cues->homes[home];
}

/* ---- texts ---- */

#define WINDOW_BYTES (WM_CUE_WORDS_MAX * (PHRASE_BYTES_MAX + 1))

/* The words ahead, as the table writes them. */
typedef struct {
  char text[WINDOW_BYTES];
  size_t ends[WM_CUE_WORDS_MAX], n;
} window_t;

static void fill(window_t *v, words_t *w) {
  while (v->n < WM_CUE_WORDS_MAX) {
    size_t at = v->n ? v->ends[v->n - 1] + 1 : 0;
    const size_t n = next_word(w, v->text + at, PHRASE_BYTES_MAX);
    if (n == 0) return;
    if (at > 0) v->text[at - 1] = ' ';
    v->ends[v->n++] = at + n;
  }
}

static void drop(window_t *v, size_t words) {
  const size_t bytes = v->ends[words - 1] + 1, all = v->ends[v->n - 1];
  if (bytes < all) memmove(v->text, v->text + bytes, all - bytes);
  for (size_t i = words; i < v->n; i++) v->ends[i - words] = v->ends[i] - bytes;
  v->n -= words;
}

/* The longest phrase that the window begins with; its words, 0 for none. */
static size_t longest(const wm_cues_t *c, const window_t *v, bool beside, const cue_t **out) {
  const unsigned start = start_of(v->text, v->ends[v->n - 1]);
  if (!(c->starts[start / 64] >> (start % 64) & 1)) return 0;
  for (size_t n = v->n; n > 0; n--) {
    if (v->ends[n - 1] > PHRASE_BYTES_MAX) continue;
    *out = find(c, hash_of(beside, v->text, v->ends[n - 1]));
    if (*out) return n;
  }
  return 0;
}

void wm_cues_find(const wm_cues_t *c, const char *text, size_t len, wm_cues_found_t *found) {
  words_t w = {.p = text, .end = text + (len < TEXT_MAX ? len : TEXT_MAX)};
  window_t v = {.n = 0};
  const cue_t *cue;
  for (fill(&v, &w); v.n > 0; fill(&v, &w)) {
    const size_t n = longest(c, &v, false, &cue);
    if (n > 0) {
      const size_t at = (size_t)(cue - c->cues);
      const uint64_t bit = UINT64_C(1) << (at % 64);
      if (!(found->seen[at / 64] & bit) && cue->home == WHOSE_ANY) found->against += cue->weight;
      if (!(found->seen[at / 64] & bit) && cue->home != WHOSE_ANY) found->home[cue->home] += cue->weight;
      found->seen[at / 64] |= bit;
    }
    drop(&v, n > 0 ? n : 1);
  }
}

float wm_cues_beside(const wm_cues_t *c, const char *s, size_t len) {
  if (len > BESIDE_BYTES_MAX) len = BESIDE_BYTES_MAX;
  words_t w = {.p = s, .end = s + len};
  window_t v = {.n = 0};
  const cue_t *cue;
  if (len < 2 || s[0] != ' ') return 0;
  fill(&v, &w);
  return longest(c, &v, true, &cue) > 0 ? cue->weight : 0;
}
