/**
 * resolver: from an article and its entities to countries.
 *
 * wm_resolver_run() takes the entities that an earlier stage found (or, where there are none, names that it finds in the text itself), looks
 * each up in the gazetteer, decides between the senses of a name over the whole article, and gives the countries with what speaks for each.
 *
 * Threads: a resolver belongs to one thread; gazetteer and policy are shared and read-only. Ownership: the resolver owns its memory and reuses it
 * from article to article; what it returns is valid until the next run.
 */
#ifndef WM_COUNTRIES_RESOLVER_H
#define WM_COUNTRIES_RESOLVER_H

#include "common/article.h"
#include "policy.h"

#define WM_RESOLVER_ITEMS_MAX 65536u     /* entities of an article that are looked at */
#define WM_RESOLVER_MENTIONS_MAX 262144u /* mentions of an article that are looked at */
#define WM_RESOLVER_EVIDENCE_MAX 5u      /* pieces of evidence shown for a country */

typedef struct wm_resolver wm_resolver_t;

/** Checks that the gazetteer's weights are those that the resolver needs. WM_ERR_MODEL. */
wm_err_t wm_resolver_check(const wm_gazetteer_t *g, wm_error_t *err);
/** A resolver over `g` (borrowed). NULL when out of memory. */
wm_resolver_t *wm_resolver_new(const wm_gazetteer_t *g);
void wm_resolver_destroy(wm_resolver_t *r);
/**
 * Resolves the article under `policy` (borrowed for the call): sets `country` and `geonames` of its entities where they can be told, and `enrichment.countries`.
 * WM_ERR_NOMEM; WM_ERR_WRONG_TYPE (poison) if `enrichment.entities` is there and is not what the entities service writes.
 */
wm_err_t wm_resolver_run(wm_resolver_t *r, const wm_policy_t *policy, wm_article_t *article, wm_error_t *err);

#endif
