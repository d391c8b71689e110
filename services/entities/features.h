/**
 * features: what the tagger sees of a token: hashes of its folded text, affixes and shape, and its class of casing.
 *
 * training/entities calls this very code, so what a model was trained on is what it sees at run time. A change here asks
 * for a new model and a new WM_FEATURES_VERSION.
 *
 * Threads: no state. Ownership: texts are borrowed.
 */
#ifndef WM_ENTITIES_FEATURES_H
#define WM_ENTITIES_FEATURES_H

#include "common/text.h"

#define WM_FEATURES_VERSION 1u
#define WM_FEATURES_CASINGS 36u /* classes of casing */

/** A token's text in lower case, as wm_text_fold() gives it. */
typedef struct {
  char text[WM_TOKEN_BYTES_MAX * 4];
  size_t len;
} wm_folded_t;

/** Folds a token (the text as it is where it cannot be folded). ASCII takes a short way with the same result. */
void wm_features_fold(const char *s, size_t len, wm_folded_t *out);
/** Hash of a folded word: the key of the word table and of gazetteers. */
uint64_t wm_features_word(const char *folded, size_t len);
/** Hashes of the first and last three code points of a folded word. */
uint64_t wm_features_prefix(const char *folded, size_t len);
uint64_t wm_features_suffix(const char *folded, size_t len);
/** Hash of the shape of a token as written: X upper, x lower, d digit, others as they are, runs cut to two. */
uint64_t wm_features_shape(const char *s, size_t len);
/** Extends the hash of a name by a word: the key of a name of several words in a gazetteer. Starts from WM_NAME_SEED. */
#define WM_NAME_SEED 0x57495245u
uint64_t wm_features_join(uint64_t name, uint64_t word);
/**
 * Class of casing (0 to WM_FEATURES_CASINGS - 1) of each of `n` tokens: punctuation, number, lower, capital, upper ... times first
 * in its sentence or not, times whether the sentence is written in capitals or title case.
 */
void wm_features_casing(const char *text, const wm_token_t *tokens, size_t n, uint8_t *out);

#endif
