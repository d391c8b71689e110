/* ingest: the list of feeds, records of the state, bodies of POST, back-off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/html.h"
#include "services/ingest/feed_list.h"
#include "services/ingest/poller_internal.h"
#include "services/ingest/post_body.h"
#include "services/ingest/state.h"

static wm_error_t g_err;

static void list_fails(const char *text, const char *words) {
  wm_feed_list_t list;
  wm_error_clear(&g_err);
  assert_int_equal(wm_feed_list_parse("f.txt", text, strlen(text), &list, &g_err), WM_ERR_CONFIG);
  if (!strstr(g_err.text, words)) fail_msg("\"%s\" does not say \"%s\"", g_err.text, words);
  assert_int_equal(list.n, 0);
}

static void test_list(void **state) {
  (void)state;
  static const char text[] =
      "# comment\r\n\n  https://user:secret@a.example/f?x=1#y   interval=2m source=\"The Wire\" language=en \r\n"
      "http://b.example:8080/\ninterval.example/rss"; /* curl guesses no scheme */
  wm_feed_list_t list;
  list_fails(text, "f.txt:5: the line must begin with a URL");
  size_t len = strlen(text) - strlen("\ninterval.example/rss");
  wm_error_clear(&g_err);
  assert_int_equal(wm_feed_list_parse("f.txt", text, len, &list, &g_err), WM_OK);
  assert_int_equal(list.n, 2);
  const wm_feed_entry_t *a = wm_feed_list_find(&list, wm_state_feed_hash("https://user:secret@a.example/f?x=1#y"));
  const wm_feed_entry_t *b = wm_feed_list_find(&list, wm_state_feed_hash("http://b.example:8080/"));
  assert_non_null(a);
  assert_non_null(b);
  assert_null(wm_feed_list_find(&list, 1));
  assert_string_equal(a->shown, "https://a.example/f?x=1");
  assert_string_equal(a->host, "a.example");
  assert_string_equal(a->source, "The Wire");
  assert_string_equal(a->language, "en");
  assert_int_equal(a->interval_ms, 120000);
  assert_int_equal(a->line, 3);
  assert_int_equal(b->interval_ms, 0);
  assert_null(b->source);
  wm_feed_list_clear(&list);
  assert_int_equal(wm_feed_list_parse("f.txt", "", 0, &list, &g_err), WM_OK);
  assert_int_equal(list.n, 0);
}

static void test_bad_lists(void **state) {
  (void)state;
  list_fails("ftp://a.example/", "f.txt:1: the URL's scheme must be http or https");
  list_fails("file:///etc/passwd", "f.txt:1");
  list_fails("http://a.example/ interval=0s", "interval must be");
  list_fails("http://a.example/ interval=25h", "interval must be");
  list_fails("http://a.example/ interval=5", "interval must be");
  list_fails("http://a.example/ interval=", "interval must be");
  list_fails("http://a.example/ source=\"open", "quotation mark");
  list_fails("http://a.example/ source=", "source must have");
  list_fails("http://a.example/ source=a source=b", "given twice");
  list_fails("http://a.example/ sauce=a", "\"sauce\" is not known");
  list_fails("http://a.example/ stray", "behind the URL come");
  list_fails("\nhttp://a.example/\n\nhttp://a.example/", "f.txt:4: this feed is in line 2 already");
  list_fails("http://a.example/\xFF", "not UTF-8");
  char longer[3000] = "http://a.example/";
  memset(longer + 17, 'x', 2900);
  longer[2917] = '\0';
  list_fails(longer, "more than 2048 bytes");
  wm_feed_list_t list;
  wm_error_clear(&g_err);
  assert_int_equal(wm_feed_list_load("/no/such/file", &list, &g_err), WM_ERR_CONFIG);
  assert_non_null(strstr(g_err.text, "/no/such/file cannot be opened"));
}

static void test_state(void **state) {
  (void)state;
  wm_buffer_t out;
  wm_buffer_init(&out, 1 << 20);
  wm_state_signature_t kept;
  wm_signature_t s = {.usable = true};
  for (size_t i = 0; i < WM_SIGNATURE_BINS; i++) s.bin[i] = (uint16_t)(i * 1021);
  assert_int_equal(wm_state_write_signature("u:\"1\"", "u:0", 12345, &s, &out, NULL), WM_OK);
  assert_true(wm_state_read_signature(out.data, out.len, &kept));
  assert_string_equal(kept.uri, "u:\"1\"");
  assert_string_equal(kept.first, "u:0");
  assert_int_equal(kept.at_ms, 12345);
  assert_int_equal(wm_signature_alike(&kept.signature, &s), 64);
  assert_false(wm_state_read_signature("{\"uri\":\"a\",\"first\":\"\",\"at\":1,\"sig\":\"00\"}", 40, &kept));
  assert_false(wm_state_read_signature("nothing", 7, &kept));
  assert_int_equal(wm_state_slot("sig:42", 6), 42);
  assert_int_equal(wm_state_slot("sig:", 4), -1);
  assert_int_equal(wm_state_slot("sig:4x", 6), -1);
  assert_int_equal(wm_state_slot("feed:4", 6), -1);
  assert_int_equal(wm_state_slot(NULL, 0), -1);
  uint64_t seen[] = {1, UINT64_MAX, 0x0123456789abcdefULL};
  wm_state_feed_t feed =
                      {.etag = "W/\"x\"", .modified = "Wed", .next_ms = 99, .failures = 3, .seen = seen, .n_seen = 3},
                  back;
  assert_int_equal(wm_state_write_feed(&feed, "http://a.example/", &out, NULL), WM_OK);
  assert_true(wm_state_read_feed(out.data, out.len, &back));
  assert_string_equal(back.etag, feed.etag);
  assert_string_equal(back.modified, "Wed");
  assert_int_equal(back.next_ms, 99);
  assert_int_equal(back.failures, 3);
  assert_int_equal(back.n_seen, 3);
  assert_memory_equal(back.seen, seen, sizeof seen);
  wm_state_feed_clear(&back);
  assert_false(wm_state_read_feed("{}", 2, &back));
  assert_false(
      wm_state_read_feed("{\"etag\":\"\",\"modified\":\"\",\"next\":1,\"failures\":0,\"seen\":\"123\"}", 62, &back));
  assert_true(wm_state_item_hash("a", "1") != wm_state_item_hash("a", "2"));
  assert_true(wm_state_item_hash("a", "") == wm_state_item_hash("a", ""));
  wm_buffer_clear(&out);
}

static void test_types(void **state) {
  (void)state;
  assert_int_equal(wm_post_type("application/json"), WM_POST_ONE);
  assert_int_equal(wm_post_type(" Application/JSON ; charset=\"UTF-8\""), WM_POST_ONE);
  assert_int_equal(wm_post_type("application/vnd.iptc.ninjs+json"), WM_POST_ONE);
  assert_int_equal(wm_post_type("application/x-ndjson"), WM_POST_LINES);
  assert_int_equal(wm_post_type("application/jsonl;charset=utf8"), WM_POST_LINES);
  assert_int_equal(wm_post_type(NULL), WM_POST_UNKNOWN);
  assert_int_equal(wm_post_type(""), WM_POST_UNKNOWN);
  assert_int_equal(wm_post_type("application/json; charset=iso-8859-1"), WM_POST_UNKNOWN);
  assert_int_equal(wm_post_type("text/json"), WM_POST_UNKNOWN);
  assert_int_equal(wm_post_type("application/jsonx"), WM_POST_UNKNOWN);
}

static void body_is(wm_raw_reader_t *r, wm_post_type_t type, const char *text, wm_err_t code, size_t n, size_t line) {
  wm_post_body_t body;
  size_t at;
  wm_error_clear(&g_err);
  wm_err_t rc = wm_post_body_read(r, type, text, strlen(text), &body, &at, &g_err);
  if (rc != code) fail_msg("%s: %s (%s)", text, wm_err_word(rc), g_err.text);
  assert_int_equal(body.n, n);
  if (rc != WM_OK) assert_int_equal(at, line);
  wm_post_body_clear(&body);
}

static void test_bodies(void **state) {
  (void)state;
  wm_raw_reader_t *r = wm_raw_reader_new(4096, true);
  body_is(r, WM_POST_ONE, "{\"uri\":\"a\",\n\"text\":\"b\"}", WM_OK, 1, 0);
  body_is(r, WM_POST_ONE, "{\"text\":\"b\"}\n{\"text\":\"c\"}", WM_ERR_NOT_JSON, 0, 0);
  body_is(r, WM_POST_LINES, "{\"text\":\"b\"}\r\n\n {\"text\":\"c\"}", WM_OK, 2, 0);
  body_is(r, WM_POST_LINES, "{\"text\":\"b\"}\n\n{\"text\":3}\n", WM_ERR_WRONG_TYPE, 0, 3);
  body_is(r, WM_POST_LINES, " \n\n", WM_ERR_NOT_JSON, 0, 0);
  body_is(r, WM_POST_ONE, "", WM_ERR_NOT_JSON, 0, 0);
  size_t len = 15 * (WM_POST_ARTICLES_MAX + 1);
  char *many = malloc(len + 1);
  for (size_t i = 0; i <= WM_POST_ARTICLES_MAX; i++) memcpy(many + 15 * i, "{\"text\":\"bbb\"}\n", 15);
  many[len] = '\0';
  body_is(r, WM_POST_LINES, many, WM_ERR_TOO_LARGE, 0, WM_POST_ARTICLES_MAX + 1);
  many[len - 15] = '\0';
  body_is(r, WM_POST_LINES, many, WM_OK, WM_POST_ARTICLES_MAX, 0);
  free(many);
  wm_raw_reader_destroy(r);
}

static void test_backoff(void **state) {
  (void)state;
  bool differs = false;
  for (uint64_t seed = 0; seed < 200; seed++) {
    int64_t none = wm_poller_backoff(60000, 0, seed), one = wm_poller_backoff(60000, 1, seed),
            many = wm_poller_backoff(60000, 29, seed);
    assert_in_range(none, 54000, 60000);
    assert_in_range(one, 60000, 120000);
    assert_in_range(many, 10800000, 21600000);
    assert_in_range(wm_poller_backoff(86400000, 5, seed), 43200000, 86400000); /* no longer than a long interval */
    differs = differs || one != wm_poller_backoff(60000, 1, seed + 1);
  }
  assert_true(differs);
}

static int set_up(void **state) {
  (void)state;
  wm_html_init();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_list),   cmocka_unit_test(test_bad_lists),
                                     cmocka_unit_test(test_state),  cmocka_unit_test(test_types),
                                     cmocka_unit_test(test_bodies), cmocka_unit_test(test_backoff)};
  return cmocka_run_group_tests(tests, set_up, NULL);
}
