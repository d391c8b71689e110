/*
 * What stands around a place name: "Paris, Texas", "Springfield, Ill.", "Hyderabad (Pakistan)", and seen from the other side
 * "Atlanta, Georgia".
 */
#include <string.h>

#include "resolver_internal.h"

#define CONTAINER_WORDS_MAX 5
#define CONTAINER_BYTES_MAX 64
#define SAYS_COUNTRY 9.0F
#define SAYS_DIVISION 10.0F
#define SAYS_NEAR 5.0F

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

void wm_resolver_around(wm_resolver_t *r, const wm_mention_t *m, wm_around_t *out) {
  *out = (wm_around_t){NULL, NULL, WM_NO_COUNTRY, false};
  wm_str_t text = r->text[m->field];
  size_t start = wm_resolver_byte(r, m->field, m->start), end = wm_resolver_byte(r, m->field, m->end);
  if (end + 2 < text.len && text.s[end + 1] == ' ' && text.s[end] == ',')
    name_after(r, text.s + end + 2, text.len - end - 2, out);
  else if (end + 2 < text.len && text.s[end] == ' ' && text.s[end + 1] == '(')
    name_after(r, text.s + end + 2, text.len - end - 2, out);
  if (start > 2 && text.s[start - 1] == ' ' && text.s[start - 2] == ',') name_before(r, text.s, start - 2, out);
}

/* How well `inner` lies in `outer`. */
static float lies_in(const wm_gazetteer_t *g, const wm_sense_t *inner, const wm_sense_t *outer) {
  if (inner->country != outer->country || inner->country == WM_NO_COUNTRY) return 0;
  if (outer->kind == WM_SENSE_COUNTRY) return SAYS_COUNTRY;
  if (outer->kind == WM_SENSE_AREA) return SAYS_NEAR;
  if (outer->kind != WM_SENSE_PLACE || inner->kind != WM_SENSE_PLACE) return 0;
  const wm_place_t *in = wm_gazetteer_place(g, inner->ref), *out = wm_gazetteer_place(g, outer->ref);
  if (in->division == WM_NO_DIVISION || in->division != out->division || inner->ref == outer->ref) return 0;
  return (out->cls & 0x7Fu) == WM_PLACE_DIVISION1 && (in->cls & 0x7Fu) != WM_PLACE_DIVISION1 ? SAYS_DIVISION
                                                                                             : SAYS_NEAR;
}

float wm_around_score(const wm_gazetteer_t *g, const wm_around_t *a, const wm_sense_t *sense) {
  float best = a->after_country != WM_NO_COUNTRY && a->after_country == sense->country ? SAYS_COUNTRY : 0;
  wm_sense_t other;
  for (const uint32_t *p = a->after; wm_gazetteer_sense(g, p, &other); p = wm_gazetteer_next(p)) {
    if ((other.flags & WM_SENSE_CAPS) && !a->caps) continue;
    float says = lies_in(g, sense, &other);
    if (says > best) best = says;
  }
  for (const uint32_t *p = a->before; wm_gazetteer_sense(g, p, &other); p = wm_gazetteer_next(p)) {
    float says = lies_in(g, &other, sense);
    if (says > best) best = says;
  }
  return best;
}
