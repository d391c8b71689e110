/*
 * What stands around a place name: "Paris, Texas", "Springfield, Ill.", "Hyderabad (Pakistan)", and seen from the other side
 * "Atlanta, Georgia".
 */
#include <string.h>

#include "resolver_internal.h"

#define CONTAINER_WORDS_MAX 5
#define CONTAINER_BYTES_MAX 64
#define LEADING_WORDS_MAX 5

size_t wm_resolver_byte(wm_resolver_t *r, unsigned field, uint32_t point) {
  size_t len = r->text[field].len;
  if (r->ascii[field]) return point < len ? point : len;
  wm_text_points_t *c = &r->cursor[field];
  if (c->point > point) wm_text_points_init(c, r->text[field].s, len);
  while (c->point < point && c->byte < len) {
    c->byte++;
    while (c->byte < len && ((unsigned char)c->s[c->byte] & 0xC0u) == 0x80u) c->byte++;
    c->point++;
  }
  return c->byte;
}

static bool begins_name(const char *s, size_t len) {
  return len > 0 && ((s[0] >= 'A' && s[0] <= 'Z') || (unsigned char)s[0] >= 0xC3);
}

static bool in_word(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80 || c == '.' || c == '\'' || c == '-';
}

static bool joins(const char *s, size_t len) {
  static const char *const words[] = {"of", "and", "the", "de", "da", "do", "del", "la", "al"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0) return true;
  return false;
}

/* What may stand between a comma and the place that a place lies in: "Victoria, capital of the Seychelles". */
static bool leads_on(const char *s, size_t len) {
  static const char *const words[] = {"a",        "an",       "the",     "capital", "in",       "of",
                                      "city",     "town",     "port",    "near",    "province", "state",
                                      "northern", "southern", "eastern", "western", "central",  "village",
                                      "district", "region",   "north",   "south",   "east",     "west"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0) return true;
  return false;
}

/* Offset of the first word that leads_on() does not know; at most LEADING_WORDS_MAX are passed over. */
static size_t pass_over(const char *s, size_t len) {
  size_t i = 0;
  for (unsigned n = 0; n < LEADING_WORDS_MAX; n++) {
    size_t j = i;
    while (j < len && s[j] >= 'a' && s[j] <= 'z') j++;
    if (j == i || j >= len || s[j] != ' ' || !leads_on(s + i, j - i)) break;
    i = j + 1;
  }
  return i;
}

static bool all_caps(const char *s, size_t len) {
  size_t letters = 0;
  for (size_t i = 0; i < len; i++) {
    if (s[i] >= 'a' && s[i] <= 'z') return false;
    if (s[i] >= 'A' && s[i] <= 'Z') letters++;
  }
  return letters > 1;
}

/* Ends of the words of a name that begins at s[0]; returns how many. */
static size_t words_of(const char *s, size_t len, size_t ends[CONTAINER_WORDS_MAX]) {
  size_t n = 0, i = 0;
  if (len > CONTAINER_BYTES_MAX) len = CONTAINER_BYTES_MAX;
  while (n < CONTAINER_WORDS_MAX && i < len) {
    size_t start = i;
    while (i < len && in_word((unsigned char)s[i])) i++;
    if (i == start || (!begins_name(s + start, i - start) && !joins(s + start, i - start))) break;
    ends[n++] = i;
    if (i >= len || s[i] != ' ') break;
    i++;
  }
  return n;
}

static bool speaks_of_place(const wm_gazetteer_t *g, const uint32_t *senses) {
  wm_sense_t s;
  for (const uint32_t *p = senses; wm_gazetteer_sense(g, p, &s); p = wm_gazetteer_next(p))
    if (s.kind == WM_SENSE_COUNTRY || s.kind == WM_SENSE_PLACE || s.kind == WM_SENSE_AREA) return true;
  return false;
}

static const uint32_t *look_up(wm_resolver_t *r, const char *s, size_t len, uint8_t *country) {
  wm_key_t key;
  if (!wm_key_make(s, len, &key)) return NULL;
  uint64_t hash = wm_key_hash(key.text, key.len);
  const wm_policy_rule_t *rule = wm_policy_find(r->policy, hash);
  if (rule && rule->n == 1 && country) *country = rule->countries[0];
  const uint32_t *senses = wm_gazetteer_find(r->g, hash);
  return senses && speaks_of_place(r->g, senses) ? senses : NULL;
}

/* The name that begins at s[0], as long as the gazetteer knows one. */
static void name_after(wm_resolver_t *r, const char *s, size_t len, wm_around_t *out) {
  size_t ends[CONTAINER_WORDS_MAX];
  for (size_t n = words_of(s, len, ends); n > 0; n--) {
    size_t end = ends[n - 1];
    out->after_country = WM_NO_COUNTRY;
    out->after = look_up(r, s, end, &out->after_country);
    if (!out->after && s[end - 1] == '.') out->after = look_up(r, s, end - 1, &out->after_country);
    out->caps = all_caps(s, end);
    if (out->after || out->after_country != WM_NO_COUNTRY) return;
  }
}

/* The name that ends at s[len], as long as the gazetteer knows one. */
static void name_before(wm_resolver_t *r, const char *s, size_t len, wm_around_t *out) {
  size_t starts[CONTAINER_WORDS_MAX], n = 0, i = len;
  size_t least = len > CONTAINER_BYTES_MAX ? len - CONTAINER_BYTES_MAX : 0;
  while (n < CONTAINER_WORDS_MAX) {
    while (i > least && in_word((unsigned char)s[i - 1])) i--;
    if (n > 0 ? i == starts[n - 1] : i == len) break;
    if (!begins_name(s + i, len - i)) break;
    starts[n++] = i;
    if (i <= least || s[i - 1] != ' ') break;
    i--;
  }
  for (; n > 0 && !out->before; n--) out->before = look_up(r, s + starts[n - 1], len - starts[n - 1], NULL);
}

/* Where the name of a place that this one lies in would begin: behind ", ", " (" or " in "; 0 if nowhere. */
static size_t container_at(const char *s, size_t len) {
  if (len > 2 && ((s[0] == ',' && s[1] == ' ') || (s[0] == ' ' && s[1] == '('))) return 2;
  return len > 4 && memcmp(s, " in ", 4) == 0 ? 4 : 0;
}

void wm_resolver_around(wm_resolver_t *r, const wm_mention_t *m, wm_around_t *out) {
  *out = (wm_around_t){.after_country = WM_NO_COUNTRY};
  wm_str_t text = r->text[m->field];
  size_t start = wm_resolver_byte(r, m->field, m->start), end = wm_resolver_byte(r, m->field, m->end);
  size_t from = container_at(text.s + end, text.len - end);
  if (from > 0) {
    from += end;
    from += pass_over(text.s + from, text.len - from);
    name_after(r, text.s + from, text.len - from, out);
  }
  if (start > 2 && text.s[start - 1] == ' ' && text.s[start - 2] == ',') name_before(r, text.s, start - 2, out);
}

size_t wm_resolver_wider(wm_resolver_t *r, const wm_mention_t *m, bool left, char out[WM_WIDER_BYTES_MAX]) {
  wm_str_t text = r->text[m->field];
  size_t start = wm_resolver_byte(r, m->field, m->start), end = wm_resolver_byte(r, m->field, m->end);
  if (left) {
    if (start < 2 || (text.s[start - 1] != ' ' && text.s[start - 1] != '-')) return 0;
    size_t i = start - 1;
    while (i > 0 && in_word((unsigned char)text.s[i - 1])) i--;
    if (!begins_name(text.s + i, start - i)) return 0;
    start = i;
  } else {
    if (end + 2 > text.len || (text.s[end] != ' ' && text.s[end] != '-')) return 0;
    size_t i = end + 1;
    while (i < text.len && in_word((unsigned char)text.s[i])) i++;
    if (!begins_name(text.s + end + 1, i - end - 1)) return 0;
    end = i;
    if (text.s[end - 1] == '.') end--;
  }
  if (end - start > WM_WIDER_BYTES_MAX) return 0;
  memcpy(out, text.s + start, end - start);
  return end - start;
}

enum { SAYS_COUNTRY, SAYS_DIVISION, SAYS_NEAR, SAYS_BEFORE };

/* How `inner` lies in `outer`, or WM_SAYS if it does not. */
static int lies_in(const wm_gazetteer_t *g, const wm_sense_t *inner, const wm_sense_t *outer) {
  if (inner->country != outer->country || inner->country == WM_NO_COUNTRY) return WM_SAYS;
  if (outer->kind == WM_SENSE_COUNTRY) return SAYS_COUNTRY;
  if (outer->kind == WM_SENSE_AREA) return SAYS_NEAR;
  if (outer->kind != WM_SENSE_PLACE || inner->kind != WM_SENSE_PLACE || inner->ref == outer->ref) return WM_SAYS;
  const wm_place_t *in = wm_gazetteer_place(g, inner->ref), *out = wm_gazetteer_place(g, outer->ref);
  if (in->division == WM_NO_DIVISION || in->division != out->division) return WM_SAYS;
  return (out->cls & 0x7Fu) == WM_PLACE_DIVISION1 && (in->cls & 0x7Fu) != WM_PLACE_DIVISION1 ? SAYS_DIVISION
                                                                                             : SAYS_NEAR;
}

void wm_around_says(const wm_gazetteer_t *g, const wm_around_t *a, const wm_sense_t *sense, float says[WM_SAYS]) {
  wm_sense_t other;
  memset(says, 0, WM_SAYS * sizeof *says);
  if (a->after_country != WM_NO_COUNTRY && a->after_country == sense->country && !a->country) says[SAYS_COUNTRY] = 1.0F;
  for (const uint32_t *p = a->after; wm_gazetteer_sense(g, p, &other); p = wm_gazetteer_next(p)) {
    if ((other.flags & WM_SENSE_CAPS) && !a->caps) continue;
    if (a->country && other.kind == WM_SENSE_COUNTRY) continue; /* "China, Japan": two of a list */
    int how = lies_in(g, sense, &other);
    if (how < WM_SAYS) says[how] = 1.0F;
  }
  for (const uint32_t *p = a->before; wm_gazetteer_sense(g, p, &other); p = wm_gazetteer_next(p)) {
    int how = lies_in(g, &other, sense);
    if (how == SAYS_COUNTRY || how == SAYS_DIVISION) says[SAYS_BEFORE] = 1.0F;
  }
}
