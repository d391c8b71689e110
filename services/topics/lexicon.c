/* What the lexicon finds in a text: words and phrases that speak for a concept. */
#include <string.h>

#include "services/topics/topics_internal.h"

/* The phrase's first entry, WM_TOPICS_PREFIX where it only begins longer ones, UINT32_MAX where it is neither. */
static uint32_t find(const wm_topics_model_t *m, uint64_t key) {
  uint32_t mask = m->params->phrase_slots - 1, at = (uint32_t)(key >> 1) & mask, print = (uint32_t)(key >> 32);
  for (;; at = (at + 1) & mask) {
    const wm_topics_slot_t *slot = &m->phrases[at];
    if (slot->row == UINT32_MAX || slot->print == print) return slot->row;
  }
}

static void count(wm_topics_scratch_t *s, const wm_topics_entry_t *e, bool opening) {
  for (;; e++) {
    s->spoken[e->concept] += e->weight;
    if (opening) s->spoken_opening[e->concept] += e->weight;
    if (e->last) return;
  }
}

void wm_topics_spoken_clear(const wm_topics_model_t *m, wm_topics_scratch_t *s) {
  memset(s->spoken, 0, m->params->n_concepts * sizeof *s->spoken);
  memset(s->spoken_opening, 0, m->params->n_concepts * sizeof *s->spoken_opening);
}

void wm_topics_spoken_prefetch(const wm_topics_model_t *m, uint64_t key) {
  __builtin_prefetch(&m->phrases[(uint32_t)(key >> 1) & (m->params->phrase_slots - 1)]);
}

void wm_topics_spoken_word(const wm_topics_model_t *m, wm_topics_scratch_t *s, size_t i, bool opening) {
  uint32_t at = find(m, s->hashes[i]);
  if (at < WM_TOPICS_PREFIX) count(s, &m->entries[at], opening);
}

void wm_topics_spoken_phrases(const wm_topics_model_t *m, wm_topics_scratch_t *s, size_t i, bool opening) {
  uint64_t key = s->hashes[i];
  for (size_t n = 1; n < WM_TOPICS_PHRASE_MAX && i + n < s->n_hashes; n++) {
    key = wm_topics_join(key, s->hashes[i + n]);
    uint32_t at = find(m, key);
    if (at == UINT32_MAX) return;
    if (at < WM_TOPICS_PREFIX) count(s, &m->entries[at], opening);
  }
}

void wm_topics_spoken_broader(const wm_topics_model_t *m, wm_topics_scratch_t *s) {
  for (size_t i = m->params->n_concepts; i-- > m->params->n_tops;) {
    int parent = m->concepts[i].parent;
    s->spoken[parent] += s->spoken[i];
    s->spoken_opening[parent] += s->spoken_opening[i];
  }
}

/* How much of the text speaks for it, on a scale of sixteen. */
static unsigned bin(uint32_t weight, size_t words) {
  uint64_t x = (uint64_t)weight * 512 / (words + 30);
  unsigned b = x ? 64 - (unsigned)__builtin_clzll(x) : 0;
  return b < WM_TOPICS_BINS ? b : WM_TOPICS_BINS - 1;
}

static size_t opening_words(const wm_topics_model_t *m, const wm_topics_scratch_t *s) {
  size_t n = s->n_headline + m->params->opening;
  return n < s->n_hashes ? n : s->n_hashes;
}

static int32_t gain(const wm_topics_model_t *m, const wm_topics_scratch_t *s, size_t i, size_t opening, size_t whole) {
  if (!s->spoken[i]) return 0;
  return m->gains[opening * WM_TOPICS_BINS + bin(s->spoken_opening[i], opening_words(m, s))] +
         m->gains[whole * WM_TOPICS_BINS + bin(s->spoken[i], s->n_hashes)];
}

int32_t wm_topics_spoken_gain(const wm_topics_model_t *m, const wm_topics_scratch_t *s, size_t i) {
  size_t level = m->concepts[i].level;
  return gain(m, s, i, level, WM_TOPICS_LEVELS_MAX + level);
}

int32_t wm_topics_spoken_main(const wm_topics_model_t *m, const wm_topics_scratch_t *s, size_t top) {
  return gain(m, s, top, 2 * WM_TOPICS_LEVELS_MAX + 1, 2 * WM_TOPICS_LEVELS_MAX + 2);
}
