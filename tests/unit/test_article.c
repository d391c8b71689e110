/* Reading: every raw form, every error word, what is kept and what is refused. */
#include "article_support.h"

static void forms_expect(wm_article_t *a, const char *json, const char *uri, const char *headline, const char *body) {
  parse_expect(a, json, "ok");
  assert_string_equal(wm_article_uri(a), uri);
  text_expect(a, WM_FIELD_HEADLINE, headline);
  text_expect(a, WM_FIELD_BODY, body);
}

static void test_plain_form(void **state) {
  forms_expect(*state, "{\"uri\":\"u1\",\"headline\":\"H\",\"body_text\":\"B\"}", "u1", "H", "B");
  forms_expect(*state, "\xEF\xBB\xBF {\"uri\":\"u1\",\"headline\":\"H\"} \n", "u1", "H", "");
  forms_expect(*state, "{\"\\u0075ri\":\"u1\",\"headlin\\u0065\":\"H\"}", "u1", "H", "");
  forms_expect(*state, "{\"uri\":\"u1\",\"body_text\":\"B\"}", "u1", "", "B");
}

static void test_uri_names(void **state) {
  forms_expect(*state, "{\"guid\":\"g\",\"id\":\"i\",\"headline\":\"H\"}", "g", "H", "");
  forms_expect(*state, "{\"id\":\"i\",\"uri\":null,\"headline\":\"H\"}", "i", "H", "");
  forms_expect(*state, "{\"id\":\"i\",\"uri\":\"\",\"guid\":\" \",\"headline\":\"H\"}", "i", "H", "");
  forms_expect(*state, "{\"id\":9007199254740993,\"headline\":\"H\"}", "9007199254740993", "H", "");
  forms_expect(*state, "{\"id\":-9223372036854775808,\"headline\":\"H\"}", "-9223372036854775808", "H", "");
  /* what comes after the one that is taken is not looked at */
  forms_expect(*state,
               "{\"uri\":\"u\",\"id\":{\"a\":1},\"headline\":\"H\",\"title\":[],\"text\":5,\"body_text\":\"B\"}", "u",
               "H", "B");
}

static void test_uri_fallback(void **state) {
  wm_article_t *a = *state;
  const char *json = "{\"headline\":\"H\",\"body_text\":\"B\"}";
  parse_expect_len(a, json, strlen(json), "key-1", "ok");
  assert_string_equal(wm_article_uri(a), "key-1");
  write_expect(a, "{\"headline\":\"H\",\"body_text\":\"B\",\"uri\":\"key-1\"," EMPTY_ENRICHMENT "}");
  parse_expect(a, json, "ok");
  char made[64];
  snprintf(made, sizeof made, "%s", wm_article_uri(a));
  assert_int_equal(strlen(made), strlen("urn:xxh3:") + 32);
  XXH128_hash_t hash = XXH3_128bits("H\nB", 3);
  char wanted[64];
  snprintf(wanted, sizeof wanted, "urn:xxh3:%016llx%016llx", (unsigned long long)hash.high64,
           (unsigned long long)hash.low64);
  assert_string_equal(made, wanted);
  parse_expect_len(a, json, strlen(json), "\xFF\xFE binary key", "ok");
  assert_string_equal(wm_article_uri(a), made);
  parse_expect_len(a, json, strlen(json), "", "ok");
  assert_string_equal(wm_article_uri(a), made);
}

static void test_uri_length(void **state) {
  wm_article_t *a = *state;
  char json[WM_ARTICLE_URI_MAX + 64], uri[WM_ARTICLE_URI_MAX + 2];
  memset(uri, 'u', sizeof uri);
  uri[WM_ARTICLE_URI_MAX] = '\0';
  snprintf(json, sizeof json, "{\"uri\":\"%s\",\"headline\":\"H\"}", uri);
  parse_expect(a, json, "ok");
  assert_string_equal(wm_article_uri(a), uri);
  uri[WM_ARTICLE_URI_MAX] = 'u';
  uri[WM_ARTICLE_URI_MAX + 1] = '\0';
  snprintf(json, sizeof json, "{\"uri\":\"%s\",\"headline\":\"H\"}", uri);
  parse_expect(a, json, "too_large");
  parse_expect(a, "{\"uri\":\"a\\u0000b\",\"headline\":\"H\"}", "wrong_type");
}

static void test_headline_names(void **state) {
  forms_expect(*state, "{\"id\":1,\"title\":\"T\"}", "1", "T", "");
  forms_expect(*state, "{\"id\":1,\"headline\":\" \",\"title\":\"T\"}", "1", "T", "");
  forms_expect(*state, "{\"id\":1,\"headlines\":[{\"value\":\"A\"},{\"role\":\"main\",\"value\":\"M\"}]}", "1", "M",
               "");
  forms_expect(
      *state, "{\"id\":1,\"headlines\":[{\"role\":\"short\",\"value\":\"A\"},{\"role\":\"Headline\",\"value\":\"M\"}]}",
      "1", "M", "");
  forms_expect(*state, "{\"id\":1,\"headlines\":[{\"role\":\"x\",\"value\":\"A\"},{\"role\":\"y\",\"value\":\"M\"}]}",
               "1", "A", "");
  forms_expect(*state, "{\"id\":1,\"headlines\":[],\"body_text\":\"B\"}", "1", "", "B");
  forms_expect(*state, "{\"id\":1,\"headlines\":null,\"body_text\":\"B\"}", "1", "", "B");
  /* entities in a headline are left as they are */
  forms_expect(*state, "{\"id\":1,\"headline\":\"Smith &amp; Sons\"}", "1", "Smith &amp; Sons", "");
}

static void test_body_names(void **state) {
  forms_expect(*state, "{\"id\":1,\"body_html\":\"<p>One <b>two</b></p>\"}", "1", "", "One two");
  forms_expect(*state, "{\"id\":1,\"body_xhtml\":\"<p>X</p>\"}", "1", "", "X");
  forms_expect(*state, "{\"id\":1,\"body_text\":\"T\",\"body_html\":\"<p>H</p>\"}", "1", "", "T");
  forms_expect(*state, "{\"id\":1,\"body_text\":\" \\n\",\"body_html\":\"<p>H</p>\"}", "1", "", "H");
  forms_expect(*state, "{\"id\":1,\"content\":\"<p>H</p>\"}", "1", "", "H");
  forms_expect(*state, "{\"id\":1,\"content\":\"3 < 4 is plain\"}", "1", "", "3 < 4 is plain");
  forms_expect(*state, "{\"id\":1,\"text\":\"<p>kept</p>\"}", "1", "", "<p>kept</p>");
  forms_expect(*state, "{\"id\":1,\"body_html\":\"<p> </p>\",\"text\":\"T\"}", "1", "", "T");
}

static void test_bodies(void **state) {
  forms_expect(*state,
               "{\"id\":1,\"bodies\":[{\"contentType\":\"text/html\",\"value\":\"<p>H</p>\"},"
               "{\"contentType\":\"text/plain; charset=utf-8\",\"value\":\"P\"}]}",
               "1", "", "P");
  forms_expect(*state,
               "{\"id\":1,\"bodies\":[{\"contentType\":\"text/plain\",\"role\":\"summary\",\"value\":\"S\"},"
               "{\"contentType\":\"application/xhtml+xml\",\"role\":\"html\",\"value\":\"<p>H</p>\"}]}",
               "1", "", "H");
  forms_expect(*state,
               "{\"id\":1,\"bodies\":[{\"role\":\"richtext\",\"contentType\":\"text/plain\",\"value\":\"R\"},"
               "{\"role\":\"main\",\"value\":\"<p>M</p>\"}]}",
               "1", "", "M");
  forms_expect(*state,
               "{\"id\":1,\"bodies\":[{\"contentType\":\"application/x-quark\",\"value\":\"Q\"},"
               "{\"contentType\":\"TEXT/HTML\",\"value\":\"<p>H</p>\"}]}",
               "1", "", "H");
  forms_expect(*state, "{\"id\":1,\"bodies\":[{\"value\":\" \"},{\"value\":null},{\"value\":\"B\"}]}", "1", "", "B");
}

static void test_wrong_types(void **state) {
  static const char *const cases[][2] = {
      {"{\"uri\":{},\"headline\":\"H\"}", "\"uri\" must be a string or an integer, it is an object"},
      {"{\"id\":1.5,\"headline\":\"H\"}", "\"id\" must be a string or an integer, it is a real number"},
      {"{\"headline\":5}", "\"headline\" must be a string, it is an integer"},
      {"{\"headline\":\"\",\"title\":{\"rendered\":\"T\"}}", "\"title\" must be a string, it is an object"},
      {"{\"headlines\":{}}", "\"headlines\" must be an array, it is an object"},
      {"{\"headlines\":[\"A\"]}", "\"headlines\"[0] must be an object, it is a string"},
      {"{\"bodies\":[{\"value\":\"A\"},{\"value\":7}]}", "\"value\" must be a string, it is an integer"},
      {"{\"headline\":\"H\",\"body_text\":[\"B\"]}", "\"body_text\" must be a string, it is an array"},
      {"{\"headline\":\"H\",\"body_html\":false}", "\"body_html\" must be a string, it is a boolean"},
      {"{\"headline\":\"H\",\"content\":{}}", "\"content\" must be a string, it is an object"},
      {"{\"headline\":\"H\",\"text\":true}", "\"text\" must be a string, it is a boolean"},
      {"{\"headline\":\"H\",\"language\":[]}", "\"language\" must be a string, it is an array"},
      {"{\"headline\":\"H\",\"enrichment\":[]}", "\"enrichment\" must be an object, it is an array"},
      {"{\"headline\":\"H\",\"enrichment\":{\"processing\":{}}}",
       "\"enrichment.processing\" must be an array, it is an object"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    wm_error_t err = WM_ERROR_INIT;
    assert_int_equal(wm_article_parse(*state, cases[i][0], strlen(cases[i][0]), NULL, &err), WM_ERR_WRONG_TYPE);
    assert_string_equal(err.text, cases[i][1]);
  }
}

static void test_not_json(void **state) {
  static const char *const cases[] = {
      "",
      " \n",
      "\xEF\xBB\xBF",
      "{",
      "{\"a\"",
      "{\"a\":",
      "{\"a\":1",
      "{\"a\":1,",
      "{\"a\":1,}",
      "{\"a\" 1}",
      "{a:1}",
      "{'a':1}",
      "{\"a\":1}}",
      "{\"a\":1} x",
      "{\"headline\":\"H\"}{\"headline\":\"H\"}",
      "{\"a\":tru}",
      "{\"a\":NaN}",
      "{\"a\":Infinity}",
      "{\"a\":01}",
      "{\"a\":1.}",
      "{\"a\":.5}",
      "{\"a\":+1}",
      "{\"a\":0x10}",
      "{\"a\":\"\\x\"}",
      "{\"a\":\"\\u12\"}",
      "{\"a\":\"\\ud800\"}",
      "{\"a\":\"\\udc00\\ud800\"}",
      "{\"a\":\"\\ud800\\u0041\"}",
      "{\"a\":\"tab\tinside\"}",
      "{\"a\":\"line\ninside\"}",
      "{\"a\":\"open",
      "{\"a\":\"open\\\"",
      "{\"a\":1}/* comment */",
      "{\"a\\u0000b\":1}",
      "[1,2",
      "[}",
      "\\",
      "\"",
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) parse_expect(*state, cases[i], "not_json");
  parse_expect_len(*state, "{\"headline\":\"H\"\0}", 17, NULL, "not_json");
  parse_expect_len(*state, "{\"headline\":\"H\0\"}", 17, NULL, "not_json");
  parse_expect_len(*state, "{\"headline\":\"H\",\"a\":1\0}", 23, NULL, "not_json");
}

/* The reason names the place, and never quotes the article. */
static void test_reasons(void **state) {
  wm_error_t err = WM_ERROR_INIT;
  const char *json = "{\n  \"headline\": \"\xC3\xA9\xC3\xA9 \\ud800 secret\"}";
  assert_int_equal(wm_article_parse(*state, json, strlen(json), NULL, &err), WM_ERR_NOT_JSON);
  assert_string_equal(err.text, "line 2, column 32: half of a surrogate pair in an escape");
  wm_error_clear(&err);
  json = "{\"headline\":\"H\", secret}";
  assert_int_equal(wm_article_parse(*state, json, strlen(json), NULL, &err), WM_ERR_NOT_JSON);
  assert_null(strstr(err.text, "secret"));
  assert_non_null(strstr(err.text, "line 1, column 23"));
}

static void test_not_object(void **state) {
  static const char *const cases[] = {"[]", "[{\"headline\":\"H\"}]", "1", "-0.5e3", "\"headline\"", "true", "null"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) parse_expect(*state, cases[i], "not_object");
}

static void test_not_utf8(void **state) {
  static const char *const cases[] = {"{\"headline\":\"\x80\"}",
                                      "{\"headline\":\"\xC0\xAF\"}",
                                      "{\"headline\":\"\xE0\x80\xAF\"}",
                                      "{\"headline\":\"\xED\xA0\x80\"}",
                                      "{\"headline\":\"\xF4\x90\x80\x80\"}",
                                      "{\"headline\":\"\xC3\"}",
                                      "\xFF\xFE{\"headline\":\"H\"}",
                                      "{\"headline\":\"H\"} \xE9"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) parse_expect(*state, cases[i], "not_utf8");
}

static void test_duplicates(void **state) {
  parse_expect(*state, "{\"headline\":\"H\",\"a\":1,\"a\":2}", "duplicate_key");
  parse_expect(*state, "{\"headline\":\"H\",\"a\":{\"b\":[{\"c\":1,\"c\":1}]}}", "duplicate_key");
  parse_expect(*state, "{\"headline\":\"H\",\"headlin\\u0065\":\"H\"}", "duplicate_key");
  parse_expect(*state, "{\"headline\":\"H\",\"\":1,\"\":2}", "duplicate_key");
}

static void test_numbers(void **state) {
  static const char *const kept[] = {"-0",
                                     "0",
                                     "1.10",
                                     "0.1",
                                     "-0.0",
                                     "1E5",
                                     "1e+05",
                                     "1.0",
                                     "5e-324",
                                     "1e-400",
                                     "123456789.123456789123456789",
                                     "9223372036854775807",
                                     "-9223372036854775808",
                                     "1.7976931348623157e308",
                                     "18446744073709551616.0"};
  static const char *const refused[] = {"9223372036854775808",
                                        "-9223372036854775809",
                                        "12345678901234567890",
                                        "1E400",
                                        "-1e309",
                                        "123456789012345678901234567890123456789012345678901234567890"};
  char json[256], wanted[256];
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
    snprintf(json, sizeof json, "{\"uri\":\"u\",\"n\":%s,\"a\":[%s],\"headline\":\"H\"}", kept[i], kept[i]);
    snprintf(wanted, sizeof wanted, "{\"uri\":\"u\",\"n\":%s,\"a\":[%s],\"headline\":\"H\"," EMPTY_ENRICHMENT "}",
             kept[i], kept[i]);
    parse_expect(*state, json, "ok");
    write_expect(*state, wanted);
  }
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    snprintf(json, sizeof json, "{\"uri\":\"u\",\"headline\":\"H\",\"a\":{\"n\":%s}}", refused[i]);
    parse_expect(*state, json, "number_range");
  }
}

/* `open` and `close` around a value, `n` times, as member "a". */
static char *nested(size_t n, const char *open, const char *close) {
  wm_buffer_t b;
  wm_buffer_init(&b, 64u << 20);
  assert_int_equal(wm_buffer_puts(&b, "{\"headline\":\"H\",\"a\":", NULL), WM_OK);
  for (size_t i = 0; i < n; i++) assert_int_equal(wm_buffer_puts(&b, open, NULL), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, "1", NULL), WM_OK);
  for (size_t i = 0; i < n; i++) assert_int_equal(wm_buffer_puts(&b, close, NULL), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, "}", NULL), WM_OK);
  return b.data;
}

static void nested_expect(wm_article_t *a, size_t n, const char *open, const char *close, const char *word) {
  char *json = nested(n, open, close);
  parse_expect(a, json, word);
  free(json);
}

static void test_depth(void **state) {
  nested_expect(*state, WM_ARTICLE_DEPTH_MAX - 1, "[", "]", "ok");
  nested_expect(*state, WM_ARTICLE_DEPTH_MAX, "[", "]", "too_deep");
  nested_expect(*state, WM_ARTICLE_DEPTH_MAX - 1, "{\"[\":", "}", "ok");
  nested_expect(*state, WM_ARTICLE_DEPTH_MAX, "{\"[\":", "}", "too_deep");
  nested_expect(*state, 1000000, "[", "]", "too_deep");
  nested_expect(*state, 1000000, "[", "", "too_deep");
  wm_article_t *deep = wm_article_new(&(wm_article_limits_t){0, 1000000});
  nested_expect(deep, 1023, "[", "]", "ok");
  nested_expect(deep, 1024, "[", "]", "too_deep");
  wm_article_destroy(deep);
  /* brackets inside strings do not count */
  parse_expect(
      *state,
      "{\"headline\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"}",
      "ok");
}

static void test_size(void **state) {
  (void)state;
  wm_article_t *a = wm_article_new(&(wm_article_limits_t){20, 0});
  parse_expect(a, "{\"headline\":\"12345\"}", "ok");
  parse_expect(a, "{\"headline\":\"123456\"}", "too_large");
  assert_string_equal(wm_article_uri(a), ""); /* nothing is left of the one before */
  text_expect(a, WM_FIELD_HEADLINE, "");
  assert_null(wm_article_json(a));
  wm_article_destroy(a);
}

static void test_no_text(void **state) {
  static const char *const cases[] = {
      "{}",
      "{\"uri\":\"u\"}",
      "{\"headline\":\"\",\"body_text\":\"\"}",
      "{\"headline\":null,\"body_text\":null}",
      "{\"headline\":\" \\n\\t\",\"body_text\":\"\\u00a0\\u2003\"}",
      "{\"headline\":\"\\u200b\\u200d\\ufeff\",\"body_text\":\"\\u202e\\u2066\"}",
      "{\"headline\":\"\\u0000\"}",
      "{\"body_html\":\"<p><br></p>\"}",
      "{\"bodies\":[{\"value\":\"\"}],\"headlines\":[]}",
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) parse_expect(*state, cases[i], "no_text");
}

static void test_nul_in_text(void **state) {
  parse_expect(*state, "{\"uri\":\"u\",\"headline\":\"a\\u0000b\",\"x\":\"\\u0000\"}", "ok");
  wm_str_t s = wm_article_text(*state, WM_FIELD_HEADLINE);
  assert_int_equal(s.len, 3);
  assert_memory_equal(s.s, "a\0b", 3);
  write_expect(*state, "{\"uri\":\"u\",\"headline\":\"a\\u0000b\",\"x\":\"\\u0000\"," EMPTY_ENRICHMENT "}");
}

static void test_language(void **state) {
  wm_article_t *a = *state;
  parse_expect(a, "{\"headline\":\"H\",\"language\":\"en-GB\"}", "ok");
  assert_string_equal(wm_article_language(a), "en");
  parse_expect(
      a, "{\"headline\":\"H\",\"language\":null,\"enrichment\":{\"language\":{\"code\":\"de\",\"confidence\":9}}}",
      "ok");
  assert_string_equal(wm_article_language(a), "de");
  parse_expect(a, "{\"headline\":\"H\",\"language\":\"fr\",\"enrichment\":{\"language\":{\"code\":\"de\"}}}", "ok");
  assert_string_equal(wm_article_language(a), "fr");
  parse_expect(a, "{\"headline\":\"H\",\"enrichment\":{\"language\":7}}", "ok");
  assert_string_equal(wm_article_language(a), "");
  parse_expect(a, "{\"headline\":\"H\"}", "ok");
  assert_string_equal(wm_article_language(a), "");
}

static void test_from_text(void **state) {
  wm_article_t *a = *state;
  wm_error_t err = WM_ERROR_INIT;
  const char *text = "\xEF\xBB\xBFLine \"one\"\nSch\xC3\xB6n \\ \x01";
  assert_int_equal(wm_article_from_text(a, text, strlen(text), "a/b.txt", &err), WM_OK);
  assert_string_equal(wm_article_uri(a), "a/b.txt");
  text_expect(a, WM_FIELD_BODY, text + 3);
  write_expect(
      a, "{\"body_text\":\"Line \\\"one\\\"\\nSch\xC3\xB6n \\\\ \\u0001\",\"uri\":\"a/b.txt\"," EMPTY_ENRICHMENT "}");
  assert_int_equal(wm_article_from_text(a, "a\0b", 3, NULL, &err), WM_OK);
  assert_int_equal(wm_article_text(a, WM_FIELD_BODY).len, 3);
  assert_memory_equal(wm_article_uri(a), "urn:xxh3:", 9);
  assert_int_equal(wm_article_from_text(a, " \n", 2, "u", &err), WM_ERR_NO_TEXT);
  wm_error_clear(&err);
  assert_int_equal(wm_article_from_text(a, "\xC3", 1, "u", &err), WM_ERR_NOT_UTF8);
  wm_error_clear(&err);
  wm_article_t *small = wm_article_new(&(wm_article_limits_t){16, 0});
  assert_int_equal(wm_article_from_text(small, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1a", 16, "u", &err), WM_OK);
  assert_int_equal(wm_article_from_text(small, "12345678901234567", 17, "u", &err), WM_ERR_TOO_LARGE);
  wm_article_destroy(small);
}

/* A handle that has seen a large article and a bad one gives for a small one what a new handle gives. */
static void test_reuse(void **state) {
  wm_article_t *a = *state;
  size_t n = 4u << 20;
  char *json = malloc(n + 64);
  assert_non_null(json);
  int head = snprintf(json, 64, "{\"body_html\":\"<p>");
  memset(json + head, 'x', n);
  snprintf(json + head + n, 32, "</p>\"}");
  parse_expect(a, json, "ok");
  assert_int_equal(wm_article_text(a, WM_FIELD_BODY).len, n);
  free(json);
  parse_expect(a, "{\"headline\":7}", "wrong_type");
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_t out;
  wm_buffer_init(&out, 1024);
  assert_int_equal(wm_article_write(a, &out, &err), WM_ERR_INTERNAL);
  assert_int_equal(out.len, 0);
  forms_expect(a, "{\"id\":1,\"title\":\"T\"}", "1", "T", "");
  write_expect(a, "{\"id\":1,\"title\":\"T\",\"uri\":\"1\",\"headline\":\"T\"," EMPTY_ENRICHMENT "}");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_article, drop_article)
  const struct CMUnitTest tests[] = {
      TEST(test_plain_form),     TEST(test_uri_names),   TEST(test_uri_fallback), TEST(test_uri_length),
      TEST(test_headline_names), TEST(test_body_names),  TEST(test_bodies),       TEST(test_wrong_types),
      TEST(test_not_json),       TEST(test_reasons),     TEST(test_not_object),   TEST(test_not_utf8),
      TEST(test_duplicates),     TEST(test_numbers),     TEST(test_depth),        TEST(test_size),
      TEST(test_no_text),        TEST(test_nul_in_text), TEST(test_language),     TEST(test_from_text),
      TEST(test_reuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
