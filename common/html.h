/**
 * html: HTML to plain text (libxml2's HTML parser; no network, no entities from outside).
 *
 * Blocks and <br> become line breaks, white space is folded, scripts, styles, comments and the like are left out.
 * Bounded: input bytes, output bytes, element depth, elements. No recursion on input.
 *
 * Threads: may be called from any thread (the library must have been initialised: wm_html_init() once in main).
 */
#ifndef WM_HTML_H
#define WM_HTML_H

#include <stdbool.h>

#include "common/buffer.h"

#define WM_HTML_DEPTH_MAX 256u
#define WM_HTML_NODES_MAX 500000u

void wm_html_init(void);
void wm_html_cleanup(void);
/** Appends the text of `html` (valid UTF-8) to `out`. WM_ERR_BAD_HTML (over a limit), WM_ERR_TOO_LARGE, WM_ERR_NOMEM. */
wm_err_t wm_html_text(const char *html, size_t len, wm_buffer_t *out, wm_error_t *err);
/** True if `s` has something that looks like an HTML tag or entity. */
bool wm_html_looks(const char *s, size_t len);

#endif
