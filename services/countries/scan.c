/*
 * Names in a text that no earlier stage has looked at: runs of words with capitals, the longest one that the gazetteer knows. Only what is
 * safe without a tagger is taken: countries, demonyms, well-known places, seats of government, full names of people.
 */
#include <stdlib.h>
#include <string.h>

#include "sense_internal.h"

#define RUN_TOKENS_MAX 7u
#define TOWN_WEIGHT_MIN 40u /* inhabitants from 100,000 */

typedef struct {
  wm_resolver_t *r;
  wm_text_points_t points;
  uint64_t hash; /* of the name found last */
  unsigned field;
  wm_str_t text;
} scan_t;

static bool joins(const scan_t *s, const wm_token_t *t) {
  size_t len = t->end - t->start;
  const char *w = s->text.s + t->start;
  return (len == 2 && (memcmp(w, "of", 2) == 0 || memcmp(w, "al", 2) == 0 || memcmp(w, "de", 2) == 0)) ||
         (len == 3 && (memcmp(w, "and", 3) == 0 || memcmp(w, "the", 3) == 0)) || (len == 1 && (*w == '-' || *w == '&'));
}

static bool capital(const wm_token_t *t) {
  return t->flags & WM_TOKEN_CAPITAL;
}

static bool worth(const wm_sense_t *s, uint32_t words, bool caps) {
  if ((s->flags & WM_SENSE_POSTAL) || ((s->flags & WM_SENSE_CAPS) && !caps)) return false;
  switch (s->kind) {
    case WM_SENSE_NOTHING:
    case WM_SENSE_COUNTRY:
    case WM_SENSE_DEMONYM:
      return true;
    case WM_SENSE_AREA:
      return s->weight >= 50;
    case WM_SENSE_PLACE:
      return !(s->flags & WM_SENSE_ALT) && (s->weight >= TOWN_WEIGHT_MIN || (s->flags & WM_SENSE_SEAT));
    case WM_SENSE_METONYM:
    case WM_SENSE_PERSON:
    case WM_SENSE_PARTY:
    case WM_SENSE_ARMED:
    case WM_SENSE_SCHOOL:
      return words > 1 || (s->kind == WM_SENSE_METONYM && caps);
    default:
      return false;
  }
}

static bool given_name(const scan_t *s, const wm_token_t *t) {
  wm_key_t key;
  wm_sense_t sense;
  if (!wm_key_make(s->text.s + t->start, t->end - t->start, &key)) return false;
  const uint32_t *p = wm_gazetteer_find(s->r->g, wm_key_hash(key.text, key.len));
  for (; wm_gazetteer_sense(s->r->g, p, &sense); p = wm_gazetteer_next(p))
    if (sense.kind == WM_SENSE_GIVEN) return true;
  return false;
}

typedef enum { OPEN, NO_TOWN, NO_PLACE } shield_t;

/* Whether one word between others with capitals may be part of a person's name: "Michael Jordan", "Chad Miller", "Ms Florence". */
static shield_t shield(const scan_t *s, const wm_token_t *t, size_t i, size_t end) {
  if (end - i != 1) return OPEN;
  bool start = t[i].flags & WM_TOKEN_SENTENCE;
  bool before = i > 0 && !start && capital(&t[i - 1]) && (t[i - 1].flags & WM_TOKEN_WORD);
  bool after = end < s->r->tokens.count && capital(&t[end]) && !(t[end].flags & WM_TOKEN_SENTENCE);
  if (before && given_name(s, &t[i - 1])) return NO_PLACE;
  if (after && given_name(s, &t[i])) return NO_PLACE;
  return after || (before && !(t[i - 1].flags & WM_TOKEN_SENTENCE)) ? NO_TOWN : OPEN;
}

/* True if the senses are worth an item. */
static bool known(const scan_t *s, const uint32_t *senses, uint32_t words, bool caps, shield_t shielded) {
  wm_sense_t sense;
  for (const uint32_t *p = senses; wm_gazetteer_sense(s->r->g, p, &sense); p = wm_gazetteer_next(p)) {
    if (shielded && (sense.kind == WM_SENSE_PLACE || sense.kind == WM_SENSE_AREA)) continue;
    if (shielded == NO_PLACE && sense.kind == WM_SENSE_COUNTRY) continue;
    if (worth(&sense, words, caps)) return true;
  }
  return false;
}

/* An earlier item of the same name, or a new one. */
static wm_item_t *item_of(const scan_t *s, wm_str_t name, wm_err_t *rc, wm_error_t *err) {
  wm_resolver_t *r = s->r;
  uint64_t hash = s->hash ^ (wm_sense_caps(name.s, name.len) ? 1u : 0u);
  size_t i = (size_t)hash & (WM_RESOLVER_MERGE_SLOTS - 1);
  for (; r->merge[i].item; i = (i + 1) & (WM_RESOLVER_MERGE_SLOTS - 1))
    if (r->merge[i].hash == hash) return &r->items[r->merge[i].item - 1];
  wm_item_t *item = wm_resolver_item(r, rc, err);
  if (!item) return NULL;
  item->type = WM_ITEM_NAME;
  item->name = item->shown = name;
  if (r->n_items <= WM_RESOLVER_MERGE_SLOTS / 2) {
    r->merge[i].hash = hash;
    r->merge[i].item = (uint32_t)r->n_items;
  }
  return item;
}

static wm_err_t add(scan_t *s, size_t start, size_t end, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  wm_item_t *item = item_of(s, (wm_str_t){s->text.s + start, end - start}, &rc, err);
  if (!item) return rc;
  wm_mention_t m = {.start = (uint32_t)wm_text_points_at(&s->points, start),
                    .end = (uint32_t)wm_text_points_at(&s->points, end),
                    .field = (uint8_t)s->field};
  wm_resolver_mention(s->r, item, &m, &rc, err);
  return rc;
}

/* The longest known name that begins at token i; returns the token after it, or i. */
static size_t longest(scan_t *s, size_t i) {
  const wm_token_t *t = s->r->tokens.tokens;
  size_t end = i + 1, count = s->r->tokens.count;
  while (end < count && end - i < RUN_TOKENS_MAX && !(t[end].flags & (WM_TOKEN_SENTENCE | WM_TOKEN_NEWLINE)) &&
         (capital(&t[end]) || joins(s, &t[end])))
    end++;
  for (; end > i; end--) {
    if (!capital(&t[end - 1])) continue;
    wm_key_t key;
    const char *from = s->text.s + t[i].start;
    size_t len = t[end - 1].end - t[i].start;
    if (!wm_key_make(from, len, &key)) continue;
    s->hash = wm_key_hash(key.text, key.len);
    if (wm_policy_find(s->r->policy, s->hash)) return end;
    const uint32_t *senses = wm_gazetteer_find(s->r->g, s->hash);
    if (senses && known(s, senses, key.n_words, wm_sense_caps(from, len), shield(s, t, i, end))) return end;
  }
  return i;
}

static wm_err_t scan_field(wm_resolver_t *r, unsigned field, wm_error_t *err) {
  scan_t s = {.r = r, .field = field, .text = r->text[field]};
  wm_text_points_init(&s.points, s.text.s, s.text.len);
  wm_err_t rc = wm_text_tokenize(s.text.s, s.text.len, &r->tokens, err);
  for (size_t i = 0; i < r->tokens.count && rc == WM_OK;) {
    const wm_token_t *t = &r->tokens.tokens[i];
    size_t end = capital(t) && (t->flags & WM_TOKEN_WORD) ? longest(&s, i) : i;
    if (end > i) rc = add(&s, t->start, r->tokens.tokens[end - 1].end, err);
    i = end > i ? end : i + 1;
  }
  return rc;
}

wm_err_t wm_resolver_scan(wm_resolver_t *r, wm_error_t *err) {
  if (!r->merge) r->merge = malloc(WM_RESOLVER_MERGE_SLOTS * sizeof *r->merge);
  if (!r->merge) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  memset(r->merge, 0, WM_RESOLVER_MERGE_SLOTS * sizeof *r->merge);
  wm_err_t rc = scan_field(r, WM_FIELD_HEADLINE, err);
  return rc == WM_OK ? scan_field(r, WM_FIELD_BODY, err) : rc;
}
