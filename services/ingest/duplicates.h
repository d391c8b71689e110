/**
 * duplicates: the same story under another uri, as wire copy comes from several sources.
 *
 * A text becomes a set of shingles (three folded words each, hashed by XXH3) and that a signature of 64 values by one-permutation MinHash
 * (Li, Owen, Zhang: One Permutation Hashing, NIPS 2012; empty bins filled as in Shrivastava: Optimal Densification for Fast and Accurate
 * Minwise Hashing, ICML 2017). The share of equal values estimates the Jaccard similarity of the sets; WM_SIGNATURE_ALIKE of 64 and more
 * is a duplicate. Candidates are found by 16 bands of 4 values (Broder 1997; Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4).
 * The index keeps the newest `window` articles, none older than `age_ms`; work and memory for one article are bounded.
 *
 * Threads: a signature needs no lock; the index has one inside. Ownership: texts and uris are copied.
 */
#ifndef WM_INGEST_DUPLICATES_H
#define WM_INGEST_DUPLICATES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/article.h"

#define WM_SIGNATURE_BINS 64u
#define WM_SIGNATURE_ALIKE 38u    /* equal values of a duplicate: a similarity of about 0.6 */
#define WM_SIGNATURE_SHINGLES 24u /* a shorter text has no signature: too little to tell */
#define WM_DUPLICATES_WINDOW_MAX 2000000

typedef struct {
  uint16_t bin[WM_SIGNATURE_BINS];
  bool usable; /* false: the text is too short */
} wm_signature_t;

/** The signature of valid UTF-8. Linear time, no allocation. */
void wm_signature_make(wm_str_t text, wm_signature_t *out);
/** How many values are equal, 0 to 64. */
unsigned wm_signature_alike(const wm_signature_t *a, const wm_signature_t *b);

typedef struct wm_duplicates wm_duplicates_t;

/** An index of `window` articles (1 to WM_DUPLICATES_WINDOW_MAX) of at most `age_ms`. NULL when out of memory. */
wm_duplicates_t *wm_duplicates_new(size_t window, int64_t age_ms);
void wm_duplicates_destroy(wm_duplicates_t *d);

/**
 * Looks for an article under another uri whose text is nearly this one and writes the uri of the first of them into `first` ("" if there is
 * none); then adds this one. True if there is one. An unusable signature is neither looked for nor added. `slot` (may be NULL) gets the
 * place under which the signature is to be kept, 0 to window - 1, each once before one comes again; -1 if nothing was added (already there,
 * or out of memory). `at_ms` is Unix time.
 */
bool wm_duplicates_check(wm_duplicates_t *d, const wm_signature_t *signature, const char *uri, int64_t at_ms,
                         char first[WM_ARTICLE_URI_MAX + 1], int64_t *slot);
/** Adds what was kept: `first` is "" for an article that is itself the first. Nothing happens if it is there already or too old. */
void wm_duplicates_add(wm_duplicates_t *d, const wm_signature_t *signature, const char *uri, const char *first,
                       int64_t at_ms, int64_t now_ms, int64_t slot);
/** Remembers the hash of a record that this process keeps under `slot`, and tells whether a record that comes back is that one. */
void wm_duplicates_wrote(wm_duplicates_t *d, int64_t slot, uint64_t hash);
bool wm_duplicates_is_own(wm_duplicates_t *d, int64_t slot, uint64_t hash);
/** Articles in the index. */
size_t wm_duplicates_count(wm_duplicates_t *d);

#endif
