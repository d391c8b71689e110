/* Writing: what is kept byte for byte, replays, and the members of `enrichment`. */
#include "article_support.h"

static void rewrite_expect(wm_article_t *a, const char *json, const char *expected) {
  parse_expect(a, json, "ok");
  write_expect(a, expected);
  /* a replay of what was written gives the same bytes */
  char *copy = strdup(expected);
  assert_non_null(copy);
  parse_expect(a, copy, "ok");
  write_expect(a, expected);
  parse_expect(a, expected, "ok"); /* the article borrows its bytes */
  free(copy);
}

static void test_bytes_are_kept(void **state) {
  rewrite_expect(
      *state,
      "{\"z\":1.10,\"a\":[1E5,-0,{\"b\":0.1}],\"uri\":\"u\",\"e\":\"\\u00e9\\/\\ud83d\\ude00\",\"\\u006b\\n\":null,"
      "\"headline\":\"\\u0048\",\"\":{},\"t\":[true,false,[]]}",
      "{\"z\":1.10,\"a\":[1E5,-0,{\"b\":0.1}],\"uri\":\"u\",\"e\":\"\\u00e9\\/\\ud83d\\ude00\",\"\\u006b\\n\":null,"
      "\"headline\":\"\\u0048\",\"\":{},\"t\":[true,false,[]]," EMPTY_ENRICHMENT "}");
}

static void test_white_space_goes(void **state) {
  rewrite_expect(
      *state,
      "\r\n{ \"uri\" : \"u \\\" { }\" ,\n\t\"n\" : [ 1 , 2.50,\r\n{ } , [ ] ] , \"headline\" : \" two  spaces \" }\n",
      "{\"uri\":\"u \\\" { }\",\"n\":[1,2.50,{},[]],\"headline\":\" two  spaces \"," EMPTY_ENRICHMENT "}");
}

static void test_canonical_members(void **state) {
  rewrite_expect(
      *state, "{\"guid\":\"g\",\"title\":\"T\",\"body_html\":\"<p>B \\\"q\\\"</p>\"}",
      "{\"guid\":\"g\",\"title\":\"T\",\"body_html\":\"<p>B \\\"q\\\"</p>\",\"uri\":\"g\",\"headline\":\"T\","
      "\"body_text\":\"B \\\"q\\\"\"," EMPTY_ENRICHMENT "}");
  rewrite_expect(*state, "{\"bodies\":[{\"value\":\"B\"}],\"headlines\":[{\"value\":\"T\"}],\"uri\":\"u\"}",
                 "{\"bodies\":[{\"value\":\"B\"}],\"headlines\":[{\"value\":\"T\"}],\"uri\":\"u\",\"headline\":\"T\","
                 "\"body_text\":\"B\"," EMPTY_ENRICHMENT "}");
}

/* Canonical members that are there without a value of use are filled where they stand. */
static void test_filled_in_place(void **state) {
  rewrite_expect(
      *state, "{ \"body_text\" : null, \"uri\": 12 ,\"x\":1, \"headline\":\" \",\"title\":\"T\",\"text\":\"B\" }",
      "{\"body_text\":\"B\",\"uri\":\"12\",\"x\":1,\"headline\":\"T\",\"title\":\"T\",\"text\":\"B\"," EMPTY_ENRICHMENT
      "}");
  rewrite_expect(*state, "{\"uri\":\"u\",\"headline\":null,\"body_text\":\"B\"}",
                 "{\"uri\":\"u\",\"headline\":null,\"body_text\":\"B\"," EMPTY_ENRICHMENT "}");
}

static void test_enrichment_moves_last(void **state) {
  const char *expected = "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"x\":1.10}}";
  rewrite_expect(*state, "{ \"enrichment\" : { \"x\" : 1.10 } , \"uri\":\"u\",\"headline\":\"H\"}", expected);
  rewrite_expect(*state, "{\"uri\":\"u\",\"enrichment\":{\"x\":1.10},\"headline\":\"H\"}", expected);
  rewrite_expect(*state, "{\"uri\":\"u\",\"headline\":\"H\" , \"enrichment\":{\"x\":1.10} }", expected);
  rewrite_expect(*state, "{\"uri\":\"u\",\"headline\":\"H\",\"enrichme\\u006E\\u0074\":null}",
                 "{\"uri\":\"u\",\"headline\":\"H\"," EMPTY_ENRICHMENT "}");
}

static void test_enrichment_is_kept(void **state) {
  wm_article_t *a = *state;
  const char *expected =
      "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"foreign\":{\"n\":1.10,\"s\":\"\\u00e9\"},\"schema\":\"1.0\","
      "\"entities\":[{\"r\":1E2}],\"\\u006din\\u0065\":-0}}";
  rewrite_expect(a,
                 "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"foreign\": "
                 "{\"n\":1.10,\"s\":\"\\u00e9\"},\"schema\":\"0.9\", "
                 "\"entities\":[{\"r\": 1E2}], \"\\u006din\\u0065\":-0}}",
                 expected);
  /* reading changes nothing, asking for a change makes it ours to write */
  const json_t *read = wm_article_peek(a, "entities");
  assert_true(json_is_array(read));
  write_expect(a, expected);
  json_t *entities = wm_article_get(a, "entities");
  assert_ptr_equal(entities, read);
  assert_int_equal(json_object_set_new(json_array_get(entities, 0), "country", json_string("RU")), 0);
  write_expect(
      a,
      "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"foreign\":{\"n\":1.10,\"s\":\"\\u00e9\"},\"schema\":\"1.0\","
      "\"entities\":[{\"r\":100.0,\"country\":\"RU\"}],\"\\u006din\\u0065\":-0}}");
  assert_null(wm_article_get(a, "absent"));
  assert_null(wm_article_peek(a, "absent"));
  assert_int_equal(json_integer_value(wm_article_peek(a, "mine")), 0);
}

static void set(wm_article_t *a, const char *name, json_t *value) {
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_article_set(a, name, value, &err), WM_OK);
}

static void processed(wm_article_t *a, const char *service, double ms) {
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_article_processed(a, service, "0.1.0", "m-1", "ab12", 1767323045678, ms, &err), WM_OK);
}

static void test_order_of_members(void **state) {
  wm_article_t *a = *state;
  parse_expect(a, "{\"uri\":\"u\",\"headline\":\"H\"}", "ok");
  set(a, "topics", json_array());
  processed(a, "topics", 1);
  set(a, "other", json_true());
  set(a, "countries", json_array());
  set(a, "entities", json_pack("[{s:i}]", "relevance", 96));
  set(a, "language", json_pack("{s:s}", "code", "en"));
  const char *expected =
      "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"language\":{\"code\":\"en\"},"
      "\"entities\":[{\"relevance\":96}],\"countries\":[],\"topics\":[],\"processing\":[{\"service\":\"topics\","
      "\"version\":\"0.1.0\",\"model\":\"m-1\",\"model_sha256\":\"ab12\",\"at\":\"2026-01-02T03:04:05.678Z\",\"ms\":1."
      "0}],"
      "\"other\":true}}";
  write_expect(a, expected);
  parse_expect(a, expected, "ok");
  set(a, "topics", json_array());
  set(a, "language", json_pack("{s:s}", "code", "en"));
  processed(a, "topics", 1);
  write_expect(a, expected);
  /* what is there stays where it is; new members go where they belong */
  parse_expect(
      a,
      "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"topics\":[],\"mine\":1,\"processing\":[],\"entities\":[]}}",
      "ok");
  set(a, "countries", json_array());
  write_expect(
      a,
      "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"countries\":[],\"topics\":[],\"mine\":1,"
      "\"processing\":[],\"entities\":[]}}");
}

static void test_set(void **state) {
  wm_article_t *a = *state;
  wm_error_t err = WM_ERROR_INIT;
  parse_expect(a, "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"a\\\"b\":1}}", "ok");
  assert_int_equal(wm_article_set(a, "x", NULL, &err), WM_ERR_NOMEM);
  assert_null(wm_article_peek(a, "x"));
  json_t *value = json_string("one");
  json_incref(value);
  set(a, "x\"y", value);
  set(a, "x\"y", json_string("two"));
  assert_int_equal(value->refcount, 1); /* the first was let go */
  json_decref(value);
  set(a, "a\"b", json_integer(2));
  set(a, "utf", json_stringn("\xC3\xA9\0\xF0\x9F\x98\x80/", 8));
  write_expect(a,
               "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"a\\\"b\":2,\"x\\\"y\":\"two\","
               "\"utf\":\"\xC3\xA9\\u0000\xF0\x9F\x98\x80/\"}}");
}

static void test_processing(void **state) {
  wm_article_t *a = *state;
  wm_error_t err = WM_ERROR_INIT;
  parse_expect(a, "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"processing\":null}}", "ok");
  assert_int_equal(wm_article_processed(a, "deliver", "1", NULL, NULL, 0, 0.4, &err), WM_OK);
  write_expect(
      a,
      "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"processing\":[{\"service\":\"deliver\","
      "\"version\":\"1\",\"at\":\"1970-01-01T00:00:00.000Z\",\"ms\":0.4}]}}");
  /* lines of others stay, the service's own is replaced in place, doubles of it go */
  parse_expect(a,
               "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"processing\":[{\"service\":\"a\",\"ms\":0.123},7,{"
               "\"service\":\"b\"},"
               "{\"service\":\"a\"},{\"service\":\"c\"}]}}",
               "ok");
  assert_int_equal(wm_article_processed(a, "a", "2", NULL, NULL, 999, 12.34567, &err), WM_OK);
  write_expect(a,
               "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"processing\":[{\"service\":"
               "\"a\",\"version\":"
               "\"2\",\"at\":\"1970-01-01T00:00:00.999Z\",\"ms\":12.346},7,{\"service\":\"b\"},{\"service\":\"c\"}]}}");
  assert_int_equal(wm_article_processed(a, "b", "2", NULL, NULL, INT64_MAX, -1.0 / 0.0, &err), WM_OK);
  assert_int_equal(wm_article_processed(a, "c", "2", NULL, NULL, INT64_MIN, 0.0 / 0.0, &err), WM_OK);
  const json_t *lines = wm_article_peek(a, "processing");
  assert_int_equal(json_array_size(lines), 4);
  assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 2), "at")), "9999-12-31T23:59:59.999Z");
  assert_true(json_real_value(json_object_get(json_array_get(lines, 3), "ms")) == 0);
}

/* Reals of others inside a member that is written from memory are the same numbers afterwards. */
static void test_reals(void **state) {
  wm_article_t *a = *state;
  static const double values[] = {0.1, 1.0 / 3, 1e22, 5e-324, 1.7976931348623157e308, 123456.789};
  parse_expect(a, "{\"uri\":\"u\",\"headline\":\"H\"}", "ok");
  json_t *list = json_array();
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) json_array_append_new(list, json_real(values[i]));
  set(a, "x", list);
  set(a, "short", json_pack("[f,f]", 0.1, 123456.789));
  char *s = written(a);
  assert_non_null(strstr(s, "\"short\":[0.1,123456.789]"));
  parse_expect(a, s, "ok");
  const json_t *x = wm_article_peek(a, "x");
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    assert_memory_equal(&(double){json_real_value(json_array_get(x, i))}, &values[i], sizeof *values);
  free(s);
}

/* What JSON cannot say (a circle, broken UTF-8) is an error of the enricher, and nothing is left in the buffer. */
static void test_unwritable(void **state) {
  wm_article_t *a = *state;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_t out;
  wm_buffer_init(&out, 4096);
  parse_expect(a, "{\"uri\":\"u\",\"headline\":\"H\"}", "ok");
  set(a, "x", json_string_nocheck("\xFF"));
  assert_int_equal(wm_buffer_puts(&out, "before", NULL), WM_OK);
  assert_int_equal(wm_article_write(a, &out, &err), WM_ERR_ENRICHER);
  assert_string_equal(out.data, "before");
  set(a, "x", json_true());
  wm_error_clear(&err);
  out.max = 40;
  assert_int_equal(wm_article_write(a, &out, &err), WM_ERR_TOO_LARGE);
  assert_string_equal(out.data, "before");
  out.max = 4096;
  wm_error_clear(&err);
  assert_int_equal(wm_article_write(a, &out, &err), WM_OK);
  assert_string_equal(out.data,
                      "before{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"x\":true}}");
  wm_buffer_clear(&out);
}

/* 200,000 members, an 8 MB text of quotes and backslashes: linear time, or the test's time runs out. */
static void test_large(void **state) {
  (void)state;
  wm_article_t *a = wm_article_new(&(wm_article_limits_t){64u << 20, 0});
  wm_buffer_t b;
  wm_buffer_init(&b, 64u << 20);
  assert_int_equal(wm_buffer_puts(&b, "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\"", NULL),
                   WM_OK);
  for (int i = 0; i < 100000; i++) assert_int_equal(wm_buffer_printf(&b, NULL, ",\"e%d\":%d", i, i), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, "}", NULL), WM_OK);
  for (int i = 0; i < 100000; i++) assert_int_equal(wm_buffer_printf(&b, NULL, ",\"m%d\":[%d.10]", i, i), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, ",\"body_text\":\"", NULL), WM_OK);
  for (int i = 0; i < 1000000; i++) assert_int_equal(wm_buffer_puts(&b, "\\\\\\\"\\\\n", NULL), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, "\"}", NULL), WM_OK);
  parse_expect_len(a, b.data, b.len, NULL, "ok");
  set(a, "entities", json_array());
  wm_buffer_t out, again;
  wm_buffer_init(&out, 64u << 20);
  wm_buffer_init(&again, 64u << 20);
  assert_int_equal(wm_article_write(a, &out, NULL), WM_OK);
  parse_expect_len(a, out.data, out.len, NULL, "ok");
  assert_int_equal(wm_article_write(a, &again, NULL), WM_OK);
  assert_int_equal(out.len, again.len);
  assert_memory_equal(out.data, again.data, out.len);
  assert_int_equal(out.len, b.len + strlen(",\"entities\":[]"));
  wm_buffer_clear(&b);
  wm_buffer_clear(&out);
  wm_buffer_clear(&again);
  wm_article_destroy(a);
}

/* Random JSON by a fixed seed. */
typedef struct {
  uint64_t seed;
  wm_buffer_t *spaced, *compact; /* the same value, with and without white space */
} random_json_t;

static unsigned roll(random_json_t *r, unsigned n) {
  r->seed = r->seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(r->seed >> 33) % n;
}

static void put(random_json_t *r, const char *s) {
  assert_int_equal(wm_buffer_puts(r->spaced, s, NULL), WM_OK);
  assert_int_equal(wm_buffer_puts(r->compact, s, NULL), WM_OK);
}

static void space(random_json_t *r) {
  static const char *const spaces[] = {"", "", "", " ", "\n", "\t\r\n  "};
  assert_int_equal(wm_buffer_puts(r->spaced, spaces[roll(r, 6)], NULL), WM_OK);
}

static void random_scalar(random_json_t *r) {
  static const char *const scalars[] = {"0",
                                        "-0",
                                        "1.10",
                                        "1e5",
                                        "1E+05",
                                        "-12.5e-3",
                                        "9223372036854775807",
                                        "0.1000",
                                        "true",
                                        "false",
                                        "null",
                                        "\"\"",
                                        "\" \"",
                                        "\"a b\"",
                                        "\"\\\"\"",
                                        "\"\\\\\"",
                                        "\"\\\\\\\"\"",
                                        "\"\\u0000\"",
                                        "\"\\u00e9\"",
                                        "\"\xC3\xA9\"",
                                        "\"\\ud83d\\ude00\"",
                                        "\"\xF0\x9F\x98\x80\"",
                                        "\"{}[],:\"",
                                        "\"\\/\\b\\f\\n\\r\\t\"",
                                        "\"enrichment\"",
                                        "\"\xE2\x80\xAE\xE2\x80\x8B\""};
  put(r, scalars[roll(r, sizeof scalars / sizeof *scalars)]);
}

static void random_value(random_json_t *r, unsigned depth) {
  unsigned kind = depth == 0 ? 2 : roll(r, 4);
  if (kind >= 2) {
    random_scalar(r);
    return;
  }
  put(r, kind ? "{" : "[");
  space(r);
  unsigned n = roll(r, 4);
  for (unsigned i = 0; i < n; i++) {
    if (i > 0) put(r, ",");
    space(r);
    if (kind) {
      char key[32];
      snprintf(key, sizeof key, "\"%s%u\"", roll(r, 2) ? "k\\u00e9" : "uri", i);
      put(r, key);
      space(r);
      put(r, ":");
      space(r);
    }
    random_value(r, depth - 1);
    space(r);
  }
  put(r, kind ? "}" : "]");
}

static void test_random(void **state) {
  wm_article_t *a = *state;
  wm_buffer_t spaced, compact;
  wm_buffer_init(&spaced, 16u << 20);
  wm_buffer_init(&compact, 16u << 20);
  random_json_t r = {20260102, &spaced, &compact};
  for (int round = 0; round < 3000; round++) {
    wm_buffer_reset(&spaced);
    wm_buffer_reset(&compact);
    unsigned n = roll(&r, 8), headline = roll(&r, n + 1);
    put(&r, "{\"uri\":\"u\"");
    for (unsigned i = 0; i <= n; i++) {
      char key[32];
      snprintf(key, sizeof key, "\"m%u\"", i);
      space(&r);
      put(&r, ",");
      space(&r);
      if (i == headline) put(&r, "\"headline\":\"H\",");
      put(&r, key);
      space(&r);
      put(&r, ":");
      space(&r);
      random_value(&r, 6);
    }
    space(&r);
    assert_int_equal(wm_buffer_puts(&spaced, "}\n", NULL), WM_OK);
    assert_int_equal(wm_buffer_puts(&compact, "," EMPTY_ENRICHMENT "}", NULL), WM_OK);
    parse_expect_len(a, spaced.data, spaced.len, NULL, "ok");
    write_expect(a, compact.data);
    parse_expect_len(a, compact.data, compact.len, NULL, "ok");
    write_expect(a, compact.data);
  }
  wm_buffer_clear(&spaced);
  wm_buffer_clear(&compact);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_article, drop_article)
  const struct CMUnitTest tests[] = {
      TEST(test_bytes_are_kept),
      TEST(test_white_space_goes),
      TEST(test_canonical_members),
      TEST(test_filled_in_place),
      TEST(test_enrichment_moves_last),
      TEST(test_enrichment_is_kept),
      TEST(test_order_of_members),
      TEST(test_set),
      TEST(test_processing),
      TEST(test_reals),
      TEST(test_unwritable),
      TEST(test_large),
      TEST(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
