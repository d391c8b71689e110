/* What the readers of the dialects share. */
#ifndef WM_INGEST_FEED_INTERNAL_H
#define WM_INGEST_FEED_INTERNAL_H

#include "services/ingest/feed.h"
#include "services/ingest/xml.h"

typedef enum {
  WM_PART_URI,
  WM_PART_HEADLINE,
  WM_PART_HTML,
  WM_PART_TEXT,
  WM_PART_PUBLISHED,
  WM_PART_UPDATED,
  WM_PART_URL,
  WM_PART_BYLINE,
  WM_PART_SOURCE,
  WM_PART_LANGUAGE,
  WM_PART_VERSION, /* not written */
  WM_PART_COUNT
} wm_part_t;

/* A document under way. */
typedef struct {
  const wm_feed_hints_t *hints;
  wm_feed_sink_t sink;
  void *context;
  wm_error_t *err;
  size_t items;
  wm_buffer_t base;                /* address that relative ones are resolved against */
  wm_buffer_t part[WM_PART_COUNT]; /* of the item under way */
  bool withdrawn;
} wm_feed_t;

/* feed.c */
/* Forgets the item under way. */
void wm_feed_begin(wm_feed_t *f);
/* Gives the item to the sink. WM_ERR_TOO_LARGE (items), WM_ERR_NOMEM, what the sink returns. */
wm_err_t wm_feed_end(wm_feed_t *f);
/* Sets a part to the text of `node` or to `s`, unless it is set already; NULL and blank change nothing. WM_ERR_TOO_LARGE, WM_ERR_NOMEM. */
wm_err_t wm_feed_node(wm_feed_t *f, wm_part_t part, const xmlNode *node);
wm_err_t wm_feed_string(wm_feed_t *f, wm_part_t part, const char *s);
/* Adds a name to the byline, behind ", ". */
wm_err_t wm_feed_author(wm_feed_t *f, const xmlNode *node);
/* A date of RFC 822 or RFC 3339, as RFC 3339; what is no date is left out. */
wm_err_t wm_feed_date(wm_feed_t *f, wm_part_t part, const xmlNode *node);
/* Text that may hold HTML, as RSS has it: into WM_PART_HTML if it looks like it, else WM_PART_TEXT. */
wm_err_t wm_feed_body(wm_feed_t *f, const xmlNode *node);
/* A headline; tags in it are taken out. */
wm_err_t wm_feed_headline(wm_feed_t *f, const xmlNode *node, bool html);
/* An address, resolved against the base. */
wm_err_t wm_feed_address(wm_feed_t *f, wm_part_t part, const char *s);
/* An identifier: itself if it is a URI, else behind the base. */
wm_err_t wm_feed_id(wm_feed_t *f, const char *s);

/* The dialects. */
wm_err_t wm_feed_read_rss(wm_feed_t *f, const xmlNode *root);    /* feed_rss.c: rss and rdf */
wm_err_t wm_feed_read_atom(wm_feed_t *f, const xmlNode *root);   /* feed_atom.c */
wm_err_t wm_feed_read_newsml(wm_feed_t *f, const xmlNode *root); /* feed_newsml.c */
wm_err_t wm_feed_read_nitf(wm_feed_t *f, const xmlNode *root);   /* feed_newsml.c */
wm_err_t wm_feed_read_json(wm_feed_t *f, const char *bytes, size_t len, wm_feed_kind_t kind); /* feed_json.c */

#define WM_NS_RSS1 "http://purl.org/rss/1.0/"
#define WM_NS_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define WM_NS_ATOM "http://www.w3.org/2005/Atom"
#define WM_NS_ATOM03 "http://purl.org/atom/ns#"
#define WM_NS_G2 "http://iptc.org/std/nar/2006-10-01/"
#define WM_NS_DC "http://purl.org/dc/elements/1.1/"
#define WM_NS_CONTENT "http://purl.org/rss/1.0/modules/content/"

#endif
