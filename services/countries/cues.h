/**
 * cues: words that tell that an article is local news of one country ("sheriff's deputies", "school levy"): what its papers do not say, since
 * their readers know where they live.
 *
 * The form of the table, one line for several phrases: CODE, weight and phrases (separated by '|') with tabs between them. Phrases are words
 * in small letters, "#" stands for a number. CODE `*` holds phrases that speak against local news of any country (its weights are negative), `_` what follows the name of a town
 * where it would not follow that of a country ("Lebanon man", "Peru High School").
 *
 * Threads: read-only once read, free to share.
 */
#ifndef WM_COUNTRIES_CUES_H
#define WM_COUNTRIES_CUES_H

#include "gazetteer.h"

#define WM_CUES_MAX 1024u   /* phrases of a table */
#define WM_CUE_WORDS_MAX 5u /* words of a phrase */
#define WM_CUE_HOMES_MAX 16u

typedef struct wm_cues wm_cues_t;

/** What was found in a text. */
typedef struct {
  float home[WM_CUE_HOMES_MAX];    /* weight of the different phrases of each home */
  float against;                   /* of those that speak against local news, positive */
  uint64_t seen[WM_CUES_MAX / 64]; /* phrases that were counted */
} wm_cues_found_t;

/** A table out of `text` (see above); `origin` names it in errors. WM_ERR_CONFIG ("ORIGIN:LINE: ..."), WM_ERR_NOMEM. */
wm_err_t wm_cues_read(const wm_gazetteer_t *g, const char *origin, const char *text, size_t len, wm_cues_t **out,
                      wm_error_t *err);
void wm_cues_destroy(wm_cues_t *cues);
/** The countries that have phrases of their own: `home` is an index below wm_cues_homes(). */
size_t wm_cues_homes(const wm_cues_t *cues);
uint8_t wm_cues_home(const wm_cues_t *cues, size_t home);
/** Whether a country has phrases of its own. */
bool wm_cues_is_home(const wm_cues_t *cues, uint8_t country);
/** Adds what a text says to `found`; a phrase counts once. At most the first 100,000 bytes are looked at. */
void wm_cues_find(const wm_cues_t *cues, const char *text, size_t len, wm_cues_found_t *found);
/** Weight of what follows a name: the heaviest phrase of `_` that begins at s[0] (a blank before it is passed over), 0 for none. */
float wm_cues_beside(const wm_cues_t *cues, const char *s, size_t len);

#endif
