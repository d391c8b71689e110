/**
 * filter: whether a target wants an article.
 *
 * Every criterion that is given must hold; of a list one entry is enough:
 *   topics        a topic of the article is one of these or lies below it (its `path`), with topic_relevance or more
 *   countries     a country of the article is one of these, with country_relevance or more; `focus`: and the story is about it
 *   entity_types  an entity is of one of these types, with entity_relevance or more
 *   languages     the article's language, whatever its region
 * A threshold (or focus) without its list asks for any topic, country or entity that passes.
 *
 * Threads: no state.
 */
#ifndef WM_DELIVER_FILTER_H
#define WM_DELIVER_FILTER_H

#include "services/deliver/item.h"
#include "services/deliver/target.h"

/** True if it asks for nothing: every article is wanted. */
bool wm_filter_empty(const wm_filter_t *filter);
bool wm_filter_wants(const wm_filter_t *filter, const wm_item_t *item);

#endif
