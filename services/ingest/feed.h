/**
 * feed: what newsrooms and agencies publish, as raw articles.
 *
 * Read are RSS 0.9x and 2.0, RSS 1.0 (RDF), Atom 1.0 (and 0.3), NewsML-G2 (newsItem, alone or in a newsMessage), NITF, and JSON: one article,
 * an array of articles, or one article a line (NDJSON). JSON is handed on as it is (ninjs and others; common/article says what counts). Of
 * an XML item become: uri (guid, id or link; a guid that is no URI by itself is put behind the feed's address), headline, body_html or
 * body_text, published, updated, url, byline, source, language, as far as it has them. Dates are RFC 3339.
 * A document that cannot be read to its end is refused as a whole: whoever fetched half of it tries again.
 *
 * Threads: no state; wm_html_init() must have been called. Ownership: what the sink gets is borrowed for the call.
 */
#ifndef WM_INGEST_FEED_H
#define WM_INGEST_FEED_H

#include "common/buffer.h"
#include "common/text.h"

#define WM_FEED_ITEMS_MAX 10000u /* items of one document; more is WM_ERR_TOO_LARGE */
#define WM_FEED_BYTES_MAX (16u << 20)

/** What is known beside the document. All may be NULL or 0. */
typedef struct {
  const char *base;     /* address of the document */
  const char *charset;  /* as the transport said */
  const char *source;   /* goes before what the document says of itself */
  const char *language; /* where the document names none */
  size_t bytes_max;     /* of the document; 0: WM_FEED_BYTES_MAX */
} wm_feed_hints_t;

typedef struct {
  wm_str_t json;       /* the raw article, one JSON object; s NULL: the item was withdrawn by its publisher */
  const char *uri;     /* "" where the item has none of its own (then common/article makes one), and for JSON */
  const char *version; /* changes when the publisher says that the item changed; "" if nothing is said */
  size_t number;       /* of the item in the document from 1; of NDJSON the line */
} wm_feed_item_t;

/** Takes one item. Anything but WM_OK ends the reading with that error. */
typedef wm_err_t (*wm_feed_sink_t)(void *context, const wm_feed_item_t *item, wm_error_t *err);

/**
 * Reads a whole document and gives its items to `sink` in their order. White space alone is WM_ERR_NOT_XML.
 * WM_ERR_NOT_XML, WM_ERR_NOT_JSON, WM_ERR_TOO_LARGE, WM_ERR_TOO_DEEP (class poison), WM_ERR_NOMEM, and what the sink returns.
 */
wm_err_t wm_feed_read(const char *bytes, size_t len, const wm_feed_hints_t *hints, wm_feed_sink_t sink, void *context,
                      wm_error_t *err);

/** What a document is, by its first bytes. */
typedef enum { WM_FEED_EMPTY, WM_FEED_XML, WM_FEED_JSON, WM_FEED_LINES /* NDJSON */, WM_FEED_UNKNOWN } wm_feed_kind_t;
wm_feed_kind_t wm_feed_kind(const char *bytes, size_t len);

#endif
