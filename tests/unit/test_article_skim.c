/* wm_article_skim(): what it is sure of, jansson takes too, and reads the same uri; what is out of the ordinary it leaves to the parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/article.h"

static char g_uri[WM_ARTICLE_URI_MAX + 1];

/* In memory of its own size, so that a read beyond the end is seen. */
static bool skim(const char *json, size_t len) {
  char *exact = malloc(len ? len : 1);
  assert_non_null(exact);
  memcpy(exact, json, len);
  const bool sure = wm_article_skim(exact, len, NULL, g_uri);
  free(exact);
  return sure;
}

static bool skim_text(const char *json) {
  return skim(json, strlen(json));
}

static void test_sure(void **state) {
  (void)state;
  static const char *const k_articles[] = {
      "{\"uri\":\"u\",\"enrichment\":{}}",
      "{ \"enrichment\" : { \"a\" : [ ] , \"b\":[[],{}, 1,-0.5,1e9,2E-7,true,false,null]} ,\t\"uri\" : \"u\" } \r\n",
      "{\"uri\":\"u\",\"body_text\":\"a \\\"b\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00e9 \xc3\xa9 "
      "\xf0\x9f\x8c\x8d\",\"enrichment\":{\"uri\":7}}",
      "{\"desk\":{\"uri\":\"other\",\"enrichment\":[]},\"uri\":\"u\",\"enrichment\":{\"n\":123456789012345678}}",
  };
  for (size_t i = 0; i < sizeof k_articles / sizeof *k_articles; i++) {
    assert_true(skim_text(k_articles[i]));
    assert_string_equal(g_uri, "u");
  }
}

static void test_not_sure(void **state) {
  (void)state;
  static const char *const k_texts[] = {
      "",
      "{",
      "[]",
      "null",
      "{}",
      "{\"uri\":\"u\"}",
      "{\"enrichment\":{}}",
      "{\"uri\":7,\"enrichment\":{}}",
      "{\"uri\":\"\",\"enrichment\":{}}",
      "{\"uri\":\" \",\"enrichment\":{}}",
      "{\"uri\":\"a\\nb\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"uri\":\"v\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"enrichment\":{},\"enrichment\":{}}",
      "{\"uri\":\"u\",\"\\u0075ri\":\"v\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"enrichment\":[]}",
      "{\"uri\":\"u\",\"enrichment\":{}}x",
      "{\"uri\":\"u\",\"enrichment\":{}}{}",
      "{\"uri\":\"u\",\"enrichment\":{},}",
      "{\"uri\":\"u\" \"enrichment\":{}}",
      "{\"uri\":\"u\",\"enrichment\":{]}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":[}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":[1,]}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":[1 2]}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\"}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":}}",
      "{\"uri\":\"u\",\"enrichment\":{a:1}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":01}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":-}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":1.}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":.5}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":1e}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":1e999}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":12345678901234567890}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":truth}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":nul}}",
      "{\"uri\":\"u\",\"a\":\"\\x\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"a\":\"\\u12g4\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"a\":\"\\ud83c\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"a\":\"\\u0000\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"a\":\"line\nbreak\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"a\":\"\xff\",\"enrichment\":{}}",
      "{\"uri\":\"u\",\"enrichment\":{\"a\":\"no end}}",
  };
  for (size_t i = 0; i < sizeof k_texts / sizeof *k_texts; i++)
    if (skim_text(k_texts[i])) fail_msg("sure of %s", k_texts[i]);
  static const char k_nul[] = "{\"uri\":\"u\",\"a\":\"\0\",\"enrichment\":{}}";
  assert_false(skim(k_nul, sizeof k_nul - 1));
}

static void test_limits(void **state) {
  (void)state;
  static const char k_json[] = "{\"uri\":\"u\",\"enrichment\":{\"a\":[[1]]}}";
  const wm_article_limits_t four = {.depth_max = 4}, three = {.depth_max = 3}, small = {.bytes_max = sizeof k_json - 2};
  assert_true(wm_article_skim(k_json, sizeof k_json - 1, &four, g_uri));
  assert_false(wm_article_skim(k_json, sizeof k_json - 1, &three, g_uri));
  assert_false(wm_article_skim(k_json, sizeof k_json - 1, &small, g_uri));
  const size_t room = WM_ARTICLE_URI_MAX + 64;
  char *json = malloc(room);
  assert_non_null(json);
  for (size_t n = WM_ARTICLE_URI_MAX; n <= WM_ARTICLE_URI_MAX + 1; n++) {
    size_t at = (size_t)snprintf(json, room, "{\"uri\":\"");
    memset(json + at, 'u', n);
    at += n;
    at += (size_t)snprintf(json + at, room - at, "\",\"enrichment\":{}}");
    assert_int_equal(skim(json, at), n == WM_ARTICLE_URI_MAX);
  }
  free(json);
}

static uint64_t g_random = 1;

static size_t pick(size_t n) {
  g_random = g_random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (size_t)(g_random >> 33) % n;
}

/* Bytes changed, cut out and doubled at random: never sure of what jansson refuses. */
static void test_against_jansson(void **state) {
  (void)state;
  static const char k_seed[] =
      "{\"uri\":\"u:1\",\"headline\":\"A \\\"b\\\" \\u00e9\",\"n\":[1,-2.5e3,true,null,{\"k\":\"v\"}],"
      "\"enrichment\":{\"entities\":[{\"id\":\"e1\",\"mentions\":[[0,4]]}],\"topics\":[]}}";
  static const char k_bytes[] = "{}[],:\"\\u0eE+-.19tfnad \n";
  size_t sure = 0;
  for (int round = 0; round < 200000; round++) {
    char json[2 * sizeof k_seed];
    size_t len = sizeof k_seed - 1;
    memcpy(json, k_seed, len);
    for (size_t changes = 1 + pick(3); changes > 0; changes--) {
      const size_t at = pick(len);
      switch (pick(3)) {
        case 0:
          json[at] = k_bytes[pick(sizeof k_bytes - 1)];
          break;
        case 1:
          memmove(json + at, json + at + 1, --len - at);
          break;
        default:
          memmove(json + at + 1, json + at, len++ - at);
      }
    }
    if (!skim(json, len)) continue;
    sure++;
    json_t *root = json_loadb(json, len, JSON_ALLOW_NUL, NULL);
    if (!root) fail_msg("jansson refuses %.*s", (int)len, json);
    assert_string_equal(json_string_value(json_object_get(root, "uri")), g_uri);
    assert_true(json_is_object(json_object_get(root, "enrichment")));
    json_decref(root);
  }
  assert_true(sure > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_sure), cmocka_unit_test(test_not_sure),
                                     cmocka_unit_test(test_limits), cmocka_unit_test(test_against_jansson)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
