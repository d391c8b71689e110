/** vocabulary_internal: what vocabulary.c (reading) and vocabulary_match.c (finding) share; nobody else includes it. */
#ifndef WM_TOPICS_VOCABULARY_INTERNAL_H
#define WM_TOPICS_VOCABULARY_INTERNAL_H

#include "services/topics/vocabulary.h"

typedef struct {
  const char *code, *name;
  uint32_t at_least; /* mentions */
} house_topic_t;

typedef struct {
  uint64_t key;
  uint32_t topic;
} house_phrase_t;

#define WM_VOCABULARY_STARTS (1u << 14) /* bits of the filter of first words */

struct wm_topics_vocabulary {
  const char **codes; /* a concept */
  bool *off;          /* a concept */
  char *strings;
  size_t strings_len, strings_max;
  house_topic_t topics[WM_VOCABULARY_TOPICS_MAX];
  size_t n_topics;
  house_phrase_t *phrases; /* by key, once indexed */
  size_t n_phrases, phrases_capacity;
  uint64_t starts[WM_VOCABULARY_STARTS / 64]; /* a bit where some phrase's first word falls */
};

/** An empty one for `n_concepts`, with room for `strings` bytes. NULL when out of memory. */
wm_topics_vocabulary_t *wm_topics_vocabulary_new(size_t n_concepts, size_t strings);
/** Adds a phrase by the hash of its first word and its key. WM_ERR_NOMEM. */
wm_err_t wm_topics_vocabulary_add(wm_topics_vocabulary_t *v, uint64_t first, uint64_t key, uint32_t topic,
                                  wm_error_t *err);
/** Makes the phrases ready to be found; a phrase twice in one topic counts once. WM_ERR_NOMEM. */
wm_err_t wm_topics_vocabulary_index(wm_topics_vocabulary_t *v, wm_error_t *err);

#endif
