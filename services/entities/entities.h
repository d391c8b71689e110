/**
 * entities: the enricher that finds people, organisations, places, groups, events and works in an article.
 *
 * Writes `language` and `entities` (design section 3). Names are found by a small network (tagger.h), then joined into
 * one entity a thing (document.h). The tagger runs for texts in the model's language or in one that cannot be told; for others
 * `entities` is empty.
 *
 * Threads and ownership: as common/service.h says.
 */
#ifndef WM_ENTITIES_ENTITIES_H
#define WM_ENTITIES_ENTITIES_H

#include "common/service.h"

extern const wm_service_t wm_entities_service;

#endif
