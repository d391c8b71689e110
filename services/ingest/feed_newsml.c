/* NewsML-G2 (iptc.org/standards/newsml-g2) and NITF 3.x. */
#include <string.h>

#include "services/ingest/feed_internal.h"

/* The first element below `top` that matches, in document order. */
static const xmlNode *find(const xmlNode *top, const char *ns, const char *name) {
  for (const xmlNode *n = top ? top->children : NULL; n;) {
    if (wm_xml_is(n, ns, name)) return n;
    if (n->type == XML_ELEMENT_NODE && n->children) {
      n = n->children;
      continue;
    }
    while (n != top && !n->next) n = n->parent;
    n = n == top ? NULL : n->next;
  }
  return NULL;
}

static const xmlNode *g2(const xmlNode *parent, const char *name) {
  return wm_xml_child(parent, WM_NS_G2, name);
}

/* --- NITF --- */

/* Headline, byline, dates and body of a NITF document, also of one inside NewsML-G2. */
static wm_err_t read_nitf_parts(wm_feed_t *f, const xmlNode *nitf) {
  const xmlNode *head = wm_xml_child(nitf, NULL, "head"), *body = wm_xml_child(nitf, NULL, "body");
  const xmlNode *body_head = wm_xml_child(body, NULL, "body.head"), *docdata = wm_xml_child(head, NULL, "docdata");
  const xmlNode *issued = wm_xml_child(docdata, NULL, "date.issue");
  wm_err_t rc = wm_feed_node(f, WM_PART_HEADLINE, find(wm_xml_child(body_head, NULL, "hedline"), NULL, "hl1"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_HEADLINE, wm_xml_child(head, NULL, "title"));
  for (const xmlNode *n = wm_xml_child(body_head, NULL, "byline"); n && rc == WM_OK;
       n = wm_xml_next(n, NULL, "byline")) {
    const xmlNode *person = wm_xml_child(n, NULL, "person");
    rc = wm_feed_author(f, person ? person : n);
  }
  if (rc == WM_OK)
    rc = wm_feed_node(f, WM_PART_SOURCE, find(wm_xml_child(body_head, NULL, "distributor"), NULL, "org"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_SOURCE, wm_xml_child(body_head, NULL, "distributor"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_PUBLISHED, wm_xml_attribute(issued, "", "norm"));
  if (rc == WM_OK && f->part[WM_PART_HTML].len == 0)
    rc = wm_xml_markup(wm_xml_child(body, NULL, "body.content"), &f->part[WM_PART_HTML], f->err);
  return rc;
}

/* The basic form of ISO 8601 that NITF asks for (20261125T101500Z), as RFC 3339. */
static wm_err_t extend_date(wm_feed_t *f, wm_part_t part) {
  wm_buffer_t *b = &f->part[part];
  char out[32];
  const char *s = b->len > 0 ? b->data : "";
  if (strspn(s, "0123456789") != 8) return WM_OK;
  size_t digits = s[8] == 'T' ? strspn(s + 9, "0123456789") : 0;
  int n = digits >= 6
              ? snprintf(out, sizeof out, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", s, s + 4, s + 6, s + 9, s + 11, s + 13)
              : snprintf(out, sizeof out, "%.4s-%.2s-%.2s", s, s + 4, s + 6);
  const char *zone = digits >= 6 ? s + 9 + digits : "";
  if (strcmp(zone, "Z") == 0) snprintf(out + n, sizeof out - (size_t)n, "Z");
  else if ((*zone == '+' || *zone == '-') && strspn(zone + 1, "0123456789") == 4)
    snprintf(out + n, sizeof out - (size_t)n, "%.3s:%.2s", zone, zone + 3);
  else if (digits >= 6) snprintf(out + n, sizeof out - (size_t)n, "Z");
  wm_buffer_reset(b);
  return wm_buffer_puts(b, out, f->err);
}

wm_err_t wm_feed_read_nitf(wm_feed_t *f, const xmlNode *root) {
  const xmlNode *docdata = wm_xml_child(wm_xml_child(root, NULL, "head"), NULL, "docdata");
  const xmlNode *id = wm_xml_child(docdata, NULL, "doc-id");
  wm_feed_begin(f);
  wm_err_t rc = wm_feed_id(f, wm_xml_attribute(id, "", "id-string"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_SOURCE, f->hints->source);
  if (rc == WM_OK) rc = read_nitf_parts(f, root);
  if (rc == WM_OK) rc = extend_date(f, WM_PART_PUBLISHED);
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_SOURCE, wm_xml_attribute(id, "", "regsrc"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_LANGUAGE, wm_xml_language(root));
  return rc == WM_OK ? wm_feed_end(f) : rc;
}

/* --- NewsML-G2 --- */

static wm_err_t read_content(wm_feed_t *f, const xmlNode *set) {
  wm_err_t rc = WM_OK;
  for (const xmlNode *n = g2(set, "inlineXML"); n && rc == WM_OK && f->part[WM_PART_HTML].len == 0;
       n = wm_xml_next(n, WM_NS_G2, "inlineXML")) {
    const xmlNode *nitf = wm_xml_child(n, NULL, "nitf"), *html = wm_xml_child(n, NULL, "html");
    if (nitf) rc = read_nitf_parts(f, nitf);
    else if (html) rc = wm_xml_markup(wm_xml_child(html, NULL, "body"), &f->part[WM_PART_HTML], f->err);
    else rc = wm_xml_markup(n, &f->part[WM_PART_HTML], f->err);
  }
  for (const xmlNode *n = g2(set, "inlineData"); n && rc == WM_OK; n = wm_xml_next(n, WM_NS_G2, "inlineData")) {
    const char *type = wm_xml_attribute(n, "", "contenttype");
    if (wm_xml_attribute(n, "", "encoding")) continue; /* base64: no text */
    if (!type || strncmp(type, "text/", 5) == 0) rc = wm_feed_body(f, n);
  }
  return rc;
}

static wm_err_t read_people(wm_feed_t *f, const xmlNode *meta) {
  wm_err_t rc = wm_feed_author(f, g2(meta, "by"));
  if (rc != WM_OK || f->part[WM_PART_BYLINE].len > 0) return rc;
  for (const xmlNode *n = g2(meta, "creator"); n && rc == WM_OK; n = wm_xml_next(n, WM_NS_G2, "creator"))
    rc = wm_feed_author(f, g2(n, "name"));
  return rc;
}

/* pubStatus as qcode or as uri. */
static bool is_cancelled(const xmlNode *meta) {
  const xmlNode *status = g2(meta, "pubStatus");
  const char *code = wm_xml_attribute(status, "", "qcode"), *uri = wm_xml_attribute(status, "", "uri");
  return (code && strcmp(code, "stat:canceled") == 0) || (uri && strstr(uri, "/pubstatusg2/canceled"));
}

static wm_err_t read_news_item(wm_feed_t *f, const xmlNode *item) {
  const xmlNode *meta = g2(item, "itemMeta"), *content = g2(item, "contentMeta"), *set = g2(item, "contentSet");
  const xmlNode *provider = g2(meta, "provider"), *source = g2(content, "infoSource");
  wm_feed_begin(f);
  wm_err_t rc = wm_feed_id(f, wm_xml_attribute(item, "", "guid"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_VERSION, wm_xml_attribute(item, "", "version"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_HEADLINE, g2(content, "headline"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_PUBLISHED, g2(content, "contentCreated"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_PUBLISHED, g2(meta, "firstCreated"));
  if (rc == WM_OK) rc = wm_feed_date(f, WM_PART_UPDATED, g2(meta, "versionCreated"));
  if (rc == WM_OK) rc = read_people(f, content);
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_SOURCE, f->hints->source);
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_SOURCE, g2(source, "name"));
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_SOURCE, g2(provider, "name"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_SOURCE, wm_xml_attribute(provider, "", "literal"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_LANGUAGE, wm_xml_attribute(g2(content, "language"), "", "tag"));
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_LANGUAGE, wm_xml_language(item));
  if (rc == WM_OK) rc = read_content(f, set);
  if (rc == WM_OK) rc = wm_feed_node(f, WM_PART_HEADLINE, g2(meta, "title"));
  if (rc == WM_OK)
    rc = wm_feed_node(f, WM_PART_TEXT, f->part[WM_PART_HTML].len > 0 ? NULL : g2(content, "description"));
  if (rc == WM_OK) rc = extend_date(f, WM_PART_PUBLISHED);
  f->withdrawn = is_cancelled(meta);
  return rc == WM_OK ? wm_feed_end(f) : rc;
}

/* Packages, concepts and planning items hold no text of their own. */
wm_err_t wm_feed_read_newsml(wm_feed_t *f, const xmlNode *root) {
  if (wm_xml_is(root, NULL, "newsItem")) return read_news_item(f, root);
  if (!wm_xml_is(root, NULL, "newsMessage"))
    return wm_error_set(f->err, WM_ERR_NOT_XML, "NewsML-G2 that is neither a newsItem nor a newsMessage");
  wm_err_t rc = WM_OK;
  for (const xmlNode *n = g2(g2(root, "itemSet"), "newsItem"); n && rc == WM_OK;
       n = wm_xml_next(n, WM_NS_G2, "newsItem"))
    rc = read_news_item(f, n);
  return rc;
}
