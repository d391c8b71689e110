#include "gazetteer.h"

#include <stdlib.h>
#include <string.h>

#include "cues.h"

/* A packed sense: 18 bits ref, 6 weight, 4 kind, 4 flags (ALT, CAPS, POSTAL, LAST). */
#define REF_MASK 0x3FFFFu
#define WEIGHT_SHIFT 18u
#define KIND_SHIFT 24u
#define FLAGS_SHIFT 28u
#define LAST 0x80000000u
#define EMPTY 0xFFFFFFFFu
#define LAT_MAX 900000 /* ten-thousandths of a degree */
#define LON_MAX 1800000
#define PREFETCH_PLACES 16
#define TELLING_BITS 262144u /* 32 KiB, which stay in the cache; a power of two */

typedef struct {
  uint32_t print; /* low 32 bits of the hash */
  uint32_t sense; /* index of the first sense, or EMPTY */
} slot_t;

struct wm_gazetteer {
  wm_model_t *model;
  const wm_country_t *countries;
  const wm_place_t *places;
  const slot_t *slots;
  const uint32_t *senses;
  size_t n_countries, n_places, n_divisions, n_slots, n_senses;
  const float *choice, *rank;
  size_t n_choice, n_rank;
  wm_str_t policy, cues_text;
  wm_cues_t *cues;
  uint8_t by_code[26 * 26];
  uint64_t telling[TELLING_BITS / 64]; /* by the low bits of the hash */
};

_Static_assert(sizeof(wm_country_t) == 64 && sizeof(wm_place_t) == 16 && sizeof(slot_t) == 8, "layout of the model");

static wm_err_t broken(const wm_gazetteer_t *g, wm_error_t *err, const char *what, size_t at) {
  return wm_error_set(err, WM_ERR_MODEL, "model %s: %s at %zu: build it again with training/countries/build",
                      wm_model_name(g->model), what, at);
}

static bool names_nothing(uint32_t kind) {
  return kind == WM_SENSE_NOTHING || kind == WM_SENSE_GIVEN;
}
static bool place_kind(uint32_t kind) {
  return kind == WM_SENSE_PLACE;
}

static wm_err_t check_countries(wm_gazetteer_t *g, wm_error_t *err) {
  memset(g->by_code, WM_NO_COUNTRY, sizeof g->by_code);
  if (g->n_countries == 0 || g->n_countries > WM_COUNTRIES_MAX) return broken(g, err, "countries", g->n_countries);
  for (size_t i = 0; i < g->n_countries; i++) {
    const wm_country_t *c = &g->countries[i];
    const char *a = c->alpha2;
    if (a[0] < 'A' || a[0] > 'Z' || a[1] < 'A' || a[1] > 'Z' || a[2] || c->alpha3[3]) return broken(g, err, "code", i);
    size_t len = strnlen(c->name, sizeof c->name);
    if (len == 0 || len == sizeof c->name || !wm_utf8_valid(c->name, len, NULL) ||
        !wm_utf8_valid(c->alpha3, strlen(c->alpha3), NULL))
      return broken(g, err, "name of a country", i);
    g->by_code[(a[0] - 'A') * 26 + (a[1] - 'A')] = (uint8_t)i;
  }
  return WM_OK;
}

static long lat_of(const wm_place_t *p) {
  return 100L * p->lat + p->lat_fine;
}
static long lon_of(const wm_place_t *p) {
  return 100L * p->lon + p->lon_fine;
}

static wm_err_t check_places(wm_gazetteer_t *g, wm_error_t *err) {
  while (g->n_divisions < g->n_places && wm_place_class(&g->places[g->n_divisions]) == WM_PLACE_DIVISION1)
    g->n_divisions++;
  if (g->n_divisions >= WM_NO_DIVISION) return broken(g, err, "too many divisions", g->n_divisions);
  for (size_t i = 0; i < g->n_places; i++) {
    const wm_place_t *p = &g->places[i];
    if (p->country >= g->n_countries) return broken(g, err, "country of a place", i);
    if (p->division != WM_NO_DIVISION && p->division >= g->n_divisions) return broken(g, err, "division of a place", i);
    if (labs(lat_of(p)) > LAT_MAX || labs(lon_of(p)) > LON_MAX) return broken(g, err, "coordinates of a place", i);
  }
  return WM_OK;
}

static wm_err_t check_names(const wm_gazetteer_t *g, wm_error_t *err) {
  if (g->n_senses == 0 || g->n_senses >= EMPTY || !(g->senses[g->n_senses - 1] & LAST))
    return broken(g, err, "end of the senses", g->n_senses);
  for (size_t i = 0; i < g->n_senses; i++) {
    uint32_t s = g->senses[i], kind = s >> KIND_SHIFT & 15u, ref = s & REF_MASK;
    if (kind >= WM_SENSE_KINDS) return broken(g, err, "kind of a sense", i);
    if (names_nothing(kind)) continue;
    if (kind == WM_SENSE_LEARNED) ref &= 0xFFu;
    if (ref >= (place_kind(kind) ? g->n_places : g->n_countries)) return broken(g, err, "reference of a sense", i);
  }
  size_t empty = 0;
  for (size_t i = 0; i < g->n_slots; i++) {
    if (g->slots[i].sense == EMPTY) empty++;
    else if (g->slots[i].sense >= g->n_senses) return broken(g, err, "index of a name", i);
  }
  if (empty == 0 || g->n_slots > UINT32_MAX) return broken(g, err, "hash table", g->n_slots);
  return WM_OK;
}

/* The table is the model's own: what is wrong with it is wrong with the model. */
static wm_err_t read_cues(wm_gazetteer_t *g, wm_error_t *err) {
  wm_error_t why = WM_ERROR_INIT;
  const wm_err_t rc = wm_cues_read(g, "cues", g->cues_text.s, g->cues_text.len, &g->cues, &why);
  if (rc == WM_OK || rc == WM_ERR_NOMEM) return rc == WM_OK ? rc : wm_error_set(err, rc, "%s", why.text);
  return wm_error_set(err, WM_ERR_MODEL, "model %s: %s", wm_model_name(g->model), why.text);
}

static wm_err_t load(wm_gazetteer_t *g, wm_error_t *err) {
  struct {
    const char *name;
    size_t unit;
    const void **data;
    size_t *n;
  } parts[] = {{"countries", sizeof(wm_country_t), (const void **)&g->countries, &g->n_countries},
               {"places", sizeof(wm_place_t), (const void **)&g->places, &g->n_places},
               {"names", sizeof(slot_t), (const void **)&g->slots, &g->n_slots},
               {"senses", sizeof(uint32_t), (const void **)&g->senses, &g->n_senses},
               {"policy", 1, (const void **)&g->policy.s, &g->policy.len},
               {"cues", 1, (const void **)&g->cues_text.s, &g->cues_text.len},
               {"choice", sizeof(float), (const void **)&g->choice, &g->n_choice},
               {"rank", sizeof(float), (const void **)&g->rank, &g->n_rank}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    wm_err_t rc = wm_model_section(g->model, parts[i].name, parts[i].unit, parts[i].data, parts[i].n, err);
    if (rc != WM_OK) return rc;
    *parts[i].n /= parts[i].unit;
  }
  wm_err_t rc = check_countries(g, err);
  if (rc == WM_OK) rc = check_places(g, err);
  if (rc == WM_OK) rc = check_names(g, err);
  if (rc == WM_OK) rc = read_cues(g, err);
  return rc;
}

static void set_telling(wm_gazetteer_t *g) {
  for (size_t i = 0; i < g->n_slots; i++) {
    wm_sense_t s;
    if (g->slots[i].sense == EMPTY) continue;
    for (const uint32_t *p = &g->senses[g->slots[i].sense]; wm_gazetteer_sense(g, p, &s); p = wm_gazetteer_next(p)) {
      bool place = s.kind == WM_SENSE_PLACE && (s.weight >= WM_TELLING_TOWN || (s.flags & WM_SENSE_SEAT));
      bool area = s.kind == WM_SENSE_AREA && s.weight >= WM_TELLING_AREA;
      if (!place && !area && s.kind != WM_SENSE_COUNTRY && s.kind != WM_SENSE_DEMONYM && s.kind != WM_SENSE_NOTHING)
        continue;
      uint32_t bit = g->slots[i].print & (TELLING_BITS - 1);
      g->telling[bit / 64] |= UINT64_C(1) << (bit % 64);
      break;
    }
  }
}

bool wm_gazetteer_telling(const wm_gazetteer_t *g, uint64_t hash) {
  uint32_t bit = (uint32_t)hash & (TELLING_BITS - 1);
  return g->telling[bit / 64] >> (bit % 64) & 1u;
}

void wm_gazetteer_prefetch(const wm_gazetteer_t *g, uint64_t hash, int step) {
  if (step == 0) {
    __builtin_prefetch(&g->slots[(hash >> 32) * g->n_slots >> 32]);
    return;
  }
  const uint32_t *p = wm_gazetteer_find(g, hash);
  if (step == 1) {
    if (p) __builtin_prefetch(p);
    return;
  }
  for (int n = 0; p && n < PREFETCH_PLACES; n++, p = wm_gazetteer_next(p))
    if (place_kind(*p >> KIND_SHIFT & 15u)) __builtin_prefetch(&g->places[*p & REF_MASK]);
}

wm_err_t wm_gazetteer_open(const char *path, wm_gazetteer_t **out, wm_error_t *err) {
  wm_gazetteer_t *g = calloc(1, sizeof *g);
  *out = NULL;
  if (!g) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = wm_model_open(path, "countries", &g->model, err);
  if (rc == WM_OK) rc = load(g, err);
  if (rc == WM_OK) set_telling(g);
  if (rc != WM_OK) {
    wm_gazetteer_close(g);
    return rc;
  }
  *out = g;
  return WM_OK;
}

void wm_gazetteer_close(wm_gazetteer_t *g) {
  if (!g) return;
  wm_cues_destroy(g->cues);
  wm_model_close(g->model);
  free(g);
}

const wm_model_t *wm_gazetteer_model(const wm_gazetteer_t *g) {
  return g->model;
}
size_t wm_gazetteer_countries(const wm_gazetteer_t *g) {
  return g->n_countries;
}
const wm_country_t *wm_gazetteer_country(const wm_gazetteer_t *g, uint8_t country) {
  return &g->countries[country];
}
size_t wm_gazetteer_divisions(const wm_gazetteer_t *g) {
  return g->n_divisions;
}
const wm_place_t *wm_gazetteer_place(const wm_gazetteer_t *g, uint32_t place) {
  return &g->places[place];
}
bool wm_gazetteer_point(const wm_gazetteer_t *g, uint32_t place, double *lat, double *lon) {
  const wm_place_t *p = &g->places[place];
  if (wm_place_class(p) != WM_PLACE_TOWN || (!p->lat && !p->lon)) return false;
  *lat = (double)lat_of(p) / 1e4;
  *lon = (double)lon_of(p) / 1e4;
  return true;
}
const struct wm_cues *wm_gazetteer_cues(const wm_gazetteer_t *g) {
  return g->cues;
}

wm_str_t wm_gazetteer_policy(const wm_gazetteer_t *g) {
  return g->policy;
}

uint8_t wm_gazetteer_find_country(const wm_gazetteer_t *g, const char *alpha2, size_t len) {
  if (len != 2 || alpha2[0] < 'A' || alpha2[0] > 'Z' || alpha2[1] < 'A' || alpha2[1] > 'Z') return WM_NO_COUNTRY;
  return g->by_code[(alpha2[0] - 'A') * 26 + (alpha2[1] - 'A')];
}

const uint32_t *wm_gazetteer_find(const wm_gazetteer_t *g, uint64_t hash) {
  size_t i = (size_t)((hash >> 32) * g->n_slots >> 32);
  uint32_t print = (uint32_t)hash;
  for (;; i = i + 1 == g->n_slots ? 0 : i + 1) {
    if (g->slots[i].sense == EMPTY) return NULL;
    if (g->slots[i].print == print) return &g->senses[g->slots[i].sense];
  }
}

bool wm_gazetteer_sense(const wm_gazetteer_t *g, const uint32_t *packed, wm_sense_t *out) {
  if (!packed) return false;
  uint32_t s = *packed;
  out->kind = (wm_sense_kind_t)(s >> KIND_SHIFT & 15u);
  out->flags = s >> FLAGS_SHIFT & 7u;
  out->ref = s & REF_MASK;
  out->weight = s >> WEIGHT_SHIFT & 63u;
  out->country = WM_NO_COUNTRY;
  if (place_kind(out->kind)) {
    out->country = g->places[out->ref].country;
    if (g->places[out->ref].cls & WM_PLACE_SEAT) out->flags |= WM_SENSE_SEAT;
  } else if (out->kind == WM_SENSE_LEARNED) {
    out->country = (uint8_t)out->ref;
    out->ref >>= 8;
  } else if (!names_nothing(out->kind)) {
    out->country = (uint8_t)out->ref;
  }
  return true;
}

const uint32_t *wm_gazetteer_next(const uint32_t *packed) {
  return *packed & LAST ? NULL : packed + 1;
}

const float *wm_gazetteer_choice(const wm_gazetteer_t *g, size_t *n) {
  *n = g->n_choice;
  return g->choice;
}

const float *wm_gazetteer_rank(const wm_gazetteer_t *g, size_t *n) {
  *n = g->n_rank;
  return g->rank;
}
