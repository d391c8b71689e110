/*
 * Sentence and paragraph starts, in one pass over the tokens.
 *
 * After a line break: always. After . ! ? … and the closing quotes or brackets glued to it: where white space and then a capital, a
 * digit, a caseless letter, an opening quote or bracket, a currency sign, an @name or a #tag follows. After an abbreviation that may end
 * a sentence ("Inc.", "U.S.", "Jan.", an initial): only where a common first word follows ("The", "He", "In"). After a title or "vs.": never.
 * After an ideographic full stop: always.
 */
#include <string.h>
#include <utf8proc.h>

#include "common/text_internal.h"

typedef enum { INSIDE, ENDED, ENDED_WIDE, MAYBE } state_t;

static bool is_terminator(uint32_t cp) {
  switch (cp) {
    case '.':
    case '!':
    case '?':
    case 0x2026: /* … */
    case 0x203C: /* double forms */
    case 0x2047:
    case 0x2048:
    case 0x2049:
    case 0x0589: /* Armenian */
    case 0x061F: /* Arabic */
    case 0x06D4:
    case 0x0964: /* danda */
    case 0x0965:
    case 0x1362: /* Ethiopic */
      return true;
    default:
      return false;
  }
}

static bool is_wide_terminator(uint32_t cp) {
  return cp == 0x3002 || cp == 0xFF01 || cp == 0xFF1F || cp == 0xFF0E || cp == 0xFF61;
}

static bool is_quote_or_close(uint32_t cp) {
  if (cp == '"' || cp == '\'') return true;
  switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PI:
      return true;
    default:
      return false;
  }
}

/* True if a sentence can begin with this token, given that one ended before it. */
static bool may_begin(const wm_token_t *token, uint32_t cp) {
  unsigned k = wm_text_class(cp);
  if (k & (WM_CP_UPPER | WM_CP_DIGIT | WM_CP_CASELESS | WM_CP_SOLO)) return true;
  if (k & (WM_CP_LOWER | WM_CP_MARK)) return false;
  if (cp == '"' || cp == '\'') return true;
  if (cp == '@' || cp == '#') return (token->flags & (WM_TOKEN_WORD | WM_TOKEN_NUMBER)) != 0;
  if (cp == 0xBF || cp == 0xA1) return true; /* Spanish opening marks */
  switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_SC:
      return true;
    default:
      return false;
  }
}

/* What a token with letters leaves behind: an abbreviation may have ended a sentence. */
static state_t after_word(const char *s, const wm_token_t *token) {
  size_t len = token->end - token->start;
  const char *word = s + token->start;
  if (len < 2 || word[len - 1] != '.') return INSIDE;
  if (memchr(word, '.', len - 1)) { /* letters and dots: "U.S.", "p.m." may, "i.e." never ends a sentence */
    bool lower = wm_text_ascii_class[(unsigned char)word[0] & 0x7F] & WM_CP_LOWER && (unsigned char)word[0] < 0x80;
    return lower && word[len - 2] != 'm' ? INSIDE : MAYBE;
  }
  wm_abbrev_t kind = wm_text_abbrev(word, len - 1);
  if (kind == WM_ABBREV_BEFORE || kind == WM_ABBREV_NUMBER) return INSIDE;
  return MAYBE; /* a plain abbreviation, or an initial */
}

static state_t next_state(const char *s, const wm_token_t *token, uint32_t cp, state_t state) {
  if (token->flags & (WM_TOKEN_WORD | WM_TOKEN_NUMBER)) return after_word(s, token);
  if (is_terminator(cp)) return ENDED;
  if (is_wide_terminator(cp)) return ENDED_WIDE;
  if (state == INSIDE) return INSIDE;
  bool begins = token->flags & WM_TOKEN_SENTENCE;
  if (is_quote_or_close(cp) && !begins && !(token->flags & WM_TOKEN_SPACE)) return state;
  if (utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_PD && !begins) return state;
  return INSIDE;
}

static bool begins_sentence(const char *s, const wm_token_t *token, uint32_t cp, state_t state) {
  bool space = token->flags & WM_TOKEN_SPACE;
  if (state == ENDED) return space && may_begin(token, cp);
  if (state == ENDED_WIDE) return may_begin(token, cp) && (space || (cp != '"' && cp != '\''));
  if (state == MAYBE)
    return space && (token->flags & WM_TOKEN_CAPITAL) &&
           wm_text_is_starter(s + token->start, token->end - token->start);
  return false;
}

void wm_text_mark_sentences(const char *s, wm_tokens_t *t) {
  state_t state = INSIDE;
  for (size_t i = 0; i < t->count; i++) {
    wm_token_t *token = &t->tokens[i];
    if (i == 0 || (token->flags & WM_TOKEN_NEWLINE)) {
      token->flags |= WM_TOKEN_SENTENCE | WM_TOKEN_PARAGRAPH;
      state = INSIDE;
    } else if (state == INSIDE && (token->flags & WM_TOKEN_WORD) && s[token->end - 1] != '.') {
      continue; /* nearly all tokens */
    }
    size_t n;
    uint32_t cp = wm_utf8_decode(s + token->start, token->end - token->start, &n);
    if (state != INSIDE && begins_sentence(s, token, cp, state)) token->flags |= WM_TOKEN_SENTENCE;
    state = next_state(s, token, cp, state);
  }
}
