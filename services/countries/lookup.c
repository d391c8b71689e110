/*
 * Looking names up: the policy first, then the gazetteer; the name and the forms it is mentioned in, the longer name around it, and, where
 * nothing else is found, countries and places inside it (inner.c).
 */
#include <string.h>

#include "sense_internal.h"

#define BIT(kind) (1u << (kind))
#define BODIES                                                                                                     \
  (BIT(WM_SENSE_PARTY) | BIT(WM_SENSE_ARMED) | BIT(WM_SENSE_COMPANY) | BIT(WM_SENSE_SCHOOL) | BIT(WM_SENSE_CLUB) | \
   BIT(WM_SENSE_MEDIA))
#define PLACES (BIT(WM_SENSE_COUNTRY) | BIT(WM_SENSE_PLACE) | BIT(WM_SENSE_AREA))

static const unsigned k_allowed[WM_ITEM_TYPES] = {
    [WM_ITEM_PERSON] = BIT(WM_SENSE_PERSON) | BIT(WM_SENSE_SURNAME) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_ORGANISATION] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_METONYM) | BODIES | PLACES | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_PLACE] = BIT(WM_SENSE_NOTHING) | PLACES | BIT(WM_SENSE_METONYM) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_GROUP] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_DEMONYM) | BIT(WM_SENSE_COUNTRY) | BIT(WM_SENSE_METONYM) |
                      BIT(WM_SENSE_PARTY) | BIT(WM_SENSE_ARMED) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_EVENT] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_METONYM) | BIT(WM_SENSE_CLUB) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_WORK] = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_MEDIA) | BIT(WM_SENSE_COMPANY) | BIT(WM_SENSE_LEARNED),
    [WM_ITEM_NAME] = BIT(WM_SENSE_NOTHING) | PLACES | BIT(WM_SENSE_DEMONYM) | BIT(WM_SENSE_METONYM) |
                     BIT(WM_SENSE_PERSON) | BIT(WM_SENSE_PARTY) | BIT(WM_SENSE_ARMED) | BIT(WM_SENSE_SCHOOL) |
                     BIT(WM_SENSE_LEARNED)};

static const wm_by_t k_by[WM_SENSE_KINDS] = {
    [WM_SENSE_COUNTRY] = WM_BY_COUNTRY, [WM_SENSE_DEMONYM] = WM_BY_DEMONYM, [WM_SENSE_PLACE] = WM_BY_PLACE,
    [WM_SENSE_AREA] = WM_BY_AREA,       [WM_SENSE_METONYM] = WM_BY_METONYM, [WM_SENSE_PERSON] = WM_BY_PERSON,
    [WM_SENSE_SURNAME] = WM_BY_PERSON,  [WM_SENSE_PARTY] = WM_BY_PARTY,     [WM_SENSE_ARMED] = WM_BY_ARMED,
    [WM_SENSE_COMPANY] = WM_BY_COMPANY, [WM_SENSE_SCHOOL] = WM_BY_SCHOOL,   [WM_SENSE_CLUB] = WM_BY_CLUB,
    [WM_SENSE_MEDIA] = WM_BY_MEDIA,     [WM_SENSE_LEARNED] = WM_BY_LEARNED};

bool wm_sense_allowed(const wm_item_t *item, const wm_sense_t *s, bool caps) {
  unsigned inner = BIT(WM_SENSE_PLACE) | (item->inner_country ? BIT(WM_SENSE_COUNTRY) : BIT(WM_SENSE_AREA));
  unsigned allowed = item->by_inner ? inner : k_allowed[item->type];
  if (!(allowed & BIT(s->kind))) return false;
  if (s->flags & WM_SENSE_POSTAL) return false;
  return caps || item->by_inner || !(s->flags & WM_SENSE_CAPS);
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
  item->settled = item->by_rule = true;
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

static bool look_up_form(wm_resolver_t *r, wm_item_t *item, wm_str_t form, const wm_key_t *key) {
  if (key->len == 0) return false;
  bool caps = wm_sense_caps(form.s, form.len);
  if (look_up_key(r, item, key->text, key->len, caps)) return true;
  if (item->type == WM_ITEM_GROUP && key->len > 4 && key->text[key->len - 1] == 's')
    return look_up_key(r, item, key->text, key->len - 1, caps);
  if (item->type != WM_ITEM_PLACE || key->n_words < 2) return false;
  static const char *const generic[] = {"province", "governorate", "district",  "county",     "state",
                                        "city",     "region",      "oblast",    "prefecture", "municipality",
                                        "town",     "island",      "department"};
  uint32_t last = key->n_words - 1;
  size_t n = key->ends[last] - key->starts[last];
  for (size_t i = 0; i < sizeof generic / sizeof *generic; i++)
    if (strlen(generic[i]) == n && memcmp(generic[i], key->text + key->starts[last], n) == 0)
      return look_up_key(r, item, key->text, key->ends[last - 1], caps);
  return false;
}

/* A longer name that the mention stands in: "Latin AMERICAN", "New MEXICO", "AMERICAN Indian". */
static bool look_up_wider(wm_resolver_t *r, wm_item_t *item, const wm_key_t *own) {
  const unsigned wanted = BIT(WM_SENSE_NOTHING) | BIT(WM_SENSE_COUNTRY) | BIT(WM_SENSE_DEMONYM) | BIT(WM_SENSE_AREA);
  char text[WM_WIDER_BYTES_MAX];
  for (int left = 1; left >= 0; left--) {
    wm_key_t key;
    wm_sense_t s;
    size_t n = wm_resolver_wider(r, &r->mentions[item->mention], left, text);
    if (n == 0 || !wm_key_make(text, n, &key) || key.len <= own->len) continue; /* "The US" is no wider */
    uint64_t hash = wm_key_hash(key.text, key.len);
    const wm_policy_rule_t *rule = wm_policy_find(r->policy, hash);
    if (rule) {
      settle_by_rule(item, rule, item->type == WM_ITEM_GROUP ? WM_BY_DEMONYM : WM_BY_COUNTRY);
      return true;
    }
    const uint32_t *p = wm_gazetteer_telling(r->g, hash) ? wm_gazetteer_find(r->g, hash) : NULL;
    if (!wm_gazetteer_sense(r->g, p, &s) || !(wanted & BIT(s.kind)) || !any_allowed(r, item, p, false)) continue;
    item->senses = p;
    return true;
  }
  return false;
}

/* The forms that the entity was found in, its name first. */
static void look_up(wm_resolver_t *r, wm_item_t *item, const wm_key_t *name) {
  bool may_be_part = item->type == WM_ITEM_GROUP || (item->type == WM_ITEM_PLACE && item->n_mentions == 1);
  if (may_be_part && item->mention != WM_NONE && look_up_wider(r, item, name)) return;
  if (look_up_form(r, item, item->name, name)) return;
  wm_str_t last = item->name;
  uint32_t n = 0;
  for (uint32_t m = item->mention; m != WM_NONE && n < WM_AROUND_MAX; m = r->mentions[m].next, n++) {
    const json_t *text = r->mentions[m].text;
    if (!json_is_string(text)) continue;
    wm_str_t form = {json_string_value(text), json_string_length(text)};
    if (form.len == last.len && memcmp(form.s, last.s, last.len) == 0) continue;
    wm_key_t key;
    wm_key_make(form.s, form.len, &key);
    if (look_up_form(r, item, form, &key)) return;
    last = form;
  }
  if (item->type != WM_ITEM_PERSON) wm_inner_look_up(r, item, name);
}

/* A name that annotated news ties to a country is taken at its word. */
static bool settle_by_learned(const wm_resolver_t *r, wm_item_t *item) {
  wm_sense_t s, same = {0};
  uint8_t country = WM_NO_COUNTRY;
  unsigned type = item->type == WM_ITEM_NAME ? ~0u : 1u << item->type;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (s.kind != WM_SENSE_LEARNED || !(s.ref & type)) continue;
    country = s.country;
    item->confidence = (float)s.weight / 63.0F;
    break;
  }
  if (country == WM_NO_COUNTRY || item->by_inner) return false;
  item->by = WM_BY_LEARNED;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (s.country != country || s.kind == WM_SENSE_LEARNED || !wm_sense_allowed(item, &s, item->caps)) continue;
    if (same.kind == WM_SENSE_NOTHING) item->by = k_by[s.kind];
    if (same.kind == WM_SENSE_NOTHING && s.kind == WM_SENSE_PLACE) item->place = s.ref;
    same = s;
  }
  item->n_countries = 1;
  item->countries[0] = country;
  item->learned = item->settled = true;
  return true;
}

wm_by_t wm_sense_by(const wm_item_t *item, const wm_option_t *o) {
  if (item->by_inner) return o->traits & WM_OPTION_PLACE ? WM_BY_INNER_PLACE : WM_BY_INNER_COUNTRY;
  return o->traits & WM_OPTION_GENERIC ? WM_BY_GENERIC : k_by[o->kind];
}

void wm_sense_look_up(wm_resolver_t *r, wm_item_t *item, const wm_key_t *name) {
  look_up(r, item, name);
  if (!item->senses) item->settled = true;
  else settle_by_learned(r, item);
}
