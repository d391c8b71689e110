/**
 * listed: the names of the newsroom's list among those that the tagger found.
 *
 * The list goes first: a name of the tagger's that overlaps a listed one gives way. Only a longer one that has the listed one inside it, and of which the
 * tagger is sure, stands: "Bank of Lagos State" is no mention of "Lagos". If all that it has more is a title or a company's ending ("Acme" in "Acme
 * Ltd."), it is the listed thing under a longer name.
 */
#include <stdlib.h>
#include <string.h>

#include "services/entities/document.h"

#define SURE_LONGER 0.6f /* of a longer name that stands */
#define ADDED (WM_WORD_TITLE | WM_WORD_COMPANY | WM_WORD_SUFFIX | WM_WORD_ARTICLE)

/* What a name of the tagger's is to a listed one. */
typedef enum { APART, GIVES_WAY, STANDS, IS_IT } relation_t;

static bool only_added(const wm_document_t *d, const wm_mention_t *m, const wm_newsroom_hit_t *hit) {
  const char *text = d->text[m->field].s;
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  for (uint32_t i = m->first; i < m->end; i++) {
    if (i >= hit->first && i < hit->end) continue;
    if (!(tokens[i].flags & WM_TOKEN_PUNCT) && !(wm_document_kind(d, text, &tokens[i]) & ADDED)) return false;
  }
  return true;
}

static relation_t relation(const wm_document_t *d, const wm_mention_t *m, const wm_newsroom_hit_t *hit) {
  if (m->end <= hit->first || hit->end <= m->first) return APART;
  if (m->first > hit->first || m->end < hit->end || m->end - m->first == hit->end - hit->first) return GIVES_WAY;
  if (m->type == wm_newsroom_thing(d->newsroom, hit->thing)->type && only_added(d, m, hit)) return IS_IT;
  return m->sure >= SURE_LONGER ? STANDS : GIVES_WAY;
}

static void make_listed(const wm_document_t *d, const wm_newsroom_hit_t *hit, wm_mention_t *m) {
  m->listed = hit->thing;
  m->type = wm_newsroom_thing(d->newsroom, hit->thing)->type;
  m->sure = 1;
  memset(m->types, 0, sizeof m->types);
  m->types[m->type] = 1;
}

static wm_err_t append_hit(wm_document_t *d, wm_field_t field, const wm_newsroom_hit_t *hit, wm_error_t *err) {
  wm_mention_t m = {.field = field, .first = hit->first, .end = hit->end, .same = UINT32_MAX};
  make_listed(d, hit, &m);
  wm_document_place(d, &m);
  wm_err_t rc = wm_document_grow(d, err);
  if (!rc) d->mentions[d->n_mentions++] = m;
  return rc;
}

static int by_place(const void *a, const void *b) {
  const wm_mention_t *x = a, *y = b;
  return x->first < y->first ? -1 : x->first > y->first;
}

/* Settles between a name of the tagger's and the hits from the first one that may overlap it. Returns whether the name stays. */
static bool settle(const wm_document_t *d, wm_mention_t *m, wm_newsroom_hit_t *hits, size_t n) {
  const wm_mention_t before = *m;
  for (size_t k = 0; k < n && hits[k].first < m->end; k++)
    if (hits[k].thing != WM_UNLISTED && relation(d, &before, &hits[k]) == GIVES_WAY) return false;
  for (size_t k = 0; k < n && hits[k].first < m->end; k++) {
    if (hits[k].thing == WM_UNLISTED) continue;
    if (relation(d, &before, &hits[k]) == IS_IT) make_listed(d, &hits[k], m);
    hits[k].thing = WM_UNLISTED; /* no mention of its own */
  }
  return true;
}

wm_err_t wm_document_list(wm_document_t *d, wm_field_t field, wm_error_t *err) {
  size_t from = d->n_mentions, kept = 0, h = 0;
  if (!d->newsroom) return WM_OK;
  wm_err_t rc =
      wm_newsroom_match(d->newsroom, d->written[field].s, d->tokens[field], WM_DOCUMENT_MENTIONS_MAX, &d->hits, err);
  if (rc || d->hits.count == 0) return rc;
  while (from > 0 && d->mentions[from - 1].field == field) from--;
  wm_newsroom_hit_t *hits = d->hits.hits;
  size_t n = d->hits.count;
  kept = from;
  for (size_t i = from; i < d->n_mentions; i++) {
    while (h < n && hits[h].end <= d->mentions[i].first) h++;
    if (settle(d, &d->mentions[i], hits + h, n - h)) d->mentions[kept++] = d->mentions[i];
  }
  d->n_mentions = kept;
  for (size_t k = 0; !rc && k < n && d->n_mentions < WM_DOCUMENT_MENTIONS_MAX; k++)
    if (hits[k].thing != WM_UNLISTED) rc = append_hit(d, field, &hits[k], err);
  if (!rc && d->n_mentions > kept) qsort(d->mentions + from, d->n_mentions - from, sizeof *d->mentions, by_place);
  return rc;
}

wm_err_t wm_listed_join(wm_document_t *d, wm_error_t *err) {
  if (!d->newsroom) return WM_OK;
  wm_err_t rc = wm_index_reset(&d->index, d->n_forms, err);
  for (uint32_t i = 0; !rc && i < d->n_forms; i++) {
    if (d->forms[i].listed == WM_UNLISTED) continue;
    uint32_t *at = wm_index_at(&d->index, wm_features_join(WM_NAME_SEED, d->forms[i].listed));
    if (*at == WM_INDEX_NONE) *at = i;
    else wm_form_join(d, *at, i);
  }
  return rc;
}
