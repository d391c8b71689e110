/**
 * write: what was decided, as `enrichment.topics`.
 *
 * Threads: no state.
 */
#ifndef WM_TOPICS_WRITE_H
#define WM_TOPICS_WRITE_H

#include "common/article.h"
#include "services/topics/vocabulary.h"

/** All that goes into the list of one article. */
typedef struct {
  wm_topics_given_t given[WM_TOPICS_GIVEN_MAX];
  size_t n_given;
  wm_topics_house_t house[WM_TOPICS_GIVEN_MAX];
  size_t n_house;
} wm_topics_list_t;

/**
 * Sets member `topics` of the article: IPTC's and the newsroom's topics in one list, most relevant first, at most `max`. `v` (may be NULL) gives
 * house codes; `subjects` asks for IPTC Subject Codes. WM_ERR_NOMEM.
 */
wm_err_t wm_topics_write(const wm_topics_model_t *m, const wm_topics_vocabulary_t *v, bool subjects,
                         const wm_topics_list_t *list, size_t max, wm_article_t *article, wm_error_t *err);

#endif
