/**
 * language: which language a text is in (ISO 639-1, else 639-3 code), by a library's n-gram statistics.
 *
 * Threads: a handle belongs to one thread. Ownership: the caller owns the handle.
 */
#ifndef WM_LANGUAGE_H
#define WM_LANGUAGE_H

#include "common/error.h"

typedef struct wm_language wm_language_t;

typedef struct {
  char code[12];  /* "en"; "und" where it cannot be told */
  int confidence; /* 0 to 100 */
} wm_language_guess_t;

/** A new detector; NULL with `err` set (WM_ERR_NOMEM, WM_ERR_CONFIG: its data is not installed). */
wm_language_t *wm_language_new(wm_error_t *err);
void wm_language_destroy(wm_language_t *l);
/** Guesses from at most the first WM_LANGUAGE_BYTES bytes of valid UTF-8. Never fails: "und" with 0 at worst. */
#define WM_LANGUAGE_BYTES 4096
wm_language_guess_t wm_language_detect(wm_language_t *l, const char *s, size_t len);
/** Brings a declared tag ("en-GB", "ENG", "eng") into the same form; returns 0 and leaves `out` empty if it is no tag. */
int wm_language_normalize(const char *tag, char out[12]);

#endif
