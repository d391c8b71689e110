/* Shared by sense.c and inner.c. */
#ifndef WM_COUNTRIES_SENSE_INTERNAL_H
#define WM_COUNTRIES_SENSE_INTERNAL_H

#include "resolver_internal.h"

/* Whether an item of this type, written like this, may stand for the sense. */
bool wm_sense_allowed(const wm_item_t *item, const wm_sense_t *s, bool caps);
/* True of a name of two letters or more, all capitals ("U.S."). */
bool wm_sense_caps(const char *s, size_t len);
/* How well a sense goes with the article, without what stands around the mentions. */
float wm_sense_score(const wm_resolver_t *r, const wm_item_t *item, const wm_sense_t *s);
/* Adds (sign 1) or takes away (-1) what an item makes the article speak of. */
void wm_sense_add_mass(wm_resolver_t *r, const wm_item_t *item, float sign);
/* inner.c: a country or place inside a longer name ("Iranian Foreign Ministry", "University of North Carolina"). */
void wm_inner_look_up(wm_resolver_t *r, wm_item_t *item);

#endif
