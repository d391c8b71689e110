/**
 * post_body: the body of POST /articles as articles that are ready to be sent. All or nothing: one bad article refuses the request.
 *
 * Threads: one at a time a reader. Ownership: a body owns its articles.
 */
#ifndef WM_INGEST_POST_BODY_H
#define WM_INGEST_POST_BODY_H

#include "services/ingest/raw.h"

#define WM_POST_ARTICLES_MAX 10000u /* of one request */

typedef struct {
  char *uri, *value; /* malloc()ed */
  size_t len;
  wm_signature_t signature;
} wm_post_article_t;

typedef struct {
  wm_post_article_t *articles;
  size_t n, capacity, bytes; /* bytes of values and uris */
} wm_post_body_t;

typedef enum { WM_POST_UNKNOWN, WM_POST_ONE, WM_POST_LINES } wm_post_type_t;

/** What a Content-Type (may be NULL) announces: one article (application/json, +json), NDJSON, or nothing that is taken (other charsets than UTF-8 too). */
wm_post_type_t wm_post_type(const char *content_type);
/** Reads all articles. On an error `out` is empty and `*line` the line from 1 of NDJSON, 0 for one article. Errors of wm_raw_read(),
 * WM_ERR_TOO_LARGE (articles), WM_ERR_NOT_JSON (none at all), WM_ERR_NOMEM. */
wm_err_t wm_post_body_read(wm_raw_reader_t *reader, wm_post_type_t type, const char *body, size_t len,
                           wm_post_body_t *out, size_t *line, wm_error_t *err);
void wm_post_body_clear(wm_post_body_t *b);

#endif
