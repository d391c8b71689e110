/* RSS 0.9x and 2.0 (rssboard.org/rss-specification), RSS 1.0 (RDF), with the content and Dublin Core modules. */
#include <string.h>

#include "services/ingest/feed_internal.h"

/* A core element: of RSS 1.0's or 0.9's namespace or of none, so that media:title and itunes:author are not taken for title and author. */
static const xmlNode *core(const xmlNode *parent, const char *name) {
  const xmlNode *node = wm_xml_child(parent, "", name);
  if (!node) node = wm_xml_child(parent, WM_NS_RSS1, name);
  if (!node) node = wm_xml_child(parent, "http://my.netscape.com/rdf/simple/0.9/", name);
  return node ? node : wm_xml_child(parent, "http://backend.userland.com/rss2", name);
}

static wm_err_t read_uri(wm_feed_t *f, const xmlNode *item) {
  wm_buffer_t text;
  wm_buffer_init(&text, 8192);
  const xmlNode *guid = core(item, "guid"), *link = core(item, "link");
  const char *about = wm_xml_attribute(item, WM_NS_RDF, "about");
  wm_err_t rc = wm_xml_text(guid, &text, f->err);
  if (rc == WM_OK) rc = wm_feed_id(f, text.data);
  if (rc == WM_OK) rc = wm_feed_id(f, about);
  wm_buffer_reset(&text);
  if (rc == WM_OK) rc = wm_xml_text(link, &text, f->err);
  if (rc == WM_OK) rc = wm_feed_address(f, WM_PART_URL, text.data);
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_URI, f->part[WM_PART_URL].data);
  const char *permanent = wm_xml_attribute(guid, "", "isPermaLink");
  if (rc == WM_OK && guid && (!permanent || strcmp(permanent, "true") == 0) && f->part[WM_PART_URL].len == 0 &&
      f->part[WM_PART_URI].data && strncmp(f->part[WM_PART_URI].data, "http", 4) == 0)
    rc = wm_feed_string(f, WM_PART_URL, f->part[WM_PART_URI].data);
  wm_buffer_clear(&text);
  return rc;
}

static wm_err_t read_item(wm_feed_t *f, const xmlNode *channel, const xmlNode *item) {
  wm_feed_begin(f);
  wm_err_t rc = read_uri(f, item);
  if (rc == WM_OK) rc = wm_feed_headline(f, core(item, "title"), false);
  if (rc == WM_OK) rc = wm_feed_headline(f, wm_xml_child(item, WM_NS_DC, "title"), false);
  if (rc == WM_OK) rc = wm_feed_body(f, wm_xml_child(item, WM_NS_CONTENT, "encoded"));
  if (rc == WM_OK) rc = wm_feed_body(f, core(item, "description"));
  if (rc == WM_OK) rc = wm_feed_body(f, wm_xml_child(item, WM_NS_DC, "description"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_PUBLISHED, core(item, "pubDate"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_PUBLISHED, wm_xml_child(item, WM_NS_DC, "date"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_UPDATED, wm_xml_child(item, "http://purl.org/dc/terms/", "modified"));
  for (const xmlNode *n = wm_xml_child(item, WM_NS_DC, "creator"); n && rc == WM_OK;
       n = wm_xml_next(n, WM_NS_DC, "creator"))
    rc = wm_feed_author(f, n);
  if (rc == WM_OK && f->part[WM_PART_BYLINE].len == 0) rc = wm_feed_author(f, core(item, "author"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_SOURCE, f->hints->source);
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_SOURCE, core(item, "source"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_SOURCE, core(channel, "title"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_LANGUAGE, wm_xml_child(item, WM_NS_DC, "language"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_LANGUAGE, core(channel, "language"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_LANGUAGE, wm_xml_child(channel, WM_NS_DC, "language"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_LANGUAGE, wm_xml_language(item));
  return rc == WM_OK ? wm_feed_end(f) : rc;
}

/* Items stand in the channel, in RSS 1.0 and 0.90 beside it. */
wm_err_t wm_feed_read_rss(wm_feed_t *f, const xmlNode *root) {
  const xmlNode *channel = core(root, "channel");
  if (!channel) return wm_error_set(f->err, WM_ERR_NOT_XML, "an RSS document without a channel");
  wm_err_t rc = f->base.len == 0 ? wm_xml_text(core(channel, "link"), &f->base, f->err) : WM_OK;
  const xmlNode *const parents[] = {channel, root};
  for (size_t i = 0; i < 2 && rc == WM_OK; i++)
    for (const xmlNode *n = core(parents[i], "item"); n && rc == WM_OK; n = wm_xml_next(n, NULL, "item"))
      rc = read_item(f, channel, n);
  return rc;
}
