/* The targets file: what is read, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/deliver/target.h"

static wm_err_t parse(const char *text, wm_targets_t *out, wm_error_t *err) {
  *err = (wm_error_t)WM_ERROR_INIT;
  return wm_targets_parse(text, strlen(text), "t.json", "articles.enriched", "wiremill-deliver", out, err);
}

/* The file with this one target must be refused, with `words` in the text. */
static void refused(const char *target, const char *words) {
  char text[4096];
  wm_targets_t targets;
  wm_error_t err;
  snprintf(text, sizeof text, "{\"targets\":[%s]}", target);
  wm_err_t rc = parse(text, &targets, &err);
  if (rc == WM_OK || !strstr(err.text, words)) print_error("%s\n  says: %s\n  not: %s\n", target, err.text, words);
  assert_int_equal(rc, WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, words));
  assert_null(targets.items);
}

static void test_all_types(void **state) {
  (void)state;
  wm_targets_t targets;
  wm_error_t err;
  setenv("TEST_DELIVER_KEY", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==", 1);
  const char *text =
      "{\"targets\":[{\"name\":\"a\",\"type\":\"kafka\",\"topic\":\"ninjs\"},"
      "{\"name\":\"b\",\"type\":\"superdesk\",\"url\":\"http://newsroom:5050/\"},"
      "{\"name\":\"c\",\"type\":\"webhook\",\"url\":\"https://cms/hook\",\"secret_env\":\"TEST_DELIVER_KEY\","
      "\"headers\":{\"X-Tenant\":\"7\"},\"format\":\"ninjs\",\"in_flight\":2,\"group\":\"own\",\"dead_letters\":"
      "\"dead\"},"
      "{\"name\":\"d\",\"type\":\"opensearch\",\"url\":\"http://os:9200\",\"index\":\"news\"},"
      "{\"name\":\"e\",\"type\":\"file\",\"path\":\"/tmp/x.ndjson\",\"fsync\":\"never\","
      "\"filter\":{\"topics\":[\"medtop:11000000\"],\"countries\":[\"RU\",\"XK\"],\"focus\":true,"
      "\"entity_types\":[\"person\"],\"languages\":[\"en\"],\"topic_relevance\":30}}]}";
  wm_err_t rc = parse(text, &targets, &err);
  if (rc != WM_OK) print_error("%s\n", err.text);
  assert_int_equal(rc, WM_OK);
  assert_int_equal(targets.n, 5);
  const wm_target_t *t = targets.items;
  assert_int_equal(t[0].format, WM_FORMAT_NINJS);
  assert_string_equal(t[0].group, "wiremill-deliver-a");
  assert_string_equal(t[0].dead_letters, "articles.dlq.a");
  assert_string_equal(t[1].url, "http://newsroom:5050/push");
  assert_int_equal(t[1].tries, 0);
  assert_int_equal(t[2].format, WM_FORMAT_NINJS);
  assert_int_equal(t[2].tries, 12);
  assert_int_equal(t[2].in_flight, 2);
  assert_int_equal(t[2].secret_len, 16);
  assert_memory_equal(t[2].secret, "0123456789abcdef", 16);
  assert_string_equal(t[2].headers.items[0], "X-Tenant: 7");
  assert_string_equal(t[2].group, "own");
  assert_string_equal(t[2].dead_letters, "dead");
  assert_non_null(strstr(t[3].url, "http://os:9200/_bulk?"));
  assert_int_equal(t[3].batch, 500);
  assert_int_equal(t[4].fsync, WM_FSYNC_NEVER);
  assert_int_equal(t[4].filter.countries.n, 2);
  assert_true(t[4].filter.focus);
  assert_int_equal(t[4].filter.topic_relevance, 30);
  wm_targets_clear(&targets);
}

static void test_refused(void **state) {
  (void)state;
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\",\"filtr\":{}}",
          "unknown member \"filtr\"; did you mean filter?");
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\",\"filter\":{\"topic\":[]}}", "did you mean topics?");
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\",\"url\":\"http://x\"}",
          "targets of this type have no member \"url\"");
  refused("{\"name\":\"a\",\"type\":\"file\"}", "path is missing");
  refused("{\"name\":\"a\"}", "type is missing");
  refused("{\"name\":\"a\",\"type\":\"ftp\"}", "\"ftp\" is none of kafka");
  refused("7", "must be an object");
  refused("{\"name\":\"A b\",\"type\":\"file\",\"path\":\"x\"}", "only a to z");
  refused("{\"name\":\"a\",\"type\":\"kafka\",\"topic\":\"articles.enriched\"}", "round in circles");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"ftp://x\"}", "must begin with http");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://user:pw@x\"}", "do not belong in here");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"in_flight\":0}",
          "in_flight: must be a whole number from 1 to 256");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"headers\":{\"Authorization\":\"x\"}}",
          "is a secret");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"headers\":{\"A\":\"x\\r\\ny\"}}",
          "is no header");
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\",\"filter\":{\"topics\":[\"politics\"]}}",
          "is not a Media Topic");
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\",\"filter\":{\"countries\":[\"RUS\"]}}",
          "is not an ISO 3166-1 code");
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\",\"filter\":{\"entity_types\":[\"people\"]}}",
          "is none of person|");
  refused("{\"name\":\"a\",\"type\":\"opensearch\",\"url\":\"http://x\",\"index\":\"News\"}", "is no name of an index");
  refused("{\"name\":\"a\",\"type\":\"opensearch\",\"url\":\"http://x\",\"index\":\"n\",\"user\":\"u\"}",
          "go together");
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\"},{\"name\":\"a\",\"type\":\"file\",\"path\":\"y\"}",
          "another target has this name");
  refused("{\"name\":\"a\",\"type\":\"file\",\"path\":\"x\"},{\"name\":\"b\",\"type\":\"file\",\"path\":\"x\"}",
          "writes the same file");
}

static void test_secrets(void **state) {
  (void)state;
  unsetenv("TEST_DELIVER_NONE");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"secret_env\":\"TEST_DELIVER_NONE\"}",
          "TEST_DELIVER_NONE is not set");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"secret_env\":\"WM_KEY\"}", "begin with WM_");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"secret_file\":\"/nonexistent/key\"}",
          "/nonexistent/key: No such file");
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"secret\":\"plain\"}",
          "unknown member \"secret\"; did you mean secret_");
  setenv("TEST_DELIVER_KEY", "whsec_short", 1);
  refused("{\"name\":\"a\",\"type\":\"webhook\",\"url\":\"http://x\",\"secret_env\":\"TEST_DELIVER_KEY\"}", "whsec_");
  char path[] = "/tmp/wm-target-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "from a file\n", 12), 12);
  close(fd);
  char text[512];
  wm_targets_t targets;
  wm_error_t err;
  snprintf(text, sizeof text,
           "{\"targets\":[{\"name\":\"a\",\"type\":\"superdesk\",\"url\":\"http://x\",\"secret_file\":\"%s\"}]}", path);
  assert_int_equal(parse(text, &targets, &err), WM_OK);
  assert_string_equal(targets.items[0].secret, "from a file");
  wm_targets_clear(&targets);
  unlink(path);
}

static void test_whole_file(void **state) {
  (void)state;
  wm_targets_t targets;
  wm_error_t err;
  assert_int_equal(parse("{\n \"targets\": [\n  {\"name\" \"a\"}]}", &targets, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "t.json:3:"));
  assert_int_equal(parse("{\"targets\":[]}", &targets, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "has 0 targets"));
  assert_int_equal(parse("{\"targets\":[{\"name\":\"a\",\"name\":\"b\"}]}", &targets, &err), WM_ERR_CONFIG);
  assert_int_equal(parse("{\"target\":[]}", &targets, &err), WM_ERR_CONFIG);
  err = (wm_error_t)WM_ERROR_INIT;
  assert_int_equal(wm_targets_read("/nonexistent/targets.json", "in", "g", &targets, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "WM_TARGETS"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_types), cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_secrets), cmocka_unit_test(test_whole_file)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
