/**
 * bulk: the lines of an OpenSearch (or Elasticsearch) _bulk request, and its answer.
 *
 * Each article is one `index` action with `_id` = uri and an external version (item.h), so that a record which comes twice, or late,
 * changes nothing; a withdrawn one is a `delete`. `external_gte` takes the same version again.
 *
 * Threads: no state. Ownership: an answer owns its tree until wm_bulk_answer_clear().
 */
#ifndef WM_DELIVER_BULK_H
#define WM_DELIVER_BULK_H

#include "services/deliver/item.h"
#include "services/deliver/post.h"

#define WM_BULK_ID_MAX 512u /* bytes of an `_id`; a longer uri is replaced by urn:xxh3: and its hash */

/** Appends action and document lines. `document` is one line of JSON (NULL: delete). WM_ERR_NOMEM, WM_ERR_TOO_LARGE. */
wm_err_t wm_bulk_add(wm_buffer_t *out, const char *index, const char *uri, int64_t version, const char *document,
                     size_t len, wm_error_t *err);

typedef struct {
  json_t *root;
  const json_t *items;
} wm_bulk_answer_t;

/** Reads an answer for `n` items. WM_ERR_HTTP where it is none: no JSON, or another number of items. */
wm_err_t wm_bulk_answer_read(const char *text, size_t len, size_t n, wm_bulk_answer_t *out, wm_error_t *err);
void wm_bulk_answer_clear(wm_bulk_answer_t *answer);
/** What became of item `i`; `why` is filled where it is not done. A version conflict is done: something newer is there already. What is
 * wrong with the index (missing, closed, blocked, not ours) is to be tried again: the article cannot help it. */
wm_verdict_t wm_bulk_item(const wm_bulk_answer_t *answer, size_t i, wm_error_t *why);

#endif
