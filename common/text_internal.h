/**
 * text_internal: what the files of the text module share; nobody else includes it.
 *
 * Threads: constant tables and functions without state.
 */
#ifndef WM_TEXT_INTERNAL_H
#define WM_TEXT_INTERNAL_H

#include "common/text.h"

/** Classes of a code point, as bits. None of them: punctuation, symbol, unassigned. */
enum {
  WM_CP_UPPER = 1,     /* letter, upper or title case */
  WM_CP_LOWER = 2,     /* letter, lower case */
  WM_CP_CASELESS = 4,  /* any other letter of a script that has spaces between words */
  WM_CP_SOLO = 8,      /* letter of a script without spaces (Han, Kana, Thai ...) */
  WM_CP_DIGIT = 16,    /* decimal digit or other number (categories Nd, No) */
  WM_CP_MARK = 32,     /* combining mark */
  WM_CP_SPACE = 64,    /* white space or control character */
  WM_CP_NEWLINE = 128, /* line or paragraph separator; has WM_CP_SPACE too */
  WM_CP_FORMAT = 256,  /* invisible: zero width, bidi, variation selector, soft hyphen */
  WM_CP_LETTER = WM_CP_UPPER | WM_CP_LOWER | WM_CP_CASELESS | WM_CP_SOLO,
  WM_CP_RUN = WM_CP_UPPER | WM_CP_LOWER | WM_CP_CASELESS | WM_CP_DIGIT | WM_CP_MARK /* what goes on with a word */
};

/** Classes of the 256 byte values as if they were code points; only those below 0x80 are for use. */
extern const uint8_t wm_text_ascii_class[128];
/** Classes of a code point of 0x80 or above. */
unsigned wm_text_wide_class(uint32_t cp);
/** Classes of any code point. */
static inline unsigned wm_text_class(uint32_t cp) {
  return cp < 0x80 ? wm_text_ascii_class[cp] : wm_text_wide_class(cp);
}

/** ' and its typographic sisters. */
static inline bool wm_text_is_apostrophe(uint32_t cp) {
  return cp == '\'' || cp == 0x2019 || cp == 0x2018 || cp == 0x02BC || cp == 0xFF07;
}

/** What a dot after a word means. */
typedef enum {
  WM_ABBREV_NONE = 0, /* no abbreviation: the dot is a full stop */
  WM_ABBREV_BEFORE,   /* stands before a name or number (titles, "vs.", "St."): never ends a sentence */
  WM_ABBREV_PLAIN,    /* may end a sentence, where a common first word follows ("Inc.", "U.S.", "Jan.") */
  WM_ABBREV_NUMBER,   /* an abbreviation only before a digit ("No. 10"); then never ends a sentence */
  WM_ABBREV_DEGREE    /* "Ph" of "Ph.D.": goes on with single letters and dots */
} wm_abbrev_t;
#define WM_ABBREV_LEN_MAX 8u /* bytes of the longest known abbreviation, without its dot */
/** Looks up the word before a dot. Case counts, but a title may be all upper case. */
wm_abbrev_t wm_text_abbrev(const char *s, size_t len);
/** True if a capitalised word is a common first word of an English sentence and rarely a name ("The", "He", "In"). */
bool wm_text_is_starter(const char *s, size_t len);
/** True if the letters glued to a number are an ordinal ending or a unit ("th", "s", "km", "bn"). */
bool wm_text_is_unit(const char *s, size_t len);
/** True if `s` is a lower-case top-level domain after which "Name.tld" is kept whole ("com", "org"). */
bool wm_text_is_domain(const char *s, size_t len);

/** Shape flags (WORD to MIXED) of s[0..len). */
uint32_t wm_text_shape(const char *s, size_t len);
/** Sets WM_TOKEN_SENTENCE and WM_TOKEN_PARAGRAPH on the tokens of `s`. */
void wm_text_mark_sentences(const char *s, wm_tokens_t *t);

#endif
