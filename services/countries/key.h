/**
 * key: the form in which names of the gazetteer are written and looked up.
 *
 * A key is wm_text_fold() of the name and then: accents taken off, full stops, commas, apostrophes, quotes and brackets dropped,
 * dashes and slashes turned into spaces, "&" into "and", a leading "the" dropped. So "U.S.", "US" and "the us" have one key; what tells
 * them apart (capital letters) is looked at where it matters. training/ calls this very code.
 *
 * Threads: no state.
 */
#ifndef WM_COUNTRIES_KEY_H
#define WM_COUNTRIES_KEY_H

#include "common/text.h"

#define WM_KEY_BYTES_MAX 96u /* a longer key is of no name that the gazetteer has */
#define WM_KEY_WORDS_MAX 16u /* words whose places in the key are kept */

typedef struct {
  char text[WM_KEY_BYTES_MAX + 1]; /* NUL-terminated */
  uint32_t len;                    /* bytes; 0: no key (nothing left, or too long) */
  uint32_t n_words;                /* at most WM_KEY_WORDS_MAX; words beyond are in the key, but not in starts[] */
  uint8_t starts[WM_KEY_WORDS_MAX], ends[WM_KEY_WORDS_MAX];
} wm_key_t;

/** Makes the key of valid UTF-8. Returns false, with an empty key, if nothing is left of it or it is too long. */
bool wm_key_make(const char *s, size_t len, wm_key_t *key);
/** The 64-bit hash (XXH3) under which `len` bytes of a key are stored. */
uint64_t wm_key_hash(const char *key, size_t len);

#endif
