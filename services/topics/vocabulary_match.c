/* House topics: finding their phrases in the words of an article. */
#include <stdlib.h>
#include <string.h>

#include "services/topics/vocabulary_internal.h"

wm_topics_vocabulary_t *wm_topics_vocabulary_new(size_t n_concepts, size_t strings) {
  wm_topics_vocabulary_t *v = calloc(1, sizeof *v);
  if (!v) return NULL;
  v->codes = calloc(n_concepts, sizeof *v->codes);
  v->off = calloc(n_concepts, sizeof *v->off);
  v->strings = malloc(strings);
  v->strings_max = strings;
  if (v->codes && v->off && v->strings) return v;
  wm_topics_vocabulary_destroy(v);
  return NULL;
}

void wm_topics_vocabulary_destroy(wm_topics_vocabulary_t *v) {
  if (!v) return;
  free(v->codes);
  free(v->off);
  free(v->strings);
  free(v->phrases);
  free(v);
}

static uint32_t start_bit(uint64_t first) {
  return (uint32_t)(first >> 20) % WM_VOCABULARY_STARTS;
}

wm_err_t wm_topics_vocabulary_add(wm_topics_vocabulary_t *v, uint64_t first, uint64_t key, uint32_t topic,
                                  wm_error_t *err) {
  if (v->n_phrases == v->phrases_capacity) {
    size_t capacity = v->phrases_capacity * 2 + 64;
    house_phrase_t *phrases = realloc(v->phrases, capacity * sizeof *phrases);
    if (!phrases) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a vocabulary");
    v->phrases = phrases;
    v->phrases_capacity = capacity;
  }
  v->phrases[v->n_phrases++] = (house_phrase_t){key, topic};
  v->starts[start_bit(first) / 64] |= (uint64_t)1 << (start_bit(first) % 64);
  return WM_OK;
}

static int by_key(const void *a, const void *b) {
  const house_phrase_t *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x->topic < y->topic ? -1 : x->topic > y->topic;
}

wm_err_t wm_topics_vocabulary_index(wm_topics_vocabulary_t *v, wm_error_t *err) {
  size_t n = 0;
  (void)err;
  if (v->n_phrases) qsort(v->phrases, v->n_phrases, sizeof *v->phrases, by_key);
  for (size_t i = 0; i < v->n_phrases; i++)
    if (!n || by_key(&v->phrases[n - 1], &v->phrases[i]) != 0) v->phrases[n++] = v->phrases[i];
  v->n_phrases = n;
  return WM_OK;
}

const char *wm_topics_vocabulary_code(const wm_topics_vocabulary_t *v, uint32_t concept) {
  return v->codes[concept];
}

const bool *wm_topics_vocabulary_off(const wm_topics_vocabulary_t *v) {
  return v->off;
}

/* Counts every topic that has the phrase. */
static void count(const wm_topics_vocabulary_t *v, uint64_t key, uint32_t *hits) {
  size_t low = 0, high = v->n_phrases;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (v->phrases[mid].key < key) low = mid + 1;
    else high = mid;
  }
  for (; low < v->n_phrases && v->phrases[low].key == key; low++) hits[v->phrases[low].topic]++;
}

static void count_all(const wm_topics_vocabulary_t *v, const wm_topics_scratch_t *s, uint32_t *hits) {
  for (size_t i = 0; i < s->n_hashes; i++) {
    uint32_t bit = start_bit(s->hashes[i]);
    if (!(v->starts[bit / 64] >> (bit % 64) & 1)) continue;
    uint64_t key = s->hashes[i];
    for (size_t n = 0;;) {
      count(v, key, hits);
      if (++n == WM_TOPICS_PHRASE_MAX || i + n == s->n_hashes) break;
      key = wm_topics_join(key, s->hashes[i + n]);
    }
  }
}

/* By mentions: once 50, twice 67, three times 75, and so on. */
static int relevance_of(uint32_t hits) {
  return (int)(100 - 100 / (hits + 1));
}

size_t wm_topics_vocabulary_match(const wm_topics_vocabulary_t *v, const wm_topics_scratch_t *s, size_t max,
                                  wm_topics_house_t *out) {
  uint32_t hits[WM_VOCABULARY_TOPICS_MAX];
  size_t n = 0;
  if (!v->n_topics) return 0;
  if (max > WM_TOPICS_GIVEN_MAX) max = WM_TOPICS_GIVEN_MAX;
  memset(hits, 0, v->n_topics * sizeof *hits);
  count_all(v, s, hits);
  for (size_t i = 0; i < v->n_topics; i++) {
    if (hits[i] < v->topics[i].at_least) continue;
    int relevance = relevance_of(hits[i]);
    size_t at = n;
    while (at && out[at - 1].relevance < relevance) at--;
    if (at == max) continue;
    if (n < max) n++;
    memmove(out + at + 1, out + at, (n - 1 - at) * sizeof *out);
    out[at] = (wm_topics_house_t){v->topics[i].code, v->topics[i].name, relevance, 100};
  }
  return n;
}
