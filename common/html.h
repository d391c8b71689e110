/**
 * html: HTML to plain text (libxml2's HTML parser; no network, no entities from outside).
 *
 * Blocks, list items and table rows stand on lines of their own, <br> is a line break (two in a row give an empty line, more
 * do not), table cells are separated by tabs, other white space (no-break spaces included) is folded into one space. Scripts, styles, comments,
 * titles, forms' choices, embedded media and the like are left out; so are attributes ("alt" too).
 * Bounded: input bytes, output bytes, element depth, tags. Linear time, no recursion on input.
 *
 * Threads: may be called from any thread (the library must have been initialised: wm_html_init() once in main).
 */
#ifndef WM_HTML_H
#define WM_HTML_H

#include <stdbool.h>

#include "common/buffer.h"

#define WM_HTML_DEPTH_MAX 256u    /* open elements that matter to the text */
#define WM_HTML_NODES_MAX 500000u /* tags of one text */

/** Initialises libxml2; call once, before other threads use this module. */
void wm_html_init(void);
/** Frees what libxml2 holds; call once, when no other thread uses it any more. */
void wm_html_cleanup(void);
/**
 * Appends the text of `html` (valid UTF-8; a declared encoding is ignored) to `out`, which is as before on an error.
 * WM_ERR_BAD_HTML (deeper or with more tags than allowed), WM_ERR_TOO_LARGE (more text than `out` may hold), WM_ERR_NOMEM.
 */
wm_err_t wm_html_text(const char *html, size_t len, wm_buffer_t *out, wm_error_t *err);
/** True if `s` has a tag of an HTML element, a comment, a document type, or a character reference ("&amp;", "&#8217;"). Linear time. */
bool wm_html_looks(const char *s, size_t len);

#endif
