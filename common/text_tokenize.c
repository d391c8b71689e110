/* The tokenizer: one pass, every look ahead bounded by WM_TOKEN_BYTES_MAX or paid for by the token that it makes. */
#include <stdlib.h>
#include <string.h>

#include "common/text_internal.h"

#define EMAIL_LOCAL_MAX 64u /* RFC 5321, 4.5.3.1 */
#define EMAIL_DOMAIN_MAX 255u
#define URL_BYTES_MAX 4096u
#define FIRST_CAPACITY 256u

typedef struct {
  const char *s;
  size_t len;
  wm_tokens_t *t;
  uint32_t before; /* SPACE and NEWLINE seen since the last token */
  size_t next_at;  /* byte offset of the first '@' at or after the last place asked for; len if none */
} scan_t;

void wm_tokens_init(wm_tokens_t *t, size_t max) {
  *t = (wm_tokens_t){.max = max};
}

void wm_tokens_clear(wm_tokens_t *t) {
  if (!t) return;
  free(t->tokens);
  *t = (wm_tokens_t){.max = t->max};
}

/* Class and length of the code point at `pos`; class 0 and length 0 at the end. */
static unsigned class_at(const scan_t *sc, size_t pos, size_t *n) {
  if (pos >= sc->len) {
    *n = 0;
    return 0;
  }
  unsigned char c = (unsigned char)sc->s[pos];
  if (c < 0x80) {
    *n = 1;
    return wm_text_ascii_class[c];
  }
  return wm_text_wide_class(wm_utf8_decode(sc->s + pos, sc->len - pos, n));
}

static uint32_t point_at(const scan_t *sc, size_t pos, size_t *n) {
  *n = 0;
  return pos < sc->len ? wm_utf8_decode(sc->s + pos, sc->len - pos, n) : 0;
}

static bool byte_is(const scan_t *sc, size_t pos, char c) {
  return pos < sc->len && sc->s[pos] == c;
}

static bool is_ascii_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits and marks from `pos` on, and format characters among them, not behind them. */
static size_t run_end(const scan_t *sc, size_t pos, size_t limit) {
  size_t end = pos;
  while (pos < limit) {
    unsigned char c = (unsigned char)sc->s[pos];
    if (c < 0x80) {
      if (!(wm_text_ascii_class[c] & WM_CP_RUN)) break;
      end = ++pos;
      continue;
    }
    size_t n;
    unsigned k = class_at(sc, pos, &n);
    if (pos + n > limit || !(k & (WM_CP_RUN | WM_CP_FORMAT))) break;
    pos += n;
    if (k & WM_CP_RUN) end = pos;
  }
  return end;
}

/* Marks (and format characters before a mark) from `pos` on. */
static size_t marks_end(const scan_t *sc, size_t pos, size_t limit) {
  size_t end = pos;
  while (pos < limit && (unsigned char)sc->s[pos] >= 0x80) {
    size_t n;
    unsigned k = class_at(sc, pos, &n);
    if (pos + n > limit || !(k & (WM_CP_MARK | WM_CP_FORMAT))) break;
    pos += n;
    if (k & WM_CP_MARK) end = pos;
  }
  return end;
}

/* End of an "'s" at `pos` that nothing word-like follows; 0 if there is none. */
static size_t possessive_end(const scan_t *sc, size_t pos) {
  size_t n;
  if (!wm_text_is_apostrophe(point_at(sc, pos, &n)) || n == 0) return 0;
  size_t end = pos + n;
  if (!byte_is(sc, end, 's') && !byte_is(sc, end, 'S')) return 0;
  end++;
  return class_at(sc, end, &n) & (WM_CP_RUN | WM_CP_SOLO) ? 0 : end;
}

/* Goes on after an apostrophe between letters; returns `end` unchanged where the word ends. */
static size_t contraction_end(const scan_t *sc, size_t start, size_t end, size_t limit) {
  for (;;) {
    size_t n, m;
    unsigned char last = (unsigned char)sc->s[end - 1];
    if (end == start || (last >= '0' && last <= '9')) return end;
    if (!wm_text_is_apostrophe(point_at(sc, end, &n)) || n == 0 || possessive_end(sc, end)) return end;
    unsigned k = class_at(sc, end + n, &m);
    if (!(k & WM_CP_LETTER) || (k & WM_CP_SOLO) || end + n + m > limit) return end;
    end = run_end(sc, end + n, limit);
  }
}

/* Length of one cased or caseless letter with its marks; 0 if there is none. */
static size_t letter_length(const scan_t *sc, size_t pos, size_t limit) {
  size_t n;
  unsigned k = class_at(sc, pos, &n);
  if (!(k & (WM_CP_UPPER | WM_CP_LOWER | WM_CP_CASELESS)) || pos + n > limit) return 0;
  return marks_end(sc, pos + n, limit) - pos;
}

/* True if something but white space follows on the same line. */
static bool line_goes_on(const scan_t *sc, size_t pos) {
  size_t n;
  unsigned k;
  while ((k = class_at(sc, pos, &n)) & (WM_CP_SPACE | WM_CP_FORMAT)) {
    if (k & WM_CP_NEWLINE) return false;
    pos += n;
  }
  return n > 0;
}

/* Single letters with dots from `pos` on: the end, and how many dots there were. "U.S" (no last dot) is taken too. */
static size_t dotted_end(const scan_t *sc, size_t pos, size_t limit, size_t *dots) {
  size_t end = pos;
  *dots = 0;
  for (;;) {
    size_t n = letter_length(sc, end, limit), m;
    if (n == 0) return end;
    if (end + n < limit && byte_is(sc, end + n, '.')) {
      end += n + 1;
      ++*dots;
      continue;
    }
    if (*dots > 0 && !(class_at(sc, end + n, &m) & WM_CP_RUN)) end += n;
    return end;
  }
}

/* "Name.com", "site.co.uk": the end of a domain whose dot is at `dot`; 0 if it is none. */
static size_t domain_end(const scan_t *sc, size_t dot, size_t limit) {
  size_t pos = dot + 1, n;
  while (pos < limit && sc->s[pos] >= 'a' && sc->s[pos] <= 'z') pos++;
  if (class_at(sc, pos, &n) & WM_CP_RUN || byte_is(sc, pos, '_')) return 0;
  size_t len = pos - dot - 1;
  bool second = len == 2 && memcmp(sc->s + dot + 1, "co", 2) == 0;
  if (!second && !wm_text_is_domain(sc->s + dot + 1, len)) return 0;
  if (byte_is(sc, pos, '.') && pos + 3 <= limit && sc->s[pos + 1] >= 'a' && sc->s[pos + 1] <= 'z' &&
      sc->s[pos + 2] >= 'a' && sc->s[pos + 2] <= 'z' && !(class_at(sc, pos + 3, &n) & WM_CP_RUN))
    return pos + 3;
  return second ? 0 : pos;
}

/* Whether the word [start, end) keeps the dot at `end`, as an abbreviation, initials or a domain; returns its end. */
static size_t dot_end(const scan_t *sc, size_t start, size_t end, size_t limit) {
  size_t n, dots, after = end + 1;
  if (after > limit) return end;
  if (start + letter_length(sc, start, limit) == end) {
    size_t stop = dotted_end(sc, start, limit, &dots);
    bool upper = class_at(sc, start, &n) & WM_CP_UPPER;
    if (dots > 1 || (dots == 1 && stop > after)) return stop;
    if (dots == 1 && upper && line_goes_on(sc, stop)) return stop;
  }
  switch (wm_text_abbrev(sc->s + start, end - start)) {
    case WM_ABBREV_BEFORE:
    case WM_ABBREV_PLAIN:
      return after;
    case WM_ABBREV_NUMBER: {
      size_t pos = after;
      while (byte_is(sc, pos, ' ') && pos < after + 2) pos++;
      if (class_at(sc, pos, &n) & WM_CP_DIGIT) return after;
      break;
    }
    case WM_ABBREV_DEGREE: {
      size_t stop = dotted_end(sc, after, limit, &dots);
      if (dots > 0) return stop;
      break;
    }
    case WM_ABBREV_NONE:
      break;
  }
  size_t domain = domain_end(sc, end, limit);
  return domain ? domain : end;
}

static size_t word_end(const scan_t *sc, size_t start, size_t limit) {
  size_t end = run_end(sc, start, limit);
  if (end >= sc->len) return end;
  unsigned char c = (unsigned char)sc->s[end];
  if (c == ' ') return end;
  if (c == '\'' || c >= 0x80) {
    end = contraction_end(sc, start, end, limit);
    if (end >= sc->len) return end;
  }
  return sc->s[end] == '.' ? dot_end(sc, start, end, limit) : end;
}

static size_t number_end(const scan_t *sc, size_t start, size_t limit) {
  size_t pos = start, n, m;
  while (pos < limit) {
    unsigned k = class_at(sc, pos, &n);
    if (k & WM_CP_DIGIT && pos + n <= limit) {
      pos += n;
      continue;
    }
    char c = sc->s[pos];
    bool separator = c == '.' || c == ',' || c == ':' || c == '/';
    if (!separator || !(class_at(sc, pos + 1, &m) & WM_CP_DIGIT) || pos + 1 + m > limit) break;
    pos++;
  }
  if (class_at(sc, pos, &n) & WM_CP_LETTER) { /* "5p.m.": the dotted letters are a token of their own */
    size_t letter = letter_length(sc, pos, limit);
    if (letter > 0 && byte_is(sc, pos + letter, '.') && class_at(sc, pos + letter + 1, &m) & WM_CP_LETTER) return pos;
  }
  return pos < limit ? run_end(sc, pos, limit) : pos;
}

static bool is_email_local(char c) {
  return is_ascii_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

/* End of an e-mail address that begins at `start`; 0 if there is none. */
static size_t email_end(scan_t *sc, size_t start) {
  if (sc->next_at < start) {
    const char *at = memchr(sc->s + start, '@', sc->len - start);
    sc->next_at = at ? (size_t)(at - sc->s) : sc->len;
  }
  if (sc->next_at >= sc->len || sc->next_at - start > EMAIL_LOCAL_MAX || sc->next_at == start) return 0;
  for (size_t i = start; i < sc->next_at; i++)
    if (!is_email_local(sc->s[i])) return 0;
  size_t pos = sc->next_at + 1, end = 0, best = 0, label = pos;
  size_t limit = sc->len - pos > EMAIL_DOMAIN_MAX ? pos + EMAIL_DOMAIN_MAX : sc->len;
  bool letters = true, dotted = false;
  for (; pos < limit; pos++) {
    char c = sc->s[pos];
    if (c == '.') {
      if (pos == label) break;
      if (end) best = end; /* "a@b.com." : a last dot is not part of it */
      label = pos + 1;
      letters = dotted = true;
      end = 0;
    } else if (is_ascii_alnum(c) || (c == '-' && pos > label)) {
      letters = letters && !(c >= '0' && c <= '9') && c != '-';
      end = dotted && letters && pos - label >= 1 ? pos + 1 : 0;
    } else {
      break;
    }
  }
  return end ? end : best;
}

static bool has_prefix(const scan_t *sc, size_t pos, const char *prefix) {
  size_t n = strlen(prefix);
  if (sc->len - pos < n) return false;
  for (size_t i = 0; i < n; i++) {
    char c = sc->s[pos + i];
    if (c >= 'A' && c <= 'Z') c = (char)(c + ('a' - 'A'));
    if (c != prefix[i]) return false;
  }
  return true;
}

static size_t url_prefix(const scan_t *sc, size_t pos) {
  static const char *const k_prefixes[] = {"http://", "https://", "www.", "ftp://"};
  char c = (char)(sc->s[pos] | 0x20);
  if (c != 'h' && c != 'w' && c != 'f') return 0;
  for (size_t i = 0; i < sizeof k_prefixes / sizeof k_prefixes[0]; i++)
    if (has_prefix(sc, pos, k_prefixes[i])) return strlen(k_prefixes[i]);
  return 0;
}

/* End of a URL that begins at `start`, without the punctuation of the sentence around it; 0 if there is none. */
static size_t url_end(const scan_t *sc, size_t start) {
  size_t prefix = url_prefix(sc, start);
  if (prefix == 0) return 0;
  size_t limit = sc->len - start > URL_BYTES_MAX ? start + URL_BYTES_MAX : sc->len;
  size_t pos = start + prefix, open = 0, close = 0, n;
  while (pos < limit) {
    unsigned char c = (unsigned char)sc->s[pos];
    unsigned k = class_at(sc, pos, &n);
    if (k & WM_CP_SPACE || (c < 0x80 && strchr("<>\"{}|\\^`", c)) || (c >= 0x80 && !(k & WM_CP_RUN)) || pos + n > limit)
      break;
    open += c == '(';
    close += c == ')';
    pos += n;
  }
  while (pos > start + prefix && strchr(".,;:!?'*)]", sc->s[pos - 1])) {
    if (sc->s[pos - 1] == ')' && close-- <= open) break;
    pos--;
  }
  return pos > start + prefix ? pos : 0;
}

/* "@name" or "#tag" at `start`; 0 if it is none. A tag has a letter. */
static size_t tag_end(const scan_t *sc, size_t start, size_t limit) {
  bool hash = sc->s[start] == '#', letter = false;
  size_t pos = start + 1, n;
  while (pos < limit) {
    unsigned k = class_at(sc, pos, &n);
    if (pos + n > limit) break;
    if (k & WM_CP_SOLO && !hash) break;
    if (!(k & (WM_CP_RUN | WM_CP_SOLO)) && sc->s[pos] != '_') break;
    letter = letter || (k & WM_CP_LETTER) || (!hash && k & WM_CP_DIGIT);
    pos += n;
  }
  return letter ? pos : 0;
}

static bool is_glued(const scan_t *sc) {
  return sc->t->count > 0 && !(sc->before & WM_TOKEN_SPACE);
}

static bool is_glued_to_word(const scan_t *sc) {
  return is_glued(sc) && (sc->t->tokens[sc->t->count - 1].flags & (WM_TOKEN_WORD | WM_TOKEN_NUMBER));
}

/* End of the punctuation or symbol at `start`: nearly always one code point. */
static size_t punct_end(const scan_t *sc, size_t start, size_t limit) {
  size_t n, end = 0;
  uint32_t cp = point_at(sc, start, &n);
  if (cp == '.' && byte_is(sc, start + 1, '.')) {
    end = start + 2;
    while (end < limit && sc->s[end] == '.') end++;
    return end;
  }
  if ((cp == '@' || cp == '#') && !is_glued_to_word(sc)) end = tag_end(sc, start, limit);
  if (wm_text_is_apostrophe(cp) && is_glued(sc)) end = possessive_end(sc, start);
  return end ? end : marks_end(sc, start + n, limit);
}

/* End of the token that begins at `start` with a code point of class `k` and length `n`. */
static size_t token_end(scan_t *sc, size_t start, unsigned k, size_t n) {
  size_t limit = sc->len - start > WM_TOKEN_BYTES_MAX ? start + WM_TOKEN_BYTES_MAX : sc->len;
  if (k & WM_CP_SOLO) return marks_end(sc, start + n, limit);
  if (!(k & WM_CP_RUN)) return punct_end(sc, start, limit);
  if ((unsigned char)sc->s[start] < 0x80) {
    size_t end = email_end(sc, start);
    if (end == 0) end = url_end(sc, start);
    if (end) return end;
  }
  return k & WM_CP_DIGIT ? number_end(sc, start, limit) : word_end(sc, start, limit);
}

static wm_err_t grow(wm_tokens_t *t, wm_error_t *err) {
  size_t capacity = t->capacity ? t->capacity * 2 : FIRST_CAPACITY;
  if (capacity > t->max) capacity = t->max;
  wm_token_t *tokens = realloc(t->tokens, capacity * sizeof *tokens);
  if (!tokens) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for %zu tokens", capacity);
  t->tokens = tokens;
  t->capacity = capacity;
  return WM_OK;
}

/* Adds [start, end), in pieces where it is longer than a token may be (only a URL is). */
static wm_err_t emit(scan_t *sc, size_t start, size_t end, wm_error_t *err) {
  wm_tokens_t *t = sc->t;
  while (start < end) {
    size_t stop = end;
    if (end - start > WM_TOKEN_BYTES_MAX) {
      stop = start + WM_TOKEN_BYTES_MAX;
      while (((unsigned char)sc->s[stop] & 0xC0) == 0x80) stop--;
    }
    if (t->count >= t->max) {
      t->truncated = true;
      return WM_OK;
    }
    if (t->count == t->capacity) {
      wm_err_t rc = grow(t, err);
      if (rc != WM_OK) return rc;
    }
    t->tokens[t->count++] = (wm_token_t){.start = (uint32_t)start,
                                         .end = (uint32_t)stop,
                                         .flags = wm_text_shape(sc->s + start, stop - start) | sc->before};
    sc->before = 0;
    start = stop;
  }
  return WM_OK;
}

wm_err_t wm_text_tokenize(const char *s, size_t len, wm_tokens_t *t, wm_error_t *err) {
  t->count = 0;
  t->truncated = len > UINT32_MAX;
  if (t->truncated) {
    len = UINT32_MAX;
    while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80) len--;
  }
  const char *at = len > 0 ? memchr(s, '@', len) : NULL;
  scan_t sc = {.s = s, .len = len, .t = t, .next_at = at ? (size_t)(at - s) : len};
  size_t pos = 0, n;
  while (pos < len && !(t->truncated && t->count >= t->max)) {
    unsigned k = class_at(&sc, pos, &n);
    if (k & (WM_CP_SPACE | WM_CP_FORMAT)) {
      if (k & WM_CP_SPACE) sc.before |= WM_TOKEN_SPACE;
      if (k & WM_CP_NEWLINE) sc.before |= WM_TOKEN_NEWLINE;
      pos += n;
      continue;
    }
    size_t end = token_end(&sc, pos, k, n);
    wm_err_t rc = emit(&sc, pos, end, err);
    if (rc != WM_OK) return rc;
    pos = end;
  }
  wm_text_mark_sentences(s, t);
  return WM_OK;
}
