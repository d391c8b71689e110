/**
 * dateline: the place that an agency's text begins with: "Tokyo - Shares fell", "KIGALI, Rwanda (AP) — ".
 *
 * What stands before the dash is a place, which the tagger, who has seen few datelines, may take for something else, or for one name with
 * what follows the dash.
 */
#include <string.h>

#include "services/entities/document.h"

bool wm_document_dash(const char *text, const wm_token_t *t) {
  if (!(t->flags & WM_TOKEN_PUNCT) || !(t->flags & WM_TOKEN_SPACE) || !(t[1].flags & WM_TOKEN_SPACE)) return false;
  size_t len = t->end - t->start;
  const char *s = text + t->start;
  return (len == 1 && *s == '-') || (len == 3 && (!memcmp(s, "\xE2\x80\x93", 3) || !memcmp(s, "\xE2\x80\x94", 3)));
}

static bool has_capital(const wm_token_t *t) {
  return t->flags & (WM_TOKEN_CAPITAL | WM_TOKEN_UPPER | WM_TOKEN_MIXED);
}

/** True if tokens 0 to end - 1 of the body are in capitals, or a place that the model's lists know. */
static bool place_like(const wm_document_t *d, uint32_t end) {
  const wm_token_t *tokens = d->tokens[WM_FIELD_BODY]->tokens;
  bool upper = true;
  for (uint32_t i = 0; i < end; i++) upper = upper && (tokens[i].flags & (WM_TOKEN_UPPER | WM_TOKEN_PUNCT));
  return upper || wm_document_lists(d, WM_FIELD_BODY, 0, end) & WM_LISTS_PLACES;
}

bool wm_dateline_part(const wm_document_t *d, wm_mention_t *m, wm_mention_t *place) {
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  uint32_t dash = 1;
  if (m->field != WM_FIELD_BODY || m->first > 0 || m->type == WM_NAME_PLACE || m->type == WM_NAME_WORK) return false;
  while (dash + 1 < m->end && dash < WM_DATELINE && !wm_document_dash(d->text[m->field].s, &tokens[dash])) dash++;
  if (dash + 1 >= m->end || dash == WM_DATELINE || !place_like(d, dash)) return false;
  *place = *m;
  place->end = dash;
  place->type = WM_NAME_PLACE;
  memset(place->types, 0, sizeof place->types);
  place->types[WM_NAME_PLACE] = place->sure;
  m->first = dash + 1;
  return true;
}

bool wm_dateline_begins(const wm_document_t *d, const wm_mention_t *m) {
  const wm_tokens_t *all = d->tokens[m->field];
  if (m->field != WM_FIELD_BODY || m->first > 0) return false;
  for (uint32_t i = m->end; i + 1 < all->count && i < WM_DATELINE; i++) {
    const wm_token_t *t = &all->tokens[i];
    if (wm_document_dash(d->text[m->field].s, t)) /* a sentence follows */
      return has_capital(t + 1) || t[1].flags & (WM_TOKEN_PUNCT | WM_TOKEN_NUMBER);
    if (i == m->end && !(t->flags & WM_TOKEN_PUNCT)) return false;
    if (t->flags & WM_TOKEN_SENTENCE || (t->flags & WM_TOKEN_WORD && !has_capital(t))) return false;
  }
  return false;
}
