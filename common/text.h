/**
 * text: UTF-8 checks, code-point offsets, tokens and sentences.
 *
 * Byte offsets are used inside, Unicode code points in what is published: wm_text_points_t turns one into the other.
 * The tokens are those that the taggers are trained on (training/ calls this very code), so a change here asks
 * for new models.
 *
 * Threads: functions have no state; the structs belong to one thread. Ownership: texts are borrowed.
 */
#ifndef WM_TEXT_H
#define WM_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/** A stretch of UTF-8; not NUL-terminated. */
typedef struct {
  const char *s;
  size_t len; /* bytes */
} wm_str_t;

/** True if `s` is valid UTF-8 (no overlong form, surrogate, or code point above U+10FFFF); else `*bad` (may be NULL) is the byte offset of the first fault. */
bool wm_utf8_valid(const char *s, size_t len, size_t *bad);
/** Decodes the code point at s[0] of valid UTF-8 and stores its length in bytes. len > 0. */
uint32_t wm_utf8_decode(const char *s, size_t len, size_t *bytes);
/** Writes `cp` as UTF-8 into out[4]; returns the number of bytes. */
size_t wm_utf8_encode(uint32_t cp, char out[4]);
/** Number of code points in valid UTF-8. */
size_t wm_utf8_points(const char *s, size_t len);
/** True if some code point is visible: neither space, control nor format character (utf8proc categories Z*, Cc, Cf). */
bool wm_text_visible(const char *s, size_t len);

/** A cursor from byte offsets to code points; ascending offsets cost linear time in all, a step back restarts. */
typedef struct {
  const char *s;
  size_t len, byte, point;
} wm_text_points_t;
void wm_text_points_init(wm_text_points_t *c, const char *s, size_t len);
/** The code-point offset of byte offset `byte` (<= len; inside a code point counts as its start). */
size_t wm_text_points_at(wm_text_points_t *c, size_t byte);

/** Shape flags of a token. */
enum {
  WM_TOKEN_WORD = 1,       /* has a letter */
  WM_TOKEN_NUMBER = 2,     /* begins with a digit and has no letter but an ordinal or unit glued to it */
  WM_TOKEN_PUNCT = 4,      /* neither letter nor digit */
  WM_TOKEN_CAPITAL = 8,    /* first letter is upper or title case */
  WM_TOKEN_UPPER = 16,     /* two letters or more, all upper case */
  WM_TOKEN_MIXED = 32,     /* an upper-case letter after a lower-case one */
  WM_TOKEN_SPACE = 64,     /* white space stands before it */
  WM_TOKEN_NEWLINE = 128,  /* a line break stands before it */
  WM_TOKEN_SENTENCE = 256, /* first token of a sentence */
  WM_TOKEN_PARAGRAPH = 512 /* first token of a paragraph (after a line break, and the first one) */
};

typedef struct {
  uint32_t start, end; /* bytes, end exclusive */
  uint32_t flags;
} wm_token_t;

/** A growable array of tokens, reused from text to text. */
typedef struct {
  wm_token_t *tokens;
  size_t count, capacity;
  size_t max; /* tokens; what follows is not tokenised */
  bool truncated;
} wm_tokens_t;

#define WM_TOKENS_MAX 4000000u /* tokens of one text */
#define WM_TOKEN_BYTES_MAX \
  256u /* a longer run of letters is cut into tokens of at most so many bytes, at code points */

void wm_tokens_init(wm_tokens_t *t, size_t max);
void wm_tokens_clear(wm_tokens_t *t);
/**
 * Splits valid UTF-8 into tokens, replacing what `t` held. Linear time; no allocation once the array is large enough.
 *
 * A token is: a run of letters, marks and digits, with apostrophes between letters ("O'Brien", "don't"); single letters with dots
 * ("U.S.", "J.", "U.N.", "p.m."; one capital with a dot only where its line goes on); a known abbreviation with its dot ("Mr.", "Lt.",
 * "Gen.", "St.", "Inc.", "Jan.", "Calif.", "Ph.D."; "No." only before a digit); the possessive "'s" or "’s" by itself, and an apostrophe
 * after a plural by itself; a number with inner separators ("1,234.5", "20:30", "9/11") and what is glued to it ("5bn", "21st", "1990s");
 * a URL, a domain ("bbc.co.uk", "Amazon.com"), an e-mail address, an @name or a #tag as a whole; "..." as a whole; else one code point of
 * punctuation or symbol with the marks on it. Hyphens and dashes are tokens of their own, so that "Iran-backed" is three tokens. Letters
 * without spaces between words (Han, Kana, Thai) are one token a code point and its marks. White space, control and invisible format
 * characters (zero width, bidi, variation selectors) are no tokens; format characters end none.
 *
 * Sentences begin after a line break; after . ! ? … and their closing quotes or brackets where a capital, digit, opening quote or
 * bracket, currency sign or caseless letter follows after white space; after an abbreviation that may end a sentence ("Inc.", "U.S.",
 * an initial) only where a common first word follows ("The", "He"); after a title ("Mr.") or "vs." never; after 。！？ always.
 * WM_ERR_NOMEM.
 */
wm_err_t wm_text_tokenize(const char *s, size_t len, wm_tokens_t *t, wm_error_t *err);

/**
 * Case-folded, NFKC-composed, without invisible characters, white space runs as one space (none at the ends), apostrophes and dashes
 * unified: the key under which names are looked up. Folding twice gives the same as once. Writes at most `cap` bytes into `out`, no NUL;
 * returns the length, or SIZE_MAX if it did not fit or the text is not valid. Allocates only for non-ASCII text over 512 code points.
 */
size_t wm_text_fold(const char *s, size_t len, char *out, size_t cap);

#endif
