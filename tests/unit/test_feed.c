/* feed: every dialect read right, broken and hostile documents refused with a word. */
#include "feed_support.h"

#include "common/html.h"

static kept_t g_kept;
static wm_error_t g_err;

static void read_bytes(const char *bytes, size_t len, const wm_feed_hints_t *hints, const char *word) {
  const wm_feed_hints_t none = {0};
  kept_clear(&g_kept);
  wm_error_clear(&g_err);
  wm_err_t rc = wm_feed_read(bytes, len, hints ? hints : &none, keep, &g_kept, &g_err);
  if (strcmp(wm_err_word(rc), word) != 0) fail_msg("%.80s: %s (%s), not %s", bytes, wm_err_word(rc), g_err.text, word);
  assert_int_equal(rc, g_err.code);
  if (rc != WM_OK) assert_true(g_err.text[0] != '\0' && g_err.cls == WM_CLASS_POISON);
}

static void read_text(const char *text, const char *word) {
  read_bytes(text, strlen(text), NULL, word);
}

static void read_file(const char *name, const wm_feed_hints_t *hints) {
  size_t len;
  char *bytes = feed_file(name, &len);
  read_bytes(bytes, len, hints, "ok");
  free(bytes);
}

static void test_rss(void **state) {
  (void)state;
  read_file("rss2.xml", &(wm_feed_hints_t){.base = "https://news.example/feed.xml"});
  assert_int_equal(g_kept.n, 3);
  assert_string_equal(g_kept.uri[0], "https://news.example/feed.xml#ferry-1");
  assert_string_equal(part(&g_kept, 0, "uri"), g_kept.uri[0]);
  assert_string_equal(part(&g_kept, 0, "headline"), "Ferry line to Norway opens & sails full");
  assert_string_equal(part(&g_kept, 0, "url"), "https://news.example/2026/ferry?a=1&b=2");
  assert_string_equal(part(&g_kept, 0, "body_html"),
                      "<p>The <b>first</b> ferry left on Monday.</p><p>It was full.</p>");
  assert_string_equal(part(&g_kept, 0, "published"), "2026-11-25T08:30:00Z");
  assert_string_equal(part(&g_kept, 0, "byline"), "Amara Lindqvist, Jon Bakke");
  assert_string_equal(part(&g_kept, 0, "source"), "Harbour News");
  assert_string_equal(part(&g_kept, 0, "language"), "en-gb");
  assert_string_equal(g_kept.uri[1], "https://news.example/2026/second");
  assert_string_equal(part(&g_kept, 1, "url"), "https://news.example/2026/second");
  assert_string_equal(part(&g_kept, 1, "body_text"),
                      "Plain words, caf\xC3\xA9 and\xC2\xA0"
                      "all.");
  assert_string_equal(part(&g_kept, 1, "source"), "The Wire");
  assert_string_equal(g_kept.uri[2], "");
  assert_null(json_object_get(g_kept.json[2], "uri"));
  assert_string_equal(part(&g_kept, 2, "body_html"), "<p>Tags &amp; all</p>");
}

static void test_hints(void **state) {
  (void)state;
  read_file("rss2.xml", &(wm_feed_hints_t){.source = "Ours", .language = "pt"});
  assert_string_equal(g_kept.uri[0], "https://news.example/#ferry-1"); /* behind the channel's link */
  assert_string_equal(part(&g_kept, 0, "source"), "Ours");
  assert_string_equal(part(&g_kept, 1, "source"), "Ours");
  assert_string_equal(part(&g_kept, 0, "language"), "en-gb"); /* the document knows better */
  read_text("<rss><channel><item><title>x</title></item></channel></rss>", "ok");
  assert_int_equal(g_kept.n, 1);
  assert_string_equal(part(&g_kept, 0, "language"), "");
}

static void test_atom(void **state) {
  (void)state;
  read_file("atom.xml", NULL);
  assert_int_equal(g_kept.n, 2);
  assert_string_equal(part(&g_kept, 0, "uri"), "tag:blatt.example,2026:1");
  assert_string_equal(part(&g_kept, 0, "headline"), "Die Elbe steigt");
  assert_string_equal(part(&g_kept, 0, "url"), "https://blatt.example/2026/elbe.html");
  assert_string_equal(part(&g_kept, 0, "body_html"),
                      "<div><p>In <a href=\"https://dresden.example/?a=1&amp;b=2\">Dresden</a> steigt das "
                      "Wasser.</p><br>Bald &lt; 5 m</div>");
  assert_string_equal(part(&g_kept, 0, "published"), "2026-11-24T08:00:00+01:00");
  assert_string_equal(part(&g_kept, 0, "updated"), "2026-11-24T09:00:00+01:00");
  assert_string_equal(g_kept.version[0], "2026-11-24T09:00:00+01:00");
  assert_string_equal(part(&g_kept, 0, "byline"), "Karla Wei\xC3\x9F");
  assert_string_equal(part(&g_kept, 0, "language"), "de");
  assert_string_equal(part(&g_kept, 0, "source"), "Das Blatt");
  assert_string_equal(part(&g_kept, 1, "byline"), "Redaktion");
  assert_string_equal(part(&g_kept, 1, "language"), "en");
  assert_string_equal(part(&g_kept, 1, "body_html"), "<p>Short.</p>");
  assert_string_equal(part(&g_kept, 1, "published"), "2026-11-25T10:00:00Z");
}

static void test_rdf(void **state) {
  (void)state;
  read_file("rdf.xml", NULL);
  assert_int_equal(g_kept.n, 1);
  assert_string_equal(part(&g_kept, 0, "uri"), "https://old.example/a");
  assert_string_equal(part(&g_kept, 0, "headline"), "Caf\xC3\xA9 ferm\xC3\xA9 \xC3\xA0 Lyon");
  assert_string_equal(part(&g_kept, 0, "body_text"), "Un caf\xC3\xA9 ferme.");
  assert_string_equal(part(&g_kept, 0, "language"), "fr");
  assert_string_equal(part(&g_kept, 0, "published"), "2026-11-25T10:00:00Z");
}

static void test_newsml(void **state) {
  (void)state;
  read_file("newsml.xml", NULL);
  assert_int_equal(g_kept.n, 3);
  assert_string_equal(part(&g_kept, 0, "uri"), "urn:newsml:agency.example:20261125:1");
  assert_string_equal(g_kept.version[0], "3");
  assert_string_equal(part(&g_kept, 0, "headline"), "Parliament votes on the port");
  assert_string_equal(
      part(&g_kept, 0, "body_html"),
      "<div><p>Lisbon's parliament voted.</p><h2>What comes next</h2><p>Ships <em>wait</em>.</p></div>\n"
      "                ");
  assert_string_equal(part(&g_kept, 0, "byline"), "Ines Duarte");
  assert_string_equal(part(&g_kept, 0, "source"), "Agency Example");
  assert_string_equal(part(&g_kept, 0, "published"), "2026-11-25T08:59:00Z");
  assert_string_equal(part(&g_kept, 0, "updated"), "2026-11-25T10:05:00Z");
  assert_string_equal(part(&g_kept, 0, "language"), "en-US");
  assert_null(g_kept.json[1]); /* withdrawn */
  assert_string_equal(g_kept.uri[1], "urn:newsml:agency.example:20261125:2");
  assert_string_equal(part(&g_kept, 2, "headline"), "From the title");
  assert_string_equal(part(&g_kept, 2, "body_text"), "Words only.");
}

static void test_nitf(void **state) {
  (void)state;
  read_file("nitf.xml", &(wm_feed_hints_t){.base = "https://agx.example/n.xml"});
  assert_int_equal(g_kept.n, 1);
  assert_string_equal(part(&g_kept, 0, "uri"), "https://agx.example/n.xml#agency-77");
  assert_string_equal(part(&g_kept, 0, "headline"), "El puerto abre");
  assert_string_equal(part(&g_kept, 0, "byline"),
                      "Luc\xC3\xAD"
                      "a Mar");
  assert_string_equal(part(&g_kept, 0, "published"), "2026-11-25T10:15:00+01:00");
  assert_string_equal(part(&g_kept, 0, "source"), "AGX");
  assert_string_equal(part(&g_kept, 0, "language"), "es");
  assert_string_equal(part(&g_kept, 0, "body_html"),
                      "<p>El puerto de Vigo abre.</p><div><table><tr><td>1</td><td>2</td></tr></table></div>");
}

static void test_json(void **state) {
  (void)state;
  read_file("articles.ndjson", NULL);
  assert_int_equal(g_kept.n, 3);
  assert_int_equal(g_kept.number[1], 3); /* the line */
  assert_string_equal(part(&g_kept, 2, "text"), "Third { with a brace \" } in it.");
  read_file("ninjs3.json", NULL);
  assert_int_equal(g_kept.n, 1);
  read_file("ninjs1.json", NULL);
  read_file("superdesk.json", NULL);
  assert_int_equal(g_kept.n, 1);
  read_text(" [ {\"a\":[1,{}]} ,{\"b\":\"]\"}\n]\n", "ok");
  assert_int_equal(g_kept.n, 2);
  assert_string_equal(part(&g_kept, 1, "b"), "]");
  read_text("[]", "ok");
  assert_int_equal(g_kept.n, 0);
  read_text("[{},]", "not_json");
  read_text("[{}", "not_json");
  read_text("[{}{}]", "not_json");
  read_text("[1]", "not_json");
  read_text("[{}] x", "not_json");
  read_text("{\"a\":1", "ok"); /* handed on: common/article says what is wrong with it */
  assert_int_equal(g_kept.n, 1);
  assert_null(g_kept.json[0]);
}

static void test_broken(void **state) {
  (void)state;
  read_text("", "not_xml");
  read_text(" \n", "not_xml");
  read_text("hello", "not_xml");
  read_text("<html><body>x</body></html>", "not_xml");
  read_text("<rss><channel><item><title>cut", "not_xml");
  read_text("<rss><channel><title>a</title></rss>", "not_xml");
  read_text("<rss/>", "not_xml");
  read_text("<rss><channel><item><title>\xE9t\xE9</title></item></channel></rss>", "not_xml");
  read_text("<rss><channel><item><title>AT&T</title></item></channel></rss>", "not_xml");
  read_text("<rss><channel><item><title>a</title></item></channel></rss><rss/>", "not_xml");
  assert_int_equal(g_kept.n, 0);
}

static void test_bombs(void **state) {
  (void)state;
  read_text(
      "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"ha\"><!ENTITY b "
      "\"&a;&a;\">]><rss><channel>&b;</channel></rss>",
      "not_xml");
  assert_non_null(strstr(g_err.text, "entities"));
  read_text("<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><rss><channel>&x;</channel></rss>", "not_xml");
  read_text("<!DOCTYPE rss [<!ENTITY % x SYSTEM \"http://127.0.0.1/x\"> %x;]><rss><channel/></rss>", "not_xml");
  size_t n = 200000;
  char *deep = malloc(n * 3 + 1);
  assert_non_null(deep);
  for (size_t i = 0; i < n; i++) memcpy(deep + 3 * i, "<a>", 3);
  read_bytes(deep, 3 * n, NULL, "too_deep");
  free(deep);
  char *wide = malloc(600000 * 4 + 32);
  assert_non_null(wide);
  memcpy(wide, "<rss>", 5);
  for (size_t i = 0; i < 600000; i++) memcpy(wide + 5 + 4 * i, "<a/>", 4);
  memcpy(wide + 5 + 2400000, "</rss>", 6);
  read_bytes(wide, 2400011, NULL, "too_large");
  read_bytes(wide, 2400011, &(wm_feed_hints_t){.bytes_max = 1000}, "too_large");
  free(wide);
}

static void test_charset(void **state) {
  (void)state;
  const char *latin = "<rss><channel><item><title>\xE9t\xE9</title></item></channel></rss>";
  read_bytes(latin, strlen(latin), &(wm_feed_hints_t){.charset = "iso-8859-1"}, "ok");
  assert_string_equal(part(&g_kept, 0, "headline"), "\xC3\xA9t\xC3\xA9");
  read_bytes(latin, strlen(latin), &(wm_feed_hints_t){.charset = "no-such-charset"}, "not_xml");
  const char *utf8 = "<?xml version=\"1.0\"?><rss><channel><item><title>\xC3\xA9</title></item></channel></rss>";
  read_bytes(utf8, strlen(utf8), &(wm_feed_hints_t){.charset = "us-ascii"}, "ok"); /* the transport was wrong */
  assert_string_equal(part(&g_kept, 0, "headline"), "\xC3\xA9");
  static const char text[] = "<rss><channel><item><title>x</title></item></channel></rss>";
  char wide[2 * sizeof text] = {(char)0xFF, (char)0xFE};
  for (size_t i = 0; i + 1 < sizeof text; i++) wide[2 + 2 * i] = text[i];
  read_bytes(wide, 2 * sizeof text, NULL, "ok");
  assert_string_equal(part(&g_kept, 0, "headline"), "x");
}

static int set_up(void **state) {
  (void)state;
  wm_html_init();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  kept_clear(&g_kept);
  wm_html_cleanup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rss),     cmocka_unit_test(test_hints),  cmocka_unit_test(test_atom),
      cmocka_unit_test(test_rdf),     cmocka_unit_test(test_newsml), cmocka_unit_test(test_nitf),
      cmocka_unit_test(test_json),    cmocka_unit_test(test_broken), cmocka_unit_test(test_bombs),
      cmocka_unit_test(test_charset),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
