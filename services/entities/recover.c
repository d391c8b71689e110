/**
 * recover: names that the tagger missed in one place and found in another.
 *
 * Once an article has said who "Youssef Chahed" is, a later "Chahed" that stands in capitals between lower-case words is he, even where the
 * tagger did not see it.
 */
#include <stdlib.h>

#include "services/entities/document.h"

#define SURE_ENOUGH 0.8f /* of the mention that says so */
#define WORDS_MAX 5u
#define BYTES_MIN 3u /* of a single word */
#define SALT_NAME 0x72656301u
#define SALT_PREFIX 0x72656302u

/** Notes what a sure mention is called; a name of two types is left alone. */
static void note(wm_document_t *d, uint64_t key, uint8_t type) {
  uint32_t *at = wm_index_at(&d->index, wm_features_join(key, SALT_NAME));
  if (*at == WM_INDEX_NONE) *at = type;
  else if (*at != type) *at = WM_INDEX_AMBIGUOUS;
}

static void note_mention(wm_document_t *d, const wm_mention_t *m) {
  const char *text = d->text[m->field].s;
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  uint64_t key = WM_NAME_SEED, last = 0;
  if (m->sure < SURE_ENOUGH || m->end - m->first > WORDS_MAX) return;
  for (uint32_t i = m->first; i < m->end; i++) {
    if (tokens[i].flags & WM_TOKEN_PUNCT) return;
    last = wm_document_word(text, &tokens[i], NULL);
    key = wm_features_join(key, last);
    *wm_index_at(&d->index, wm_features_join(key, SALT_PREFIX)) = 1;
  }
  note(d, key, m->type);
  if (m->type == WM_NAME_PERSON && m->end - m->first > 1) {
    key = wm_features_join(WM_NAME_SEED, last);
    *wm_index_at(&d->index, wm_features_join(key, SALT_PREFIX)) = 1;
    note(d, key, m->type);
  }
}

static bool capital(const wm_token_t *t) {
  return t->flags & WM_TOKEN_WORD && t->flags & (WM_TOKEN_CAPITAL | WM_TOKEN_MIXED);
}

/** The longest known name that begins at token `from` and ends before `limit`; its type in `*type`. Returns its end, or `from`. */
static uint32_t longest(const wm_document_t *d, uint32_t field, uint32_t from, uint32_t limit, uint8_t *type) {
  const char *text = d->text[field].s;
  const wm_token_t *tokens = d->tokens[field]->tokens;
  uint64_t key = WM_NAME_SEED;
  uint32_t end = from;
  for (uint32_t i = from; i < limit && i < from + WORDS_MAX; i++) {
    if (tokens[i].flags & WM_TOKEN_PUNCT || (i > from && tokens[i].flags & WM_TOKEN_SENTENCE)) break;
    key = wm_features_join(key, wm_document_word(text, &tokens[i], NULL));
    if (wm_index_get(&d->index, wm_features_join(key, SALT_PREFIX)) == WM_INDEX_NONE) break;
    uint32_t found = wm_index_get(&d->index, wm_features_join(key, SALT_NAME));
    if (found == WM_INDEX_NONE || found == WM_INDEX_AMBIGUOUS) continue;
    end = i + 1;
    *type = (uint8_t)found;
  }
  return end;
}

/** True if the name in tokens from to end - 1 stands by itself: no capital beside it, and more than a short word. */
static bool stands_alone(const wm_document_t *d, uint32_t field, uint32_t from, uint32_t end) {
  const wm_tokens_t *all = d->tokens[field];
  const wm_token_t *t = all->tokens;
  if (end - from == 1 && t[from].end - t[from].start < BYTES_MIN) return false;
  if (from > 0 && !(t[from].flags & WM_TOKEN_SENTENCE) && capital(&t[from - 1])) return false;
  return end >= all->count || t[end].flags & WM_TOKEN_SENTENCE || !capital(&t[end]);
}

/** Looks through tokens from to limit - 1, in which the tagger found nothing. */
static wm_err_t search(wm_document_t *d, uint32_t field, uint32_t from, uint32_t limit, wm_error_t *err) {
  const wm_token_t *tokens = d->tokens[field]->tokens;
  for (uint32_t i = from; i < limit; i++) {
    uint8_t type = 0;
    if (!capital(&tokens[i])) continue;
    uint32_t end = longest(d, field, i, limit, &type);
    if (end == i || !stands_alone(d, field, i, end)) continue;
    if (d->n_mentions >= WM_DOCUMENT_MENTIONS_MAX) return WM_OK;
    wm_err_t rc = wm_document_grow(d, err);
    if (rc) return rc;
    wm_mention_t m = {.field = field,
                      .first = i,
                      .end = end,
                      .same = UINT32_MAX,
                      .listed = WM_UNLISTED,
                      .type = type,
                      .sure = SURE_ENOUGH};
    m.start_byte = tokens[i].start;
    m.end_byte = tokens[end - 1].end;
    m.types[type] = SURE_ENOUGH;
    d->mentions[d->n_mentions++] = m;
    i = end - 1;
  }
  return WM_OK;
}

static int by_place(const void *a, const void *b) {
  const wm_mention_t *x = a, *y = b;
  if (x->field != y->field) return x->field < y->field ? -1 : 1;
  return x->first < y->first ? -1 : x->first > y->first;
}

wm_err_t wm_document_recover(wm_document_t *d, wm_error_t *err) {
  size_t found = d->n_mentions;
  if (found == 0) return WM_OK;
  wm_err_t rc = wm_index_reset(&d->index, found * (WORDS_MAX + 3), err);
  for (size_t i = 0; !rc && i < found; i++) note_mention(d, &d->mentions[i]);
  for (uint32_t field = 0, i = 0; !rc && field < WM_FIELD_COUNT; field++) {
    uint32_t from = 0;
    for (; !rc && i < found && d->mentions[i].field == field; i++) {
      rc = search(d, field, from, d->mentions[i].first, err);
      from = d->mentions[i].end;
    }
    if (!rc) rc = search(d, field, from, (uint32_t)d->tokens[field]->count, err);
  }
  if (!rc && d->n_mentions > found) qsort(d->mentions, d->n_mentions, sizeof *d->mentions, by_place);
  return rc;
}
