/*
 * Names in a text that no earlier stage has looked at: runs of words with capitals, the longest one that the gazetteer knows. Only what is
 * safe without a tagger is taken: countries, demonyms, well-known places, seats of government, full names of people.
 */
#include <stdlib.h>
#include <string.h>

#include "sense_internal.h"

#define RUN_TOKENS_MAX 7u
#define TABLE_WEIGHT 60u    /* of names of the hand-written tables */
#define TOWN_WEIGHT_MIN 40u /* inhabitants from 100,000 */

typedef struct {
  wm_resolver_t *r;
  wm_text_points_t points;
  uint64_t hash; /* of the name found last */
  bool shouting; /* the text has no small letters */
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

/* "d'Ivoire" ends a name, though it does not begin with a capital. */
static bool capital_within(const scan_t *s, const wm_token_t *t) {
  const char *w = s->text.s + t->start;
  size_t len = t->end - t->start;
  if (len > 2 && w[1] == '\'') return w[2] >= 'A' && w[2] <= 'Z';
  return len > 4 && memcmp(w + 1, "\xE2\x80\x99", 3) == 0 && w[4] >= 'A' && w[4] <= 'Z';
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
      return words > 1 || !(s->flags & WM_SENSE_ALT);
    case WM_SENSE_ARMED:
      return words > 1 || s->weight >= TABLE_WEIGHT;
    case WM_SENSE_PERSON:
    case WM_SENSE_PARTY:
    case WM_SENSE_SCHOOL:
    case WM_SENSE_MEDIA:
    case WM_SENSE_COMPANY:
      return words > 1;
    case WM_SENSE_LEARNED:
      return words > 1 && s->weight >= 50;
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

/* In a text without small letters "US" may be a pronoun: it counts at the beginning, after "THE", and after a stop. */
static bool set_apart(const scan_t *s, const wm_token_t *t, size_t i) {
  if (i == 0 || !(t[i - 1].flags & WM_TOKEN_WORD)) return true;
  return t[i - 1].end - t[i - 1].start == 3 && memcmp(s->text.s + t[i - 1].start, "THE", 3) == 0;
}

/* The longest known name that begins at token i; returns the token after it, or i. */
static size_t longest(scan_t *s, size_t i) {
  const wm_token_t *t = s->r->tokens.tokens;
  size_t end = i + 1, count = s->r->tokens.count;
  while (end < count && end - i < RUN_TOKENS_MAX && !(t[end].flags & (WM_TOKEN_SENTENCE | WM_TOKEN_NEWLINE)) &&
         (capital(&t[end]) || joins(s, &t[end]) || capital_within(s, &t[end])))
    end++;
  for (; end > i; end--) {
    if (!capital(&t[end - 1]) && !capital_within(s, &t[end - 1])) continue;
    wm_key_t key;
    const char *from = s->text.s + t[i].start;
    size_t len = t[end - 1].end - t[i].start;
    if (!wm_key_make(from, len, &key)) continue;
    s->hash = wm_key_hash(key.text, key.len);
    if (wm_policy_find(s->r->policy, s->hash)) return end;
    const uint32_t *senses = wm_gazetteer_find(s->r->g, s->hash);
    bool caps = wm_sense_caps(from, len) && (!s->shouting || set_apart(s, t, i));
    if (senses && known(s, senses, key.n_words, caps, shield(s, t, i, end))) return end;
  }
  return i;
}

static bool all_capitals(wm_str_t text) {
  for (size_t i = 0; i < text.len; i++)
    if (text.s[i] >= 'a' && text.s[i] <= 'z') return false;
  return true;
}

static wm_err_t scan_field(wm_resolver_t *r, unsigned field, wm_error_t *err) {
  scan_t s = {.r = r, .field = field, .text = r->text[field]};
  s.shouting = all_capitals(s.text);
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
