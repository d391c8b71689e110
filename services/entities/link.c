/** link: what is known of a thing by its name is kept only where the article does not speak against it. */
#include "services/entities/document.h"

#define LETTERS 26u
#define COUNTRIES (LETTERS * LETTERS)

/** Number of an alpha-2 code, COUNTRIES if it is none. */
static unsigned number_of(const char code[2]) {
  unsigned a = (unsigned)(code[0] - 'A'), b = (unsigned)(code[1] - 'A');
  return a < LETTERS && b < LETTERS ? a * LETTERS + b : COUNTRIES;
}

void wm_document_link(wm_document_t *d) {
  bool spoken_of[COUNTRIES + 1] = {false};
  for (size_t i = 0; i < d->n_forms; i++) {
    uint32_t known = d->forms[i].known;
    if (known == WM_LOOKUP_NONE || d->knowledge->known[known].flags & WM_KNOWN_CONTEXT) continue;
    spoken_of[number_of(d->knowledge->known[known].country)] = true;
  }
  for (size_t i = 0; i < d->n_forms; i++)
    if (d->forms[i].listed != WM_UNLISTED)
      spoken_of[number_of(wm_newsroom_thing(d->newsroom, d->forms[i].listed)->country)] = true;
  spoken_of[COUNTRIES] = false;
  for (size_t i = 0; i < d->n_entities; i++) {
    wm_entity_t *e = &d->entities[i];
    if (e->known == WM_LOOKUP_NONE) continue;
    const wm_known_t *k = &d->knowledge->known[e->known];
    if (k->flags & WM_KNOWN_CONTEXT && !spoken_of[number_of(k->country)]) e->known = WM_LOOKUP_NONE;
  }
}
