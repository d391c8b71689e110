/* Atom 1.0 (RFC 4287); 0.3 as far as it is alike. */
#include <string.h>
#include <strings.h>

#include "services/ingest/feed_internal.h"

static const char *ns_of(const xmlNode *node) {
  return (const char *)node->ns->href;
}

/* An address of the feed that a relative one starts from: xml:base of the entry or the feed. */
static wm_err_t set_base(wm_feed_t *f, const xmlNode *node) {
  const char *base = wm_xml_attribute(node, WM_XML_NS_XML, "base");
  if (!base || !strstr(base, "://")) return WM_OK;
  wm_buffer_reset(&f->base);
  return wm_buffer_puts(&f->base, base, f->err);
}

/* "text", "html" or "xhtml", whatever media type says it. */
static const char *kind_of(const xmlNode *node) {
  const char *type = wm_xml_attribute(node, "", "type");
  if (!type || strcmp(type, "text") == 0 || strcasecmp(type, "text/plain") == 0) return "text";
  if (strcmp(type, "html") == 0 || strcasecmp(type, "text/html") == 0) return "html";
  if (strcmp(type, "xhtml") == 0 || strcasecmp(type, "application/xhtml+xml") == 0) return "xhtml";
  return "other";
}

static wm_err_t read_body(wm_feed_t *f, const xmlNode *node) {
  if (!node || f->part[WM_PART_HTML].len > 0 || f->part[WM_PART_TEXT].len > 0) return WM_OK;
  const char *kind = kind_of(node);
  if (strcmp(kind, "text") == 0)
    return strcmp(ns_of(node), WM_NS_ATOM03) == 0 ? wm_feed_body(f, node) : wm_feed_node(f, WM_PART_TEXT, node);
  if (strcmp(kind, "html") == 0) return wm_feed_node(f, WM_PART_HTML, node);
  return strcmp(kind, "xhtml") == 0 ? wm_xml_markup(node, &f->part[WM_PART_HTML], f->err) : WM_OK;
}

static wm_err_t read_links(wm_feed_t *f, const xmlNode *entry) {
  wm_err_t rc = WM_OK;
  for (const xmlNode *n = wm_xml_child(entry, ns_of(entry), "link"); n && rc == WM_OK;
       n = wm_xml_next(n, ns_of(entry), "link")) {
    const char *rel = wm_xml_attribute(n, "", "rel");
    if (!rel || strcmp(rel, "alternate") == 0) rc = wm_feed_address(f, WM_PART_URL, wm_xml_attribute(n, "", "href"));
  }
  return rc;
}

static wm_err_t read_authors(wm_feed_t *f, const xmlNode *parent) {
  wm_err_t rc = WM_OK;
  if (!parent || f->part[WM_PART_BYLINE].len > 0) return WM_OK;
  const char *ns = ns_of(parent);
  for (const xmlNode *n = wm_xml_child(parent, ns, "author"); n && rc == WM_OK; n = wm_xml_next(n, ns, "author"))
    rc = wm_feed_author(f, wm_xml_child(n, ns, "name"));
  return rc;
}

static wm_err_t read_entry(wm_feed_t *f, const xmlNode *feed, const xmlNode *entry) {
  const char *ns = ns_of(entry);
  const xmlNode *title = wm_xml_child(entry, ns, "title"), *from = wm_xml_child(entry, ns, "source");
  wm_buffer_t id;
  wm_buffer_init(&id, 8192);
  wm_feed_begin(f);
  wm_err_t rc = set_base(f, entry);
  if (rc == WM_OK) rc = wm_xml_text(wm_xml_child(entry, ns, "id"), &id, f->err);
  if (rc == WM_OK) rc = wm_feed_id(f, id.data);
  wm_buffer_clear(&id);
  if (rc == WM_OK) rc = read_links(f, entry);
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_URI, f->part[WM_PART_URL].data);
  if (rc == WM_OK) rc = wm_feed_headline(f, title, title && strcmp(kind_of(title), "html") == 0);
  if (rc == WM_OK) rc = read_body(f, wm_xml_child(entry, ns, "content"));
  if (rc == WM_OK) rc = read_body(f, wm_xml_child(entry, ns, "summary"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_PUBLISHED, wm_xml_child(entry, ns, "published"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_PUBLISHED, wm_xml_child(entry, ns, "issued"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_UPDATED, wm_xml_child(entry, ns, "updated"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_UPDATED, wm_xml_child(entry, ns, "modified"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_PUBLISHED, f->part[WM_PART_UPDATED].data);
  if (rc == WM_OK) rc = read_authors(f, entry);
  if (rc == WM_OK) rc = read_authors(f, from);
  if (rc == WM_OK && feed != entry) rc = read_authors(f, feed);
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_SOURCE, f->hints->source);
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_SOURCE, wm_xml_child(from, ns, "title"));
  if (rc == WM_OK && feed != entry) rc = wm_feed_node(f, WM_PART_SOURCE, wm_xml_child(feed, ns, "title"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_LANGUAGE, wm_xml_language(entry));
  return rc == WM_OK ? wm_feed_end(f) : rc;
}

wm_err_t wm_feed_read_atom(wm_feed_t *f, const xmlNode *root) {
  wm_err_t rc = set_base(f, root);
  if (rc != WM_OK || wm_xml_is(root, NULL, "entry")) return rc == WM_OK ? read_entry(f, root, root) : rc;
  for (const xmlNode *n = wm_xml_child(root, ns_of(root), "entry"); n && rc == WM_OK;
       n = wm_xml_next(n, ns_of(root), "entry"))
    rc = read_entry(f, root, n);
  return rc;
}
