/* html: text out of HTML, what is left out, and bombs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlmemory.h>

#include "common/html.h"
#include "common/text.h"

#define OUT_MAX (16u << 20)

/* libxml2's allocator, one call of which can be made to fail. */
static struct {
  size_t count, fail_at, failed;
  bool on;
} g_alloc;

static bool fails(void) {
  if (!g_alloc.on || g_alloc.count++ != g_alloc.fail_at) return false;
  g_alloc.failed++;
  return true;
}

static void *xml_malloc(size_t size) {
  return fails() ? NULL : malloc(size);
}

static void *xml_realloc(void *p, size_t size) {
  return fails() ? NULL : realloc(p, size);
}

static char *xml_strdup(const char *s) {
  return fails() ? NULL : strdup(s);
}

/* libxml2 tells of memory running out on its own; here that is wanted and not worth reading. */
static void be_quiet(void *context, const char *format, ...) {
  (void)context;
  (void)format;
}

static int set_up(void **state) {
  (void)state;
  if (xmlMemSetup(free, xml_malloc, xml_realloc, xml_strdup) != 0) return -1;
  wm_html_init();
  xmlSetGenericErrorFunc(NULL, be_quiet);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  wm_html_cleanup();
  return 0;
}

static void check_bytes(const char *html, size_t len, const char *text) {
  wm_buffer_t out;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&out, OUT_MAX);
  if (wm_html_text(html, len, &out, &err) != WM_OK) fail_msg("%s: %s", err.text, html);
  assert_string_equal(out.data ? out.data : "", text);
  wm_buffer_clear(&out);
}

static void check(const char *html, const char *text) {
  check_bytes(html, strlen(html), text);
}

static void test_blocks(void **state) {
  (void)state;
  check("", "");
  check("a", "a");
  check("é", "é");
  check("plain text", "plain text");
  check("<p>One</p><p>Two</p>", "One\nTwo");
  check("<p>One\n\n  <p>Two", "One\nTwo");
  check("<h1>Head</h1>\n<div><p>Body</p></div>", "Head\nBody");
  check("one<br>two<br/>three<br />four", "one\ntwo\nthree\nfour");
  check("one<br><br><br><br>two", "one\n\ntwo");
  check("<br><br>one<br><br>", "one");
  check("<ul><li>a<li>b</ul>c", "a\nb\nc");
  check("<ol>\n<li>a</li>\n<li><p>b</p></li>\n</ol>", "a\nb");
  check("<dl><dt>term<dd>what</dl>", "term\nwhat");
  check("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>x", "a\tb\n1\t2\nx");
  check("<table><tr><td>1<td>2<tr><td>3<td>4</table>", "1\t2\n3\t4");
  check("<table><tr><td><p>1</p></td><td><p>2</p></td></tr></table>", "1\n2");
  check("<blockquote>said</blockquote>he", "said\nhe");
  check("<pre>a\n  b\n\n\nc</pre>d", "a\nb\n\nc\nd");
  check("a<hr>b", "a\nb");
}

static void test_inline(void **state) {
  (void)state;
  check("<b>Pu</b>tin <i>said</i>,<u> he</u>", "Putin said, he");
  check("a  \t\n b", "a b");
  check(
      "a&nbsp;&nbsp;b\xC2\xA0"
      "c",
      "a b c");
  check("<a href='x>y' title=\"a > b\">link</a>", "link");
  check("<a href=x>link</a>", "link");
  check("<img src='x' alt='not this'>text", "text");
  check("<IMG ALT=\">\">text<SPAN>s</SPAN>", "texts");
  check("wo<wbr>rd so<em>ft</em>", "word soft");
  check("<my-element>own</my-element> name", "own name");
}

static void test_left_out(void **state) {
  (void)state;
  check("<head><title>T</title><style>p{}</style></head><body>b", "b");
  check("a<script>if (a<b && c>d) x('</p>');</script>b", "ab");
  check("a<SCRIPT type='x'>1</SCRIPT >b", "ab");
  check("a<!-- <p>no</p> -->b<!-->c<!--->d", "abcd");
  check("a<!--[if mso]><p>no</p><![endif]-->b", "ab");
  check("a<noscript><img></noscript>b<textarea>no</textarea>c<iframe>no</iframe>d", "abcd");
  check("a<svg><text>no</text></svg>b", "a b");
  check("a<select><option>no<option>no</select>b", "a b");
  check("<div><video>no<p>no</p></div>back", "back");
  check("<?xml version='1.0'?><!DOCTYPE html><p>a</p>", "a");
  check("a<script>never closed", "a");
  check("a<!-- never closed", "a");
}

static void test_references(void **state) {
  (void)state;
  check("AT&amp;T &lt;b&gt; &quot;q&quot; &eacute; &#233; &#xE9; &#XE9;", "AT&T <b> \"q\" é é é é");
  check("&rsquo;&#8217;&#146;&#x92;&#150;", "’’’’–");
  check("&hellip;&mdash;&euro;&#128512;", "…—€\xF0\x9F\x98\x80");
  check("&bogus; &; & R&D", "&bogus; &; & R&D");
  check("&amp;lt;", "&lt;");
}

static void test_broken(void **state) {
  (void)state;
  check("a < b > c <3 <-", "a < b > c <3 <-");
  check("x <a href=\"never closed", "x <a href=\"never closed");
  check("x <a href=\"never closed><p>next</p>", "x\nnext"); /* no quote ends it: the next > does */
  check("</p></div></b>text</p>", "text");
  check("<b><p>x</b></p>y", "x\ny");
  check("<p", "<p");
  check("<", "<");
  check("</", "</");
  check("<!", "");
  check("a</>b</ x>c", "abc");
  check("<p/>a<br/b>c", "a\nc");
  check("<p =x ='>' \"a\" b='c'd>text", "text");
  check_bytes("a\0b<p\0>c</p>", 12, "a bc");
  check(
      "a\x01\x1F\x7F"
      "b",
      "a b");
  check("<meta charset=iso-8859-1>é", "é");
  check("<meta http-equiv='Content-Type' content='text/html; charset=utf-16'>é", "é");
  check("\xEF\xBB\xBF<p>a", "a");
}

static void test_append(void **state) {
  (void)state;
  wm_buffer_t out;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&out, 12);
  assert_int_equal(wm_buffer_puts(&out, "before:", &err), WM_OK);
  assert_int_equal(wm_html_text("<p>x</p>", 8, &out, &err), WM_OK);
  assert_string_equal(out.data, "before:x");
  assert_int_equal(wm_html_text("<p>too long</p>", 15, &out, &err), WM_ERR_TOO_LARGE);
  assert_int_equal(err.code, WM_ERR_TOO_LARGE);
  assert_string_equal(out.data, "before:x");
  wm_buffer_clear(&out);
}

/* libxml2 2.9 leaks what it had when htmlNewParserCtxt() runs out of memory: no fault of ours, so not looked for there. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* Where libxml2 runs out of memory the answer is the right text or WM_ERR_NOMEM, never a part of the text. */
static void test_no_memory(void **state) {
  (void)state;
  static const char k_html[] =
      "<table><tr><td>One &amp; two</td><td>caf\xC3\xA9</td></tr></table><p>End &eacute;<br>of it</p>";
  for (size_t n = 0;; n++) {
    wm_buffer_t out;
    wm_error_t err = WM_ERROR_INIT;
    wm_buffer_init(&out, OUT_MAX);
    g_alloc.fail_at = n;
    g_alloc.count = g_alloc.failed = 0;
    g_alloc.on = true;
    if (__lsan_disable) __lsan_disable();
    wm_err_t rc = wm_html_text(k_html, sizeof k_html - 1, &out, &err);
    if (__lsan_enable) __lsan_enable();
    g_alloc.on = false;
    if (rc != WM_OK) {
      assert_int_equal(rc, WM_ERR_NOMEM);
      assert_int_equal(out.len, 0);
    } else {
      assert_string_equal(out.data, "One & two\tcafé\nEnd é\nof it");
    }
    wm_buffer_clear(&out);
    if (g_alloc.failed == 0) {
      assert_true(n > 5);
      return;
    }
  }
}

/* ---- bombs ---- */

static wm_err_t blow(const char *head, const char *unit, size_t times, const char *tail, wm_error_t *err) {
  size_t h = strlen(head), u = strlen(unit), t = strlen(tail), len = h;
  char *html = malloc(h + u * times + t + 1);
  assert_non_null(html);
  memcpy(html, head, h);
  for (size_t i = 0; i < times; i++, len += u) memcpy(html + len, unit, u);
  memcpy(html + len, tail, t);
  len += t;
  wm_buffer_t out;
  wm_buffer_init(&out, OUT_MAX);
  wm_error_clear(err);
  wm_err_t rc = wm_html_text(html, len, &out, err);
  if (rc == WM_OK) {
    assert_true(wm_utf8_valid(out.data ? out.data : "", out.len, NULL));
  } else {
    assert_int_equal(rc, err->code);
    assert_int_equal(err->cls, WM_CLASS_POISON);
  }
  wm_html_looks(html, len);
  wm_buffer_clear(&out);
  free(html);
  return rc;
}

/* Each of these is some 2 MB; one that took quadratic time would run into the time limit of the test. */
static void test_bombs(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(blow("", "<div>", 100000, "x", &err), WM_ERR_BAD_HTML);
  assert_non_null(strstr(err.text, "deeper than 256"));
  assert_int_equal(blow("", "<b>", 600000, "x", &err), WM_ERR_BAD_HTML);
  assert_non_null(strstr(err.text, "500000 tags"));
  assert_int_equal(blow("", "<b><i>", 100000, "x", &err), WM_OK); /* inline elements have no depth */
  static const struct {
    const char *head, *unit, *tail;
  } k_bombs[] = {
      {"<p a='", "xxxxxxxxxx", "'>t"},
      {"<p a='", "xxxxxxxxxx", ""},
      {"", "&#x41;", ""},
      {"", "&amp;", ""},
      {"", "&", ""},
      {"", "&a", ""},
      {"", "<", ""},
      {"", "</", ""},
      {"", "<!", ""},
      {"", "<!--", ""},
      {"", "<!-- -", ""},
      {"<script>", "</scrip", ""},
      {"", "<a ", ""},
      {"", "<a '", ""},
      {"", "<a b=\">", ""},
      {"<a ", "b='' ", ">t"},
      {"", ">", ""},
      {"", "<p", ""},
      {"<script>", "<", ""},
      {"", "<script>", ""},
      {"", "\n", ""},
      {"", " ", "x"},
      {"<pre>", "\n", "x"},
      {"", "a\n", ""},
      {"", "\xC2\xA0", "x"},
      {"", "é", ""},
      {"", "<?", ""},
      {"", "&nosuchname;", ""},
      {"", "&#", ""},
      {"", "&#99999999999;", ""},
      {"", "]]>", ""},
      {"<![CDATA[", "x", ""},
      {"<title>", "<title>", ""},
      {"<svg>", "x ", ""},
      {"", "<x-y z>", ""},
  };
  for (size_t i = 0; i < sizeof k_bombs / sizeof k_bombs[0]; i++)
    blow(k_bombs[i].head, k_bombs[i].unit, (2u << 20) / strlen(k_bombs[i].unit), k_bombs[i].tail, &err);
  /* very many tags, in ways that make the parser's list of open elements long */
  static const char *const k_units[] = {"</p>",     "<p>",    "<li>",    "<td>",     "<table>", "<br>",
                                        "<tr><td>", "</div>", "<p></p>", "<select>", "<pre>"};
  for (size_t i = 0; i < sizeof k_units / sizeof k_units[0]; i++) {
    blow("", k_units[i], 120000, "x", &err);
    blow("<div><ul><li><table><tr><td><dl><dd>", k_units[i], 120000, "x", &err);
  }
}

/* One tag with very many attributes, all of different names. */
static void test_many_attributes(void **state) {
  (void)state;
  size_t size = 8u << 20, len = 0;
  char *html = malloc(size + 64);
  assert_non_null(html);
  len += (size_t)snprintf(html, 64, "<p ");
  for (unsigned i = 0; len < size - 32; i++) len += (size_t)snprintf(html + len, 32, "a%x ", i);
  len += (size_t)snprintf(html + len, 32, ">text</p>");
  check_bytes(html, len, "text");
  free(html);
}

static const char *const k_pieces[] = {"<",
                                       ">",
                                       "</",
                                       "/>",
                                       "p",
                                       "div",
                                       "script",
                                       "<p>",
                                       "</p>",
                                       "<td>",
                                       "<pre>",
                                       "<svg>",
                                       "</svg>",
                                       "=",
                                       "'",
                                       "\"",
                                       "&",
                                       "&#",
                                       ";",
                                       "&amp;",
                                       "x",
                                       " ",
                                       "\n",
                                       "<!--",
                                       "-->",
                                       "!",
                                       "é",
                                       "\xC2\xA0",
                                       "\xE2\x80\xA8",
                                       "&#x85;",
                                       "&#0;",
                                       "<br>",
                                       "</script>",
                                       "\x01",
                                       "&#xD800;",
                                       "&#x110000;",
                                       "\xEF\xBF\xBF"};

/* Random pieces of markup: never a crash, always UTF-8 without control characters, or an error of the article. */
static void test_random(void **state) {
  (void)state;
  uint32_t x = 7;
  char html[1024];
  for (int round = 0; round < 20000; round++) {
    size_t len = 0;
    for (int i = 0; i < 60; i++) {
      x = x * 1664525u + 1013904223u;
      const char *piece = k_pieces[(x >> 8) % (sizeof k_pieces / sizeof k_pieces[0])];
      memcpy(html + len, piece, strlen(piece));
      len += strlen(piece);
    }
    wm_buffer_t out;
    wm_error_t err = WM_ERROR_INIT;
    wm_buffer_init(&out, OUT_MAX);
    wm_err_t rc = wm_html_text(html, len, &out, &err);
    assert_true(rc == WM_OK);
    const char *s = out.data ? out.data : "";
    if (!wm_utf8_valid(s, out.len, NULL)) fail_msg("not UTF-8 from %s", html);
    for (size_t i = 0; i < out.len; i++) {
      if (!((unsigned char)s[i] >= ' ' || s[i] == '\n' || s[i] == '\t')) fail_msg("control character %d", s[i]);
      if (s[i] == ' ' && i > 0) assert_false(s[i - 1] == ' ');
    }
    if (out.len > 0) assert_false(s[0] == ' ' || s[0] == '\n' || s[out.len - 1] == ' ' || s[out.len - 1] == '\n');
    wm_buffer_clear(&out);
  }
}

static void test_looks(void **state) {
  (void)state;
  static const char *const k_yes[] = {"<p>a</p>",   "a<br>b",          "a<BR/>b",  "</div>",  "x <a href=\"y\">z</a>",
                                      "<!-- c -->", "<!doctype html>", "AT&amp;T", "&#8217;", "&#x2019;",
                                      "it&rsquo;s", "&nbsp;"};
  static const char *const k_no[] = {"",
                                     "plain",
                                     "a < b and c > d",
                                     "x<y",
                                     "<3",
                                     "R&D; more",
                                     "AT&T;",
                                     "<joe@a.example>",
                                     "<https://a.example>",
                                     "& ;",
                                     "&#;",
                                     "&#x;",
                                     "&#zz;",
                                     "<p",
                                     "<",
                                     "&",
                                     "&amp",
                                     "&averyveryverylongname;",
                                     "a & b",
                                     "<br"};
  for (size_t i = 0; i < sizeof k_yes / sizeof k_yes[0]; i++)
    if (!wm_html_looks(k_yes[i], strlen(k_yes[i]))) fail_msg("%s", k_yes[i]);
  for (size_t i = 0; i < sizeof k_no / sizeof k_no[0]; i++)
    if (wm_html_looks(k_no[i], strlen(k_no[i]))) fail_msg("%s", k_no[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_blocks),     cmocka_unit_test(test_inline), cmocka_unit_test(test_left_out),
      cmocka_unit_test(test_references), cmocka_unit_test(test_broken), cmocka_unit_test(test_append),
      cmocka_unit_test(test_no_memory),  cmocka_unit_test(test_bombs),  cmocka_unit_test(test_many_attributes),
      cmocka_unit_test(test_random),     cmocka_unit_test(test_looks),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
