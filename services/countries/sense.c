/*
 * What each item stands for: a log-linear model over its senses, and over "none of them", decides by how heavy each one is by itself, what stands
 * around the mentions, which countries and divisions the rest of the article speaks of, and how near it is to the other places. Its weights are
 * fitted by training/countries on annotated news, so that what it gives is how likely the country belongs to the article. One sense an item, in
 * rounds: what is clear first, what leans on it second.
 */
#include <math.h>
#include <string.h>

#include "sense_internal.h"

#define ROUNDS 3
#define AHEAD 16u
#define ITEMS_FOR_ROUNDS 4000u /* an article with more is decided in two rounds, without distances */
#define CLEAR_WEIGHT 36u /* a place of such weight (30,000 inhabitants) in one country only needs no look around */
#define HOPELESS 14.0F   /* a score that is so much below the best adds nothing */
#define MAIN_SHARE 0.6F  /* of what the article speaks of, for the one country that it is about */

float wm_sense_score(const wm_resolver_t *r, const wm_inputs_t *x) {
  float z = 0;
  for (unsigned i = 0; i < x->n; i++) z += r->choice[x->index[i]] * x->value[i];
  return z;
}

size_t wm_sense_look_around(wm_resolver_t *r, const wm_item_t *item, wm_around_t around[WM_AROUND_MAX]) {
  size_t n = 0;
  if (r->hint.set && item->hash == r->hint.hash) {
    around[n] = r->hint.around;
    around[n++].country = item->has_country;
  }
  for (uint32_t m = item->mention; m != WM_NONE && n < WM_AROUND_MAX; m = r->mentions[m].next) {
    wm_resolver_around(r, &r->mentions[m], item->look_before, &around[n]);
    around[n].country = item->has_country;
    if (around[n].after || around[n].before || around[n].after_country != WM_NO_COUNTRY) n++;
  }
  return n;
}

size_t wm_sense_around(wm_resolver_t *r, const wm_item_t *item, wm_around_t around[WM_AROUND_MAX]) {
  return item->look_around ? wm_sense_look_around(r, item, around) : 0;
}

/* Looks through the senses: whether they lie in one country, one is a country, and the item is worth a look around. */
static void survey(const wm_resolver_t *r, wm_item_t *item) {
  wm_sense_t s;
  uint8_t country = WM_NO_COUNTRY;
  unsigned weight = 0;
  bool first = true;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (s.kind == WM_SENSE_COUNTRY && !item->has_country) {
      item->has_country = item->look_before = true;
      item->namesake = s.country;
    }
    if (s.kind == WM_SENSE_PLACE && wm_place_class(wm_gazetteer_place(r->g, s.ref)) == WM_PLACE_DIVISION1)
      item->look_before = true;
    if (!wm_sense_allowed(item, &s, item->caps)) continue;
    if (!first && s.country != country) item->ambiguous = true;
    if (s.kind != WM_SENSE_PLACE) weight = 63;
    else if (s.weight > weight) weight = s.weight;
    country = s.country;
    first = false;
  }
  bool placed = item->type == WM_ITEM_PLACE || item->type == WM_ITEM_NAME;
  item->look_around = placed && (item->ambiguous || weight < CLEAR_WEIGHT);
}

/* A mention that says outright another country than the others ("Georgia" in Atlanta and in Tbilisi): kept for each mention. */
static uint8_t said_outright(const wm_resolver_t *r, const wm_item_t *item, const wm_around_t *around) {
  wm_sense_t s;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (wm_sense_allowed(item, &s, item->caps) && wm_around_says_any(r->g, around, &s)) return s.country;
  }
  return WM_NO_COUNTRY;
}

/* Lays out the senses that the item may stand for, with what will not change from round to round. */
wm_err_t wm_sense_lay_out(wm_resolver_t *r, wm_item_t *item, wm_error_t *err) {
  wm_around_t around[WM_AROUND_MAX];
  wm_err_t rc = WM_OK;
  wm_inputs_t x;
  wm_sense_t s;
  survey(r, item);
  size_t n = wm_sense_around(r, item, around);
  item->option = (uint32_t)r->n_options;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (!wm_sense_allowed(item, &s, item->caps)) continue;
    wm_option_t *o = item->n_options < WM_SENSES_MAX ? wm_resolver_option(r, &rc, err) : NULL;
    if (!o) break;
    wm_sense_option(r, item, &s, o);
    wm_sense_own_inputs(r, item, &s, around, n, &x);
    o->base = wm_sense_score(r, &x);
    item->n_options++;
  }
  item->n_said = 0;
  if (n > 1 && item->ambiguous)
    for (size_t i = 0; i < n; i++) item->said[item->n_said++] = said_outright(r, item, &around[i]);
  return rc;
}

typedef struct {
  float sum[WM_COUNTRIES_MAX + 1]; /* of each country's senses; the last one: no country */
  float all;
  uint8_t order[WM_COUNTRIES_MAX + 1];
  bool seen[WM_COUNTRIES_MAX + 1];
  size_t n;
} tally_t;

static void tally(tally_t *t, uint8_t country, float e) {
  if (!t->seen[country]) {
    t->seen[country] = true;
    t->order[t->n++] = country;
    t->sum[country] = 0;
  }
  t->sum[country] += e;
  t->all += e;
}

/* The likeliest country, and within it the likeliest sense. */
static void take_best(const wm_resolver_t *r, wm_item_t *item, const tally_t *t, const float *scores) {
  const wm_option_t *options = &r->options[item->option], *best = NULL;
  uint8_t country = WM_NO_COUNTRY;
  float best_score = 0;
  for (size_t i = 0; i < t->n; i++) {
    uint8_t c = t->order[i];
    if (c == WM_NO_COUNTRY) continue;
    if (country == WM_NO_COUNTRY || t->sum[c] > t->sum[country] || (t->sum[c] == t->sum[country] && c < country))
      country = c;
  }
  item->n_countries = 0;
  item->place = UINT32_MAX;
  item->confidence = 0;
  for (uint32_t i = 0; i < item->n_options && country != WM_NO_COUNTRY; i++) {
    if (options[i].country != country || (best && scores[i] <= best_score)) continue;
    best = &options[i];
    best_score = scores[i];
  }
  if (!best) return;
  item->n_countries = 1;
  item->countries[0] = country;
  item->by = wm_sense_by(item, best);
  item->place = best->traits & WM_OPTION_PLACE ? best->ref : UINT32_MAX;
  item->confidence = t->sum[country] / t->all;
}

/* Mentions that say outright another country than the one chosen. */
static void find_other(wm_item_t *item) {
  item->other = WM_NO_COUNTRY;
  item->other_count = 0;
  for (unsigned i = 0; i < item->n_said && item->n_countries == 1; i++) {
    uint8_t said = item->said[i];
    if (said == WM_NO_COUNTRY || said == item->countries[0] || (item->other != WM_NO_COUNTRY && said != item->other))
      continue;
    item->other = said;
    item->other_count++;
  }
}

static void choose(wm_resolver_t *r, wm_item_t *item) {
  tally_t t;
  float scores[WM_SENSES_MAX], none, top;
  wm_inputs_t x;
  wm_sense_none_inputs(r, item, &x);
  none = top = wm_sense_score(r, &x);
  for (uint32_t i = 0; i < item->n_options; i++) {
    const wm_option_t *o = &r->options[item->option + i];
    wm_sense_other_inputs(r, item, o, &x);
    scores[i] = o->base + wm_sense_score(r, &x);
    if (scores[i] > top) top = scores[i];
  }
  memset(t.seen, 0, sizeof t.seen);
  t.n = 0;
  t.all = 0;
  for (uint32_t i = 0; i < item->n_options; i++)
    if (scores[i] > top - HOPELESS) tally(&t, r->options[item->option + i].country, expf(scores[i] - top));
  tally(&t, WM_NO_COUNTRY, expf(none - top));
  take_best(r, item, &t, scores);
  find_other(item);
}

static void use_entity_country(wm_resolver_t *r, wm_item_t *item) {
  if (!item->json || item->n_countries || (item->type != WM_ITEM_PERSON && item->type != WM_ITEM_ORGANISATION)) return;
  const json_t *said = item->said_country;
  if (!json_is_string(said)) return;
  uint8_t country = wm_gazetteer_find_country(r->g, json_string_value(said), json_string_length(said));
  if (country == WM_NO_COUNTRY) return;
  item->n_countries = 1;
  item->countries[0] = country;
  item->by = WM_BY_ENTITY;
  item->confidence = 0.9F;
}

/* A thing of the newsroom's list is where the list says, whatever its name may mean elsewhere; a place there of that name says which GeoNames id. */
static void use_listed_country(const wm_resolver_t *r, wm_item_t *item) {
  unsigned most = 0;
  wm_sense_t s;
  if (item->fixed == WM_NO_COUNTRY) return;
  item->place = UINT32_MAX;
  item->by = WM_BY_ENTITY;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (item->type != WM_ITEM_PLACE || s.country != item->fixed || item->by_inner) continue;
    if (s.kind == WM_SENSE_COUNTRY) item->by = WM_BY_COUNTRY;
    if (s.kind != WM_SENSE_PLACE || s.weight < most) continue;
    item->place = s.ref;
    most = s.weight;
  }
  item->n_countries = 1;
  item->countries[0] = item->fixed;
  item->confidence = 0.99F;
  item->settled = true;
}

/* Places that are decided, for the distances of the others. */
static void set_anchors(wm_resolver_t *r) {
  r->n_anchors = 0;
  for (size_t i = 0; i < r->n_items && r->n_anchors < WM_ANCHORS_MAX; i++) {
    const wm_item_t *item = &r->items[i];
    if (item->place == UINT32_MAX || item->confidence < 0.5F) continue;
    const wm_place_t *p = wm_gazetteer_place(r->g, item->place);
    if (wm_place_class(p) != WM_PLACE_TOWN || (!p->lat && !p->lon)) continue;
    r->anchors[r->n_anchors++] =
        (wm_anchor_t){(uint32_t)i, (float)p->lat / 100.0F, (float)p->lon / 100.0F, item->confidence};
  }
}

typedef struct {
  wm_key_t key;
  uint64_t hash;
} ahead_t;

static wm_err_t look_at(wm_resolver_t *r, wm_item_t *item, const ahead_t *name, wm_error_t *err) {
  item->hash = name->hash;
  wm_sense_look_up(r, item, &name->key);
  use_entity_country(r, item);
  use_listed_country(r, item);
  if (!item->settled) return wm_sense_lay_out(r, item, err);
  if (item->n_countries) wm_sense_add_mass(r, item, 1.0F);
  return WM_OK;
}

/* Looks every item up. Keys are made some items ahead, so that the memory behind them is near when its turn comes. */
static wm_err_t look_at_all(wm_resolver_t *r, wm_error_t *err) {
  ahead_t ahead[AHEAD];
  wm_err_t rc = WM_OK;
  size_t n = r->n_items;
  for (size_t i = 0; i < n + AHEAD && rc == WM_OK; i++) {
    if (i >= AHEAD) rc = look_at(r, &r->items[i - AHEAD], &ahead[i % AHEAD], err);
    if (i < n) {
      ahead_t *a = &ahead[i % AHEAD];
      wm_key_make(r->items[i].name.s, r->items[i].name.len, &a->key);
      a->hash = wm_key_hash(a->key.text, a->key.len);
      wm_gazetteer_prefetch(r->g, a->hash, 0);
    }
    size_t senses = i - AHEAD / 4, places = i - AHEAD / 2;
    if (i >= AHEAD / 4 && senses < n) wm_gazetteer_prefetch(r->g, ahead[senses % AHEAD].hash, 1);
    if (i >= AHEAD / 2 && places < n) wm_gazetteer_prefetch(r->g, ahead[places % AHEAD].hash, 2);
  }
  return rc;
}

static bool stands_for_nothing(const wm_resolver_t *r, const wm_item_t *item) {
  wm_sense_t s;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p))
    if (s.kind == WM_SENSE_NOTHING) return true;
  return item->by_rule;
}

/* The country of the name behind the comma, if it has but one. */
static uint8_t container_country(wm_resolver_t *r, const wm_item_t *item) {
  uint8_t country = WM_NO_COUNTRY;
  unsigned n = 0;
  for (uint32_t m = item->mention; m != WM_NONE && n < WM_AROUND_MAX; m = r->mentions[m].next, n++) {
    wm_around_t around;
    wm_sense_t s;
    wm_resolver_around(r, &r->mentions[m], false, &around);
    if (around.after_country != WM_NO_COUNTRY) return around.after_country;
    for (const uint32_t *p = around.after; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
      bool large = s.kind == WM_SENSE_COUNTRY || (s.kind == WM_SENSE_PLACE && s.weight >= CLEAR_WEIGHT);
      if (!large || (s.flags & WM_SENSE_POSTAL) || ((s.flags & WM_SENSE_CAPS) && !around.caps)) continue;
      if (country == WM_NO_COUNTRY || r->mass[s.country] > r->mass[country]) country = s.country;
    }
  }
  return country;
}

/* A place that the gazetteer lacks lies where the name behind it says, or in the one country that the article is about. */
static void guess_places(wm_resolver_t *r) {
  uint8_t main_country = WM_NO_COUNTRY;
  for (unsigned c = 0; c < WM_COUNTRIES_MAX; c++)
    if (r->mass[c] > MAIN_SHARE * r->total_mass && r->mass[c] > 0.5F) main_country = (uint8_t)c;
  for (size_t i = 0; i < r->n_items; i++) {
    wm_item_t *item = &r->items[i];
    if (item->type != WM_ITEM_PLACE || (item->n_countries && item->confidence >= 0.5F) || stands_for_nothing(r, item))
      continue;
    item->guess = container_country(r, item);
    if (item->guess == WM_NO_COUNTRY) item->guess = main_country;
  }
}

wm_err_t wm_resolver_decide(wm_resolver_t *r, wm_error_t *err) {
  int rounds = r->n_items > ITEMS_FOR_ROUNDS ? 2 : ROUNDS;
  wm_err_t rc = look_at_all(r, err);
  for (int round = 0; round < rounds && rc == WM_OK; round++) {
    if (round > 0 && r->n_items <= ITEMS_FOR_ROUNDS) set_anchors(r);
    for (size_t i = 0; i < r->n_items; i++) {
      wm_item_t *item = &r->items[i];
      if (item->settled || (item->ambiguous ? round == 0 : round == 2)) continue;
      if (item->n_countries) wm_sense_add_mass(r, item, -1.0F);
      choose(r, item);
      if (item->n_countries) wm_sense_add_mass(r, item, 1.0F);
    }
  }
  if (rc == WM_OK) rc = wm_local_decide(r, err);
  if (rc == WM_OK) guess_places(r);
  return rc;
}
