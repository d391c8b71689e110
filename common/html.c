#include "common/html.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/html_internal.h"
#include "common/text.h"

#define FILTER_GROWTH 4u                    /* a lone "<" becomes "&lt;" */
static const char k_bom[] = "\xEF\xBB\xBF"; /* tells libxml2 that it gets UTF-8 */

typedef struct {
  htmlParserCtxtPtr parser;
  wm_buffer_t *out;
  wm_error_t *err;
  wm_err_t rc;
  size_t start;             /* length of `out` before this text */
  size_t depth, skip_depth; /* skip_depth: the depth of the element that is left out; 0: none */
  size_t pre;               /* open <pre> elements */
  unsigned breaks;          /* line breaks due before the next text: 0 to 2 */
  bool space, tab;          /* white space due */
} sax_t;

void wm_html_init(void) {
  xmlInitParser();
}

void wm_html_cleanup(void) {
  xmlCleanupParser();
}

static void stop(sax_t *x, wm_err_t rc) {
  if (x->rc == WM_OK) x->rc = rc;
  xmlStopParser(x->parser);
}

static void put(sax_t *x, const char *s, size_t len) {
  if (x->rc != WM_OK) return;
  wm_err_t rc = wm_buffer_append(x->out, s, len, x->err);
  if (rc != WM_OK) stop(x, rc);
}

/* Writes the white space that is due, none at the very beginning. */
static void put_due(sax_t *x) {
  if (x->out->len > x->start) {
    if (x->breaks > 0) put(x, "\n\n", x->breaks);
    else if (x->tab) put(x, "\t", 1);
    else if (x->space) put(x, " ", 1);
  }
  x->breaks = 0;
  x->tab = x->space = false;
}

static void due_break(sax_t *x, bool block) {
  if (!block && x->breaks < 2) x->breaks++;
  else if (x->breaks == 0) x->breaks = 1;
}

static void on_start(void *data, const xmlChar *name, const xmlChar **attributes) {
  (void)attributes;
  sax_t *x = data;
  if (x->rc != WM_OK) return;
  if (++x->depth > WM_HTML_DEPTH_MAX) {
    stop(x, wm_error_set(x->err, WM_ERR_BAD_HTML, "HTML nested deeper than %u elements", WM_HTML_DEPTH_MAX));
    return;
  }
  if (x->skip_depth > 0) return;
  switch (wm_html_kind((const char *)name, strlen((const char *)name))) {
    case WM_HTML_PRE:
      x->pre++;
      due_break(x, true);
      break;
    case WM_HTML_BLOCK:
      due_break(x, true);
      break;
    case WM_HTML_BREAK:
      due_break(x, false);
      break;
    case WM_HTML_CELL:
      x->tab = true;
      break;
    case WM_HTML_SKIP:
      x->skip_depth = x->depth;
      x->space = true;
      break;
    case WM_HTML_UNKNOWN:
    case WM_HTML_INLINE:
    case WM_HTML_RAW:
      break;
  }
}

static void on_end(void *data, const xmlChar *name) {
  sax_t *x = data;
  if (x->rc != WM_OK || x->depth == 0) return;
  size_t depth = x->depth--;
  if (x->skip_depth > 0) {
    if (depth == x->skip_depth) x->skip_depth = 0;
    return;
  }
  wm_html_kind_t kind = wm_html_kind((const char *)name, strlen((const char *)name));
  if (kind == WM_HTML_PRE && x->pre > 0) x->pre--;
  if (kind == WM_HTML_PRE || kind == WM_HTML_BLOCK) due_break(x, true);
}

/* The character that windows-1252 has at a C1 control: what "&#146;" means in the wild (HTML standard, 13.2.5.80); 0 if none. */
static uint32_t from_windows_1252(uint32_t cp) {
  static const uint16_t k_table[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                       0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                       0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                       0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  return cp >= 0x80 && cp <= 0x9F ? k_table[cp - 0x80] : cp;
}

/* White space of HTML, the no-break space and what is no character at all. */
static bool is_space(uint32_t cp) {
  return cp <= ' ' || cp == 0x7F || cp == 0xA0 || cp == 0;
}

static void on_text(void *data, const xmlChar *text, int n) {
  sax_t *x = data;
  if (x->rc != WM_OK || x->skip_depth > 0 || n <= 0) return;
  const char *s = (const char *)text;
  size_t len = (size_t)n, run = 0, m;
  for (size_t i = 0; i < len; i += m) {
    m = 1;
    unsigned char c = (unsigned char)s[i];
    if (c > ' ' && c < 0x7F) continue; /* goes on with the run */
    uint32_t cp = wm_utf8_decode(s + i, len - i, &m);
    uint32_t shown = from_windows_1252(cp);
    bool line = cp == 0x2028 || cp == 0x2029 || (cp == '\n' && x->pre > 0);
    if (!line && !is_space(shown) && shown == cp) continue;
    if (i > run) {
      put_due(x);
      put(x, s + run, i - run);
    }
    run = i + m;
    if (line) {
      due_break(x, false);
    } else if (is_space(shown)) {
      x->space = true;
    } else {
      char four[4];
      put_due(x);
      put(x, four, wm_utf8_encode(shown, four));
    }
  }
  if (len > run) {
    put_due(x);
    put(x, s + run, len - run);
  }
}

static void fill_handler(htmlSAXHandler *handler) {
  memset(handler, 0, sizeof *handler);
  handler->startElement = on_start;
  handler->endElement = on_end;
  handler->characters = on_text;
  handler->ignorableWhitespace = on_text;
  handler->cdataBlock = on_text;
  handler->initialized = 1;
}

/* Parses filtered HTML. The parser never sees an attribute, a comment or a script. */
static wm_err_t parse(sax_t *x, const wm_buffer_t *filtered) {
  htmlParserCtxtPtr parser = htmlCreateMemoryParserCtxt(filtered->data, (int)filtered->len);
  if (!parser) return wm_error_set(x->err, WM_ERR_NOMEM, "out of memory for the HTML parser");
  fill_handler(parser->sax);
  parser->userData = x;
  x->parser = parser;
  htmlCtxtUseOptions(parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                 HTML_PARSE_IGNORE_ENC);
  htmlParseDocument(parser);
  const xmlError *last = xmlCtxtGetLastError(parser);
  if (x->rc == WM_OK && last && last->code == XML_ERR_NO_MEMORY)
    x->rc = wm_error_set(x->err, WM_ERR_NOMEM, "out of memory in the HTML parser");
  htmlFreeParserCtxt(parser);
  x->parser = NULL;
  return x->rc;
}

wm_err_t wm_html_text(const char *html, size_t len, wm_buffer_t *out, wm_error_t *err) {
  if (len > INT32_MAX / FILTER_GROWTH - 1) return wm_error_set(err, WM_ERR_TOO_LARGE, "HTML of %zu bytes", len);
  if (len >= 3 && memcmp(html, k_bom, 3) == 0) { /* a mark of the file, not of the text */
    html += 3;
    len -= 3;
  }
  wm_buffer_t filtered;
  wm_buffer_init(&filtered, len * FILTER_GROWTH + sizeof k_bom);
  size_t before = out->len;
  wm_err_t rc = wm_buffer_puts(&filtered, k_bom, err);
  if (rc == WM_OK) rc = wm_html_filter(html, len, &filtered, err);
  if (rc == WM_OK && filtered.len >= sizeof k_bom) {
    sax_t x = {.out = out, .err = err, .start = before};
    rc = parse(&x, &filtered);
  }
  if (rc != WM_OK && out->data) { /* as it was */
    out->len = before;
    out->data[before] = '\0';
  }
  wm_buffer_clear(&filtered);
  return rc;
}

/* ---- does it look like HTML ---- */

static int compare_string(const void *key, const void *entry) {
  return strcmp(key, *(const char *const *)entry);
}

/* True if a character reference begins at s[1] (s[0] is "&"): numeric, or one of the common names. */
static bool is_reference(const char *s, size_t len) {
  static const char *const k_names[] = {
      "Eacute", "aacute", "acirc",  "agrave", "amp",    "apos",   "aring",  "atilde", "auml",   "bull",   "ccedil",
      "copy",   "deg",    "eacute", "ecirc",  "egrave", "euml",   "euro",   "frac12", "gt",     "hellip", "iacute",
      "icirc",  "iexcl",  "iquest", "iuml",   "laquo",  "ldquo",  "lsquo",  "lt",     "mdash",  "middot", "nbsp",
      "ndash",  "ntilde", "oacute", "ocirc",  "oslash", "otilde", "ouml",   "pound",  "quot",   "raquo",  "rdquo",
      "reg",    "rsquo",  "sect",   "szlig",  "times",  "trade",  "uacute", "ucirc",  "ugrave", "uuml",
  };
  char name[8];
  size_t n = 0;
  for (size_t i = 1; i < len && i < 10; i++) {
    char c = s[i];
    if (c == ';') break;
    bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!(alnum || (i == 1 && c == '#')) || n + 1 >= sizeof name + 1) return false;
    if (n < sizeof name - 1) name[n] = c;
    n++;
  }
  if (n == 0 || n >= sizeof name || n + 1 >= len || s[n + 1] != ';') return false;
  name[n] = '\0';
  if (name[0] == '#') {
    bool hex = name[1] == 'x' || name[1] == 'X';
    const char *digits = name + (hex ? 2 : 1);
    return *digits && strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") == strlen(digits);
  }
  return bsearch(name, k_names, sizeof k_names / sizeof k_names[0], sizeof k_names[0], compare_string) != NULL;
}

/* True if a tag of a known element, a comment or a document type begins at s (s[0] is "<"). */
static bool is_tag(const char *s, size_t len) {
  if (len >= 4 && memcmp(s, "<!--", 4) == 0) return true;
  if (len >= 9 && strncasecmp(s, "<!doctype", 9) == 0) return true;
  size_t start = len > 1 && s[1] == '/' ? 2 : 1, n = 0;
  while (start + n < len && n < WM_HTML_NAME_MAX && s[start + n] != '\0' && !strchr(" \t\r\n\f/>", s[start + n])) n++;
  return start + n < len && wm_html_kind(s + start, n) != WM_HTML_UNKNOWN;
}

bool wm_html_looks(const char *s, size_t len) {
  const char *last = len > 0 ? memrchr(s, '>', len) : NULL;
  size_t tags_end = last ? (size_t)(last - s) + 1 : 0; /* a tag begins before the last ">" */
  for (size_t i = 0; i < len; i++) {
    if (s[i] == '<' && i < tags_end && is_tag(s + i, tags_end - i)) return true;
    if (s[i] == '&' && is_reference(s + i, len - i)) return true;
  }
  return false;
}
