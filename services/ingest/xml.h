/**
 * xml: a document out of somebody else's bytes, within limits (libxml2).
 *
 * No DTD is loaded, no network used, no entity expanded: a document that declares entities is refused (so no entity bomb can
 * go off), the five of XML and the names that HTML knows (&nbsp;, &eacute;) are taken. Comments and processing instructions are dropped.
 * Bounded: bytes, depth, nodes (elements and attributes). A document that is not well-formed is refused as a whole.
 *
 * Threads: no state; wm_html_init() must have been called. Ownership: the caller frees the document with xmlFreeDoc().
 */
#ifndef WM_INGEST_XML_H
#define WM_INGEST_XML_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "common/buffer.h"

#define WM_XML_DEPTH_MAX 100u
#define WM_XML_NODES_MAX 500000u

/**
 * Parses `len` bytes. `charset` (may be NULL) is what the transport said; a byte order mark goes before it, the document's own
 * declaration after it. WM_ERR_NOT_XML (with the line), WM_ERR_TOO_DEEP, WM_ERR_TOO_LARGE (nodes, bytes), WM_ERR_NOMEM.
 */
wm_err_t wm_xml_load(const char *bytes, size_t len, const char *charset, size_t bytes_max, xmlDoc **out,
                     wm_error_t *err);

/** True if `node` is an element `name` of namespace `ns` (NULL: any; "": none). */
bool wm_xml_is(const xmlNode *node, const char *ns, const char *name);
/** The first child element that matches; NULL without one (or if `parent` is NULL). */
const xmlNode *wm_xml_child(const xmlNode *parent, const char *ns, const char *name);
/** The next sibling element that matches. */
const xmlNode *wm_xml_next(const xmlNode *node, const char *ns, const char *name);
/** The value of attribute `name` in namespace `ns` ("": none), NULL without; borrowed from the document. `node` may be NULL. */
const char *wm_xml_attribute(const xmlNode *node, const char *ns, const char *name);
/** The language (xml:lang) in force at `node`; "" if none. */
const char *wm_xml_language(const xmlNode *node);
/** Appends all text below `node` (NULL: nothing), white space at both ends removed. Errors of wm_buffer_append(). */
wm_err_t wm_xml_text(const xmlNode *node, wm_buffer_t *out, wm_error_t *err);
/**
 * Appends what is inside `node` as plain HTML: the elements that text is made of, links with their address; names of NITF as their like
 * in HTML; media, scripts and styles left out, other tags dropped and their content kept. Errors of wm_buffer_append().
 */
wm_err_t wm_xml_markup(const xmlNode *node, wm_buffer_t *out, wm_error_t *err);

#define WM_XML_NS_XML "http://www.w3.org/XML/1998/namespace"

#endif
