/**
 * item: an enriched article as the targets look at it, and the small things that formats share.
 *
 * Version. Every record has a version that only grows for one uri: the second of the record's timestamp in the upper 32 bits, the lower
 * 31 bits of its offset below. Timestamps are kept through the whole chain, so a dead letter that is replayed late is older than what
 * came in the meantime; within a second, and for an article that is enriched again, the offset decides (records of one key share a
 * partition). It survives a topic that is created anew. It is beyond 2^53, so JSON documents have it as text.
 *
 * Threads: no state. Ownership: an item borrows from the article.
 */
#ifndef WM_DELIVER_ITEM_H
#define WM_DELIVER_ITEM_H

#include "common/article.h"
#include "common/service.h"
#include "services/deliver/writer.h"

#define WM_TIME_TEXT_MAX 40 /* bytes of a time as text */

typedef struct {
  const char *uri;
  int64_t version, timestamp_ms;
  char version_text[24];
  const json_t *root;                          /* the whole article */
  const json_t *topics, *countries, *entities; /* arrays; NULL: none */
  const char *language;                        /* "": not known */
  wm_str_t headline, body;
} wm_item_t;

int64_t wm_item_version(const wm_origin_t *origin);
void wm_item_read(const wm_article_t *article, const wm_origin_t *origin, wm_item_t *out);

/** Member `name` of an object as text; NULL if it is none. */
const char *wm_item_text(const json_t *object, const char *name);
/** Member `name` as an integer, `def` if it is none. */
int64_t wm_item_number(const json_t *object, const char *name, int64_t def);
/** The first of the names (separated by '|') whose member of the raw article is text that is not empty; NULL if none. */
const char *wm_item_member(const wm_item_t *item, const char *names);
/** What the article says of its publishing status: "usable", "withheld" or "canceled"; "usable" where it says nothing else. */
const char *wm_item_status(const wm_item_t *item);
/** True if `text` is an RFC 3339 time ("+0100" allowed as well); `*ms` is Unix time. */
bool wm_time_read(const char *text, int64_t *ms);
/** "2026-01-31T09:30:00" in UTC with `zone` ("Z", "+0000") behind it. */
void wm_time_write(int64_t ms, const char *zone, char out[WM_TIME_TEXT_MAX]);
/** Writes member `key` as a URI: `uri` itself, percent-encoded where it must be, with urn:wiremill: before it where it has no scheme. */
void wm_item_write_uri(wm_json_t *j, const char *key, const char *uri);
/** "about" for what the story is about, else "mentions". */
const char *wm_item_rel(int64_t relevance);
/** Entity `id` is one of the countries, by name. */
bool wm_item_is_country(const wm_item_t *item, const char *id);

#endif
