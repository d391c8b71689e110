/**
 * lookup: a read-only table of 64-bit keys inside the model file, and the gazetteer that is built on it.
 *
 * A key's upper `bits` bits choose a bucket, its lower 32 bits are kept as a fingerprint; the fingerprints lie in the order of buckets,
 * `index` (2^bits + 1 numbers) says where each begins. A key is one of the table with a chance of some 2^-44 by mistake.
 *
 * Threads: read-only, free to share. Ownership: borrows the model's sections.
 */
#ifndef WM_ENTITIES_LOOKUP_H
#define WM_ENTITIES_LOOKUP_H

#include "common/model.h"
#include "services/entities/features.h"

#define WM_LOOKUP_NONE UINT32_MAX

typedef struct {
  const uint32_t *index;
  const uint32_t *prints;
  uint32_t bits, count;
} wm_lookup_t;

/** Opens the table in sections `name`.idx and `name`.key. WM_ERR_MODEL if its numbers do not hold together. */
wm_err_t wm_lookup_open(const wm_model_t *model, const char *name, wm_lookup_t *out, wm_error_t *err);
/** Position of `key` in the table (0 to count - 1), or WM_LOOKUP_NONE. */
uint32_t wm_lookup_find(const wm_lookup_t *t, uint64_t key);

#define WM_LISTS_MAX 15u /* lists at most: a bit each of a value; the last bit says that a longer name goes on */
#define WM_LISTS_MORE 0x8000u
#define WM_LISTS_PLACES \
  0x1E8u /* the lists of countries, cities, towns, divisions and regions (training/entities/gazetteers.py) */
#define WM_LISTS_DEMONYMS 0x10u /* "Malaysian" */
#define WM_LISTS_WORDS 8u       /* words of a name at most */

typedef struct {
  wm_lookup_t table;
  const uint16_t *values;
} wm_lists_t;

/** Opens sections gaz.idx, gaz.key and gaz.val. WM_ERR_MODEL. */
wm_err_t wm_lists_open(const wm_model_t *model, wm_lists_t *out, wm_error_t *err);
/** The lists (bits 0 to 14) that have exactly the name `key`, a WM_NAME_SEED joined by the wm_features_word() of its tokens. */
uint32_t wm_lists_find(const wm_lists_t *g, uint64_t key);
/**
 * For each of `n` tokens the lists in which the longest name that begins there is found (bits 0 to 14: it begins a name of that list;
 * bits 16 to 30: it is inside one). Names begin at capitals only. `words` are the tokens' wm_features_word(). Linear time.
 */
void wm_lists_match(const wm_lists_t *g, const wm_token_t *tokens, const uint64_t *words, size_t n, uint32_t *out);

#endif
