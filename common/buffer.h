/**
 * buffer: growable bytes with a declared maximum.
 *
 * Threads: one at a time. Ownership: the buffer owns its bytes; init/clear in place; reusable after wm_buffer_reset().
 * The bytes are always followed by a NUL that is not counted in `len`.
 */
#ifndef WM_BUFFER_H
#define WM_BUFFER_H

#include "common/error.h"

typedef struct {
  char *data; /* NULL until something was added */
  size_t len, capacity;
  size_t max; /* bytes; appending beyond it fails with WM_ERR_TOO_LARGE */
} wm_buffer_t;

/** Makes `b` empty with a maximum of `max` bytes. Allocates nothing. */
void wm_buffer_init(wm_buffer_t *b, size_t max);
/** Frees the bytes; `b` may be used again as after init. NULL allowed. */
void wm_buffer_clear(wm_buffer_t *b);
/** Sets the length to 0 and keeps the memory. */
void wm_buffer_reset(wm_buffer_t *b);
/** Makes room for `more` further bytes. WM_ERR_TOO_LARGE, WM_ERR_NOMEM. */
wm_err_t wm_buffer_reserve(wm_buffer_t *b, size_t more, wm_error_t *err);
/** Appends `len` bytes. WM_ERR_TOO_LARGE, WM_ERR_NOMEM; on error `b` is as before. */
wm_err_t wm_buffer_append(wm_buffer_t *b, const void *bytes, size_t len, wm_error_t *err);
/** Appends a NUL-terminated string. Errors as wm_buffer_append(). */
wm_err_t wm_buffer_puts(wm_buffer_t *b, const char *s, wm_error_t *err);
/** Appends formatted text. Errors as wm_buffer_append(). */
wm_err_t wm_buffer_printf(wm_buffer_t *b, wm_error_t *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
