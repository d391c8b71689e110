/* Classes of code points, and the shape of a token made of them. */
#include <utf8proc.h>

#include "common/text_internal.h"

#define U WM_CP_UPPER
#define L WM_CP_LOWER
#define D WM_CP_DIGIT
#define S WM_CP_SPACE
#define N (WM_CP_SPACE | WM_CP_NEWLINE)
const uint8_t wm_text_ascii_class[128] = {
    S, S, S, S, S, S, S, S, S, S, N, N, N, N, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, /* 00-1F */
    S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0, /* 20-3F */
    0, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, 0, 0, 0, 0, 0, /* 40-5F */
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, S, /* 60-7F */
};
#undef U
#undef L
#undef D
#undef S
#undef N

/* Scripts written without spaces between words: a letter of these is a token by itself. */
static bool is_solo_script(uint32_t cp) {
  if (cp < 0x0E00) return false;
  if (cp <= 0x0EFF) return true;        /* Thai, Lao */
  if (cp < 0x1000) return cp >= 0x0F00; /* Tibetan */
  if (cp <= 0x109F) return true;        /* Myanmar */
  if (cp < 0x1780) return false;
  if (cp <= 0x17FF) return true;                                            /* Khmer */
  if (cp < 0x2E80) return cp >= 0x1950 && cp <= 0x1AAF;                     /* Tai Le, New Tai Lue, Tai Tham */
  if (cp <= 0x312F) return true;                                            /* radicals, Hiragana, Katakana, Bopomofo */
  if (cp >= 0x3190 && cp <= 0xA4CF) return true;                            /* Bopomofo extended, Han, Yi */
  if (cp >= 0xA9E0 && cp <= 0xA9FF) return true;                            /* Myanmar extended B */
  if (cp >= 0xAA60 && cp <= 0xAADF) return true;                            /* Myanmar extended A, Tai Viet */
  if (cp >= 0xF900 && cp <= 0xFAFF) return true;                            /* Han compatibility */
  if (cp >= 0xFF66 && cp <= 0xFF9F) return true;                            /* half-width Katakana */
  return cp >= 0x1AFF0 && cp <= 0x3FFFF && (cp < 0x1B300 || cp >= 0x20000); /* Kana supplements, Han extensions */
}

static bool is_variation_selector(uint32_t cp) {
  return (cp >= 0xFE00 && cp <= 0xFE0F) || (cp >= 0xE0100 && cp <= 0xE01EF);
}

static unsigned category_class(uint32_t cp) {
  switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return WM_CP_UPPER;
    case UTF8PROC_CATEGORY_LL:
      return WM_CP_LOWER;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
      return is_solo_script(cp) ? WM_CP_SOLO : WM_CP_CASELESS;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NO:
      return WM_CP_DIGIT;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return is_variation_selector(cp) ? WM_CP_FORMAT : WM_CP_MARK;
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return WM_CP_SPACE | WM_CP_NEWLINE;
    case UTF8PROC_CATEGORY_ZS:
      return WM_CP_SPACE;
    case UTF8PROC_CATEGORY_CC:
      return cp == 0x85 ? WM_CP_SPACE | WM_CP_NEWLINE : WM_CP_SPACE;
    case UTF8PROC_CATEGORY_CF:
      return WM_CP_FORMAT;
    default:
      return 0;
  }
}

unsigned wm_text_wide_class(uint32_t cp) {
  if (cp >= 0x2010 && cp <= 0x2027) return 0; /* the dashes, quotes and ellipsis of everyday text */
  if (cp == 0x02BC) return 0;                 /* a letter by category, an apostrophe by use */
  return category_class(cp);
}

/* Flags of an ASCII word of which all letters but the first are lower case, nearly all of English; 0 if it is none. */
static uint32_t plain_shape(const char *s, size_t len) {
  unsigned char first = (unsigned char)s[0];
  unsigned other = 0;
  if ((unsigned char)((first | 0x20) - 'a') >= 26) return 0;
  for (size_t i = 1; i < len; i++) other |= (unsigned char)(s[i] - 'a') >= 26;
  return other ? 0 : first < 'a' ? WM_TOKEN_WORD | WM_TOKEN_CAPITAL : WM_TOKEN_WORD;
}

uint32_t wm_text_shape(const char *s, size_t len) {
  uint32_t plain = len ? plain_shape(s, len) : 0;
  if (plain) return plain;
  unsigned seen = 0, first = 0;
  size_t letters = 0, after_digits = len;
  bool mixed = false;
  for (size_t i = 0, n = 1; i < len; i += n) {
    unsigned char c = (unsigned char)s[i];
    unsigned k = c;
    n = 1;
    if (c < 0x80) k = wm_text_ascii_class[c];
    else k = wm_text_wide_class(wm_utf8_decode(s + i, len - i, &n));
    if (k & WM_CP_LETTER) {
      if (letters++ == 0) {
        first = k;
        after_digits = i;
      }
      if ((k & WM_CP_UPPER) && (seen & WM_CP_LOWER)) mixed = true;
    }
    if (i == 0 && (k & WM_CP_DIGIT)) seen |= WM_CP_NEWLINE; /* stands for "begins with a digit" */
    seen |= k & (WM_CP_LETTER | WM_CP_DIGIT);
  }
  uint32_t flags = 0;
  if (letters > 0) flags |= WM_TOKEN_WORD;
  if ((seen & WM_CP_NEWLINE) && (letters == 0 || wm_text_is_unit(s + after_digits, len - after_digits)))
    flags |= WM_TOKEN_NUMBER;
  if (!(seen & (WM_CP_LETTER | WM_CP_DIGIT))) flags |= WM_TOKEN_PUNCT;
  if (first & WM_CP_UPPER) flags |= WM_TOKEN_CAPITAL;
  if (letters > 1 && (seen & WM_CP_LETTER) == WM_CP_UPPER) flags |= WM_TOKEN_UPPER;
  if (mixed) flags |= WM_TOKEN_MIXED;
  return flags;
}
