/**
 * state: the records of the state topic.
 *
 *   key "sig:SLOT"   value {"uri", "first", "at", "sig"}: one signature of the index of duplicates. There are as many slots as the index
 *                    is large, so compaction bounds the topic. Partition: slot modulo partitions.
 *   key "feed:HASH"  value {"url", "etag", "modified", "next", "failures", "seen"}: one feed. Partition: hash of its URL modulo partitions.
 *
 * Threads: no state. Ownership: said at each function.
 */
#ifndef WM_INGEST_STATE_H
#define WM_INGEST_STATE_H

#include "services/ingest/duplicates.h"

#define WM_STATE_SIGNATURE "sig:"
#define WM_STATE_FEED "feed:"
#define WM_STATE_TAG_MAX 1024u   /* bytes of an ETag or a Last-Modified that are kept */
#define WM_STATE_SEEN_MAX 10000u /* items of a feed that are remembered: as many as a document may have */

/** A signature as it is kept. */
typedef struct {
  char uri[WM_ARTICLE_URI_MAX + 1], first[WM_ARTICLE_URI_MAX + 1];
  int64_t at_ms;
  wm_signature_t signature;
} wm_state_signature_t;

/** Replaces `out` by the value of a signature. `first` may be "". WM_ERR_NOMEM, WM_ERR_TOO_LARGE. */
wm_err_t wm_state_write_signature(const char *uri, const char *first, int64_t at_ms, const wm_signature_t *signature,
                                  wm_buffer_t *out, wm_error_t *err);
/** False if the bytes are no such value. */
bool wm_state_read_signature(const char *bytes, size_t len, wm_state_signature_t *out);
/** The slot of a key "sig:SLOT"; -1 if it is none. */
int64_t wm_state_slot(const char *key, size_t len);

/** What is remembered of a feed. */
typedef struct {
  char etag[WM_STATE_TAG_MAX + 1], modified[WM_STATE_TAG_MAX + 1];
  int64_t next_ms; /* Unix time of the next request; 0: at once */
  int failures;    /* in a row */
  uint64_t *seen;  /* items, those of the newest document first; owned */
  size_t n_seen;
} wm_state_feed_t;

void wm_state_feed_clear(wm_state_feed_t *f);
/** Replaces `out` by the value of a feed. WM_ERR_NOMEM, WM_ERR_TOO_LARGE. */
wm_err_t wm_state_write_feed(const wm_state_feed_t *f, const char *shown_url, wm_buffer_t *out, wm_error_t *err);
/** Fills `out` (cleared by the caller); false, and nothing to clear, if the bytes are no such value. */
bool wm_state_read_feed(const char *bytes, size_t len, wm_state_feed_t *out);
/** The hash by which a feed's URL is known, and its key. */
uint64_t wm_state_feed_hash(const char *url);
#define WM_STATE_KEY_MAX 32
void wm_state_feed_key(uint64_t hash, char out[WM_STATE_KEY_MAX]);
/** What an item is remembered by. */
uint64_t wm_state_item_hash(const char *uri, const char *version);

#endif
