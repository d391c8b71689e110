/* What Python calls: the words of a text as the service reads them. Built into a shared library by build.py. */
#include <string.h>

#include "services/topics/topics_internal.h"

/* Writes at most `cap` hashes into `out` and the number of those of the headline into `n_headline`; returns how many, -1 on an error. */
long wm_training_words(const char *headline, size_t headline_len, const char *body, size_t body_len, uint64_t *out,
                       size_t cap, size_t *n_headline) {
  static wm_topics_scratch_t s;
  static bool ready;
  if (!ready) wm_topics_scratch_init(&s);
  ready = true;
  if (wm_topics_words(&s, (wm_str_t){headline, headline_len}, (wm_str_t){body, body_len}, NULL)) return -1;
  if (s.n_hashes > cap) return -1;
  memcpy(out, s.hashes, s.n_hashes * sizeof *out);
  *n_headline = s.n_headline;
  return (long)s.n_hashes;
}
