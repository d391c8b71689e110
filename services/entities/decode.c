#include "services/entities/decode.h"

#include <math.h>
#include <string.h>

enum { OUTSIDE = 0 };

/** One step: `best` holds the score of the best sequence that ends in each tag, and is brought up to the next token. */
static void step(const float *scores, float best[WM_TAGGER_TAGS], uint8_t *back) {
  uint8_t top = 0;
  for (uint8_t tag = 1; tag < WM_TAGGER_TAGS; tag++)
    if (best[tag] > best[top]) top = tag;
  float before = best[top];
  back[OUTSIDE] = top;
  best[OUTSIDE] = before + scores[OUTSIDE];
  for (uint8_t begin = 1; begin < WM_TAGGER_TAGS; begin = (uint8_t)(begin + 2)) {
    uint8_t inside = (uint8_t)(begin + 1);
    uint8_t from = best[inside] > best[begin] ? inside : begin;
    back[inside] = from;
    best[inside] = best[from] + scores[inside];
    back[begin] = top;
    best[begin] = before + scores[begin];
  }
}

void wm_decode_best(const float *scores, size_t n, uint8_t *back, uint8_t *tags) {
  float best[WM_TAGGER_TAGS];
  for (size_t tag = 0; tag < WM_TAGGER_TAGS; tag++) best[tag] = tag && tag % 2 == 0 ? -INFINITY : scores[tag];
  for (size_t i = 1; i < n; i++) step(scores + i * WM_TAGGER_OUTPUTS, best, back + i * WM_TAGGER_TAGS);
  uint8_t tag = 0;
  for (uint8_t t = 1; t < WM_TAGGER_TAGS; t++)
    if (best[t] > best[tag]) tag = t;
  for (size_t i = n; i-- > 0;) {
    tags[i] = tag;
    if (i > 0) tag = back[i * WM_TAGGER_TAGS + tag];
  }
}

/** Probabilities of a token's tags. */
static void softmax(const float *scores, float out[WM_TAGGER_TAGS]) {
  float most = scores[0], sum = 0;
  for (size_t t = 1; t < WM_TAGGER_TAGS; t++) most = fmaxf(most, scores[t]);
  for (size_t t = 0; t < WM_TAGGER_TAGS; t++) sum += out[t] = expf(scores[t] - most);
  for (size_t t = 0; t < WM_TAGGER_TAGS; t++) out[t] /= sum;
}

void wm_decode_sure(const float *scores, size_t n, wm_span_t *span) {
  float p[WM_TAGGER_TAGS], sure = 1, types[WM_NAME_TYPES] = {0};
  size_t begin = 1u + 2u * span->type, inside = begin + 1;
  for (size_t i = span->first; i < span->end; i++) {
    softmax(scores + i * WM_TAGGER_OUTPUTS, p);
    sure = fminf(sure, i == span->first ? p[begin] : p[inside]);
    for (size_t t = 0; t < WM_NAME_TYPES; t++) types[t] += p[1 + 2 * t] + p[2 + 2 * t];
  }
  if (span->end < n) {
    softmax(scores + span->end * WM_TAGGER_OUTPUTS, p);
    sure = fminf(sure, 1 - p[inside]);
  }
  span->sure = sure;
  for (size_t t = 0; t < WM_NAME_TYPES; t++) span->types[t] = types[t] / (float)(span->end - span->first);
}
