/** bodies: which names of organisations, places and other things that are no people are the same thing. */
#include <string.h>

#include "services/entities/document.h"

#define SALT_KNOWN 0x626f6401u
#define SALT_ACRONYM 0x626f6402u
#define SALT_START 0x626f6403u
#define SALT_END 0x626f6404u

static void note(wm_document_t *d, uint64_t key, uint32_t f) {
  uint32_t *at = wm_index_at(&d->index, key);
  if (*at == WM_INDEX_NONE) *at = f;
  else if (*at != WM_INDEX_AMBIGUOUS && wm_form_root(d, *at) != wm_form_root(d, f)) *at = WM_INDEX_AMBIGUOUS;
}

static void follow(wm_document_t *d, uint64_t key, uint32_t f) {
  uint32_t at = wm_index_get(&d->index, key);
  if (at != WM_INDEX_NONE && at != WM_INDEX_AMBIGUOUS) wm_form_join(d, at, f);
}

/** Names that the data knows to be one thing: "U.S.", "United States". */
static void join_known(wm_document_t *d) {
  for (uint32_t i = 0; i < d->n_forms; i++) {
    const wm_form_t *f = &d->forms[i];
    if (f->known == WM_LOOKUP_NONE || !(d->knowledge->known[f->known].flags & WM_KNOWN_SAME)) continue;
    uint32_t *at = wm_index_at(&d->index, wm_features_join(wm_features_join(SALT_KNOWN, f->known), f->type));
    if (*at == WM_INDEX_NONE) *at = i;
    else wm_form_join(d, *at, i);
  }
}

/** Key of the acronym of a name of several words: the first letters, small words with or without. 0 if there is none. */
static uint64_t acronym_of(const wm_form_t *f, bool small) {
  uint64_t key = wm_features_join(SALT_ACRONYM, f->type);
  uint32_t letters = 0;
  for (uint32_t i = 0; i < f->n_words; i++) {
    if (!f->initials[i]) return 0;
    if (!small && f->kinds[i] & (WM_WORD_SMALL | WM_WORD_ARTICLE)) continue;
    key = wm_features_join(key, (uint64_t)(unsigned char)f->initials[i]);
    letters++;
  }
  return letters > 1 ? key : 0;
}

/** The same key from the letters of an acronym as it stands in the text. */
static uint64_t acronym_key(const wm_document_t *d, const wm_form_t *f) {
  const wm_mention_t *m = &d->mentions[f->mention];
  const char *s = d->text[m->field].s;
  uint64_t key = wm_features_join(SALT_ACRONYM, f->type);
  for (uint32_t i = m->start_byte; i < m->end_byte; i++) {
    char c = s[i];
    if (c >= 'A' && c <= 'Z') key = wm_features_join(key, (uint64_t)(unsigned char)(c + ('a' - 'A')));
  }
  return key;
}

static void join_acronyms(wm_document_t *d) {
  for (uint32_t i = 0; i < d->n_forms; i++) {
    const wm_form_t *f = &d->forms[i];
    if (f->type == WM_NAME_PERSON || f->n_words < 2) continue;
    uint64_t without = acronym_of(f, false), with = acronym_of(f, true);
    if (without) note(d, without, i);
    if (with && with != without) note(d, with, i);
  }
  for (uint32_t i = 0; i < d->n_forms; i++)
    if (d->forms[i].acronym && d->forms[i].type != WM_NAME_PERSON) follow(d, acronym_key(d, &d->forms[i]), i);
}

/** True if some word of the name tells it from others of its kind. */
static bool telling(const wm_form_t *f) {
  for (uint32_t w = 0; w < f->n_words; w++)
    if (!(f->kinds[w] & (WM_WORD_GENERIC | WM_WORD_SMALL | WM_WORD_ARTICLE))) return true;
  return false;
}

/** True if the beginning (or the end) of a name of this type stands for the whole: "Dorian" for "Hurricane Dorian". */
static bool has_parts(const wm_form_t *f, bool end) {
  return f->type == WM_NAME_ORGANISATION || (end && f->type == WM_NAME_EVENT);
}

/**
 * The beginning or the end of one longer name: "Port Authority" of "Port Authority of New York and New Jersey", "Air Force" of "United
 * States Air Force".
 */
static void join_parts(wm_document_t *d, bool end) {
  uint64_t salt = end ? SALT_END : SALT_START;
  for (uint32_t i = 0; i < d->n_forms; i++) {
    const wm_form_t *f = &d->forms[i];
    if (!has_parts(f, end) || f->n_words < 2) continue;
    uint64_t key = wm_features_join(salt, f->type);
    for (uint32_t w = 0; w + 1 < f->n_words; w++) {
      key = wm_features_join(key, f->words[end ? f->n_words - 1 - w : w]);
      note(d, key, i);
    }
  }
  for (uint32_t i = 0; i < d->n_forms; i++) {
    const wm_form_t *f = &d->forms[i];
    if (!has_parts(f, end) || (!end && !telling(f))) continue;
    uint64_t key = wm_features_join(salt, f->type);
    for (uint32_t w = 0; w < f->n_words; w++) key = wm_features_join(key, f->words[end ? f->n_words - 1 - w : w]);
    follow(d, key, i);
  }
}

wm_err_t wm_bodies_join(wm_document_t *d, wm_error_t *err) {
  size_t keys = 0;
  for (uint32_t i = 0; i < d->n_forms; i++) keys += 2 * d->forms[i].n_words + 3;
  wm_err_t rc = wm_index_reset(&d->index, keys, err);
  if (rc) return rc;
  for (size_t i = 0; i < d->n_mentions; i++) {
    const wm_mention_t *m = &d->mentions[i];
    if (m->same != UINT32_MAX && d->mentions[m->same].type == m->type)
      wm_form_join(d, m->form, d->mentions[m->same].form);
  }
  join_known(d);
  join_acronyms(d);
  join_parts(d, false);
  join_parts(d, true);
  return WM_OK;
}
