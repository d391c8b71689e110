#include "services/ingest/feed.h"

#include <ctype.h>
#include <curl/curl.h>
#include <jansson.h>
#include <libxml/uri.h>
#include <string.h>
#include <time.h>

#include "common/html.h"
#include "services/ingest/feed_internal.h"

#define PART_BYTES_MAX (8u << 20)

static const char *const k_names[WM_PART_COUNT] = {
    [WM_PART_URI] = "uri",          [WM_PART_HEADLINE] = "headline",   [WM_PART_HTML] = "body_html",
    [WM_PART_TEXT] = "body_text",   [WM_PART_PUBLISHED] = "published", [WM_PART_UPDATED] = "updated",
    [WM_PART_URL] = "url",          [WM_PART_BYLINE] = "byline",       [WM_PART_SOURCE] = "source",
    [WM_PART_LANGUAGE] = "language"};

static const char *text_of(const wm_feed_t *f, wm_part_t part) {
  return f->part[part].len > 0 ? f->part[part].data : "";
}

void wm_feed_begin(wm_feed_t *f) {
  for (int i = 0; i < WM_PART_COUNT; i++) wm_buffer_reset(&f->part[i]);
  f->withdrawn = false;
}

/* The item as JSON; the caller frees. NULL when out of memory. */
static char *item_json(const wm_feed_t *f) {
  json_t *article = json_object();
  bool ok = article != NULL;
  for (int i = 0; i < WM_PART_VERSION && ok; i++) {
    if (f->part[i].len == 0) continue;
    ok = json_object_set_new(article, k_names[i], json_stringn(f->part[i].data, f->part[i].len)) == 0;
  }
  char *out = ok ? json_dumps(article, JSON_COMPACT) : NULL;
  json_decref(article);
  return out;
}

wm_err_t wm_feed_end(wm_feed_t *f) {
  if (++f->items > WM_FEED_ITEMS_MAX)
    return wm_error_set(f->err, WM_ERR_TOO_LARGE, "more than %u items", WM_FEED_ITEMS_MAX);
  wm_err_t rc = wm_feed_string(f, WM_PART_SOURCE, f->hints->source);
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_LANGUAGE, f->hints->language);
  if (rc == WM_OK) rc = wm_feed_string(f, WM_PART_VERSION, text_of(f, WM_PART_UPDATED));
  if (rc != WM_OK) return rc;
  char *json = f->withdrawn ? NULL : item_json(f);
  if (!json && !f->withdrawn) return wm_error_set(f->err, WM_ERR_NOMEM, "out of memory (feed)");
  const wm_feed_item_t item = {.json = {json, json ? strlen(json) : 0},
                               .uri = text_of(f, WM_PART_URI),
                               .version = text_of(f, WM_PART_VERSION),
                               .number = f->items};
  if (json || item.uri[0]) rc = f->sink(f->context, &item, f->err);
  free(json);
  return rc;
}

wm_err_t wm_feed_string(wm_feed_t *f, wm_part_t part, const char *s) {
  if (!s || f->part[part].len > 0) return WM_OK;
  size_t len = strlen(s);
  while (len > 0 && isspace((unsigned char)*s)) s++, len--;
  while (len > 0 && isspace((unsigned char)s[len - 1])) len--;
  if (!wm_text_visible(s, len)) return WM_OK;
  return wm_buffer_append(&f->part[part], s, len, f->err);
}

wm_err_t wm_feed_node(wm_feed_t *f, wm_part_t part, const xmlNode *node) {
  if (!node || f->part[part].len > 0) return WM_OK;
  wm_err_t rc = wm_xml_text(node, &f->part[part], f->err);
  if (rc == WM_OK && !wm_text_visible(text_of(f, part), f->part[part].len)) wm_buffer_reset(&f->part[part]);
  return rc;
}

wm_err_t wm_feed_author(wm_feed_t *f, const xmlNode *node) {
  wm_buffer_t *byline = &f->part[WM_PART_BYLINE];
  size_t start = byline->len;
  if (!node) return WM_OK;
  wm_err_t rc = start > 0 ? wm_buffer_puts(byline, ", ", f->err) : WM_OK;
  size_t name = byline->len;
  if (rc == WM_OK) rc = wm_xml_text(node, byline, f->err);
  if (rc == WM_OK && byline->len == name && byline->data) byline->data[byline->len = start] = '\0';
  return rc;
}

static bool is_rfc3339(const char *s) {
  for (int i = 0; i < 10; i++)
    if (i == 4 || i == 7 ? s[i] != '-' : !isdigit((unsigned char)s[i])) return false;
  return s[10] == '\0' || ((s[10] == 'T' || s[10] == 't') && isdigit((unsigned char)s[11]) && strlen(s) < 40);
}

wm_err_t wm_feed_date(wm_feed_t *f, wm_part_t part, const xmlNode *node) {
  if (!node || f->part[part].len > 0) return WM_OK;
  wm_err_t rc = wm_feed_node(f, part, node);
  if (rc != WM_OK || f->part[part].len == 0 || is_rfc3339(text_of(f, part))) return rc;
  time_t at = curl_getdate(text_of(f, part), NULL);
  struct tm tm;
  char text[64];
  wm_buffer_reset(&f->part[part]);
  if (at == (time_t)-1 || !gmtime_r(&at, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    return WM_OK;
  return wm_feed_string(f, part, text);
}

wm_err_t wm_feed_body(wm_feed_t *f, const xmlNode *node) {
  if (!node || f->part[WM_PART_HTML].len > 0 || f->part[WM_PART_TEXT].len > 0) return WM_OK;
  wm_err_t rc = wm_feed_node(f, WM_PART_TEXT, node);
  if (rc != WM_OK || !wm_html_looks(text_of(f, WM_PART_TEXT), f->part[WM_PART_TEXT].len)) return rc;
  wm_buffer_t swap = f->part[WM_PART_HTML];
  f->part[WM_PART_HTML] = f->part[WM_PART_TEXT];
  f->part[WM_PART_TEXT] = swap;
  return WM_OK;
}

wm_err_t wm_feed_headline(wm_feed_t *f, const xmlNode *node, bool html) {
  wm_buffer_t *headline = &f->part[WM_PART_HEADLINE], plain;
  if (!node || headline->len > 0) return WM_OK;
  wm_err_t rc = wm_feed_node(f, WM_PART_HEADLINE, node);
  if (rc != WM_OK || headline->len == 0 || (!html && !wm_html_looks(headline->data, headline->len))) return rc;
  wm_buffer_init(&plain, PART_BYTES_MAX);
  if (wm_html_text(headline->data, headline->len, &plain, NULL) == WM_OK &&
      (plain.len == 0 || wm_text_visible(plain.data, plain.len))) {
    wm_buffer_reset(headline);
    rc = wm_feed_string(f, WM_PART_HEADLINE, plain.len > 0 ? plain.data : NULL);
  }
  wm_buffer_clear(&plain);
  return rc;
}

wm_err_t wm_feed_address(wm_feed_t *f, wm_part_t part, const char *s) {
  if (!s || f->part[part].len > 0) return WM_OK;
  wm_err_t rc = wm_feed_string(f, part, s);
  if (rc != WM_OK || f->part[part].len == 0 || f->base.len == 0) return rc;
  xmlChar *whole = xmlBuildURI((const xmlChar *)text_of(f, part), (const xmlChar *)f->base.data);
  if (!whole) return WM_OK;
  wm_buffer_reset(&f->part[part]);
  rc = wm_feed_string(f, part, (const char *)whole);
  xmlFree(whole);
  return rc;
}

/* scheme ":" something, without white space */
static bool is_uri(const char *s) {
  size_t n = 0;
  if (!isalpha((unsigned char)s[0])) return false;
  while (isalnum((unsigned char)s[n]) || s[n] == '+' || s[n] == '-' || s[n] == '.') n++;
  return n > 1 && s[n] == ':' && s[n + 1] != '\0' && strpbrk(s, " \t\r\n") == NULL;
}

wm_err_t wm_feed_id(wm_feed_t *f, const char *s) {
  if (!s || f->part[WM_PART_URI].len > 0) return WM_OK;
  wm_err_t rc = wm_feed_string(f, WM_PART_URI, s);
  if (rc != WM_OK || f->part[WM_PART_URI].len == 0 || f->base.len == 0 || is_uri(text_of(f, WM_PART_URI))) return rc;
  wm_buffer_reset(&f->part[WM_PART_URI]);
  return wm_buffer_printf(&f->part[WM_PART_URI], f->err, "%s#%.*s", f->base.data, (int)strcspn(s, "\r\n"),
                          s + strspn(s, " \t\r\n"));
}

/* --- the document --- */

static wm_err_t read_xml(wm_feed_t *f, const char *bytes, size_t len, size_t max) {
  xmlDoc *doc = NULL;
  wm_err_t rc = wm_xml_load(bytes, len, f->hints->charset, max, &doc, f->err);
  if (rc != WM_OK) return rc;
  const xmlNode *root = xmlDocGetRootElement(doc);
  if (wm_xml_is(root, NULL, "rss") || wm_xml_is(root, WM_NS_RDF, "RDF")) rc = wm_feed_read_rss(f, root);
  else if (wm_xml_is(root, WM_NS_ATOM, "feed") || wm_xml_is(root, WM_NS_ATOM, "entry") ||
           wm_xml_is(root, WM_NS_ATOM03, "feed"))
    rc = wm_feed_read_atom(f, root);
  else if (root->ns && strcmp((const char *)root->ns->href, WM_NS_G2) == 0) rc = wm_feed_read_newsml(f, root);
  else if (wm_xml_is(root, NULL, "nitf")) rc = wm_feed_read_nitf(f, root);
  else
    rc = wm_error_set(f->err, WM_ERR_NOT_XML,
                      "XML whose first element is neither rss, RDF, feed, newsItem, newsMessage nor nitf");
  xmlFreeDoc(doc);
  return rc;
}

wm_err_t wm_feed_read(const char *bytes, size_t len, const wm_feed_hints_t *hints, wm_feed_sink_t sink, void *context,
                      wm_error_t *err) {
  wm_error_t local = WM_ERROR_INIT;
  wm_feed_t f = {.hints = hints, .sink = sink, .context = context, .err = err ? err : &local};
  size_t max = hints->bytes_max ? hints->bytes_max : WM_FEED_BYTES_MAX;
  if (len > max) return wm_error_set(f.err, WM_ERR_TOO_LARGE, "more than %zu bytes", max);
  wm_buffer_init(&f.base, 8192);
  for (int i = 0; i < WM_PART_COUNT; i++) wm_buffer_init(&f.part[i], PART_BYTES_MAX);
  wm_err_t rc = hints->base ? wm_buffer_puts(&f.base, hints->base, f.err) : WM_OK;
  wm_feed_kind_t kind = wm_feed_kind(bytes, len);
  if (rc != WM_OK) goto out;
  if (kind == WM_FEED_XML) rc = read_xml(&f, bytes, len, max);
  else if (kind == WM_FEED_JSON || kind == WM_FEED_LINES) rc = wm_feed_read_json(&f, bytes, len, kind);
  else
    rc = wm_error_set(f.err, WM_ERR_NOT_XML, kind == WM_FEED_EMPTY ? "the document is empty" : "neither XML nor JSON");
out:
  for (int i = 0; i < WM_PART_COUNT; i++) wm_buffer_clear(&f.part[i]);
  wm_buffer_clear(&f.base);
  return rc;
}
