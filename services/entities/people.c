/** people: which names of people in an article are the same person. */
#include "services/entities/document.h"

#define SALT_WORD 0x70656f01u
#define SALT_PART 0x70656f02u
#define SALT_ENDS 0x70656f03u
#define SALT_INITIAL 0x70656f04u

/** Notes that `key` speaks of the person of form `f`; a key that speaks of two is ambiguous from then on. */
static void note(wm_document_t *d, uint64_t key, uint32_t f) {
  uint32_t *at = wm_index_at(&d->index, key);
  if (*at == WM_INDEX_NONE) {
    *at = f;
  } else if (*at != WM_INDEX_AMBIGUOUS && wm_form_root(d, *at) != wm_form_root(d, f)) {
    /* remember who came first, and who second */
    *wm_index_at(&d->index2, wm_features_join(key, 1)) = *at;
    *wm_index_at(&d->index2, wm_features_join(key, 2)) = f;
    *at = WM_INDEX_AMBIGUOUS;
  }
}

/**
 * Joins form `f` to the one person that `key` speaks of. If it speaks of two, the first is meant where `f` was used after the first and
 * before the second was named; else nobody. Returns whether the key was known, ambiguous or not.
 */
static bool follow(wm_document_t *d, uint64_t key, uint32_t f) {
  uint32_t at = wm_index_get(&d->index, key);
  if (at == WM_INDEX_NONE) return false;
  if (at == WM_INDEX_AMBIGUOUS) {
    at = wm_index_get(&d->index2, wm_features_join(key, 1));
    uint32_t second = wm_index_get(&d->index2, wm_features_join(key, 2));
    uint32_t use = d->forms[f].in_body;
    if (use == UINT32_MAX || d->forms[at].mention > use || d->forms[second].mention < use) return true;
  }
  wm_form_join(d, at, f);
  return true;
}

static bool full(const wm_form_t *f) {
  return f->type == WM_NAME_PERSON && f->n_words > 1;
}

/** Words without "Jr." and the like at the end. */
static uint32_t core(const wm_form_t *f) {
  uint32_t n = f->n_words;
  while (n > 2 && f->kinds[n - 1] & WM_WORD_SUFFIX) n--;
  return n;
}

static uint64_t part_key(const wm_form_t *f, uint32_t from, uint32_t to) {
  uint64_t key = SALT_PART;
  for (uint32_t i = from; i < to; i++) key = wm_features_join(key, f->words[i]);
  return key;
}

/** Same first and last word: "Vladimir Putin" and "Vladimir Vladimirovich Putin". */
static void join_ends(wm_document_t *d) {
  for (uint32_t i = 0; i < d->n_forms; i++) {
    wm_form_t *f = &d->forms[i];
    if (!full(f)) continue;
    uint64_t key = wm_features_join(wm_features_join(SALT_ENDS, f->words[0]), f->words[core(f) - 1]);
    uint32_t *at = wm_index_at(&d->index, key);
    if (*at == WM_INDEX_NONE) *at = i;
    else wm_form_join(d, *at, i);
  }
}

/** Several words out of a longer name: "Ricardo Rosselló" of "Ricardo Rosselló Nevares", "al-Assad" of "Bashar al-Assad". */
static void join_parts(wm_document_t *d) {
  for (uint32_t i = 0; i < d->n_forms; i++) {
    wm_form_t *f = &d->forms[i];
    if (!full(f) || f->n_words < 3) continue;
    for (uint32_t from = 0; from + 1 < f->n_words; from++)
      for (uint32_t to = from + 2; to <= f->n_words; to++)
        if (to - from < f->n_words) note(d, part_key(f, from, to), i);
  }
  for (uint32_t i = 0; i < d->n_forms; i++)
    if (full(&d->forms[i])) follow(d, part_key(&d->forms[i], 0, d->forms[i].n_words), i);
}

static uint64_t initial_key(const wm_form_t *f) {
  uint64_t key = wm_features_join(SALT_INITIAL, (uint64_t)(unsigned char)f->initials[0]);
  return wm_features_join(key, f->words[core(f) - 1]);
}

/** "J. Smith" of "John Smith". */
static void join_initials(wm_document_t *d, const uint64_t letters[128]) {
  for (int pass = 0; pass < 2; pass++)
    for (uint32_t i = 0; i < d->n_forms; i++) {
      wm_form_t *f = &d->forms[i];
      if (!full(f) || !f->initials[0]) continue;
      bool initial = f->words[0] == letters[(unsigned char)f->initials[0]];
      if (pass == 0 && !initial) note(d, initial_key(f), i);
      if (pass == 1 && initial) follow(d, initial_key(f), i);
    }
}

/** One word: a surname first of all, else a given name, else one in between. A surname that two people share joins nobody. */
static void join_words(wm_document_t *d) {
  enum { LAST, FIRST, MIDDLE, KINDS };
  for (uint32_t i = 0; i < d->n_forms; i++) {
    wm_form_t *f = &d->forms[i];
    if (!full(f)) continue;
    uint32_t n = core(f);
    for (uint32_t w = 0; w < n; w++) {
      unsigned kind = w == n - 1 ? LAST : w == 0 ? FIRST : MIDDLE;
      note(d, wm_features_join(SALT_WORD + 16 * kind, f->words[w]), i);
    }
  }
  for (uint32_t i = 0; i < d->n_forms; i++) {
    wm_form_t *f = &d->forms[i];
    if (f->type != WM_NAME_PERSON || f->n_words != 1) continue;
    for (unsigned kind = LAST; kind < KINDS; kind++)
      if (follow(d, wm_features_join(SALT_WORD + 16 * kind, f->words[0]), i)) break;
  }
}

wm_err_t wm_people_join(wm_document_t *d, wm_error_t *err) {
  size_t keys = 0;
  for (uint32_t i = 0; i < d->n_forms; i++)
    if (full(&d->forms[i]))
      keys += (size_t)d->forms[i].n_words * (d->forms[i].n_words + 1) / 2 + d->forms[i].n_words + 2;
  wm_err_t rc = wm_index_reset(&d->index, keys, err);
  if (!rc) rc = wm_index_reset(&d->index2, 2 * keys, err);
  if (rc || keys == 0) return rc;
  uint64_t letters[128];
  for (int c = 0; c < 128; c++) {
    char letter = (char)c;
    letters[c] = wm_features_word(&letter, 1);
  }
  join_ends(d);
  join_parts(d);
  join_initials(d, letters);
  join_words(d);
  return WM_OK;
}
