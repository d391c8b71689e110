#include "services/ingest/xml.h"

#include <libxml/HTMLparser.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

/* What the handlers of one document share; ctxt->_private. */
typedef struct {
  size_t nodes;
  wm_error_t *err;
  xmlEntity entity; /* the last one that HTML knows */
  char name[16], content[8];
} load_t;

static load_t *load_of(xmlParserCtxt *ctxt) {
  return ctxt->_private;
}

static void refuse(xmlParserCtxt *ctxt, wm_err_t code, const char *text) {
  wm_error_set(load_of(ctxt)->err, code, "line %d: %s", xmlSAX2GetLineNumber(ctxt), text);
  xmlStopParser(ctxt);
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces,
                     const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes) {
  xmlParserCtxt *ctxt = context;
  load_t *l = load_of(ctxt);
  l->nodes += 1 + (size_t)n_attributes + (size_t)n_namespaces;
  if (l->nodes > WM_XML_NODES_MAX) {
    refuse(ctxt, WM_ERR_TOO_LARGE, "more elements and attributes than are read");
  } else if (ctxt->nodeNr >= (int)WM_XML_DEPTH_MAX) {
    refuse(ctxt, WM_ERR_TOO_DEEP, "elements are nested too deep");
  } else {
    xmlSAX2StartElementNs(ctxt, name, prefix, uri, n_namespaces, namespaces, n_attributes, n_defaulted, attributes);
  }
}

static void on_entity_declared(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                               const xmlChar *system_id, xmlChar *content) {
  (void)name, (void)type, (void)public_id, (void)system_id, (void)content;
  refuse(context, WM_ERR_NOT_XML, "the document declares entities, which are not read");
}

/* An entity that only HTML knows, given as if XML had it. In attributes libxml2 takes one byte of such an entity, so there it stays unknown. */
static xmlEntity *on_entity(void *context, const xmlChar *name) {
  xmlParserCtxt *ctxt = context;
  load_t *l = load_of(ctxt);
  const htmlEntityDesc *found = ctxt->instate == XML_PARSER_ATTRIBUTE_VALUE ? NULL : htmlEntityLookup(name);
  if (!found || strlen(found->name) >= sizeof l->name) return NULL;
  size_t n = wm_utf8_encode(found->value, l->content);
  l->content[n] = '\0';
  snprintf(l->name, sizeof l->name, "%s", found->name);
  l->entity = (xmlEntity){.type = XML_ENTITY_DECL,
                          .name = (xmlChar *)l->name,
                          .orig = (xmlChar *)l->content,
                          .content = (xmlChar *)l->content,
                          .length = (int)n,
                          .etype = XML_INTERNAL_PREDEFINED_ENTITY};
  return &l->entity;
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id) {
  (void)context, (void)name, (void)public_id, (void)system_id;
}

static void set_handlers(xmlSAXHandler *sax) {
  sax->startElementNs = on_start;
  sax->entityDecl = on_entity_declared;
  sax->getEntity = on_entity;
  sax->internalSubset = on_doctype;
  sax->externalSubset = on_doctype;
  sax->getParameterEntity = NULL;
  sax->resolveEntity = NULL;
  sax->unparsedEntityDecl = NULL;
  sax->notationDecl = NULL;
  sax->attributeDecl = NULL;
  sax->elementDecl = NULL;
  sax->reference = NULL;
  sax->comment = NULL;
  sax->processingInstruction = NULL;
}

/* libxml2's message, as one line of printable ASCII: it may quote the document. */
static wm_err_t not_xml(xmlParserCtxt *ctxt, wm_error_t *err) {
  const xmlError *e = xmlCtxtGetLastError(ctxt);
  char text[200] = "not XML";
  int line = e ? e->line : 0;
  if (e && e->code == XML_ERR_NO_MEMORY) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (XML)");
  if (e && e->message) snprintf(text, sizeof text, "%s", e->message);
  for (char *p = text; *p; p++) {
    if (*p == '\n' && !p[1]) *p = '\0';
    else if (*p < ' ' || *p > '~') *p = '?';
    if (!*p) break;
  }
  return wm_error_set(err, WM_ERR_NOT_XML, "line %d: %s", line, text);
}

static bool has_mark(const char *s, size_t len) {
  return (len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) ||
         (len >= 2 && (memcmp(s, "\xFE\xFF", 2) == 0 || memcmp(s, "\xFF\xFE", 2) == 0));
}

static wm_err_t load(const char *bytes, size_t len, const char *charset, xmlDoc **out, wm_error_t *err) {
  load_t l = {.err = err};
  xmlParserCtxt *ctxt = xmlNewParserCtxt();
  if (!ctxt) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (XML)");
  ctxt->_private = &l;
  set_handlers(ctxt->sax);
  xmlDoc *doc = xmlCtxtReadMemory(ctxt, bytes, (int)len, NULL, charset,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
  wm_err_t rc = err->code;
  if (rc == WM_OK && (!doc || !ctxt->wellFormed || !xmlDocGetRootElement(doc))) rc = not_xml(ctxt, err);
  if (rc != WM_OK) {
    xmlFreeDoc(doc);
    doc = NULL;
  }
  *out = doc;
  xmlFreeParserCtxt(ctxt);
  return rc;
}

wm_err_t wm_xml_load(const char *bytes, size_t len, const char *charset, size_t bytes_max, xmlDoc **out,
                     wm_error_t *err) {
  *out = NULL;
  if (len > bytes_max || len > INT_MAX)
    return wm_error_set(err, WM_ERR_TOO_LARGE, "%zu bytes of XML, at most %zu are read", len, bytes_max);
  wm_error_t first = WM_ERROR_INIT, second = WM_ERROR_INIT;
  if (charset && (has_mark(bytes, len) || !xmlFindCharEncodingHandler(charset))) charset = NULL;
  wm_err_t rc = load(bytes, len, charset, out, &first);
  if (rc == WM_ERR_NOT_XML && charset && load(bytes, len, NULL, out, &second) == WM_OK) return WM_OK;
  if (rc != WM_OK && err) *err = err->code == WM_OK ? first : *err;
  return rc;
}

/* --- looking around --- */

bool wm_xml_is(const xmlNode *node, const char *ns, const char *name) {
  if (!node || node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, name) != 0) return false;
  if (!ns) return true;
  const char *own = node->ns && node->ns->href ? (const char *)node->ns->href : "";
  return strcmp(own, ns) == 0;
}

static const xmlNode *first_match(const xmlNode *node, const char *ns, const char *name) {
  while (node && !wm_xml_is(node, ns, name)) node = node->next;
  return node;
}

const xmlNode *wm_xml_child(const xmlNode *parent, const char *ns, const char *name) {
  return parent ? first_match(parent->children, ns, name) : NULL;
}

const xmlNode *wm_xml_next(const xmlNode *node, const char *ns, const char *name) {
  return first_match(node->next, ns, name);
}

const char *wm_xml_attribute(const xmlNode *node, const char *ns, const char *name) {
  for (const xmlAttr *a = node ? node->properties : NULL; a; a = a->next) {
    const char *own = a->ns && a->ns->href ? (const char *)a->ns->href : "";
    if (strcmp((const char *)a->name, name) != 0 || strcmp(own, ns) != 0) continue;
    return a->children && a->children->content ? (const char *)a->children->content : "";
  }
  return NULL;
}

const char *wm_xml_language(const xmlNode *node) {
  for (; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
    const char *lang = wm_xml_attribute(node, WM_XML_NS_XML, "lang");
    if (lang) return lang;
  }
  return "";
}

/* The node after `node` in document order within `top`, not below `node`; calls nothing. `*left` counts elements that were left. */
static const xmlNode *step_over(const xmlNode *node, const xmlNode *top) {
  while (node != top && !node->next) node = node->parent;
  return node == top ? NULL : node->next;
}

static bool is_text(const xmlNode *node) {
  return (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) && node->content;
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

wm_err_t wm_xml_text(const xmlNode *node, wm_buffer_t *out, wm_error_t *err) {
  size_t start = out->len;
  wm_err_t rc = WM_OK;
  for (const xmlNode *n = node ? node->children : NULL; n && rc == WM_OK;) {
    if (is_text(n)) {
      const char *s = (const char *)n->content;
      if (out->len == start)
        while (is_space(*s)) s++;
      rc = wm_buffer_puts(out, s, err);
    }
    n = n->type == XML_ELEMENT_NODE && n->children ? n->children : step_over(n, node);
  }
  while (out->len > start && is_space(out->data[out->len - 1])) out->data[--out->len] = '\0';
  return rc;
}

/* --- markup --- */

static const struct {
  const char *name, *html; /* html NULL: left out with its content */
} k_elements[] = {
    {"p", "p"},           {"br", "br"},         {"h1", "h1"},
    {"h2", "h2"},         {"h3", "h3"},         {"h4", "h4"},
    {"h5", "h5"},         {"h6", "h6"},         {"ul", "ul"},
    {"ol", "ol"},         {"li", "li"},         {"dl", "dl"},
    {"dt", "dt"},         {"dd", "dd"},         {"table", "table"},
    {"tr", "tr"},         {"td", "td"},         {"th", "th"},
    {"pre", "pre"},       {"div", "div"},       {"blockquote", "blockquote"},
    {"em", "em"},         {"strong", "strong"}, {"b", "b"},
    {"i", "i"},           {"q", "q"},           {"a", "a"},
    {"sub", "sub"},       {"sup", "sup"},       {"section", "section"},
    {"block", "div"},     {"hl1", "h1"},        {"hl2", "h2"},
    {"bq", "blockquote"}, {"note", "div"},      {"nitf-table", "div"},
    {"media", NULL},      {"script", NULL},     {"style", NULL},
    {"head", NULL},       {"figure", NULL},     {"video", NULL},
    {"audio", NULL},      {"object", NULL},     {"iframe", NULL},
    {"svg", NULL},
};

/* The element as HTML has it: "" drops the tag, NULL the content too. */
static const char *html_name(const xmlNode *node) {
  for (size_t i = 0; i < sizeof k_elements / sizeof k_elements[0]; i++)
    if (strcmp((const char *)node->name, k_elements[i].name) == 0) return k_elements[i].html;
  return "";
}

static wm_err_t put_escaped(const char *s, wm_buffer_t *out, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  while (*s && rc == WM_OK) {
    size_t n = strcspn(s, "&<>\"");
    rc = wm_buffer_append(out, s, n, err);
    s += n;
    if (!*s || rc != WM_OK) break;
    rc = wm_buffer_puts(out, *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : "&quot;", err);
    s++;
  }
  return rc;
}

static wm_err_t put_tag(const xmlNode *node, bool end, wm_buffer_t *out, wm_error_t *err) {
  const char *name = html_name(node);
  if (!name || !name[0] || (end && strcmp(name, "br") == 0)) return WM_OK;
  const char *href = !end && strcmp(name, "a") == 0 ? wm_xml_attribute(node, "", "href") : NULL;
  wm_err_t rc = wm_buffer_printf(out, err, end ? "</%s>" : href ? "<%s href=\"" : "<%s>", name);
  if (rc != WM_OK || !href) return rc;
  rc = put_escaped(href, out, err);
  return rc == WM_OK ? wm_buffer_puts(out, "\">", err) : rc;
}

wm_err_t wm_xml_markup(const xmlNode *node, wm_buffer_t *out, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  const xmlNode *n = node ? node->children : NULL;
  while (n && rc == WM_OK) {
    if (is_text(n)) rc = put_escaped((const char *)n->content, out, err);
    bool element = n->type == XML_ELEMENT_NODE;
    if (element) rc = put_tag(n, false, out, err);
    if (element && html_name(n) && n->children) {
      n = n->children;
      continue;
    }
    if (element && rc == WM_OK) rc = put_tag(n, true, out, err);
    while (rc == WM_OK && n != node && !n->next) { /* up, closing what ends here */
      n = n->parent;
      if (n != node) rc = put_tag(n, true, out, err);
    }
    n = n == node ? NULL : n->next;
  }
  return rc;
}
