/*
 * Countries and places inside longer names: "Iranian Foreign Ministry", "University of North Carolina", "Port of Odessa". The longest
 * known part first; a country before a place; what is shielded ("Latin American", "Bank of America" in the tables) gives nothing.
 */
#include <string.h>

#include "sense_internal.h"

#define PART_WORDS_MAX 4u

/* True if the part of the name that the key's words [from, to) come from is in capital letters. */
static bool part_caps(wm_str_t name, const char *part, size_t len) {
  for (size_t i = 0; i < name.len;) {
    while (i < name.len && (name.s[i] == ' ' || name.s[i] == '-')) i++;
    size_t start = i, letters = 0;
    bool same = true;
    while (i < name.len && name.s[i] != ' ' && name.s[i] != '-') {
      char c = name.s[i++];
      if (c == '.' || c == ',' || c == '(' || c == ')') continue;
      if (c < 'A' || c > 'Z' || letters >= len || part[letters] != c - 'A' + 'a') same = false;
      letters++;
    }
    if (same && letters == len && i > start) return true;
  }
  return false;
}

typedef struct {
  const uint32_t *country, *place; /* senses of the first part of each sort */
  wm_policy_rule_t rule;           /* countries found, by name or rule */
  bool ruled;
} found_t;

static void add_country(found_t *f, uint8_t country) {
  for (unsigned i = 0; i < f->rule.n; i++)
    if (f->rule.countries[i] == country) return;
  if (f->rule.n < WM_POLICY_CODES_MAX) f->rule.countries[f->rule.n++] = country;
  f->ruled = true;
}

/* One part of the name; true if it is known, so that its words are used up. */
static bool take_part(wm_resolver_t *r, const wm_item_t *item, const char *part, size_t len, found_t *f) {
  uint64_t hash = wm_key_hash(part, len);
  const wm_policy_rule_t *rule = wm_policy_find(r->policy, hash);
  if (rule) {
    for (unsigned i = 0; i < rule->n; i++) add_country(f, rule->countries[i]);
    return true;
  }
  const uint32_t *senses = wm_gazetteer_telling(r->g, hash) ? wm_gazetteer_find(r->g, hash) : NULL;
  wm_sense_t s;
  bool known = false;
  for (const uint32_t *p = senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (s.flags & WM_SENSE_POSTAL) continue;
    if ((s.flags & WM_SENSE_CAPS) && !part_caps(item->name, part, len)) continue;
    switch (s.kind) {
      case WM_SENSE_NOTHING:
        return true;
      case WM_SENSE_COUNTRY:
      case WM_SENSE_DEMONYM:
        if (!f->country) f->country = senses;
        add_country(f, s.country);
        return true;
      case WM_SENSE_AREA:
      case WM_SENSE_PLACE:
        if (s.kind == WM_SENSE_PLACE && s.weight < WM_TELLING_TOWN && !(s.flags & WM_SENSE_SEAT)) break;
        if (s.kind == WM_SENSE_AREA && s.weight < WM_TELLING_AREA) break;
        if (!f->place) f->place = senses;
        known = true;
        break;
      default:
        break;
    }
  }
  return known;
}

/* Whether a country's name is a town's elsewhere too. */
static bool town_too(const wm_resolver_t *r, const uint32_t *senses) {
  wm_sense_t s;
  uint8_t country = WM_NO_COUNTRY;
  for (const uint32_t *p = senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (s.kind == WM_SENSE_COUNTRY && country == WM_NO_COUNTRY) country = s.country;
    if (s.kind == WM_SENSE_PLACE && country != WM_NO_COUNTRY && s.country != country) return true;
  }
  return false;
}

void wm_inner_look_up(wm_resolver_t *r, wm_item_t *item, const wm_key_t *name) {
  found_t f = {NULL, NULL, {0, 0, {0}}, false};
  if (name->n_words < 2) return;
  for (uint32_t i = 0; i < name->n_words;) {
    uint32_t n = name->n_words - i < PART_WORDS_MAX ? name->n_words - i : PART_WORDS_MAX;
    for (; n > 0; n--) {
      size_t start = name->starts[i], len = name->ends[i + n - 1] - start;
      if (n == name->n_words || len < 2) continue;
      if (take_part(r, item, name->text + start, len, &f)) break;
    }
    i += n ? n : 1;
  }
  if (f.ruled && f.rule.n == 1 && town_too(r, f.country)) { /* "Mexico Bulldogs": of Mexico in Missouri, perhaps */
    item->senses = f.country;
    item->by_inner = item->inner_country = true;
  } else if (f.ruled) {
    item->n_countries = f.rule.n;
    memcpy(item->countries, f.rule.countries, f.rule.n);
    item->by = WM_BY_INNER_COUNTRY;
    item->by_inner = true;
    item->confidence = 0.9F;
    item->settled = true;
  } else if (f.place) {
    item->senses = f.place;
    item->by_inner = true;
  }
}
