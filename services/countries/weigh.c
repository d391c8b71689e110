/*
 * What the model of sense.c is told: how heavy a sense is by itself, what stands around the mentions, and what the rest of the article speaks of.
 */
#include <math.h>
#include <string.h>

#include "sense_internal.h"

#define SPOKEN_MAX 1.5F
#define NEAR_KM 120.0F
#define KM_PER_DEGREE 111.2F
#define DEGREES_TO_RADIANS 0.0174533F

/* How much one mention by each kind makes the article speak of a country. */
static const float k_mass[WM_BY_KINDS] = {
    [WM_BY_COUNTRY] = 1.0F,    [WM_BY_DEMONYM] = 1.0F, [WM_BY_PLACE] = 0.7F,  [WM_BY_AREA] = 0.7F,
    [WM_BY_METONYM] = 0.8F,    [WM_BY_GENERIC] = 0.0F, [WM_BY_PERSON] = 0.4F, [WM_BY_PARTY] = 0.3F,
    [WM_BY_ARMED] = 0.4F,      [WM_BY_COMPANY] = 0.1F, [WM_BY_SCHOOL] = 0.3F, [WM_BY_CLUB] = 0.3F,
    [WM_BY_MEDIA] = 0.1F,      [WM_BY_LEARNED] = 0.4F, [WM_BY_ENTITY] = 0.3F, [WM_BY_INNER_COUNTRY] = 0.7F,
    [WM_BY_INNER_PLACE] = 0.3F};

/* How much the article speaks of a country, as the model takes it; beyond so much more makes no difference. */
static float spoken(float mass) {
  float l = mass > 0 ? log1pf(mass) : 0;
  return l > SPOKEN_MAX ? SPOKEN_MAX : l;
}

float wm_sense_mass(const wm_item_t *item) {
  uint32_t count = item->n_mentions ? item->n_mentions : 1;
  return k_mass[item->by] * item->confidence * sqrtf((float)count);
}

void wm_sense_add_mass(wm_resolver_t *r, const wm_item_t *item, float sign) {
  float w = sign * wm_sense_mass(item);
  for (unsigned i = 0; i < item->n_countries; i++) {
    uint8_t c = item->countries[i];
    r->mass[c] += w;
    r->total_mass += w;
    r->spoken[c] = spoken(r->mass[c]);
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

static void put(wm_inputs_t *x, unsigned index, float value) {
  x->index[x->n] = (uint8_t)index;
  x->value[x->n++] = value;
}

static void put_place(const wm_resolver_t *r, const wm_sense_t *s, wm_inputs_t *x) {
  wm_place_class_t cls = wm_place_class(wm_gazetteer_place(r->g, s->ref));
  put(x, WM_F_POPULATION, (float)s->weight / 8.0F);
  if (s->flags & WM_SENSE_SEAT) put(x, WM_F_SEAT, 1.0F);
  if (cls == WM_PLACE_DIVISION1) put(x, WM_F_DIVISION1, 1.0F);
  if (cls == WM_PLACE_DIVISION2) put(x, WM_F_DIVISION2, 1.0F);
  if (r->us == s->country) put(x, WM_F_AMERICAN, 1.0F);
}

static void put_around(const wm_resolver_t *r, const wm_sense_t *s, const wm_around_t *around, size_t n,
                       wm_inputs_t *x) {
  bool said[WM_SAYS] = {false};
  for (size_t i = 0; i < n; i++) {
    bool says[WM_SAYS];
    wm_around_says(r->g, &around[i], s, says);
    for (unsigned k = 0; k < WM_SAYS; k++) said[k] |= says[k];
  }
  for (unsigned k = 0; k < WM_SAYS; k++)
    if (said[k]) put(x, WM_F_SAYS + k, 1.0F);
}

void wm_sense_own_inputs(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s, const wm_around_t *around,
                         size_t n, wm_inputs_t *x) {
  x->n = 0;
  put(x, WM_F_KIND + (unsigned)s->kind, 1.0F);
  if (s->country == WM_NO_COUNTRY) return;
  if (s->flags & WM_SENSE_ALT) put(x, WM_F_ALT, 1.0F);
  if (s->flags & WM_SENSE_CAPS) put(x, WM_F_CAPS, 1.0F);
  if (item->has_country && s->kind != WM_SENSE_COUNTRY) put(x, WM_F_AGAINST_COUNTRY, 1.0F);
  if (s->kind == WM_SENSE_PLACE) put_place(r, s, x);
  else put(x, s->kind >= WM_SENSE_METONYM ? WM_F_WEIGHT_WEAK : WM_F_WEIGHT, (float)s->weight / 63.0F);
  if (item->type == WM_ITEM_ORGANISATION && s->kind <= WM_SENSE_AREA) put(x, WM_F_PLACE_AS_BODY, 1.0F);
  put_around(r, s, around, n, x);
}

void wm_sense_option(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s, wm_option_t *out) {
  bool place = s->kind == WM_SENSE_PLACE;
  const wm_place_t *p = place ? wm_gazetteer_place(r->g, s->ref) : NULL;
  bool weak = s->kind >= WM_SENSE_METONYM;
  unsigned traits = place ? WM_OPTION_PLACE : 0;
  if (place && s->country == r->us && wm_place_class(p) == WM_PLACE_TOWN) traits |= WM_OPTION_AMERICAN_TOWN;
  if (weak) traits |= WM_OPTION_WEAK;
  if (s->kind == WM_SENSE_METONYM && (s->flags & WM_SENSE_ALT)) traits |= WM_OPTION_GENERIC;
  if (item->has_country && s->kind != WM_SENSE_COUNTRY) traits |= WM_OPTION_AGAINST;
  *out = (wm_option_t){.ref = s->ref,
                       .division = place ? p->division : WM_NO_DIVISION,
                       .country = s->country,
                       .kind = (uint8_t)s->kind,
                       .traits = (uint8_t)traits};
}

void wm_sense_other_inputs(const wm_resolver_t *r, const wm_item_t *item, const wm_option_t *o, wm_inputs_t *x) {
  x->n = 0;
  if (o->country == WM_NO_COUNTRY) return;
  float here = r->spoken[o->country];
  float share = r->total_mass > 0.05F ? r->mass[o->country] / (r->total_mass + 0.5F) : 0;
  if (here > 0.05F) {
    put(x, WM_F_HERE, here);
    put(x, WM_F_HERE_AT_ALL, 1.0F);
    if (o->traits & WM_OPTION_WEAK) put(x, WM_F_HERE_WEAK, here);
    if (o->traits & WM_OPTION_AMERICAN_TOWN) put(x, WM_F_AMERICAN_HERE, here);
    if (o->traits & WM_OPTION_AGAINST) put(x, WM_F_AGAINST_COUNTRY_HERE, here);
  } else if (r->total_mass > 0.3F) {
    put(x, WM_F_ELSEWHERE, 1.0F);
  }
  put(x, WM_F_SHARE, share);
  if (o->traits & WM_OPTION_GENERIC) put(x, WM_F_GENERIC_SHARE, share);
  if (o->division != WM_NO_DIVISION && r->division_mass[o->division] > 0.01F)
    put(x, WM_F_DIVISION_HERE, log1pf(r->division_mass[o->division]));
  if (r->n_anchors > 0 && (o->traits & WM_OPTION_PLACE)) {
    const wm_place_t *p = wm_gazetteer_place(r->g, o->ref);
    float near = p->lat || p->lon ? nearness(r, item, p) : 0;
    put(x, WM_F_NEAR, near);
    bool alone = item->namesake != WM_NO_COUNTRY && r->spoken[item->namesake] < 0.05F;
    if (alone && near > 0.4F) put(x, WM_F_NEAR_AGAINST_COUNTRY, near);
  }
}

void wm_sense_none_inputs(const wm_resolver_t *r, const wm_item_t *item, wm_inputs_t *x) {
  x->n = 0;
  put(x, WM_F_NONE + (unsigned)item->type, 1.0F);
  if (item->by_inner) put(x, WM_F_NONE_INNER, 1.0F);
  if (r->total_mass > 0.3F) put(x, WM_F_NONE_SPOKEN, 1.0F);
  if (!memchr(item->name.s, ' ', item->name.len)) put(x, WM_F_NONE_ONE_WORD, 1.0F);
}
