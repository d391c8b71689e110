/* Items, filters, formats, signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/html.h"
#include "services/deliver/filter.h"
#include "services/deliver/format.h"
#include "services/deliver/sign.h"

static const char k_article[] =
    "{\"uri\":\"urn:x:1\",\"headline\":\"A <b> treaty\",\"body_text\":\"First & "
    "last.\\n\\nSecond\\nline.\",\"published\":\"2026-01-02T03:04:05+01:00\","
    "\"slugline\":\"slug\",\"urgency\":3,\"associations\":{\"featured\":{\"guid\":\"p\"}},\"service\":[{\"code\":\"a\","
    "\"name\":\"A\"}],"
    "\"subject\":[{\"code\":\"20000641\",\"name\":\"double\"},{\"code\":\"77\",\"name\":\"own\"}],"
    "\"enrichment\":{\"schema\":\"1.0\",\"language\":{\"code\":\"en\",\"confidence\":99},"
    "\"entities\":[{\"id\":\"e1\",\"type\":\"person\",\"name\":\"Ann\",\"relevance\":80,\"confidence\":90,\"wikidata\":"
    "\"Q5\",\"mentions\":[]},"
    "{\"id\":\"e2\",\"type\":\"place\",\"name\":\"Russia\",\"relevance\":40,\"confidence\":90,\"mentions\":[]},"
    "{\"id\":\"e3\",\"type\":\"organisation\",\"name\":\"Kisumu Ferries\",\"relevance\":30,\"confidence\":100,"
    "\"house\":\"org:42\",\"listed\":true,\"mentions\":[]}],"
    "\"countries\":[{\"code\":\"RU\",\"name\":\"Russia\",\"relevance\":97,\"confidence\":95,\"focus\":true,"
    "\"evidence\":[{\"text\":\"Russia\",\"kind\":\"country\",\"entity\":\"e2\"}]},"
    "{\"code\":\"US\",\"name\":\"United States\",\"relevance\":20,\"confidence\":95,\"focus\":false,\"evidence\":[]}],"
    "\"topics\":[{\"qcode\":\"medtop:20000641\",\"name\":\"treaty\",\"relevance\":60,\"confidence\":50,"
    "\"path\":[\"medtop:11000000\",\"medtop:20000641\"]}],\"processing\":[]}}";

static wm_article_t *g_article;
static const wm_origin_t k_origin = {.timestamp_ms = 1700000000000, .partition = 1, .offset = 5};

static wm_item_t item_of(const char *json) {
  wm_item_t item;
  assert_int_equal(wm_article_parse(g_article, json, strlen(json), NULL, NULL), WM_OK);
  wm_item_read(g_article, &k_origin, &item);
  return item;
}

static void test_version(void **state) {
  (void)state;
  const wm_origin_t later = {.timestamp_ms = 1700000001000, .offset = 1},
                    next = {.timestamp_ms = 1700000000999, .offset = 6};
  const wm_origin_t odd = {.timestamp_ms = -5, .offset = 3}, far = {.timestamp_ms = INT64_MAX, .offset = INT64_MAX};
  assert_true(wm_item_version(&k_origin) < wm_item_version(&next)); /* the same second: the offset decides */
  assert_true(wm_item_version(&next) < wm_item_version(&later));
  assert_int_equal(wm_item_version(&odd), 3);
  assert_int_equal(wm_item_version(&far), INT64_MAX);
}

static bool wants(const wm_filter_t *filter) {
  const wm_item_t item = item_of(k_article);
  return wm_filter_wants(filter, &item);
}

#define LIST(...) \
  { .items = (const char *[]){__VA_ARGS__}, .n = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *) }

static void test_filter(void **state) {
  (void)state;
  assert_true(wants(&(wm_filter_t){0}));
  assert_true(wants(&(wm_filter_t){.topics = LIST("medtop:11000000")})); /* below it */
  assert_true(wants(&(wm_filter_t){.topics = LIST("medtop:01000000", "medtop:20000641")}));
  assert_false(wants(&(wm_filter_t){.topics = LIST("medtop:01000000")}));
  assert_false(wants(&(wm_filter_t){.topics = LIST("medtop:11000000"), .topic_relevance = 61}));
  assert_true(wants(&(wm_filter_t){.topic_relevance = 60}));
  assert_true(wants(&(wm_filter_t){.countries = LIST("US")}));
  assert_false(wants(&(wm_filter_t){.countries = LIST("US"), .focus = true}));
  assert_false(wants(&(wm_filter_t){.countries = LIST("US"), .country_relevance = 30}));
  assert_true(wants(&(wm_filter_t){.countries = LIST("RU", "US"), .focus = true}));
  assert_true(wants(&(wm_filter_t){.focus = true}));
  assert_true(wants(&(wm_filter_t){.types = LIST("person"), .entity_relevance = 80}));
  assert_false(wants(&(wm_filter_t){.types = LIST("place"), .entity_relevance = 80}));
  assert_false(wants(&(wm_filter_t){.types = LIST("event")}));
  assert_true(wants(&(wm_filter_t){.languages = LIST("de", "en")}));
  assert_false(wants(&(wm_filter_t){.languages = LIST("de")}));
  assert_false(wants(&(wm_filter_t){.languages = LIST("en"), .countries = LIST("FR")})); /* all of them must hold */
}

static json_t *written(wm_err_t rc, wm_buffer_t *out) {
  assert_int_equal(rc, WM_OK);
  json_t *root = json_loadb(out->data, out->len, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(root);
  wm_buffer_clear(out);
  return root;
}

static const char *text_at(json_t *root, const char *list, size_t i, const char *member) {
  return json_string_value(json_object_get(json_array_get(json_object_get(root, list), i), member));
}

static void test_ninjs(void **state) {
  (void)state;
  wm_buffer_t out;
  wm_buffer_init(&out, 1 << 20);
  const wm_item_t item = item_of(k_article);
  json_t *root = written(wm_format_ninjs(&item, &out, NULL), &out);
  assert_string_equal(json_string_value(json_object_get(root, "version")), item.version_text);
  assert_string_equal(json_string_value(json_object_get(root, "firstCreated")), "2026-01-02T02:04:05Z");
  assert_string_equal(json_string_value(json_object_get(root, "versionCreated")), "2023-11-14T22:13:20Z");
  assert_string_equal(text_at(root, "subjects", 0, "uri"), "http://cv.iptc.org/newscodes/mediatopic/20000641");
  assert_string_equal(text_at(root, "subjects", 1, "rel"), "about");
  assert_string_equal(text_at(root, "subjects", 2, "rel"), "mentions");
  assert_string_equal(text_at(root, "people", 0, "uri"), "http://www.wikidata.org/entity/Q5");
  assert_string_equal(text_at(root, "people", 0, "literal"), "Q5");
  assert_string_equal(text_at(root, "organisations", 0, "literal"), "org:42"); /* of the newsroom's list */
  assert_null(text_at(root, "organisations", 0, "uri"));
  assert_int_equal(json_array_size(json_object_get(root, "places")), 2); /* Russia once, as the country */
  assert_string_equal(text_at(root, "places", 0, "uri"), "http://cvx.iptc.org/iso3166-1a2/RU");
  json_decref(root);
}

static void test_superdesk(void **state) {
  (void)state;
  wm_buffer_t out;
  wm_buffer_init(&out, 1 << 20);
  const wm_item_t item = item_of(k_article);
  json_t *root = written(wm_format_superdesk(&item, "topics", &out, NULL), &out);
  assert_string_equal(json_string_value(json_object_get(root, "body_html")),
                      "<p>First &amp; last.</p><p>Second line.</p>");
  assert_string_equal(json_string_value(json_object_get(root, "firstcreated")), "2026-01-02T02:04:05+0000");
  assert_string_equal(text_at(root, "subject", 0, "scheme"), "topics");
  assert_string_equal(text_at(root, "subject", 0, "name"), "treaty");
  assert_string_equal(text_at(root, "subject", 1, "code"), "77");
  assert_int_equal(json_array_size(json_object_get(root, "subject")), 2);
  assert_string_equal(text_at(root, "place", 0, "code"), "RU");
  assert_string_equal(text_at(root, "service", 0, "code"), "a");
  assert_non_null(json_object_get(json_object_get(root, "associations"), "featured"));
  assert_int_equal(json_integer_value(json_object_get(root, "urgency")), 3);
  assert_string_equal(json_string_value(json_array_get(json_object_get(root, "keywords"), 0)), "Ann");
  json_decref(root);
}

/* An article that says itself that it is cancelled or withheld does not come out as usable. */
static void test_status(void **state) {
  (void)state;
  static const struct {
    const char *in, *ninjs, *superdesk;
  } k_cases[] = {{"{\"uri\":\"u\",\"text\":\"t\"}", "usable", "usable"},
                 {"{\"uri\":\"u\",\"text\":\"t\",\"pubstatus\":\"canceled\"}", "canceled", "canceled"},
                 {"{\"uri\":\"u\",\"text\":\"t\",\"pubStatus\":\"withheld\"}", "withheld", "canceled"},
                 {"{\"uri\":\"u\",\"text\":\"t\",\"pubStatus\":\"corrected\"}", "usable", "usable"}};
  for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
    wm_buffer_t out;
    wm_buffer_init(&out, 1 << 20);
    const wm_item_t item = item_of(k_cases[i].in);
    json_t *root = written(wm_format_ninjs(&item, &out, NULL), &out);
    assert_string_equal(json_string_value(json_object_get(root, "pubStatus")), k_cases[i].ninjs);
    json_decref(root);
    root = written(wm_format_superdesk(&item, "s", &out, NULL), &out);
    assert_string_equal(json_string_value(json_object_get(root, "pubstatus")), k_cases[i].superdesk);
    json_decref(root);
  }
}

static void test_uris(void **state) {
  (void)state;
  static const struct {
    const char *in, *out;
  } k_cases[] = {{"http://a.b/c?d=e#f", "http://a.b/c?d=e#f"},
                 {"plain", "urn:wiremill:plain"},
                 {"a b\xc3\xa9", "urn:wiremill:a%20b%C3%A9"},
                 {"x:%zz#1#2", "x:%25zz#1%232"},
                 {"9:x", "urn:wiremill:9:x"},
                 {"tag:[1]", "tag:%5B1%5D"}};
  for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
    wm_buffer_t out;
    wm_json_t j;
    char expected[200];
    wm_buffer_init(&out, 1000);
    wm_json_begin(&j, &out, NULL);
    wm_item_write_uri(&j, NULL, k_cases[i].in);
    snprintf(expected, sizeof expected, "\"%s\"", k_cases[i].out);
    assert_string_equal(out.data, expected);
    wm_buffer_clear(&out);
  }
}

/* Newsroom wants guid and type of whatever is pushed, and hides what is canceled. */
static void test_withdrawn(void **state) {
  (void)state;
  wm_buffer_t out;
  wm_buffer_init(&out, 1 << 20);
  assert_int_equal(wm_format_superdesk_withdrawn("urn:x:\"1", 77, 1700000000000, &out, NULL), WM_OK);
  assert_string_equal(out.data,
                      "{\"guid\":\"urn:x:\\\"1\",\"type\":\"text\",\"version\":\"77\",\"versioncreated\":"
                      "\"2023-11-14T22:13:20+0000\",\"pubstatus\":\"canceled\"}");
  wm_buffer_reset(&out);
  assert_int_equal(wm_format_superdesk_withdrawn("u", 1, -1, &out, NULL), WM_OK);
  assert_string_equal(out.data, "{\"guid\":\"u\",\"type\":\"text\",\"version\":\"1\",\"pubstatus\":\"canceled\"}");
  wm_buffer_clear(&out);
}

static void test_times(void **state) {
  (void)state;
  int64_t ms;
  char text[WM_TIME_TEXT_MAX];
  assert_true(wm_time_read("1970-01-01T00:00:01.25Z", &ms));
  assert_int_equal(ms, 1250);
  assert_true(wm_time_read("1970-01-01T01:00:00+0100", &ms));
  assert_int_equal(ms, 0);
  assert_true(wm_time_read("2024-02-29T23:59:59-00:30", &ms));
  wm_time_write(ms, "Z", text);
  assert_string_equal(text, "2024-03-01T00:29:59Z");
  const char *const bad[] = {"",
                             "2023-02-29T00:00:00Z",
                             "2023-01-01",
                             "2023-01-01T00:00:00",
                             "2023-13-01T00:00:00Z",
                             "2023-01-01T00:00:00.Z",
                             "2023-01-01T00:00:00+1:00",
                             "yesterday, at noon, or"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(wm_time_read(bad[i], &ms));
  assert_false(wm_time_read(NULL, &ms));
}

/* The vector of HMAC-SHA1 is RFC 2202, test case 2; both kinds are checked by Python in the integration tests. */
static void test_signatures(void **state) {
  (void)state;
  char out[WM_SIGN_TEXT_MAX];
  wm_signer_t *sha1 = wm_signer_new("SHA1", "Jefe", 4), *sha256 = wm_signer_new("SHA256", "Jefe", 4);
  assert_non_null(sha1);
  assert_non_null(sha256);
  assert_int_equal(wm_sign_superdesk(sha1, "another", 7, out, NULL), WM_OK);
  assert_int_equal(wm_sign_superdesk(sha1, "what do ya want for nothing?", 28, out, NULL), WM_OK);
  assert_string_equal(out, "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  assert_int_equal(wm_sign_webhook(sha256, "what do ya want for nothing?", "", "", 0, out, NULL), WM_OK);
  assert_memory_equal(out, "v1,", 3);
  assert_int_equal(strlen(out), 3 + 44);
  wm_signer_destroy(sha1);
  wm_signer_destroy(sha256);
}

static int open_all(void **state) {
  (void)state;
  wm_html_init();
  g_article = wm_article_new(NULL);
  return g_article ? 0 : 1;
}

static int close_all(void **state) {
  (void)state;
  wm_article_destroy(g_article);
  wm_html_cleanup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_version),    cmocka_unit_test(test_filter),    cmocka_unit_test(test_ninjs),
      cmocka_unit_test(test_superdesk),  cmocka_unit_test(test_uris),      cmocka_unit_test(test_times),
      cmocka_unit_test(test_signatures), cmocka_unit_test(test_withdrawn), cmocka_unit_test(test_status)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
