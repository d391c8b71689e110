/**
 * raw: one raw article as it goes into the topic, checked by the rules of common/article.
 *
 * The bytes stay what they were; an article without a member `uri` gets one (its guid or id, or a hash of its text) as its first member,
 * and one that repeats another gets `enrichment.duplicate_of`.
 *
 * Threads: a handle belongs to one thread. Ownership: what a result points to is valid until the next call or until the input goes.
 */
#ifndef WM_INGEST_RAW_H
#define WM_INGEST_RAW_H

#include "services/ingest/duplicates.h"

typedef struct wm_raw_reader wm_raw_reader_t;

typedef struct {
  const char *uri; /* key of the record */
  wm_str_t value;
  wm_signature_t signature; /* not usable where signatures are not asked for */
} wm_raw_t;

/** A reader for articles of at most `bytes_max` bytes; `signatures`: whether they are made. NULL when out of memory. */
wm_raw_reader_t *wm_raw_reader_new(size_t bytes_max, bool signatures);
void wm_raw_reader_destroy(wm_raw_reader_t *r);
/** Reads one JSON article. Errors of wm_article_parse(). */
wm_err_t wm_raw_read(wm_raw_reader_t *r, const char *json, size_t len, wm_raw_t *out, wm_error_t *err);
/** Writes the article in `value` with `enrichment.duplicate_of` = `first`; the result lies in the reader. Errors of wm_article_parse(), WM_ERR_NOMEM. */
wm_err_t wm_raw_mark(wm_raw_reader_t *r, wm_str_t value, const char *first, wm_str_t *out, wm_error_t *err);

/** The uri of the article read last. */
const char *wm_raw_uri(const wm_raw_reader_t *r);

#endif
