/**
 * retype: mentions that are written alike are of one type in one article.
 *
 * What the tagger says of each is added up; a single word that is the surname of somebody named in full in the article counts as a person unless
 * the tagger is very sure that it is not; so with the last word of an event ("Dorian" of "Hurricane Dorian"), and with a family ("Clintons"). What stands before
 * the dash of a dateline ("Tokyo - ") counts as a place in the same way.
 */
#include <stdlib.h>
#include <string.h>

#include "services/entities/document.h"

#define SURNAME_ODDS \
  30.0f               /* how much likelier a word is a person where it is a surname of the article; so with events */
#define MAJORITY 1.5f /* how much more the article must say for the other type */
#define SALT_SURNAME 0x72657401u

typedef struct {
  float types[WM_NAME_TYPES];
} votes_t;

/** Key of a mention's words; `*last` is the last one, `*n` how many there are. */
static uint64_t words_of(const wm_document_t *d, const wm_mention_t *m, uint64_t *last, uint32_t *n) {
  const char *text = d->text[m->field].s;
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  uint64_t key = WM_NAME_SEED;
  *n = 0;
  for (uint32_t i = m->first; i < m->end; i++) {
    if (tokens[i].flags & WM_TOKEN_PUNCT) continue;
    *last = wm_document_word(text, &tokens[i], NULL);
    key = wm_features_join(key, *last);
    (*n)++;
  }
  return key;
}

/** Type of the name of several words that ends in the single word of `m`, or in it without a plural's "s"; WM_INDEX_NONE if there is none. */
static uint32_t owner_of(const wm_document_t *d, const wm_mention_t *m, uint64_t key) {
  wm_token_t t = d->tokens[m->field]->tokens[m->first];
  const char *text = d->text[m->field].s;
  uint32_t owner = wm_index_get(&d->index2, wm_features_join(key, SALT_SURNAME));
  if (owner != WM_INDEX_NONE || m->end - m->first > 1 || t.end - t.start < 4 || text[t.end - 1] != 's') return owner;
  t.end--;
  key = wm_features_join(WM_NAME_SEED, wm_document_word(text, &t, NULL));
  owner = wm_index_get(&d->index2, wm_features_join(key, SALT_SURNAME));
  return owner == WM_NAME_PERSON ? owner : WM_INDEX_NONE;
}

static uint8_t best_type(const votes_t *v) {
  uint8_t best = 0;
  for (uint8_t t = 1; t < WM_NAME_TYPES; t++)
    if (v->types[t] > v->types[best]) best = t;
  return best;
}

/** Adds up the votes: `d->index` leads from a key to its place in `votes`, `d->index2` notes the surnames. */
static void count_votes(wm_document_t *d, votes_t *votes, uint32_t *place) {
  uint32_t groups = 0;
  for (size_t i = 0; i < d->n_mentions; i++) {
    const wm_mention_t *m = &d->mentions[i];
    uint64_t last = 0;
    uint32_t n = 0;
    uint64_t key = words_of(d, m, &last, &n);
    uint32_t *at = wm_index_at(&d->index, key);
    if (*at == WM_INDEX_NONE) *at = groups++;
    place[i] = *at;
    for (size_t t = 0; t < WM_NAME_TYPES; t++) votes[*at].types[t] += m->types[t];
    if ((m->type == WM_NAME_PERSON || m->type == WM_NAME_EVENT) && n > 1 && m->sure > 0.5f)
      *wm_index_at(&d->index2, wm_features_join(wm_features_join(WM_NAME_SEED, last), SALT_SURNAME)) = m->type;
  }
}

wm_err_t wm_document_retype(wm_document_t *d, wm_error_t *err) {
  if (d->n_mentions == 0) return WM_OK;
  wm_err_t rc = wm_index_reset(&d->index, d->n_mentions, err);
  if (!rc) rc = wm_index_reset(&d->index2, d->n_mentions, err);
  if (rc) return rc;
  votes_t *votes = calloc(d->n_mentions, sizeof *votes);
  uint32_t *place = calloc(d->n_mentions, sizeof *place);
  if (!votes || !place) {
    rc = wm_error_set(err, WM_ERR_NOMEM, "out of memory for %zu names", d->n_mentions);
    goto out;
  }
  count_votes(d, votes, place);
  for (size_t i = 0; i < d->n_mentions; i++) {
    wm_mention_t *m = &d->mentions[i];
    votes_t v = votes[place[i]];
    uint64_t last = 0;
    uint32_t n = 0;
    uint64_t key = words_of(d, m, &last, &n);
    uint32_t owner = n == 1 ? owner_of(d, m, key) : WM_INDEX_NONE;
    if (m->listed != WM_UNLISTED) continue; /* of the type that the list says */
    if (owner != WM_INDEX_NONE) v.types[owner] *= SURNAME_ODDS;
    if (wm_dateline_begins(d, m)) v.types[WM_NAME_PLACE] *= SURNAME_ODDS;
    uint8_t best = best_type(&v);
    if (v.types[best] > MAJORITY * v.types[m->type]) m->type = best;
  }
out:
  free(votes);
  free(place);
  return rc;
}
