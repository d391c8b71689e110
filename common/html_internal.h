/**
 * html_internal: what the two halves of the html module share: the filter before libxml2, and the names of elements.
 *
 * Threads: no state. Ownership: as each function says.
 */
#ifndef WM_HTML_INTERNAL_H
#define WM_HTML_INTERNAL_H

#include "common/html.h"

/** What an element does to the text. */
typedef enum {
  WM_HTML_UNKNOWN = 0, /* no element of HTML; left out as if inline */
  WM_HTML_INLINE,      /* nothing */
  WM_HTML_BLOCK,       /* a line break before and after */
  WM_HTML_BREAK,       /* a line break (<br>) */
  WM_HTML_CELL,        /* a tab before it, unless a line break is due */
  WM_HTML_PRE,         /* a block whose own line breaks count */
  WM_HTML_SKIP,        /* its content is no text of the article */
  WM_HTML_RAW          /* as SKIP, and its content has no tags but its own end tag */
} wm_html_kind_t;

#define WM_HTML_NAME_MAX 12u /* bytes of the longest element name, its NUL included */

/** The kind of element `name` (any case). */
wm_html_kind_t wm_html_kind(const char *name, size_t len);

/**
 * Appends to `out` what libxml2 is to see of `html`: the text with its character references, and of the tags only those that matter to
 * the text, each without attributes ("<p>", "</p>"). Comments, declarations and raw elements are left out; a "<" that begins no tag becomes
 * "&lt;"; control characters become spaces. So no tag that reaches libxml2 is longer than its name, whatever came in.
 * Linear time. WM_ERR_BAD_HTML (more than WM_HTML_NODES_MAX tags), WM_ERR_TOO_LARGE, WM_ERR_NOMEM.
 */
wm_err_t wm_html_filter(const char *html, size_t len, wm_buffer_t *out, wm_error_t *err);

#endif
