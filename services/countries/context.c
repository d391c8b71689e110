/*
 * What stands around a place name: "Paris, Texas", "Springfield, Ill.", "Hyderabad (Pakistan)", and seen from the other side
 * "Atlanta, Georgia".
 */
#include <string.h>

#include "resolver_internal.h"

#define CONTAINER_WORDS_MAX 5
#define CONTAINER_BYTES_MAX 64
#define LEADING_WORDS_MAX 5

static bool continues(char c) {
  return ((unsigned char)c & 0xC0u) == 0x80u;
}

static void set_checkpoints(wm_checkpoints_t *c, wm_str_t text) {
  uint32_t point = 0;
  size_t i = 0;
  c->stride = 32;
  while (c->stride < text.len / (WM_CHECKPOINTS_MAX - 1)) c->stride *= 2;
  c->count = 0;
  while (i < text.len) {
    uint64_t eight = UINT64_C(0x80);
    if (i + 8 <= text.len) memcpy(&eight, text.s + i, sizeof eight);
    uint32_t to_next = (c->stride - (point & (c->stride - 1))) & (c->stride - 1);
    if (!(eight & UINT64_C(0x8080808080808080))) { /* eight bytes of ASCII */
      if (to_next < 8 && c->count < WM_CHECKPOINTS_MAX) c->bytes[c->count++] = (uint32_t)i + to_next;
      point += 8;
      i += 8;
      continue;
    }
    if (!continues(text.s[i])) {
      if (to_next == 0 && c->count < WM_CHECKPOINTS_MAX) c->bytes[c->count++] = (uint32_t)i;
      point++;
    }
    i++;
  }
}

size_t wm_resolver_byte(wm_resolver_t *r, unsigned field, uint32_t point) {
  wm_str_t text = r->text[field];
  if (r->ascii[field]) return point < text.len ? point : text.len;
  wm_checkpoints_t *c = &r->checkpoints[field];
  if (c->stride == 0) set_checkpoints(c, text);
  uint32_t at = point / c->stride, left = point & (c->stride - 1);
  if (at >= c->count) return text.len;
  size_t i = c->bytes[at];
  for (; left > 0 && i < text.len; left--) {
    i++;
    while (i < text.len && continues(text.s[i])) i++;
  }
  return i;
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

static const uint32_t *look_up(wm_resolver_t *r, const char *key, size_t len, uint8_t *country) {
  uint64_t hash = wm_key_hash(key, len);
  const wm_policy_rule_t *rule = wm_policy_find(r->policy, hash);
  if (rule && rule->n == 1) *country = rule->countries[0];
  const uint32_t *senses = wm_gazetteer_find(r->g, hash);
  return senses && speaks_of_place(r->g, senses) ? senses : NULL;
}

/* The name that begins at s[0], as long as the gazetteer knows one. */
static void name_after(wm_resolver_t *r, const char *s, size_t len, wm_around_t *out) {
  size_t ends[CONTAINER_WORDS_MAX], n = words_of(s, len, ends);
  wm_key_t key;
  if (n == 0 || !wm_key_make(s, ends[n - 1], &key)) return;
  for (uint32_t k = key.n_words; k > 0; k--) {
    out->after_country = WM_NO_COUNTRY;
    out->after = look_up(r, key.text, key.ends[k - 1], &out->after_country);
    out->caps = k == 1 && all_caps(s, ends[0]);
    if (out->after || out->after_country != WM_NO_COUNTRY) return;
  }
}

/* The name that ends at s[len], as long as the gazetteer knows one. */
static void name_before(wm_resolver_t *r, const char *s, size_t len, wm_around_t *out) {
  size_t start = len, i = len, least = len > CONTAINER_BYTES_MAX ? len - CONTAINER_BYTES_MAX : 0;
  wm_key_t key;
  uint8_t country = WM_NO_COUNTRY;
  for (size_t n = 0; n < CONTAINER_WORDS_MAX; n++) {
    while (i > least && in_word((unsigned char)s[i - 1])) i--;
    if (i == start || !begins_name(s + i, len - i)) break;
    start = i;
    if (i <= least || s[i - 1] != ' ') break;
    i--;
  }
  if (start == len || !wm_key_make(s + start, len - start, &key)) return;
  for (uint32_t k = 0; k < key.n_words && !out->before; k++)
    out->before = look_up(r, key.text + key.starts[k], key.len - key.starts[k], &country);
}

/* Where the name of a place that this one lies in would begin: behind ", ", " (" or " in "; 0 if nowhere. */
static size_t container_at(const char *s, size_t len) {
  if (len > 2 && ((s[0] == ',' && s[1] == ' ') || (s[0] == ' ' && s[1] == '('))) return 2;
  return len > 4 && memcmp(s, " in ", 4) == 0 ? 4 : 0;
}

void wm_resolver_around(wm_resolver_t *r, const wm_mention_t *m, bool before, wm_around_t *out) {
  *out = (wm_around_t){.after_country = WM_NO_COUNTRY};
  wm_str_t text = r->text[m->field];
  size_t start = wm_resolver_byte(r, m->field, m->start), end = wm_resolver_byte(r, m->field, m->end);
  size_t from = container_at(text.s + end, text.len - end);
  if (from > 0) {
    from += end;
    from += pass_over(text.s + from, text.len - from);
    name_after(r, text.s + from, text.len - from, out);
  }
  if (before && start > 2 && text.s[start - 1] == ' ' && text.s[start - 2] == ',')
    name_before(r, text.s, start - 2, out);
}

void wm_resolver_name_at(wm_resolver_t *r, const char *s, size_t len, wm_around_t *out) {
  *out = (wm_around_t){.after_country = WM_NO_COUNTRY};
  name_after(r, s, len, out);
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
  return wm_place_class(out) == WM_PLACE_DIVISION1 && wm_place_class(in) != WM_PLACE_DIVISION1 ? SAYS_DIVISION
                                                                                               : SAYS_NEAR;
}

void wm_around_says(const wm_gazetteer_t *g, const wm_around_t *a, const wm_sense_t *sense, bool says[WM_SAYS]) {
  wm_sense_t other;
  memset(says, 0, WM_SAYS * sizeof *says);
  if (a->after_country != WM_NO_COUNTRY && a->after_country == sense->country && !a->country) says[SAYS_COUNTRY] = true;
  for (const uint32_t *p = a->after; wm_gazetteer_sense(g, p, &other); p = wm_gazetteer_next(p)) {
    if ((other.flags & WM_SENSE_CAPS) && !a->caps) continue;
    if (a->country && other.kind == WM_SENSE_COUNTRY) continue; /* "China, Japan": two of a list */
    int how = lies_in(g, sense, &other);
    if (how < WM_SAYS) says[how] = true;
  }
  for (const uint32_t *p = a->before; wm_gazetteer_sense(g, p, &other); p = wm_gazetteer_next(p)) {
    int how = lies_in(g, &other, sense);
    if (how == SAYS_COUNTRY || how == SAYS_DIVISION) says[SAYS_BEFORE] = true;
  }
}

bool wm_around_says_any(const wm_gazetteer_t *g, const wm_around_t *a, const wm_sense_t *sense) {
  bool says[WM_SAYS], any = false;
  wm_around_says(g, a, sense, says);
  for (unsigned k = 0; k < WM_SAYS; k++) any = any || says[k];
  return any;
}
