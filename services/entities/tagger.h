/**
 * tagger: finds the spans of names in a text: a small residual network over tokens, then the best sequence of BIO tags.
 *
 * Long texts go through in segments of whole paragraphs (cut at WM_TAGGER_SEGMENT tokens where a paragraph is longer) and these in chunks
 * that overlap by what the network sees, so memory does not grow with the text and the result does not depend on the cuts inside
 * a segment.
 *
 * Threads: wm_tagger_t is read-only and shared; a scratch belongs to one thread. Ownership: the tagger borrows its model and owns the packed weights; spans belong
 * to the scratch until the next run.
 */
#ifndef WM_ENTITIES_TAGGER_H
#define WM_ENTITIES_TAGGER_H

#include "services/entities/lookup.h"
#include "services/entities/net.h"

#define WM_TAGGER_LAYERS_MAX 8u
#define WM_TAGGER_SEGMENT 16384u   /* tokens */
#define WM_TAGGER_CHUNK 240u       /* tokens whose vectors are in memory at a time */
#define WM_TAGGER_SPANS_MAX 65536u /* spans of one text; what follows is not tagged */

/** Types of names, in the order of the model's tags: 0 is "outside", 1 + 2 * type begins, 2 + 2 * type goes on. */
typedef enum {
  WM_NAME_PERSON = 0,
  WM_NAME_ORGANISATION,
  WM_NAME_PLACE,
  WM_NAME_GROUP,
  WM_NAME_EVENT,
  WM_NAME_WORK,
  WM_NAME_TYPES
} wm_name_type_t;
/** "person", "organisation", ... as published. */
extern const char *const wm_name_types[WM_NAME_TYPES];

#define WM_TAGGER_TAGS (1u + 2u * WM_NAME_TYPES)
#define WM_TAGGER_OUTPUTS 16u /* WM_TAGGER_TAGS filled up to a whole vector */

/** Tokens first to end - 1 are a name. */
typedef struct {
  uint32_t first, end;
  uint8_t type;
  float sure;                 /* probability that span and type are right, as the network has it: 0 to 1 */
  float types[WM_NAME_TYPES]; /* probability of each type, whatever the span */
} wm_span_t;

typedef struct {
  const wm_net_path_t *path;
  const int8_t *rows;
  const float *row_scale, *bias, *gain; /* gain: of each layer's inputs, then of the output's */
  uint32_t words, layers, lists;
  uint32_t hash_at, hash_size, prefix_at, prefix_size, suffix_at, suffix_size, shape_at, shape_size, casing_at, list_at;
  wm_lookup_t vocabulary;
  wm_lists_t gazetteer;
  wm_net_product_t conv[WM_TAGGER_LAYERS_MAX];
  wm_net_product_t out;
  void *packed; /* weights of the products in the path's order; owned */
} wm_tagger_t;

/** Reads the network out of `model`. `path` names the arithmetic (NULL: the fastest). WM_ERR_MODEL, WM_ERR_CONFIG (no such path here),
 * WM_ERR_NOMEM. */
wm_err_t wm_tagger_open(const wm_model_t *model, const char *path, wm_tagger_t *out, wm_error_t *err);
/** Frees what open() allocated; a tagger of zeros, or one that failed to open, is left as it is. */
void wm_tagger_close(wm_tagger_t *tagger);

typedef struct wm_tagger_scratch wm_tagger_scratch_t;
/** A new scratch; NULL when out of memory. */
wm_tagger_scratch_t *wm_tagger_scratch_new(void);
void wm_tagger_scratch_destroy(wm_tagger_scratch_t *s);

/**
 * Tags `tokens` of `text`. `*spans` (borrowed from the scratch) are in order and do not overlap; `*count` how many. Linear time.
 * WM_ERR_NOMEM.
 */
wm_err_t wm_tagger_run(const wm_tagger_t *tagger, wm_tagger_scratch_t *scratch, const char *text,
                       const wm_tokens_t *tokens, const wm_span_t **spans, size_t *count, wm_error_t *err);

#endif
