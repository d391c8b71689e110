/*
 * The filter before libxml2's HTML parser: tags as the HTML standard (13.2.5, tokenization) finds them, without their attributes.
 *
 * It is there because libxml2 up to 2.13 compares each attribute of a tag with all before it: one tag of 8 MB would keep a worker busy
 * for half an hour. It departs from the standard where that would lose text: a tag that never ends is text. From the first such tag on,
 * quotes in tags are no longer trusted and a tag ends at the next ">".
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/html_internal.h"

typedef struct {
  char name[WM_HTML_NAME_MAX];
  uint8_t kind;
} element_t;

#define I WM_HTML_INLINE
#define B WM_HTML_BLOCK
#define S WM_HTML_SKIP
#define R WM_HTML_RAW
/* Sorted by bytes. */
static const element_t k_elements[] = {
    {"a", I},
    {"abbr", I},
    {"acronym", I},
    {"address", B},
    {"applet", S},
    {"area", I},
    {"article", B},
    {"aside", B},
    {"audio", S},
    {"b", I},
    {"base", I},
    {"basefont", I},
    {"bdi", I},
    {"bdo", I},
    {"big", I},
    {"blink", I},
    {"blockquote", B},
    {"body", B},
    {"br", WM_HTML_BREAK},
    {"button", I},
    {"canvas", S},
    {"caption", B},
    {"center", B},
    {"cite", I},
    {"code", I},
    {"col", I},
    {"colgroup", I},
    {"data", I},
    {"datalist", S},
    {"dd", B},
    {"del", I},
    {"details", B},
    {"dfn", I},
    {"dialog", B},
    {"dir", B},
    {"div", B},
    {"dl", B},
    {"dt", B},
    {"em", I},
    {"embed", I},
    {"fieldset", B},
    {"figcaption", B},
    {"figure", B},
    {"font", I},
    {"footer", B},
    {"form", B},
    {"frame", I},
    {"frameset", B},
    {"h1", B},
    {"h2", B},
    {"h3", B},
    {"h4", B},
    {"h5", B},
    {"h6", B},
    {"head", B},
    {"header", B},
    {"hgroup", B},
    {"hr", B},
    {"html", B},
    {"i", I},
    {"iframe", R},
    {"img", I},
    {"input", I},
    {"ins", I},
    {"kbd", I},
    {"label", I},
    {"legend", B},
    {"li", B},
    {"link", I},
    {"main", B},
    {"map", I},
    {"mark", I},
    {"marquee", I},
    {"math", S},
    {"menu", B},
    {"meta", I},
    {"meter", I},
    {"nav", B},
    {"nobr", I},
    {"noembed", R},
    {"noframes", R},
    {"noscript", R},
    {"object", S},
    {"ol", B},
    {"optgroup", I},
    {"option", I},
    {"output", I},
    {"p", B},
    {"param", I},
    {"picture", I},
    {"plaintext", B},
    {"pre", WM_HTML_PRE},
    {"progress", I},
    {"q", I},
    {"rp", S},
    {"rt", I},
    {"ruby", I},
    {"s", I},
    {"samp", I},
    {"script", R},
    {"search", B},
    {"section", B},
    {"select", S},
    {"slot", I},
    {"small", I},
    {"source", I},
    {"span", I},
    {"strike", I},
    {"strong", I},
    {"style", R},
    {"sub", I},
    {"summary", B},
    {"sup", I},
    {"svg", S},
    {"table", B},
    {"tbody", B},
    {"td", WM_HTML_CELL},
    {"template", S},
    {"textarea", R},
    {"tfoot", B},
    {"th", WM_HTML_CELL},
    {"thead", B},
    {"time", I},
    {"title", R},
    {"tr", B},
    {"track", I},
    {"tt", I},
    {"u", I},
    {"ul", B},
    {"var", I},
    {"video", S},
    {"wbr", I},
    {"xmp", R},
};
#undef I
#undef B
#undef S
#undef R

typedef struct {
  const char *s;
  size_t len, pos;
  wm_buffer_t *out;
  wm_error_t *err;
  size_t tags;
  bool no_quotes; /* a tag without end was met */
  size_t last_gt; /* with no_quotes: byte offset behind the last ">" */
} filter_t;

static int compare_name(const void *key, const void *element) {
  return strcmp(key, ((const element_t *)element)->name);
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Copies a name in lower case; false if it is too long for any element or has a NUL. */
static bool lower_name(const char *name, size_t len, char key[WM_HTML_NAME_MAX]) {
  if (len == 0 || len >= WM_HTML_NAME_MAX) return false;
  for (size_t i = 0; i < len; i++) {
    if (name[i] == '\0') return false;
    key[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
  }
  key[len] = '\0';
  return true;
}

wm_html_kind_t wm_html_kind(const char *name, size_t len) {
  char key[WM_HTML_NAME_MAX];
  if (!lower_name(name, len, key)) return WM_HTML_UNKNOWN;
  const element_t *e =
      bsearch(key, k_elements, sizeof k_elements / sizeof k_elements[0], sizeof k_elements[0], compare_name);
  return e ? (wm_html_kind_t)e->kind : WM_HTML_UNKNOWN;
}

/* Appends text, with control characters as spaces. It has no "<". */
static wm_err_t put_text(filter_t *f, const char *s, size_t len) {
  wm_err_t rc = wm_buffer_append(f->out, s, len, f->err);
  if (rc != WM_OK) return rc;
  char *p = f->out->data + (f->out->len - len);
  for (size_t i = 0; i < len; i++)
    if (((unsigned char)p[i] < ' ' && p[i] != '\n') || p[i] == 0x7F) p[i] = ' ';
  return WM_OK;
}

static wm_err_t put_tag(filter_t *f, bool end, const char *name, size_t len) {
  char tag[WM_HTML_NAME_MAX + 3], key[WM_HTML_NAME_MAX];
  if (!lower_name(name, len, key)) return WM_OK;
  size_t n = 0;
  tag[n++] = '<';
  if (end) tag[n++] = '/';
  memcpy(tag + n, key, len);
  n += len;
  tag[n++] = '>';
  return wm_buffer_append(f->out, tag, n, f->err);
}

/* Byte offset behind the ">" that ends the tag whose attributes begin at `pos`; 0 if there is none. */
static size_t tag_end(const filter_t *f, size_t pos) {
  enum { BEFORE, NAME, VALUE, UNQUOTED } at = BEFORE;
  while (pos < f->len) {
    char c = f->s[pos];
    if (c == '>') return pos + 1;
    if (at == VALUE && (c == '"' || c == '\'')) {
      const char *close = memchr(f->s + pos + 1, c, f->len - pos - 1);
      if (!close) return 0;
      pos = (size_t)(close - f->s);
      at = BEFORE;
    } else if (c == '=' && at != UNQUOTED && at != VALUE) {
      at = VALUE;
    } else if (is_blank(c)) {
      if (at == UNQUOTED) at = BEFORE; /* blanks may stand between a name, its "=" and its value */
    } else if (at == VALUE) {
      at = UNQUOTED;
    } else if (at == BEFORE) {
      at = NAME;
    }
    pos++;
  }
  return 0;
}

/* As tag_end(), and without trust in quotes once a tag without end was met. */
static size_t find_tag_end(filter_t *f, size_t pos) {
  if (!f->no_quotes) {
    size_t end = tag_end(f, pos);
    if (end) return end;
    f->no_quotes = true;
    const char *last = memrchr(f->s + pos, '>', f->len - pos);
    f->last_gt = last ? (size_t)(last - f->s) + 1 : pos;
  }
  if (pos >= f->last_gt) return 0;
  const char *gt = memchr(f->s + pos, '>', f->last_gt - pos);
  return gt ? (size_t)(gt - f->s) + 1 : 0;
}

/* Length of the name at `pos`; WM_HTML_NAME_MAX where it is longer than any that is known. */
static size_t name_length(const filter_t *f, size_t pos) {
  size_t n = 0;
  while (n < WM_HTML_NAME_MAX && pos + n < f->len && !is_blank(f->s[pos + n]) && f->s[pos + n] != '/' &&
         f->s[pos + n] != '>')
    n++;
  return n;
}

/* Byte offset behind the end tag of the raw element `name` whose content begins at `pos`; the end of the input if there is none. */
static size_t raw_end(filter_t *f, const char *name, size_t n, size_t pos) {
  while (pos < f->len) {
    const char *lt = memchr(f->s + pos, '<', f->len - pos);
    if (!lt) break;
    pos = (size_t)(lt - f->s) + 1;
    if (pos + 1 + n <= f->len && f->s[pos] == '/' && strncasecmp(f->s + pos + 1, name, n) == 0 &&
        name_length(f, pos + 1) == n) {
      size_t end = find_tag_end(f, pos + 1 + n);
      return end ? end : f->len;
    }
  }
  return f->len;
}

/* A tag at f->pos ("<" and what stands behind it is a name). *done is false where it is text after all. */
static wm_err_t take_tag(filter_t *f, bool *done) {
  bool end = f->s[f->pos + 1] == '/';
  size_t start = f->pos + (end ? 2 : 1), n = name_length(f, start);
  size_t after = find_tag_end(f, start + n);
  *done = after > 0;
  if (!*done) return WM_OK;
  if (++f->tags > WM_HTML_NODES_MAX)
    return wm_error_set(f->err, WM_ERR_BAD_HTML, "HTML with more than %u tags", WM_HTML_NODES_MAX);
  f->pos = after;
  switch (wm_html_kind(f->s + start, n)) {
    case WM_HTML_BLOCK:
    case WM_HTML_BREAK:
    case WM_HTML_CELL:
    case WM_HTML_PRE:
    case WM_HTML_SKIP:
      return put_tag(f, end, f->s + start, n);
    case WM_HTML_RAW:
      if (!end) f->pos = raw_end(f, f->s + start, n, after);
      return WM_OK;
    case WM_HTML_UNKNOWN:
    case WM_HTML_INLINE:
      break;
  }
  return WM_OK;
}

/* Byte offset behind the comment or declaration at f->pos ("<!" or "<?" or "</" without a name); the end where it has none. */
static size_t comment_end(const filter_t *f) {
  const char *p = f->s + f->pos, *end = f->s + f->len, *stop;
  if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
    if (end - p >= 5 && p[4] == '>') return f->pos + 5;
    if (end - p >= 6 && p[4] == '-' && p[5] == '>') return f->pos + 6;
    stop = memmem(p + 4, (size_t)(end - p) - 4, "-->", 3);
    return stop ? (size_t)(stop - f->s) + 3 : f->len;
  }
  stop = memchr(p, '>', (size_t)(end - p));
  return stop ? (size_t)(stop - f->s) + 1 : f->len;
}

static wm_err_t take_markup(filter_t *f) {
  char c = f->pos + 1 < f->len ? f->s[f->pos + 1] : ' ';
  bool done = false;
  if (is_letter(c) || (c == '/' && f->pos + 2 < f->len && is_letter(f->s[f->pos + 2]))) {
    wm_err_t rc = take_tag(f, &done);
    if (rc != WM_OK || done) return rc;
  } else if (c == '!' || c == '?' || (c == '/' && f->pos + 2 < f->len)) {
    f->pos = comment_end(f);
    return WM_OK;
  }
  f->pos++;
  return wm_buffer_append(f->out, "&lt;", 4, f->err);
}

wm_err_t wm_html_filter(const char *html, size_t len, wm_buffer_t *out, wm_error_t *err) {
  filter_t f = {.s = html, .len = len, .out = out, .err = err};
  while (f.pos < len) {
    const char *lt = memchr(html + f.pos, '<', len - f.pos);
    size_t stop = lt ? (size_t)(lt - html) : len;
    wm_err_t rc = put_text(&f, html + f.pos, stop - f.pos);
    if (rc != WM_OK) return rc;
    f.pos = stop;
    if (lt && (rc = take_markup(&f)) != WM_OK) return rc;
  }
  return WM_OK;
}
