/* Opening a topics model: every number that scoring relies on is checked here, so that a damaged file is refused and never read out of bounds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "services/topics/topics_internal.h"

#define REMEDY "build it again with training/topics/build"

static wm_err_t section(const wm_topics_model_t *m, const char *name, size_t unit, size_t count, const void **out,
                        wm_error_t *err) {
  size_t len = 0;
  wm_err_t e = wm_model_section(m->file, name, unit, out, &len, err);
  if (e) return e;
  if (len / unit < count)
    return wm_error_set(err, WM_ERR_MODEL, "%s: section %s has %zu entries, not %zu: " REMEDY, wm_model_name(m->file),
                        name, len / unit, count);
  return WM_OK;
}

static bool power_of_two(uint32_t n) {
  return n && (n & (n - 1)) == 0;
}

static bool params_good(const wm_topics_params_t *p) {
  bool good = p->format == WM_TOPICS_FORMAT && p->n_concepts > 0 && p->n_concepts <= WM_TOPICS_CONCEPTS_MAX &&
              p->n_tops > 0 && p->n_tops <= 64 && p->n_tops <= p->n_concepts;
  good = good && p->n_words > 0 && p->n_words < 1u << 24 && p->words_dim > 0 && p->words_dim <= WM_TOPICS_DIM_MAX &&
         p->words_dim % 16 == 0;
  good = good && power_of_two(p->slots) && p->slots <= 1u << 25 && p->slots > p->n_words;
  good = good && power_of_two(p->pairs) && p->pairs <= 1u << 24 && p->pairs_dim > 0 &&
         p->pairs_dim <= WM_TOPICS_DIM_MAX && p->pairs_dim % 16 == 0;
  good = good && p->hidden > 0 && p->hidden <= WM_TOPICS_HIDDEN_MAX && p->hidden % 16 == 0 && p->opening <= 10000 &&
         p->paired <= 1u << 20;
  good = good && p->profile <= p->n_concepts && p->profile <= p->profile_dim && p->profile_dim <= WM_TOPICS_DIM_MAX &&
         p->profile_dim % 16 == 0;
  good = good && power_of_two(p->phrase_slots) && p->phrase_slots <= 1u << 22;
  for (int i = 0; i < 4; i++) good = good && p->gain[i] >= 0 && p->gain[i] <= 15;
  good = good && isfinite(p->rank[0]) && isfinite(p->rank[1]);
  return good && memchr(p->release, 0, sizeof p->release);
}

static bool concepts_good(const wm_topics_model_t *m, size_t names_len) {
  const wm_topics_params_t *p = m->params;
  for (uint32_t i = 0; i < p->n_concepts; i++) {
    const wm_topics_concept_t *c = &m->concepts[i];
    bool top = i < p->n_tops;
    if (top != (c->parent == -1) || c->parent < -1 || (!top && c->parent >= (int)i)) return false;
    if (c->level != (top ? 1 : m->concepts[c->parent].level + 1) || c->level >= WM_TOPICS_LEVELS_MAX) return false;
    if (c->code > 99999999 || c->subject > 99999999 || c->name >= names_len) return false;
    if (!isfinite(c->calibrate_a) || !isfinite(c->calibrate_b)) return false;
  }
  return names_len > 0 && m->names[names_len - 1] == 0;
}

static bool slots_good(const wm_topics_model_t *m) {
  const wm_topics_params_t *p = m->params;
  size_t used = 0;
  for (uint32_t i = 0; i < p->slots; i++) {
    uint32_t row = m->slots[i].row;
    if (row == UINT32_MAX) continue;
    if ((row & 0x1FFFFFFF) >= p->n_words) return false;
    used++;
  }
  return used < p->slots;
}

static bool lexicon_good(const wm_topics_model_t *m, size_t n_entries) {
  const wm_topics_params_t *p = m->params;
  size_t used = 0;
  for (uint32_t i = 0; i < p->phrase_slots; i++) {
    if (m->phrases[i].row == UINT32_MAX) continue;
    if (m->phrases[i].row >= n_entries && m->phrases[i].row != WM_TOPICS_PREFIX) return false;
    used++;
  }
  for (size_t i = 0; i < n_entries; i++)
    if (m->entries[i].concept >= p->n_concepts || m->entries[i].weight > 15) return false;
  for (size_t i = 0; i < 3 * WM_TOPICS_LEVELS_MAX * WM_TOPICS_BINS; i++)
    if (m->gains[i] < -(1 << 20) || m->gains[i] > 1 << 20) return false;
  return used < p->phrase_slots && (n_entries == 0 || m->entries[n_entries - 1].last);
}

/* Biases small enough that no sum leaves 32 bits: the weights' part is bounded by the limits of the header. */
static bool bias_good(const int32_t *bias, const float *scale, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (bias[i] < -(1 << 28) || bias[i] > 1 << 28 || !isfinite(scale[i])) return false;
  return true;
}

/* A section of any number of entries. */
static wm_err_t list(const wm_topics_model_t *m, const char *name, size_t unit, const void **out, size_t *count,
                     wm_error_t *err) {
  wm_err_t e = wm_model_section(m->file, name, unit, out, count, err);
  *count /= unit;
  return e;
}

static wm_err_t sections(wm_topics_model_t *m, size_t *names_len, size_t *n_entries, wm_error_t *err) {
  const wm_topics_params_t *p = m->params;
  const void *at = NULL;
  size_t outputs = (size_t)p->n_concepts + p->n_tops;
  wm_err_t e;
  m->input = 2 * (size_t)p->words_dim + p->pairs_dim + p->profile_dim;
  if ((e = section(m, "concepts", sizeof *m->concepts, p->n_concepts, &at, err))) return e;
  m->concepts = at;
  if ((e = list(m, "names", 1, &at, names_len, err))) return e;
  m->names = at;
  if ((e = section(m, "slots", sizeof *m->slots, p->slots, &at, err))) return e;
  m->slots = at;
  if ((e = section(m, "phrases", sizeof *m->phrases, p->phrase_slots, &at, err))) return e;
  m->phrases = at;
  if ((e = list(m, "entries", sizeof *m->entries, &at, n_entries, err))) return e;
  m->entries = at;
  if ((e = section(m, "gains", sizeof *m->gains, 3 * WM_TOPICS_LEVELS_MAX * WM_TOPICS_BINS, &at, err))) return e;
  m->gains = at;
  if ((e = section(m, "words", p->words_dim, p->n_words, &at, err))) return e;
  m->words = at;
  if ((e = section(m, "pairs", p->pairs_dim, p->pairs, &at, err))) return e;
  m->pairs = at;
  if ((e = section(m, "hidden", m->input, p->hidden, &at, err))) return e;
  m->hidden_weights = at;
  if ((e = section(m, "hidden_bias", sizeof(int32_t), p->hidden, &at, err))) return e;
  m->hidden_bias = at;
  if ((e = section(m, "hidden_scale", sizeof(float), p->hidden, &at, err))) return e;
  m->hidden_scale = at;
  if ((e = section(m, "out", p->hidden, outputs, &at, err))) return e;
  m->out_weights = at;
  if ((e = section(m, "out_bias", sizeof(int32_t), outputs, &at, err))) return e;
  m->out_bias = at;
  if ((e = section(m, "out_scale", sizeof(float), outputs, &at, err))) return e;
  m->out_scale = at;
  return WM_OK;
}

wm_err_t wm_topics_model_open(const char *path, wm_topics_model_t *m, wm_error_t *err) {
  const void *at = NULL;
  size_t names_len = 0, n_entries = 0;
  memset(m, 0, sizeof *m);
  wm_err_t e = wm_model_open(path, "topics", &m->file, err);
  if (e) return e;
  if ((e = section(m, "params", sizeof *m->params, 1, &at, err))) return e;
  m->params = at;
  if (!params_good(m->params))
    return wm_error_set(err, WM_ERR_MODEL, "%s: its parameters are not those of this version: " REMEDY, path);
  if ((e = sections(m, &names_len, &n_entries, err))) return e;
  bool good = m->input <= WM_TOPICS_INPUT_MAX && concepts_good(m, names_len) && slots_good(m) &&
              lexicon_good(m, n_entries) && bias_good(m->hidden_bias, m->hidden_scale, m->params->hidden) &&
              bias_good(m->out_bias, m->out_scale, (size_t)m->params->n_concepts + m->params->n_tops);
  if (!good) return wm_error_set(err, WM_ERR_MODEL, "%s: its sections do not fit each other: " REMEDY, path);
  return WM_OK;
}

void wm_topics_model_clear(wm_topics_model_t *m) {
  if (m->file) wm_model_close(m->file);
  memset(m, 0, sizeof *m);
}
