/* duplicates and raw: near copies are found, other stories are not, the window is bounded, marks and uris go where they belong. */
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
#include "services/ingest/raw.h"

#define DAY_MS 86400000LL

/* A story of `n` words out of a small generator: other seeds, other stories. */
static void story(char *out, size_t cap, unsigned seed, int n) {
  static const char *const words[] = {"port",    "ferry",   "minister", "vote",     "bridge",  "storm",  "harbour",
                                      "council", "budget",  "strike",   "river",    "museum",  "train",  "school",
                                      "court",   "island",  "winter",   "festival", "factory", "border", "union",
                                      "market",  "harvest", "tunnel",   "library",  "hospital"};
  uint64_t x = seed * 2654435761u + 12345;
  size_t len = 0;
  for (int i = 0; i < n; i++) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    len += (size_t)snprintf(out + len, cap - len, "%s%s", i ? " " : "", words[(x >> 33) % 26]);
  }
}

static wm_signature_t sign(const char *text) {
  wm_signature_t s;
  wm_signature_make((wm_str_t){text, strlen(text)}, &s);
  return s;
}

static void test_signature(void **state) {
  (void)state;
  char a[8192], b[9000], c[8192];
  story(a, sizeof a, 1, 300);
  story(c, sizeof c, 2, 300);
  wm_signature_t one = sign(a), other = sign(c);
  assert_true(one.usable);
  assert_int_equal(wm_signature_alike(&one, &one), 64);
  assert_true(wm_signature_alike(&one, &other) < 12);
  snprintf(b, sizeof b, "LISBON (Agency) - %s Reporting by A. B.", a); /* dateline and credit */
  wm_signature_t copy = sign(b);
  assert_true(wm_signature_alike(&one, &copy) >= WM_SIGNATURE_ALIKE);
  for (char *p = b; *p; p++)
    if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 32);
  wm_signature_t loud = sign(b);
  assert_int_equal(wm_signature_alike(&copy, &loud), 64); /* case does not count */
  assert_false(sign("Too short to tell.").usable);
  assert_false(sign("").usable);
  wm_signature_t quotes = sign("a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4"),
                 typeset = sign(
                     "a b \xE2\x80\x9C"
                     "c d\xE2\x80\x9D e, f; g\xC2\xA0h i j k l m n o p \xC2\xABq r s\xC2\xBB t u v w x y z 1 2 3 4.");
  assert_int_equal(wm_signature_alike(&quotes, &typeset), 64);
  char han[400] = "";
  for (int i = 0; i < 40; i++) snprintf(han + strlen(han), sizeof han - strlen(han), "\xE6\x96%c", 0x80 + i);
  assert_true(sign(han).usable); /* a sign is a word */
}

static void test_index(void **state) {
  (void)state;
  char a[8192], b[9000], first[WM_ARTICLE_URI_MAX + 1];
  wm_duplicates_t *d = wm_duplicates_new(100, 3 * DAY_MS);
  int64_t slot;
  assert_non_null(d);
  story(a, sizeof a, 1, 200);
  wm_signature_t s = sign(a);
  assert_false(wm_duplicates_check(d, &s, "urn:1", 1000, first, &slot));
  assert_int_equal(slot, 0);
  assert_false(wm_duplicates_check(d, &s, "urn:1", 1000, first, &slot)); /* itself, sent again */
  assert_int_equal(slot, -1);
  snprintf(b, sizeof b, "LONDON - %s", a);
  wm_signature_t copy = sign(b);
  assert_true(wm_duplicates_check(d, &copy, "urn:2", 2000, first, &slot));
  assert_string_equal(first, "urn:1");
  assert_int_equal(slot, 1);
  assert_true(wm_duplicates_check(d, &copy, "urn:3", 3000, first,
                                  NULL)); /* nearest to the second: the first is told all the same */
  assert_string_equal(first, "urn:1");
  assert_false(wm_duplicates_check(d, &copy, "urn:1", 3000, first,
                                   NULL)); /* an update of the first is no duplicate of its copies */
  assert_false(wm_duplicates_check(d, &s, "urn:4", 3000 + 4 * DAY_MS, first, NULL)); /* too old */
  wm_duplicates_destroy(d);
}

static void test_window(void **state) {
  (void)state;
  char text[8192], uri[32], first[WM_ARTICLE_URI_MAX + 1];
  wm_duplicates_t *d = wm_duplicates_new(50, 3 * DAY_MS);
  int64_t slot;
  for (unsigned i = 0; i < 300; i++) {
    story(text, sizeof text, i, 100);
    snprintf(uri, sizeof uri, "urn:%u", i);
    wm_signature_t s = sign(text);
    assert_false(wm_duplicates_check(d, &s, uri, 1000 + i, first, &slot));
    assert_int_equal(slot, i % 50);
  }
  assert_int_equal(wm_duplicates_count(d), 50);
  for (unsigned i = 0; i < 300; i += 299) { /* the oldest is forgotten, the newest is not */
    story(text, sizeof text, i, 100);
    wm_signature_t s = sign(text);
    assert_int_equal(wm_duplicates_check(d, &s, "urn:copy", 2000, first, NULL), i == 299);
  }
  assert_string_equal(first, "urn:299");
  wm_duplicates_destroy(d);
}

static void test_kept(void **state) {
  (void)state;
  char text[8192], first[WM_ARTICLE_URI_MAX + 1];
  wm_duplicates_t *d = wm_duplicates_new(50, 3 * DAY_MS);
  int64_t slot;
  story(text, sizeof text, 9, 100);
  wm_signature_t s = sign(text);
  wm_duplicates_add(d, &s, "urn:old", "", 0, 10 * DAY_MS, 3);
  assert_int_equal(wm_duplicates_count(d), 0); /* too old */
  wm_duplicates_add(d, &s, "urn:copy", "urn:first", 9 * DAY_MS, 10 * DAY_MS, 7);
  wm_duplicates_add(d, &s, "urn:copy", "urn:first", 9 * DAY_MS, 10 * DAY_MS, 7);
  assert_int_equal(wm_duplicates_count(d), 1);
  assert_true(wm_duplicates_check(d, &s, "urn:mine", 10 * DAY_MS, first, &slot));
  assert_string_equal(first, "urn:first");
  assert_int_equal(slot, 8); /* goes on where the others are */
  wm_duplicates_destroy(d);
}

static void expect_raw(wm_raw_reader_t *r, const char *json, const char *uri, const char *value) {
  wm_raw_t raw;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_raw_read(r, json, strlen(json), &raw, &err), WM_OK);
  assert_string_equal(raw.uri, uri);
  assert_int_equal(raw.value.len, strlen(value));
  assert_memory_equal(raw.value.s, value, raw.value.len);
}

static void test_raw(void **state) {
  (void)state;
  wm_raw_reader_t *r = wm_raw_reader_new(65536, true);
  wm_raw_t raw;
  wm_str_t marked;
  wm_error_t err = WM_ERROR_INIT;
  expect_raw(r, "\xEF\xBB\xBF {\"uri\":\"u:1\", \"headline\":\"H\", \"n\":1.50}", "u:1",
             "{\"uri\":\"u:1\", \"headline\":\"H\", \"n\":1.50}");
  expect_raw(r, "{\"guid\":\"g\\\"1\",\"text\":\"T\"}", "g\"1",
             "{\"uri\":\"g\\\"1\",\"guid\":\"g\\\"1\",\"text\":\"T\"}");
  expect_raw(r, "{\"uri\":null,\"id\":7,\"text\":\"T\"}", "7", "{\"uri\":null,\"id\":7,\"text\":\"T\"}");
  assert_int_equal(wm_raw_read(r, "{\"headline\":\"only\"}", 19, &raw, &err), WM_OK);
  assert_memory_equal(raw.uri, "urn:xxh3:", 9);
  char again[64];
  snprintf(again, sizeof again, "%s", raw.uri);
  assert_int_equal(wm_raw_read(r, "{\"headline\":\"only\"}", 19, &raw, &err), WM_OK);
  assert_string_equal(raw.uri, again); /* stable */
  assert_int_equal(wm_raw_mark(r, raw.value, "u:first", &marked, &err), WM_OK);
  assert_non_null(strstr(marked.s, "\"enrichment\":{\"schema\":\"1.0\",\"duplicate_of\":\"u:first\"}"));
  assert_int_equal(wm_raw_read(r, "{}", 2, &raw, &err), WM_ERR_NO_TEXT);
  wm_error_clear(&err);
  assert_int_equal(wm_raw_read(r, "[1]", 3, &raw, &err), WM_ERR_NOT_OBJECT);
  wm_raw_reader_destroy(r);
}

static int set_up(void **state) {
  (void)state;
  wm_html_init();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_signature), cmocka_unit_test(test_index),
                                     cmocka_unit_test(test_window), cmocka_unit_test(test_kept),
                                     cmocka_unit_test(test_raw)};
  return cmocka_run_group_tests(tests, set_up, NULL);
}
