/* Shared by lookup.c, inner.c, sense.c and the training tool. */
#ifndef WM_COUNTRIES_SENSE_INTERNAL_H
#define WM_COUNTRIES_SENSE_INTERNAL_H

#include "resolver_internal.h"

/* lookup.c: gives an item its senses, or settles it by policy, by annotated news, or as unknown; `name` is the key of its name. */
void wm_sense_look_up(wm_resolver_t *r, wm_item_t *item, const wm_key_t *name);
/* Whether an item of this type, written like this, may stand for the sense. */
bool wm_sense_allowed(const wm_item_t *item, const wm_sense_t *s, bool caps);
/* True of a name of two letters or more, all capitals ("U.S."). */
bool wm_sense_caps(const char *s, size_t len);
/* How a country comes to an item by this sense. */
wm_by_t wm_sense_by(const wm_item_t *item, const wm_option_t *o);
/* inner.c: a country or place inside a longer name ("Iranian Foreign Ministry", "University of North Carolina"). */
void wm_inner_look_up(wm_resolver_t *r, wm_item_t *item, const wm_key_t *name);

/* local.c: names that an article of local news means as its readers do. After the rounds of sense.c. WM_ERR_NOMEM. */
wm_err_t wm_local_decide(wm_resolver_t *r, wm_error_t *err);

/* weigh.c: how much an item makes the article speak of each of its countries. */
float wm_sense_mass(const wm_item_t *item);
/* weigh.c: adds (sign 1) or takes away (-1) what an item makes the article speak of. */
void wm_sense_add_mass(wm_resolver_t *r, const wm_item_t *item, float sign);

/* Inputs of the model that are not 0. */
typedef struct {
  unsigned n;
  uint8_t index[24]; /* WM_F_... */
  float value[24];
} wm_inputs_t;

/* sense.c: the model's score of some inputs; the senses that an item may stand for, among the resolver's options (WM_ERR_NOMEM). */
float wm_sense_score(const wm_resolver_t *r, const wm_inputs_t *x);
wm_err_t wm_sense_lay_out(wm_resolver_t *r, wm_item_t *item, wm_error_t *err);
/* sense.c: what stands around the mentions of an item; returns how many. wm_sense_around() gives nothing where that does not matter for the choice. */
size_t wm_sense_look_around(wm_resolver_t *r, const wm_item_t *item, wm_around_t around[WM_AROUND_MAX]);
size_t wm_sense_around(wm_resolver_t *r, const wm_item_t *item, wm_around_t around[WM_AROUND_MAX]);
/* The sense as an option, without its base. */
void wm_sense_option(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s, wm_option_t *out);
/* Inputs for a sense: what does not change from round to round, and what depends on the rest of the article; and for "none of them". */
void wm_sense_own_inputs(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s, const wm_around_t *around,
                         size_t n, wm_inputs_t *x);
void wm_sense_other_inputs(const wm_resolver_t *r, const wm_item_t *item, const wm_option_t *o, wm_inputs_t *x);
void wm_sense_none_inputs(const wm_resolver_t *r, const wm_item_t *item, wm_inputs_t *x);

#endif
