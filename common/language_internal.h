/**
 * language_internal: the one call into the C++ library cld2.
 *
 * Threads: no state, free to call from any thread.
 */
#ifndef WM_LANGUAGE_INTERNAL_H
#define WM_LANGUAGE_INTERNAL_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The language of `len` bytes of plain text (interchange-valid UTF-8): cld2's code (static; "un" if unknown), the percentage of the text
 * in it, and whether cld2 holds that for reliable.
 */
const char *wm_language_cld2(const char *s, int len, int *percent, int *reliable);

#ifdef __cplusplus
}
#endif

#endif
