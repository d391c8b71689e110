#include "services/entities/tagger.h"

#include <stdlib.h>
#include <string.h>

#include "services/entities/decode.h"

const char *const wm_name_types[WM_NAME_TYPES] = {"person", "organisation", "place", "group", "event", "work"};

#define MARGIN WM_TAGGER_LAYERS_MAX /* places at each end of a chunk that are reckoned twice */
#define ROOM (WM_TAGGER_CHUNK + 2 * MARGIN)
#define PLACES (2 * WM_TAGGER_SEGMENT + 2) /* a segment's tokens and a gap before each paragraph */
#define GAP UINT32_MAX
#define NO_ROW UINT32_MAX

enum { ROW_WORD, ROW_PREFIX, ROW_SUFFIX, ROW_SHAPE, ROWS };

struct wm_tagger_scratch {
  uint64_t words[WM_TAGGER_SEGMENT];
  uint32_t rows[WM_TAGGER_SEGMENT][ROWS];
  uint32_t lists[WM_TAGGER_SEGMENT];
  uint8_t casing[WM_TAGGER_SEGMENT];
  uint32_t places[PLACES]; /* token of the segment at each place, or GAP */
  float scores[WM_TAGGER_SEGMENT][WM_TAGGER_OUTPUTS];
  uint8_t back[WM_TAGGER_SEGMENT][WM_TAGGER_TAGS];
  uint8_t tags[WM_TAGGER_SEGMENT];
  float x[ROOM][WM_NET_WIDTH];
  uint8_t q[ROOM + 2][WM_NET_WIDTH]; /* a row of zeros before and after */
  float y[WM_TAGGER_CHUNK][WM_TAGGER_OUTPUTS];
  wm_span_t *spans;
  size_t count, capacity;
};

/** What the section "meta" holds. */
typedef struct {
  uint32_t features, width, layers, tags, hash, prefix, suffix, shape, casings, lists;
} meta_t;

static wm_err_t section(const wm_model_t *m, const char *name, size_t unit, size_t count, const void **out,
                        wm_error_t *err) {
  size_t len = 0;
  wm_err_t rc = wm_model_section(m, name, unit, out, &len, err);
  if (rc) return rc;
  if (len != unit * count)
    return wm_error_set(err, WM_ERR_MODEL, "section %s of the model has %zu bytes, not %zu: build it again", name, len,
                        unit * count);
  return WM_OK;
}

static wm_err_t open_meta(const wm_model_t *model, wm_tagger_t *t, wm_error_t *err) {
  const void *data = NULL;
  wm_err_t rc = section(model, "meta", sizeof(uint32_t), sizeof(meta_t) / sizeof(uint32_t), &data, err);
  if (rc) return rc;
  const meta_t *m = data;
  if (m->features != WM_FEATURES_VERSION || m->width != WM_NET_WIDTH || m->tags != WM_TAGGER_TAGS || m->layers < 1 ||
      m->layers > WM_TAGGER_LAYERS_MAX || m->casings != WM_FEATURES_CASINGS || m->lists > WM_LISTS_MAX || !m->hash ||
      !m->prefix || !m->suffix || !m->shape || (m->hash | m->prefix | m->suffix | m->shape) >> 24)
    return wm_error_set(err, WM_ERR_MODEL, "the model is for another version of the tagger: build it again");
  t->layers = m->layers;
  t->lists = m->lists;
  t->hash_size = m->hash;
  t->prefix_size = m->prefix;
  t->suffix_size = m->suffix;
  t->shape_size = m->shape;
  return WM_OK;
}

static wm_err_t open_rows(const wm_model_t *model, wm_tagger_t *t, wm_error_t *err) {
  const void *data = NULL;
  wm_err_t rc = wm_lookup_open(model, "words", &t->vocabulary, err);
  if (!rc) rc = wm_lists_open(model, &t->gazetteer, err);
  if (rc) return rc;
  t->words = t->vocabulary.count;
  t->hash_at = t->words;
  t->prefix_at = t->hash_at + t->hash_size;
  t->suffix_at = t->prefix_at + t->prefix_size;
  t->shape_at = t->suffix_at + t->suffix_size;
  t->casing_at = t->shape_at + t->shape_size;
  t->list_at = t->casing_at + WM_FEATURES_CASINGS;
  size_t rows = t->list_at + 2u * t->lists;
  rc = section(model, "rows", WM_NET_WIDTH, rows, &data, err);
  t->rows = data;
  if (!rc) rc = section(model, "rows.scale", sizeof(float), rows, &data, err);
  t->row_scale = data;
  if (!rc) rc = section(model, "bias", sizeof(float), WM_NET_WIDTH, &data, err);
  t->bias = data;
  if (!rc) rc = section(model, "gain", sizeof(float), t->layers + 1u, &data, err);
  t->gain = data;
  return rc;
}

static wm_err_t open_products(const wm_model_t *model, wm_tagger_t *t, wm_error_t *err) {
  const uint32_t inputs = 3 * WM_NET_WIDTH;
  const void *weights = NULL, *scale = NULL, *bias = NULL;
  wm_err_t rc = section(model, "conv.w", inputs * WM_NET_WIDTH, t->layers, &weights, err);
  if (!rc) rc = section(model, "conv.scale", sizeof(float), t->layers * WM_NET_WIDTH, &scale, err);
  if (!rc) rc = section(model, "conv.bias", sizeof(float), t->layers * WM_NET_WIDTH, &bias, err);
  if (rc) return rc;
  for (uint32_t l = 0; l < t->layers; l++) {
    t->conv[l].weights = (const int8_t *)weights + (size_t)l * inputs * WM_NET_WIDTH;
    t->conv[l].scale = (const float *)scale + l * WM_NET_WIDTH;
    t->conv[l].bias = (const float *)bias + l * WM_NET_WIDTH;
    t->conv[l].inputs = inputs;
    t->conv[l].outputs = WM_NET_WIDTH;
  }
  rc = section(model, "out.w", WM_NET_WIDTH * WM_TAGGER_OUTPUTS, 1, &weights, err);
  if (!rc) rc = section(model, "out.scale", sizeof(float), WM_TAGGER_OUTPUTS, &scale, err);
  if (!rc) rc = section(model, "out.bias", sizeof(float), WM_TAGGER_OUTPUTS, &bias, err);
  if (rc) return rc;
  t->out = (wm_net_product_t){weights, scale, bias, WM_NET_WIDTH, WM_TAGGER_OUTPUTS, NULL};
  return WM_OK;
}

static size_t packed_size(const wm_tagger_t *t, const wm_net_product_t *p) {
  return t->path->packed_bytes * p->inputs * p->outputs;
}

static void pack_product(const wm_tagger_t *t, wm_net_product_t *p, char **at) {
  t->path->pack(p, *at);
  p->packed = *at;
  *at += packed_size(t, p);
}

/** Puts the weights into the order in which the path reads them. */
static wm_err_t pack_products(wm_tagger_t *t, wm_error_t *err) {
  size_t size = packed_size(t, &t->out);
  for (uint32_t l = 0; l < t->layers; l++) size += packed_size(t, &t->conv[l]);
  if (!size) return WM_OK;
  t->packed = aligned_alloc(WM_NET_ALIGNMENT, size);
  if (!t->packed) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for %zu bytes of weights", size);
  char *at = t->packed;
  for (uint32_t l = 0; l < t->layers; l++) pack_product(t, &t->conv[l], &at);
  pack_product(t, &t->out, &at);
  return WM_OK;
}

wm_err_t wm_tagger_open(const wm_model_t *model, const char *path, wm_tagger_t *out, wm_error_t *err) {
  memset(out, 0, sizeof *out);
  out->path = wm_net_path(path);
  if (!out->path) return wm_error_set(err, WM_ERR_CONFIG, "this processor cannot do \"%s\": use plain", path);
  wm_err_t rc = open_meta(model, out, err);
  if (!rc) rc = open_rows(model, out, err);
  if (!rc) rc = open_products(model, out, err);
  if (!rc) rc = pack_products(out, err);
  return rc;
}

void wm_tagger_close(wm_tagger_t *tagger) {
  free(tagger->packed);
  tagger->packed = NULL;
}

wm_tagger_scratch_t *wm_tagger_scratch_new(void) {
  return calloc(1, sizeof(wm_tagger_scratch_t));
}

void wm_tagger_scratch_destroy(wm_tagger_scratch_t *s) {
  if (!s) return;
  free(s->spans);
  free(s);
}

/** The rows of one token that do not come from its neighbours. */
static void find_rows(const wm_tagger_t *t, const char *text, const wm_token_t *token, uint64_t *word,
                      uint32_t rows[ROWS]) {
  wm_folded_t folded;
  const char *s = text + token->start;
  size_t len = token->end - token->start;
  wm_features_fold(s, len, &folded);
  *word = wm_features_word(folded.text, folded.len);
  rows[ROW_SHAPE] = t->shape_at + (uint32_t)(wm_features_shape(s, len) % t->shape_size);
  rows[ROW_PREFIX] = rows[ROW_SUFFIX] = NO_ROW;
  rows[ROW_WORD] = wm_lookup_find(&t->vocabulary, *word);
  if (rows[ROW_WORD] != WM_LOOKUP_NONE) return;
  rows[ROW_WORD] = t->hash_at + (uint32_t)(*word % t->hash_size);
  rows[ROW_PREFIX] = t->prefix_at + (uint32_t)(wm_features_prefix(folded.text, folded.len) % t->prefix_size);
  rows[ROW_SUFFIX] = t->suffix_at + (uint32_t)(wm_features_suffix(folded.text, folded.len) % t->suffix_size);
}

static void add_row(const wm_tagger_t *t, uint32_t row, float *x) {
  t->path->add_row(x, t->rows + (size_t)row * WM_NET_WIDTH, t->row_scale[row]);
}

/** The vector that goes into the first layer. */
static void embed(const wm_tagger_t *t, const wm_tagger_scratch_t *s, uint32_t token, float *x) {
  memcpy(x, t->bias, WM_NET_WIDTH * sizeof *x);
  for (size_t r = 0; r < ROWS; r++)
    if (s->rows[token][r] != NO_ROW) add_row(t, s->rows[token][r], x);
  add_row(t, t->casing_at + s->casing[token], x);
  for (uint32_t bits = s->lists[token]; bits; bits &= bits - 1) {
    uint32_t bit = (uint32_t)__builtin_ctz(bits);
    if (bit % 16 < t->lists) add_row(t, t->list_at + (bit < 16 ? bit : t->lists + bit - 16), x);
  }
}

/** Scores of the tokens at places `from` to `to` - 1 of the `n` places of the segment. */
static void run_chunk(const wm_tagger_t *t, wm_tagger_scratch_t *s, size_t n, size_t from, size_t to) {
  size_t a = from > t->layers ? from - t->layers : 0;
  size_t b = to + t->layers < n ? to + t->layers : n;
  size_t count = b - a;
  for (size_t i = 0; i < count; i++) {
    if (s->places[a + i] == GAP) memset(s->x[i], 0, sizeof s->x[i]);
    else embed(t, s, s->places[a + i], s->x[i]);
  }
  memset(s->q[0], 0, sizeof s->q[0]);
  memset(s->q[count + 1], 0, sizeof s->q[0]);
  for (uint32_t l = 0; l < t->layers; l++) {
    t->path->quantise(s->x[0], count * WM_NET_WIDTH, t->gain[l], s->q[1]);
    t->path->product(&t->conv[l], s->q[0], count, s->x[0]);
    for (size_t i = 0; i < count; i++)
      if (s->places[a + i] == GAP) memset(s->x[i], 0, sizeof s->x[i]);
  }
  t->path->quantise(s->x[from - a], (to - from) * WM_NET_WIDTH, t->gain[t->layers], s->q[0]);
  memset(s->y, 0, (to - from) * sizeof s->y[0]);
  t->path->product(&t->out, s->q[0], to - from, s->y[0]);
  for (size_t i = from; i < to; i++)
    if (s->places[i] != GAP) memcpy(s->scores[s->places[i]], s->y[i - from], sizeof s->y[0]);
}

static wm_err_t add_span(wm_tagger_scratch_t *s, const wm_span_t *span, wm_error_t *err) {
  if (s->count == s->capacity) {
    size_t capacity = s->capacity ? s->capacity * 2 : 256;
    wm_span_t *spans = realloc(s->spans, capacity * sizeof *spans);
    if (!spans) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for %zu names", capacity);
    s->spans = spans;
    s->capacity = capacity;
  }
  s->spans[s->count++] = *span;
  return WM_OK;
}

/** Turns the tags of a paragraph (tokens `start` to `end` - 1 of the segment that begins at token `base`) into spans. */
static wm_err_t collect(wm_tagger_scratch_t *s, size_t start, size_t end, size_t base, wm_error_t *err) {
  wm_decode_best(s->scores[start], end - start, s->back[start], s->tags + start);
  for (size_t i = start; i < end && s->count < WM_TAGGER_SPANS_MAX;) {
    uint8_t tag = s->tags[i];
    size_t first = i++;
    if (tag % 2 == 0) continue;
    while (i < end && s->tags[i] == tag + 1) i++;
    wm_span_t span = {
        .first = (uint32_t)(first - start), .end = (uint32_t)(i - start), .type = (uint8_t)((tag - 1) / 2)};
    wm_decode_sure(s->scores[start], end - start, &span);
    span.first = (uint32_t)(base + first);
    span.end = (uint32_t)(base + i);
    wm_err_t rc = add_span(s, &span, err);
    if (rc) return rc;
  }
  return WM_OK;
}

/** Tags tokens `base` to `base` + n - 1. */
static wm_err_t run_segment(const wm_tagger_t *t, wm_tagger_scratch_t *s, const char *text, const wm_token_t *tokens,
                            size_t n, size_t base, wm_error_t *err) {
  size_t places = 0;
  for (size_t i = 0; i < n; i++) {
    find_rows(t, text, &tokens[i], &s->words[i], s->rows[i]);
    if (i > 0 && tokens[i].flags & WM_TOKEN_PARAGRAPH) s->places[places++] = GAP;
    s->places[places++] = (uint32_t)i;
  }
  wm_features_casing(text, tokens, n, s->casing);
  wm_lists_match(&t->gazetteer, tokens, s->words, n, s->lists);
  for (size_t from = 0; from < places; from += WM_TAGGER_CHUNK)
    run_chunk(t, s, places, from, from + WM_TAGGER_CHUNK < places ? from + WM_TAGGER_CHUNK : places);
  for (size_t start = 0; start < n;) {
    size_t end = start + 1;
    while (end < n && !(tokens[end].flags & WM_TOKEN_PARAGRAPH)) end++;
    wm_err_t rc = collect(s, start, end, base, err);
    if (rc) return rc;
    start = end;
  }
  return WM_OK;
}

/** Where the segment that begins at `start` ends: after a whole paragraph if one fits. */
static size_t segment_end(const wm_tokens_t *tokens, size_t start) {
  if (tokens->count - start <= WM_TAGGER_SEGMENT) return tokens->count;
  for (size_t end = start + WM_TAGGER_SEGMENT; end > start + WM_TAGGER_SEGMENT / 2; end--)
    if (tokens->tokens[end].flags & WM_TOKEN_PARAGRAPH) return end;
  for (size_t end = start + WM_TAGGER_SEGMENT; end > start + WM_TAGGER_SEGMENT / 2; end--)
    if (tokens->tokens[end].flags & WM_TOKEN_SENTENCE) return end;
  return start + WM_TAGGER_SEGMENT;
}

wm_err_t wm_tagger_run(const wm_tagger_t *tagger, wm_tagger_scratch_t *scratch, const char *text,
                       const wm_tokens_t *tokens, const wm_span_t **spans, size_t *count, wm_error_t *err) {
  scratch->count = 0;
  for (size_t start = 0; start < tokens->count && scratch->count < WM_TAGGER_SPANS_MAX;) {
    size_t end = segment_end(tokens, start);
    wm_err_t rc = run_segment(tagger, scratch, text, tokens->tokens + start, end - start, start, err);
    if (rc) return rc;
    start = end;
  }
  *spans = scratch->spans;
  *count = scratch->count;
  return WM_OK;
}
