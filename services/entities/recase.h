/**
 * recase: a text that has no capitals, written in capitals for the tagger, which learned texts in capitals but none without.
 *
 * Threads: no state. Ownership: texts are borrowed.
 */
#ifndef WM_ENTITIES_RECASE_H
#define WM_ENTITIES_RECASE_H

#include "common/article.h"
#include "common/buffer.h"

#define WM_RECASE_LETTERS 250u /* fewer in lower case say nothing about how a text is written */

/** True if `text` has at least `letters` letters in lower case and next to no capitals (one in 500 bytes). Linear; mostly ends after some lines. */
bool wm_recase_needed(wm_str_t text, size_t letters);
/**
 * Writes `text` (valid UTF-8) in capitals into `out`, in as many bytes: a letter whose capital is longer or shorter stays, so that offsets are the
 * same. WM_ERR_NOMEM, WM_ERR_TOO_LARGE.
 */
wm_err_t wm_recase_upper(wm_str_t text, wm_buffer_t *out, wm_error_t *err);

#endif
