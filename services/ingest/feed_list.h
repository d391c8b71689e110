/**
 * feed_list: the file that names the feeds. One a line; blank lines and lines that begin with # are skipped:
 *
 *   https://news.example/rss.xml
 *   https://wire.example/feed    interval=1m  source="The Wire"  language=en
 *
 * interval: a number with s, m or h (1s to 24h). source and language go into the articles; quotes hold blanks together.
 *
 * Threads: none. Ownership: a list owns its strings.
 */
#ifndef WM_INGEST_FEED_LIST_H
#define WM_INGEST_FEED_LIST_H

#include <stdint.h>

#include "common/error.h"

#define WM_FEED_LIST_BYTES_MAX (16u << 20)
#define WM_FEED_LIST_MAX 50000u /* feeds */
#define WM_FEED_URL_MAX 2048u   /* bytes */

typedef struct {
  char *url;
  char *shown; /* without user and password, for logs and the state */
  char *host;
  char *source, *language; /* NULL: not given */
  int interval_ms;         /* 0: not given */
  uint64_t hash;           /* wm_state_feed_hash(url) */
  size_t line;
} wm_feed_entry_t;

typedef struct {
  wm_feed_entry_t *feeds; /* sorted by hash */
  size_t n;
} wm_feed_list_t;

/** Reads `path`. WM_ERR_CONFIG names file and line, what is wrong there, and what would be right; WM_ERR_NOMEM. On an error `out` is empty. */
wm_err_t wm_feed_list_load(const char *path, wm_feed_list_t *out, wm_error_t *err);
/** The same from memory; `name` stands for the file in messages. */
wm_err_t wm_feed_list_parse(const char *name, const char *text, size_t len, wm_feed_list_t *out, wm_error_t *err);
void wm_feed_list_clear(wm_feed_list_t *list);
/** The feed of that hash, NULL if it is not in the list. */
const wm_feed_entry_t *wm_feed_list_find(const wm_feed_list_t *list, uint64_t hash);

#endif
