/**
 * gazetteer: names and what they may stand for, from models/countries.wmm (one mapped file, written by training/countries/build).
 *
 * Sections (little-endian, all indices checked when the file is opened):
 *   countries  n x 64 bytes: alpha-2, alpha-3, weight, latitude, longitude, GeoNames id, name
 *   places     n x 16 bytes: GeoNames id, latitude, longitude, first-level division, country, class, weight, finer digits of latitude and
 *              longitude; divisions of the first level come first
 *   names      n x 8 bytes: an open-addressing hash table; 32 bits of the key's hash, index of the first sense
 *   senses     n x 4 bytes: what a name may stand for; lists ended by a flag
 *   policy     text in the form of policy.h: the default for disputed and dissolved places
 *   cues       text in the form of cues.h: what tells local news
 *   choice     32-bit floats: weights by which a sense is chosen (sense.c)
 *   rank       32-bit floats: weights that turn evidence into countries (rank.c)
 * Keys are not stored, only their hashes: a name that the gazetteer does not have is taken for one that it has once in some 2^32.
 *
 * Threads: read-only once open, free to share. Ownership: the gazetteer owns the model; senses and records are borrowed from it.
 */
#ifndef WM_COUNTRIES_GAZETTEER_H
#define WM_COUNTRIES_GAZETTEER_H

#include "common/model.h"
#include "key.h"

#define WM_NO_COUNTRY 0xFFu    /* no country index */
#define WM_COUNTRIES_MAX 255u  /* countries in a gazetteer */
#define WM_NO_DIVISION 0xFFFFu /* no first-level division */

typedef enum {
  WM_SENSE_NOTHING = 0, /* a name that gives no country: a continent, an international body, a species */
  WM_SENSE_COUNTRY,     /* ref: country */
  WM_SENSE_DEMONYM,     /* ref: country */
  WM_SENSE_PLACE,       /* ref: place (populated place, division) */
  WM_SENSE_AREA,        /* ref: country; an island, mountain, river, region within one country */
  WM_SENSE_METONYM, /* ref: country; a seat of government, parliament, agency, force; ALT: called alike in many countries */
  WM_SENSE_PERSON,  /* ref: country; full name */
  WM_SENSE_SURNAME, /* ref: country; bare surname of a leader */
  WM_SENSE_PARTY,   /* ref: country */
  WM_SENSE_ARMED,   /* ref: country; armed group */
  WM_SENSE_COMPANY, /* ref: country */
  WM_SENSE_SCHOOL,  /* ref: country; university */
  WM_SENSE_CLUB,    /* ref: country; sports club, league, cup */
  WM_SENSE_LEARNED, /* ref: country and item types; how often (weight / 63) news that has the name is about the country */
  WM_SENSE_GIVEN,   /* a first name; gives no country */
  WM_SENSE_MEDIA,   /* ref: country; newspaper, broadcaster, agency */
  WM_SENSE_KINDS
} wm_sense_kind_t;

enum {
  WM_SENSE_ALT = 1,    /* not the main name */
  WM_SENSE_CAPS = 2,   /* only where it is written in capital letters ("US") */
  WM_SENSE_POSTAL = 4, /* only after a comma ("Springfield, IL") */
  WM_SENSE_SEAT = 8    /* place: a capital or seat of government */
};

typedef struct {
  wm_sense_kind_t kind;
  unsigned flags;
  uint32_t ref;    /* country or place, by kind; of LEARNED the item types as bits */
  unsigned weight; /* 0 to 63; of a place 8 x log10(population) */
  uint8_t country; /* country index; WM_NO_COUNTRY for NOTHING and GIVEN */
} wm_sense_t;

typedef enum { WM_PLACE_TOWN = 0, WM_PLACE_DIVISION1, WM_PLACE_DIVISION2 } wm_place_class_t;
#define WM_PLACE_SEAT 0x80u /* bit of wm_place_t.cls: a capital or seat of government */

typedef struct {
  uint32_t geonames; /* 0: unknown */
  int16_t lat, lon;  /* hundredths of a degree; of a division the middle of its people */
  uint16_t division; /* index of the first-level division among places, or WM_NO_DIVISION */
  uint8_t country;
  uint8_t cls; /* wm_place_class() and WM_PLACE_SEAT */
  uint8_t weight;
  int8_t lat_fine, lon_fine; /* ten-thousandths of a degree more */
  uint8_t pad;
} wm_place_t;

static inline wm_place_class_t wm_place_class(const wm_place_t *p) {
  return (wm_place_class_t)(p->cls & ~WM_PLACE_SEAT);
}

typedef struct {
  char alpha2[4], alpha3[4]; /* NUL-padded */
  uint32_t geonames;         /* 0: unknown */
  int16_t lat, lon;          /* hundredths of a degree */
  char name[48];             /* NUL-padded */
} wm_country_t;

typedef struct wm_gazetteer wm_gazetteer_t;

/** Opens and checks `path`. WM_ERR_MODEL with what is wrong and the remedy, WM_ERR_NOMEM. */
wm_err_t wm_gazetteer_open(const char *path, wm_gazetteer_t **out, wm_error_t *err);
void wm_gazetteer_close(wm_gazetteer_t *g);
const wm_model_t *wm_gazetteer_model(const wm_gazetteer_t *g);

size_t wm_gazetteer_countries(const wm_gazetteer_t *g);
const wm_country_t *wm_gazetteer_country(const wm_gazetteer_t *g, uint8_t country);
/** Index of a code such as "RU"; WM_NO_COUNTRY if there is none. */
uint8_t wm_gazetteer_find_country(const wm_gazetteer_t *g, const char *alpha2, size_t len);
size_t wm_gazetteer_divisions(const wm_gazetteer_t *g); /* places below this index are first-level divisions */
const wm_place_t *wm_gazetteer_place(const wm_gazetteer_t *g, uint32_t place);
/** Where a town lies, in degrees; false for divisions, and where it is not known. */
bool wm_gazetteer_point(const wm_gazetteer_t *g, uint32_t place, double *lat, double *lon);
/** The table of what tells local news (cues.h). */
const struct wm_cues *wm_gazetteer_cues(const wm_gazetteer_t *g);
/** The built-in policy text (not NUL-terminated). */
wm_str_t wm_gazetteer_policy(const wm_gazetteer_t *g);

/** Weights of sense.c and of rank.c; `*n` how many. */
const float *wm_gazetteer_choice(const wm_gazetteer_t *g, size_t *n);
const float *wm_gazetteer_rank(const wm_gazetteer_t *g, size_t *n);
#define WM_SENSES_MAX 64u   /* senses of one name */
#define WM_TELLING_TOWN 40u /* weight of a place (100,000 inhabitants) that is looked for inside longer names */
#define WM_TELLING_AREA 50u /* weight of an area that is */

/** The senses of a key by its hash, heaviest first: packed, to be read with wm_gazetteer_sense(). NULL if the name is not there. */
const uint32_t *wm_gazetteer_find(const wm_gazetteer_t *g, uint64_t hash);
/** Brings the memory behind a key nearer, in three steps that are worth it some way ahead of each other: its slot, its senses, their places. */
void wm_gazetteer_prefetch(const wm_gazetteer_t *g, uint64_t hash, int step);
/** False if the key is surely of no country, people, large place or region: most words are not, and it costs little to know. */
bool wm_gazetteer_telling(const wm_gazetteer_t *g, uint64_t hash);
/** Unpacks a sense; false behind the last one: for (p = find(); wm_gazetteer_sense(g, p, &s); p = wm_gazetteer_next(p)). NULL allowed. */
bool wm_gazetteer_sense(const wm_gazetteer_t *g, const uint32_t *packed, wm_sense_t *out);
const uint32_t *wm_gazetteer_next(const uint32_t *packed);

#endif
