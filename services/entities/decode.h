/**
 * decode: from scores of tags to spans: the best sequence in which "inside" follows its own "begin" or "inside" (Viterbi).
 *
 * Threads: no state. Ownership: everything is the caller's.
 */
#ifndef WM_ENTITIES_DECODE_H
#define WM_ENTITIES_DECODE_H

#include "services/entities/tagger.h"

/**
 * Writes the best tags of `n` tokens whose scores (logits) lie in rows of WM_TAGGER_OUTPUTS numbers into `tags`. `back` is room for n
 * * WM_TAGGER_TAGS bytes. Among equals the lowest tag wins. n > 0.
 */
void wm_decode_best(const float *scores, size_t n, uint8_t *back, uint8_t *tags);
/** Fills `sure` and `types` of `span` (tokens counted from the first row of `scores`, of which there are n) by the scores alone. */
void wm_decode_sure(const float *scores, size_t n, wm_span_t *span);

#endif
