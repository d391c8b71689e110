/**
 * topics: the enricher that gives an article its IPTC Media Topics.
 *
 * Reads headline and body text, writes `enrichment.topics`: one to five concepts, most relevant first, each the most specific that fits;
 * an empty list where the text is about nothing that can be told (too short, not the model's language, no words).
 * Uses the article's language where an earlier stage or the article itself names it.
 *
 * Threads and ownership: as service.h says; what open() gives is read-only.
 */
#ifndef WM_TOPICS_H
#define WM_TOPICS_H

#include "common/service.h"

extern const wm_service_t wm_topics_service;

#endif
