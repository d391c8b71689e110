/**
 * show: an enriched article for a person to read: the text with its entities marked, countries, topics.
 *
 * Threads: one at a time. Ownership: plain values.
 */
#ifndef WM_SHOW_H
#define WM_SHOW_H

#include <stdbool.h>

#include "common/article.h"

typedef struct {
  bool color;
  size_t shown; /* articles so far */
} wm_show_t;

/** `when` is "always", "never", or "auto" (colours if standard output is a terminal and NO_COLOR is not set). */
void wm_show_init(wm_show_t *show, const char *when);
/** Appends the article, wrapped at 100 columns. WM_ERR_NOMEM, WM_ERR_TOO_LARGE. */
wm_err_t wm_show_article(wm_show_t *show, const wm_article_t *article, wm_buffer_t *out, wm_error_t *err);

#endif
