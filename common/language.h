/**
 * language: which language a text is in (ISO 639-1, else 639-3 code), by cld2 (docs/decisions/language-detection.md).
 *
 * Threads: a handle belongs to one thread. Ownership: the caller owns the handle.
 */
#ifndef WM_LANGUAGE_H
#define WM_LANGUAGE_H

#include "common/error.h"

typedef struct wm_language wm_language_t;

typedef struct {
  char code[12];  /* "en"; "und" where it cannot be told */
  int confidence; /* 0 to 100: the share of the text in that language, halved where the detector itself is not sure */
} wm_language_guess_t;

/** A new detector; NULL with `err` set (WM_ERR_NOMEM). */
wm_language_t *wm_language_new(wm_error_t *err);
void wm_language_destroy(wm_language_t *l);
/**
 * Guesses from at most the first WM_LANGUAGE_BYTES bytes of UTF-8 (what is not valid counts as space). Never fails: "und" with 0 for
 * a text of names, numbers or symbols only, of a few words that fit several languages, or in an unknown language.
 */
#define WM_LANGUAGE_BYTES 1024
wm_language_guess_t wm_language_detect(wm_language_t *l, const char *s, size_t len);
/**
 * Brings a declared tag ("en-GB", "en_US", "ENG", "ger") into the same form: the language alone, lower case, two letters where ISO 639-1
 * has them. Returns 1, or 0 with `out` empty if it is no tag (RFC 5646) or says nothing ("und", "mis").
 */
int wm_language_normalize(const char *tag, char out[12]);

#endif
