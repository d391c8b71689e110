/*
 * What each item stands for: a log-linear model over its senses, and over "none of them", decides by how heavy each one is by itself, what stands
 * around the mentions, which countries and divisions the rest of the article speaks of, and how near it is to the other places. Its weights are
 * fitted by training/countries on annotated news, so that what it gives is how likely the country belongs to the article. One sense an item, in
 * rounds: what is clear first, what leans on it second.
 */
#include <math.h>
#include <string.h>

#include "sense_internal.h"

#define MENTIONS_LOOKED_AT 6u
#define ROUNDS 3
#define ITEMS_FOR_ROUNDS 4000u /* an article with more is decided in one round, without distances */
#define CLEAR_WEIGHT 36u /* a place of such weight (30,000 inhabitants) in one country only needs no look around */
#define SPOKEN_MAX 1.5F
#define NEAR_KM 120.0F
#define MAIN_SHARE 0.6F /* of what the article speaks of, for the one country that it is about */
#define KM_PER_DEGREE 111.2F
#define DEGREES_TO_RADIANS 0.0174533F

/* How much one mention by each kind makes the article speak of a country. */
static const float k_mass[WM_BY_KINDS] = {
    [WM_BY_COUNTRY] = 1.0F,    [WM_BY_DEMONYM] = 1.0F, [WM_BY_PLACE] = 0.7F,  [WM_BY_AREA] = 0.7F,
    [WM_BY_METONYM] = 0.8F,    [WM_BY_GENERIC] = 0.0F, [WM_BY_PERSON] = 0.4F, [WM_BY_PARTY] = 0.3F,
    [WM_BY_ARMED] = 0.4F,      [WM_BY_COMPANY] = 0.1F, [WM_BY_SCHOOL] = 0.3F, [WM_BY_CLUB] = 0.3F,
    [WM_BY_MEDIA] = 0.1F,      [WM_BY_LEARNED] = 0.4F, [WM_BY_ENTITY] = 0.3F, [WM_BY_INNER_COUNTRY] = 0.7F,
    [WM_BY_INNER_PLACE] = 0.3F};

void wm_sense_add_mass(wm_resolver_t *r, const wm_item_t *item, float sign) {
  uint32_t count = item->n_mentions ? item->n_mentions : 1;
  float w = sign * k_mass[item->by] * item->confidence * sqrtf((float)count);
  for (unsigned i = 0; i < item->n_countries; i++) {
    r->mass[item->countries[i]] += w;
    r->total_mass += w;
  }
  if (item->place == UINT32_MAX) return;
  uint16_t d = wm_gazetteer_place(r->g, item->place)->division;
  if (d == WM_NO_DIVISION) return;
  if (!r->division_listed[d]) {
    r->division_listed[d] = true;
    r->divisions[r->n_divisions++] = d;
  }
  r->division_mass[d] += w;
}

/* Whether every sense lies in one country: then the item is decided first, and the others lean on it. */
static bool lies_in_one(const wm_resolver_t *r, const wm_item_t *item, unsigned *weight) {
  wm_sense_t s;
  uint8_t country = WM_NO_COUNTRY;
  bool first = true;
  *weight = 0;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (!wm_sense_allowed(item, &s, item->caps)) continue;
    if (!first && s.country != country) return false;
    country = s.country;
    if (s.kind != WM_SENSE_PLACE || s.weight > *weight) *weight = s.kind == WM_SENSE_PLACE ? s.weight : 63;
    first = false;
  }
  return true;
}

static bool has_country(const wm_resolver_t *r, const wm_item_t *item) {
  wm_sense_t s;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p))
    if (s.kind == WM_SENSE_COUNTRY) return true;
  return false;
}

/* What stands around the first mentions of an item that is not clear by itself. */
size_t wm_sense_around(wm_resolver_t *r, const wm_item_t *item, wm_around_t around[WM_AROUND_MAX]) {
  size_t n = 0;
  if (!item->look_around) return 0;
  for (uint32_t m = item->mention; m != WM_NONE && n < WM_AROUND_MAX; m = r->mentions[m].next) {
    wm_resolver_around(r, &r->mentions[m], &around[n]);
    around[n].country = item->has_country;
    if (around[n].after || around[n].before || around[n].after_country != WM_NO_COUNTRY) n++;
  }
  return n;
}

static float distance_km(const wm_place_t *a, float lat, float lon) {
  float y = ((float)a->lat / 100.0F - lat) * KM_PER_DEGREE, x = (float)a->lon / 100.0F - lon;
  if (x > 180.0F) x -= 360.0F;
  if (x < -180.0F) x += 360.0F;
  x *= KM_PER_DEGREE * cosf(lat * DEGREES_TO_RADIANS);
  return sqrtf(x * x + y * y);
}

/* How near a place is to the others, 0 to 1. */
static float nearness(const wm_resolver_t *r, const wm_item_t *item, const wm_place_t *place) {
  float best = 0;
  for (size_t i = 0; i < r->n_anchors; i++) {
    const wm_anchor_t *a = &r->anchors[i];
    if (a->item == (uint32_t)(item - r->items)) continue;
    float d = distance_km(place, a->lat, a->lon) / NEAR_KM, near = a->sure / (1.0F + d * d);
    if (near > best) best = near;
  }
  return best;
}

/* How much the article speaks of a country; more than so much makes no difference. */
static float spoken(const wm_resolver_t *r, uint8_t country) {
  float l = r->mass[country] > 0 ? log1pf(r->mass[country]) : 0;
  return l > SPOKEN_MAX ? SPOKEN_MAX : l;
}

static void place_features(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s, float *x) {
  const wm_place_t *p = wm_gazetteer_place(r->g, s->ref);
  unsigned cls = p->cls & 0x7Fu;
  float here = spoken(r, s->country);
  bool town = cls == WM_PLACE_TOWN;
  x[WM_F_POPULATION] = (float)s->weight / 8.0F;
  x[WM_F_SEAT] = s->flags & WM_SENSE_SEAT ? 1.0F : 0;
  x[WM_F_DIVISION1] = cls == WM_PLACE_DIVISION1 ? 1.0F : 0;
  x[WM_F_DIVISION2] = cls == WM_PLACE_DIVISION2 ? 1.0F : 0;
  x[WM_F_AMERICAN] = r->us == s->country ? 1.0F : 0;
  x[WM_F_AMERICAN_HERE] = r->us == s->country && town ? here : 0;
  if (p->division != WM_NO_DIVISION) x[WM_F_DIVISION_HERE] = log1pf(r->division_mass[p->division]);
  if (r->n_anchors > 0 && (p->lat || p->lon)) x[WM_F_NEAR] = nearness(r, item, p);
}

static void around_features(const wm_resolver_t *r, const wm_sense_t *s, const wm_around_t *around, size_t n,
                            float *x) {
  for (size_t i = 0; i < n; i++) {
    float says[WM_SAYS];
    wm_around_says(r->g, &around[i], s, says);
    for (int k = 0; k < WM_SAYS; k++)
      if (says[k] > x[WM_F_SAYS + k]) x[WM_F_SAYS + k] = says[k];
  }
}

void wm_sense_features(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s, const wm_around_t *around,
                       size_t n, float x[WM_CHOICE_FEATURES]) {
  memset(x, 0, WM_CHOICE_FEATURES * sizeof *x);
  x[WM_F_KIND + s->kind] = 1.0F;
  if (s->country == WM_NO_COUNTRY) return;
  float here = spoken(r, s->country);
  bool weak = s->kind >= WM_SENSE_METONYM;
  x[WM_F_ALT] = s->flags & WM_SENSE_ALT ? 1.0F : 0;
  x[WM_F_HERE] = here;
  x[WM_F_HERE_AT_ALL] = here > 0.05F ? 1.0F : 0;
  x[WM_F_ELSEWHERE] = here <= 0.05F && r->total_mass > 0.3F ? 1.0F : 0;
  x[WM_F_SHARE] = r->total_mass > 0.05F ? r->mass[s->country] / (r->total_mass + 0.5F) : 0;
  if (item->has_country && s->kind != WM_SENSE_COUNTRY) {
    x[WM_F_AGAINST_COUNTRY] = 1.0F;
    x[WM_F_AGAINST_COUNTRY_HERE] = here;
  }
  x[WM_F_CAPS] = s->flags & WM_SENSE_CAPS ? 1.0F : 0;
  if (s->kind == WM_SENSE_PLACE) place_features(r, item, s, x);
  else x[weak ? WM_F_WEIGHT_WEAK : WM_F_WEIGHT] = (float)s->weight / 63.0F;
  if (weak) x[WM_F_HERE_WEAK] = here;
  if (s->kind == WM_SENSE_METONYM && (s->flags & WM_SENSE_ALT)) x[WM_F_GENERIC_SHARE] = x[WM_F_SHARE];
  if (item->type == WM_ITEM_ORGANISATION && s->kind <= WM_SENSE_AREA) x[WM_F_PLACE_AS_BODY] = 1.0F;
  around_features(r, s, around, n, x);
}

void wm_sense_none_features(const wm_resolver_t *r, const wm_item_t *item, float x[WM_CHOICE_FEATURES]) {
  memset(x, 0, WM_CHOICE_FEATURES * sizeof *x);
  x[WM_F_NONE + item->type] = 1.0F;
  x[WM_F_NONE_INNER] = item->by_inner ? 1.0F : 0;
  x[WM_F_NONE_SPOKEN] = r->total_mass > 0.3F ? 1.0F : 0;
  x[WM_F_NONE_ONE_WORD] = memchr(item->name.s, ' ', item->name.len) ? 0 : 1.0F;
}

static float score_of(const float *w, const float *x) {
  float z = 0;
  for (int i = 0; i < WM_CHOICE_FEATURES; i++) z += w[i] * x[i];
  return z;
}

typedef struct {
  float sum[WM_COUNTRIES_MAX + 1]; /* of each country's senses; the last one: no country */
  float all;
  float top; /* the best score so far, which the sums are relative to */
  uint8_t order[WM_COUNTRIES_MAX + 1];
  bool seen[WM_COUNTRIES_MAX + 1];
  size_t n;
} tally_t;

static void tally(tally_t *t, uint8_t country, float score) {
  if (score > t->top) { /* what is summed so far shrinks */
    float shrink = expf(t->top - score);
    for (size_t i = 0; i < t->n; i++) t->sum[t->order[i]] *= shrink;
    t->all *= shrink;
    t->top = score;
  }
  float e = expf(score - t->top);
  if (!t->seen[country]) {
    t->seen[country] = true;
    t->order[t->n++] = country;
    t->sum[country] = 0;
  }
  t->sum[country] += e;
  t->all += e;
}

static bool better(const tally_t *t, uint8_t a, uint8_t b) {
  return t->sum[a] != t->sum[b] ? t->sum[a] > t->sum[b] : a < b;
}

/* The likeliest country, and within it the likeliest sense. */
static void take_best(wm_resolver_t *r, wm_item_t *item, const tally_t *t, const float *scores) {
  wm_sense_t s, best = {0};
  uint8_t country = WM_NO_COUNTRY;
  float best_score = 0;
  size_t k = 0;
  for (size_t i = 0; i < t->n; i++)
    if (t->order[i] != WM_NO_COUNTRY && (country == WM_NO_COUNTRY || better(t, t->order[i], country)))
      country = t->order[i];
  item->n_countries = 0;
  item->place = UINT32_MAX;
  item->confidence = 0;
  if (country == WM_NO_COUNTRY) return;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p), k++) {
    if (s.country != country || !wm_sense_allowed(item, &s, item->caps)) continue;
    if (best.kind != WM_SENSE_NOTHING && scores[k] <= best_score) continue;
    best = s;
    best_score = scores[k];
  }
  item->n_countries = 1;
  item->countries[0] = country;
  item->by = wm_sense_by(item, &best);
  item->place = best.kind == WM_SENSE_PLACE ? best.ref : UINT32_MAX;
  item->confidence = t->sum[country] / t->all;
}

/* A mention that says outright another country than the one chosen ("Georgia" in Atlanta and in Tbilisi). */
static void find_other(const wm_resolver_t *r, wm_item_t *item, const wm_around_t *around, size_t n) {
  item->other = WM_NO_COUNTRY;
  item->other_count = 0;
  for (size_t i = 0; i < n && item->n_countries == 1; i++) {
    uint8_t said = WM_NO_COUNTRY;
    float best = 0;
    wm_sense_t s;
    for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
      float says[WM_SAYS], most = 0;
      if (!wm_sense_allowed(item, &s, item->caps)) continue;
      wm_around_says(r->g, &around[i], &s, says);
      for (int k = 0; k < WM_SAYS; k++)
        if (says[k] > most) most = says[k];
      if (most > best) {
        best = most;
        said = s.country;
      }
    }
    bool fresh = said != WM_NO_COUNTRY && said != item->countries[0];
    if (!fresh || (item->other != WM_NO_COUNTRY && said != item->other)) continue;
    item->other = said;
    item->other_count++;
  }
}

static void choose(wm_resolver_t *r, wm_item_t *item) {
  tally_t t;
  wm_around_t around[WM_AROUND_MAX];
  float x[WM_CHOICE_FEATURES], scores[WM_SENSES_MAX];
  wm_sense_t s;
  size_t n = wm_sense_around(r, item, around), k = 0;
  memset(t.seen, 0, sizeof t.seen);
  t.n = 0;
  t.all = 0;
  t.top = -1e9F;
  for (const uint32_t *p = item->senses; k < WM_SENSES_MAX && wm_gazetteer_sense(r->g, p, &s);
       p = wm_gazetteer_next(p), k++) {
    if (!wm_sense_allowed(item, &s, item->caps)) continue;
    wm_sense_features(r, item, &s, around, n, x);
    scores[k] = score_of(r->choice, x);
    tally(&t, s.country, scores[k]);
  }
  wm_sense_none_features(r, item, x);
  tally(&t, WM_NO_COUNTRY, score_of(r->choice, x));
  take_best(r, item, &t, scores);
  if (n > 1 && item->ambiguous) find_other(r, item, around, n);
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

/* Places that are decided, for the distances of the others. */
static void set_anchors(wm_resolver_t *r) {
  r->n_anchors = 0;
  for (size_t i = 0; i < r->n_items && r->n_anchors < WM_ANCHORS_MAX; i++) {
    const wm_item_t *item = &r->items[i];
    if (item->place == UINT32_MAX || item->confidence < 0.5F) continue;
    const wm_place_t *p = wm_gazetteer_place(r->g, item->place);
    if (p->cls & 0x7Fu || (!p->lat && !p->lon)) continue;
    r->anchors[r->n_anchors++] =
        (wm_anchor_t){(uint32_t)i, (float)p->lat / 100.0F, (float)p->lon / 100.0F, item->confidence};
  }
}

static void look_at_all(wm_resolver_t *r) {
  for (size_t i = 0; i < r->n_items; i++) {
    wm_item_t *item = &r->items[i];
    unsigned weight = 0;
    wm_sense_look_up(r, item);
    use_entity_country(r, item);
    if (item->settled) {
      if (item->n_countries) wm_sense_add_mass(r, item, 1.0F);
      continue;
    }
    item->ambiguous = !lies_in_one(r, item, &weight);
    item->has_country = has_country(r, item);
    item->look_around =
        (item->type == WM_ITEM_PLACE || item->type == WM_ITEM_NAME) && (item->ambiguous || weight < CLEAR_WEIGHT);
  }
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
    wm_resolver_around(r, &r->mentions[m], &around);
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

void wm_resolver_decide(wm_resolver_t *r) {
  int rounds = r->n_items > ITEMS_FOR_ROUNDS ? 2 : ROUNDS;
  look_at_all(r);
  for (int round = 0; round < rounds; round++) {
    if (round > 0 && r->n_items <= ITEMS_FOR_ROUNDS) set_anchors(r);
    for (size_t i = 0; i < r->n_items; i++) {
      wm_item_t *item = &r->items[i];
      if (item->settled || !item->senses || (item->ambiguous && round == 0)) continue;
      if (item->n_countries) wm_sense_add_mass(r, item, -1.0F);
      choose(r, item);
      if (item->n_countries) wm_sense_add_mass(r, item, 1.0F);
    }
  }
  guess_places(r);
}
