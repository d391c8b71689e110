/*
 * What each item stands for: looked up by key, then decided between the senses by how heavy each one is by itself, what stands around the
 * mentions, and which countries and divisions the rest of the article speaks of. One sense an item, in two rounds: what is clear first, what
 * leans on it second.
 */
#include <math.h>
#include <string.h>

#include "resolver_internal.h"
#include "sense_internal.h"

#define MENTIONS_LOOKED_AT 6u
#define ROUNDS 2

#define BIT(kind) (1u << (kind))
#define BODIES \
  (BIT(WM_SENSE_PARTY) | BIT(WM_SENSE_ARMED) | BIT(WM_SENSE_COMPANY) | BIT(WM_SENSE_SCHOOL) | BIT(WM_SENSE_CLUB))
#define PLACES (BIT(WM_SENSE_COUNTRY) | BIT(WM_SENSE_PLACE) | BIT(WM_SENSE_AREA))

static const unsigned k_allowed[WM_ITEM_TYPES] = {
    [WM_ITEM_PERSON] = BIT(WM_SENSE_PERSON) | BIT(WM_SENSE_SURNAME) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_ORGANISATION] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_METONYM) | BODIES | PLACES | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_PLACE] = BIT(WM_SENSE_NOTHING) | PLACES | BIT(WM_SENSE_METONYM) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_GROUP] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_DEMONYM) | BIT(WM_SENSE_COUNTRY) | BIT(WM_SENSE_METONYM) |
                      BIT(WM_SENSE_PARTY) | BIT(WM_SENSE_ARMED) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_EVENT] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_METONYM) | BIT(WM_SENSE_AREA) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_WORK] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_METONYM) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_NAME] = BIT(WM_SENSE_NOTHING) | PLACES | BIT(WM_SENSE_DEMONYM) | BIT(WM_SENSE_METONYM) |
                     BIT(WM_SENSE_PERSON) | BIT(WM_SENSE_PARTY) | BIT(WM_SENSE_ARMED) | BIT(WM_SENSE_SCHOOL) |
                     BIT(WM_SENSE_LEARNED)};

static const wm_by_t k_by[WM_SENSE_KINDS] = {
    [WM_SENSE_COUNTRY] = WM_BY_COUNTRY, [WM_SENSE_DEMONYM] = WM_BY_DEMONYM, [WM_SENSE_PLACE] = WM_BY_PLACE,
    [WM_SENSE_AREA] = WM_BY_AREA,       [WM_SENSE_METONYM] = WM_BY_METONYM, [WM_SENSE_PERSON] = WM_BY_PERSON,
    [WM_SENSE_SURNAME] = WM_BY_PERSON,  [WM_SENSE_PARTY] = WM_BY_BODY,      [WM_SENSE_ARMED] = WM_BY_BODY,
    [WM_SENSE_COMPANY] = WM_BY_BODY,    [WM_SENSE_SCHOOL] = WM_BY_BODY,     [WM_SENSE_CLUB] = WM_BY_BODY,
    [WM_SENSE_LEARNED] = WM_BY_LEARNED};

/* How much one mention by each kind makes the article speak of a country. */
static const float k_mass[WM_BY_KINDS] = {
    [WM_BY_COUNTRY] = 1.0F, [WM_BY_DEMONYM] = 1.0F,       [WM_BY_PLACE] = 0.7F,      [WM_BY_AREA] = 0.7F,
    [WM_BY_METONYM] = 0.8F, [WM_BY_PERSON] = 0.4F,        [WM_BY_BODY] = 0.3F,       [WM_BY_LEARNED] = 0.4F,
    [WM_BY_ENTITY] = 0.3F,  [WM_BY_INNER_COUNTRY] = 0.7F, [WM_BY_INNER_PLACE] = 0.3F};

bool wm_sense_allowed(const wm_item_t *item, const wm_sense_t *s, bool caps) {
  unsigned allowed = item->by_inner ? BIT(WM_SENSE_PLACE) | BIT(WM_SENSE_AREA) : k_allowed[item->type];
  if (!(allowed & BIT(s->kind))) return false;
  if (s->flags & WM_SENSE_POSTAL) return false;
  return caps || !(s->flags & WM_SENSE_CAPS);
}

bool wm_sense_caps(const char *s, size_t len) {
  size_t letters = 0;
  for (size_t i = 0; i < len; i++) {
    if ((s[i] >= 'a' && s[i] <= 'z') || (unsigned char)s[i] >= 0x80) return false;
    if (s[i] >= 'A' && s[i] <= 'Z') letters++;
  }
  return letters > 1;
}

static bool any_allowed(const wm_resolver_t *r, const wm_item_t *item, const uint32_t *senses, bool caps) {
  wm_sense_t s;
  for (const uint32_t *p = senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p))
    if (wm_sense_allowed(item, &s, caps)) return true;
  return false;
}

static void settle_by_rule(wm_item_t *item, const wm_policy_rule_t *rule, wm_by_t by) {
  item->n_countries = rule->n;
  memcpy(item->countries, rule->countries, rule->n);
  item->by = by;
  item->confidence = rule->n > 1 ? 0.8F : 0.97F;
  item->settled = true;
}

/* Policy and gazetteer for one form of the name. */
static bool look_up_key(wm_resolver_t *r, wm_item_t *item, const char *key, size_t len, bool caps) {
  uint64_t hash = wm_key_hash(key, len);
  const wm_policy_rule_t *rule = item->type == WM_ITEM_PERSON ? NULL : wm_policy_find(r->policy, hash);
  if (rule) {
    settle_by_rule(item, rule, item->type == WM_ITEM_GROUP ? WM_BY_DEMONYM : WM_BY_COUNTRY);
    return true;
  }
  const uint32_t *senses = wm_gazetteer_find(r->g, hash);
  if (!senses || !any_allowed(r, item, senses, caps)) return false;
  item->senses = senses;
  item->caps = caps;
  return true;
}

static bool look_up_form(wm_resolver_t *r, wm_item_t *item, const char *s, size_t len) {
  wm_key_t key;
  if (!wm_key_make(s, len, &key)) return false;
  bool caps = wm_sense_caps(s, len);
  if (look_up_key(r, item, key.text, key.len, caps)) return true;
  if (item->type == WM_ITEM_GROUP && key.len > 4 && key.text[key.len - 1] == 's')
    return look_up_key(r, item, key.text, key.len - 1, caps);
  if (item->type != WM_ITEM_PLACE || key.n_words < 2) return false;
  static const char *const generic[] = {"province", "governorate", "district",  "county",     "state",
                                        "city",     "region",      "oblast",    "prefecture", "municipality",
                                        "town",     "island",      "department"};
  uint32_t last = key.n_words - 1;
  size_t n = key.ends[last] - key.starts[last];
  for (size_t i = 0; i < sizeof generic / sizeof *generic; i++)
    if (strlen(generic[i]) == n && memcmp(generic[i], key.text + key.starts[last], n) == 0)
      return look_up_key(r, item, key.text, key.ends[last - 1], caps);
  return false;
}

/* The forms that the entity was found in, its name first. */
static void look_up(wm_resolver_t *r, wm_item_t *item) {
  if (look_up_form(r, item, item->name.s, item->name.len)) return;
  if (item->json) {
    const json_t *mentions = json_object_get(item->json, "mentions");
    size_t n = json_array_size(mentions);
    wm_str_t last = item->name;
    for (size_t i = 0; i < n && i < MENTIONS_LOOKED_AT; i++) {
      const json_t *text = json_object_get(json_array_get(mentions, i), "text");
      if (!json_is_string(text)) continue;
      wm_str_t form = {json_string_value(text), json_string_length(text)};
      if (form.len == last.len && memcmp(form.s, last.s, last.len) == 0) continue;
      if (look_up_form(r, item, form.s, form.len)) return;
      last = form;
    }
  }
  if (item->type != WM_ITEM_PERSON) wm_inner_look_up(r, item);
}

void wm_sense_add_mass(wm_resolver_t *r, const wm_item_t *item, float sign) {
  uint32_t count = item->n_mentions ? item->n_mentions : 1;
  float w = sign * k_mass[item->by] * item->confidence * sqrtf((float)count);
  for (unsigned i = 0; i < item->n_countries; i++) r->mass[item->countries[i]] += w;
  if (item->place == UINT32_MAX) return;
  uint16_t d = wm_gazetteer_place(r->g, item->place)->division;
  if (d == WM_NO_DIVISION) return;
  if (!r->division_listed[d]) {
    r->division_listed[d] = true;
    r->divisions[r->n_divisions++] = d;
  }
  r->division_mass[d] += w;
}

float wm_sense_score(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s) {
  float score = 0;
  switch (s->kind) {
    case WM_SENSE_PLACE: {
      const wm_place_t *p = wm_gazetteer_place(r->g, s->ref);
      score = 1.5F * (float)s->weight / 8.0F;
      if (s->flags & WM_SENSE_SEAT) score += 2.0F;
      if ((p->cls & 0x7Fu) == WM_PLACE_DIVISION1) score += 1.0F;
      if (p->division != WM_NO_DIVISION && r->division_mass[p->division] > 0)
        score += 1.5F + 0.5F * log1pf(r->division_mass[p->division]);
      break;
    }
    case WM_SENSE_COUNTRY:
    case WM_SENSE_DEMONYM:
      score = 14.0F - (63.0F - (float)s->weight) * 0.3F;
      break;
    case WM_SENSE_METONYM:
    case WM_SENSE_AREA:
      score = 12.5F - (60.0F - (float)s->weight) * 0.25F;
      break;
    default:
      score = 6.0F + (float)s->weight / 8.0F;
      break;
  }
  if ((s->flags & WM_SENSE_ALT) && s->kind != WM_SENSE_COUNTRY && s->kind != WM_SENSE_DEMONYM) score -= 2.0F;
  if (item->type == WM_ITEM_ORGANISATION && s->kind == WM_SENSE_PLACE) score -= 3.0F;
  if (s->country != WM_NO_COUNTRY && r->mass[s->country] > 0.01F) {
    float present = 2.0F * log1pf(r->mass[s->country]) + 0.5F;
    score += present > 6.0F ? 6.0F : present;
  }
  return score;
}

typedef struct {
  float score[WM_COUNTRIES_MAX + 1]; /* best of each country; the last one: no country */
  uint8_t seen[WM_COUNTRIES_MAX + 1];
  uint8_t order[WM_COUNTRIES_MAX + 1];
  size_t n;
} tally_t;

static void tally(tally_t *t, uint8_t country, float score) {
  if (!t->seen[country]) {
    t->seen[country] = 1;
    t->order[t->n++] = country;
    t->score[country] = score;
  } else if (score > t->score[country]) {
    t->score[country] = score;
  }
}

/* How sure a lonely sense is: a small place in a country that nothing else speaks of may be another place that the gazetteer lacks. */
static float quality(const wm_resolver_t *r, const wm_sense_t *s) {
  if (s->kind != WM_SENSE_PLACE) return 0.97F;
  if (r->mass[s->country] > 0.05F) return 0.97F;
  return s->weight >= 44 ? 0.93F : s->weight >= 36 ? 0.8F : s->weight >= 28 ? 0.6F : 0.5F;
}

static float around_best(const wm_resolver_t *r, const wm_around_t *around, size_t n, const wm_sense_t *s) {
  float best = 0;
  for (size_t i = 0; i < n; i++) {
    float says = wm_around_score(r->g, &around[i], s);
    if (says > best) best = says;
  }
  return best;
}

/* A mention that says outright another country than the one chosen ("Georgia" in Atlanta and in Tbilisi). */
static void find_other(const wm_resolver_t *r, wm_item_t *item, const wm_around_t *around, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint8_t said = WM_NO_COUNTRY;
    float best = 0;
    wm_sense_t s;
    for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
      float says = wm_sense_allowed(item, &s, item->caps) ? wm_around_score(r->g, &around[i], &s) : 0;
      if (says > best) {
        best = says;
        said = s.country;
      }
    }
    if (said == WM_NO_COUNTRY || said == item->countries[0] || (item->other != WM_NO_COUNTRY && said != item->other))
      continue;
    item->other = said;
    item->other_count++;
  }
}

static void choose(wm_resolver_t *r, wm_item_t *item) {
  tally_t t;
  wm_around_t around[MENTIONS_LOOKED_AT];
  size_t n_around = 0;
  wm_sense_t s, best = {0};
  float best_score = -1e9F, sum = 0;
  memset(t.seen, 0, sizeof t.seen);
  t.n = 0;
  if (item->ambiguous && (item->type == WM_ITEM_PLACE || item->type == WM_ITEM_NAME))
    for (uint32_t m = item->mention; m != WM_NONE && n_around < MENTIONS_LOOKED_AT; m = r->mentions[m].next)
      wm_resolver_around(r, &r->mentions[m], &around[n_around++]);
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (!wm_sense_allowed(item, &s, item->caps)) continue;
    float score = wm_sense_score(r, item, &s) + around_best(r, around, n_around, &s);
    if (s.kind == WM_SENSE_NOTHING) score = 16.0F;
    tally(&t, s.country, score);
    if (score > best_score) {
      best_score = score;
      best = s;
    }
  }
  for (size_t i = 0; i < t.n; i++) sum += expf(t.score[t.order[i]] - best_score);
  item->n_countries = best.country == WM_NO_COUNTRY ? 0 : 1;
  item->countries[0] = best.country;
  item->by = k_by[best.kind];
  if (item->by_inner) item->by = best.kind == WM_SENSE_PLACE ? WM_BY_INNER_PLACE : WM_BY_INNER_COUNTRY;
  item->place = best.kind == WM_SENSE_PLACE ? best.ref : UINT32_MAX;
  item->confidence = quality(r, &best) / sum;
  item->other = WM_NO_COUNTRY;
  item->other_count = 0;
  if (n_around > 1) find_other(r, item, around, n_around);
}

/* Looks the item up; settles it where its senses all lie in one country. */
static void first_look(wm_resolver_t *r, wm_item_t *item) {
  look_up(r, item);
  if (!item->senses) {
    item->settled = true;
    return;
  }
  wm_sense_t s;
  uint8_t country = WM_NO_COUNTRY;
  bool first = true;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (!wm_sense_allowed(item, &s, item->caps)) continue;
    if (!first && s.country != country) item->ambiguous = true;
    country = s.country;
    first = false;
  }
  if (item->ambiguous) return;
  choose(r, item);
  wm_sense_add_mass(r, item, 1.0F);
}

static void use_entity_country(wm_resolver_t *r, wm_item_t *item) {
  if (!item->json || item->n_countries || (item->type != WM_ITEM_PERSON && item->type != WM_ITEM_ORGANISATION)) return;
  const json_t *said = json_object_get(item->json, "country");
  if (!json_is_string(said)) return;
  uint8_t country = wm_gazetteer_find_country(r->g, json_string_value(said), json_string_length(said));
  if (country == WM_NO_COUNTRY) return;
  item->n_countries = 1;
  item->countries[0] = country;
  item->by = WM_BY_ENTITY;
  item->confidence = 0.9F;
}

void wm_resolver_decide(wm_resolver_t *r) {
  for (size_t i = 0; i < r->n_items; i++) {
    first_look(r, &r->items[i]);
    use_entity_country(r, &r->items[i]);
    if (r->items[i].settled && r->items[i].n_countries) wm_sense_add_mass(r, &r->items[i], 1.0F);
  }
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < r->n_items; i++) {
      wm_item_t *item = &r->items[i];
      if (item->settled || !item->senses) continue;
      if (!item->ambiguous && round == 0) continue;
      if (item->n_countries) wm_sense_add_mass(r, item, -1.0F);
      choose(r, item);
      if (item->n_countries) wm_sense_add_mass(r, item, 1.0F);
    }
  }
}
