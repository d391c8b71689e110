/* log: every line is one JSON object, whatever goes in; lines of threads do not mix; a noisy site is held back and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

static int g_stderr = -1, g_file = -1;

/* From here to captured() everything on stderr goes into a file. */
static void capture(void) {
  char path[] = "/tmp/wiremill-test-XXXXXX";
  g_file = mkstemp(path);
  assert_true(g_file >= 0);
  unlink(path);
  g_stderr = dup(STDERR_FILENO);
  assert_true(g_stderr >= 0);
  assert_true(dup2(g_file, STDERR_FILENO) >= 0);
}

/* What was written; the caller frees it. */
static char *captured(void) {
  assert_true(dup2(g_stderr, STDERR_FILENO) >= 0);
  close(g_stderr);
  off_t size = lseek(g_file, 0, SEEK_END);
  assert_true(size >= 0);
  char *text = calloc(1, (size_t)size + 1);
  assert_non_null(text);
  assert_int_equal(pread(g_file, text, (size_t)size, 0), size);
  close(g_file);
  return text;
}

/* The line at `*at` as JSON (the caller's); moves on to the next. NULL at the end. */
static json_t *next_line(char **at) {
  if (!**at) return NULL;
  char *end = strchr(*at, '\n');
  assert_non_null(end);
  assert_true(end - *at < WM_LOG_LINE_MAX);
  json_error_t error;
  json_t *line = json_loadb(*at, (size_t)(end - *at), JSON_REJECT_DUPLICATES, &error);
  if (!line) print_error("%s in: %.*s\n", error.text, (int)(end - *at), *at);
  assert_non_null(line);
  *at = end + 1;
  return line;
}

/* The only line of the capture. */
static json_t *only_line(void) {
  char *text = captured(), *at = text;
  json_t *line = next_line(&at);
  assert_non_null(line);
  assert_string_equal(at, "");
  free(text);
  return line;
}

static const char *string_of(const json_t *line, const char *key) {
  const char *s = json_string_value(json_object_get(line, key));
  assert_non_null(s);
  return s;
}

static void test_fields(void **state) {
  (void)state;
  wm_log_init("entities", WM_LOG_INFO);
  capture();
  time_t before = time(NULL);
  wm_log_info("batch committed", WM_LOG_STR("topic", "articles.raw"), WM_LOG_INT("messages", INT64_MIN),
              WM_LOG_REAL("ms", 0.25), WM_LOG_BOOL("last", 1), WM_LOG_STR("none", NULL), WM_LOG_REAL("nan", NAN),
              WM_LOG_REAL("inf", INFINITY));
  time_t after = time(NULL);
  json_t *line = only_line();
  assert_string_equal(string_of(line, "service"), "entities");
  assert_string_equal(string_of(line, "level"), "info");
  assert_string_equal(string_of(line, "event"), "batch committed");
  assert_string_equal(string_of(line, "topic"), "articles.raw");
  assert_true(json_integer_value(json_object_get(line, "messages")) == INT64_MIN);
  assert_true(json_real_value(json_object_get(line, "ms")) == 0.25);
  assert_true(json_is_true(json_object_get(line, "last")));
  assert_true(json_is_null(json_object_get(line, "none")));
  assert_true(json_is_null(json_object_get(line, "nan")));
  assert_true(json_is_null(json_object_get(line, "inf")));
  const char *when = string_of(line, "time");
  struct tm tm = {0};
  const char *rest = strptime(when, "%Y-%m-%dT%H:%M:%S", &tm);
  assert_non_null(rest);
  assert_int_equal(strlen(rest), 5);
  assert_true(rest[0] == '.' && rest[4] == 'Z' && strspn(rest + 1, "0123456789") == 3);
  time_t at = timegm(&tm);
  assert_true(at >= before && at <= after);
  json_decref(line);
}

static void test_escaping(void **state) {
  (void)state;
  capture();
  wm_log_info(
      "odd \"text\"", WM_LOG_STR("a", "quote \" slash \\ nl \n cr \r tab \t bell \a esc \x1b del \x7f"),
      WM_LOG_STR("b", "caf\xC3\xA9 \xF0\x9F\x98\x80"), WM_LOG_STR("c", "bad \xFF \xC3 \xED\xA0\x80 \xC0\xAF end"),
      WM_LOG_STR("d", "line\xE2\x80\xA8sep nel\xC2\x85 rlo\xE2\x80\xAE tag\xF3\xA0\x80\x81"), WM_LOG_STR("k\"ey", "v"));
  char *text = captured(), *at = text;
  for (const char *s = text; s[1]; s++) assert_false((unsigned char)*s < 0x20 || *s == 0x7F);
  assert_null(strstr(text, "\xE2\x80\xA8"));
  assert_null(strstr(text, "\xE2\x80\xAE"));
  assert_non_null(strstr(text, "caf\xC3\xA9 \xF0\x9F\x98\x80"));
  json_t *line = next_line(&at);
  assert_string_equal(string_of(line, "event"), "odd \"text\"");
  assert_string_equal(string_of(line, "a"), "quote \" slash \\ nl \n cr \r tab \t bell \a esc \x1b del \x7f");
  assert_string_equal(string_of(line, "d"), "line\xE2\x80\xA8sep nel\xC2\x85 rlo\xE2\x80\xAE tag\xF3\xA0\x80\x81");
  const char *bad = string_of(line, "c");
  assert_true(strncmp(bad, "bad \xEF\xBF\xBD \xEF\xBF\xBD ", 12) == 0);
  assert_non_null(strstr(bad, " end"));
  assert_string_equal(string_of(line, "k\"ey"), "v");
  json_decref(line);
  free(text);
}

static void test_long_values_are_cut(void **state) {
  (void)state;
  char *longest = malloc(100001);
  assert_non_null(longest);
  for (size_t i = 0; i < 100000; i += 2) memcpy(longest + i, "\xC3\xA9", 2); /* é */
  longest[100000] = '\0';
  capture();
  wm_log_info("long", WM_LOG_STR("a", longest), WM_LOG_INT("n", 7), WM_LOG_STR("b", longest), WM_LOG_STR("c", longest),
              WM_LOG_STR("d", longest), WM_LOG_STR("e", longest));
  json_t *line = only_line();
  const char *a = string_of(line, "a");
  size_t len = strlen(a);
  assert_true(len > 1000 && len < WM_LOG_LINE_MAX);
  assert_string_equal(a + len - 3, "\xE2\x80\xA6");
  assert_int_equal((len - 3) % 2, 0);
  assert_int_equal(json_integer_value(json_object_get(line, "n")), 7);
  assert_non_null(json_object_get(line, "b"));
  assert_true(json_is_true(json_object_get(line, "cut")));
  json_decref(line);
  memset(longest, 1, 100000); /* every byte takes six in JSON */
  capture();
  wm_log_info(longest, WM_LOG_STR(longest, longest));
  json_decref(only_line());
  free(longest);
}

static void test_levels(void **state) {
  (void)state;
  wm_log_init("x", WM_LOG_WARN);
  capture();
  wm_log_debug("no");
  wm_log_info("no");
  wm_log_warn("yes");
  json_t *line = only_line();
  assert_string_equal(string_of(line, "level"), "warn");
  json_decref(line);
  wm_log_init("x", WM_LOG_OFF);
  capture();
  wm_log_error("no");
  wm_error_t err = WM_ERROR_INIT;
  wm_log_failed(WM_LOG_ERROR, &err, "no");
  char *text = captured();
  assert_string_equal(text, "");
  free(text);
  wm_log_init("x", WM_LOG_DEBUG);
  assert_int_equal(wm_log_level_parse("debug"), WM_LOG_DEBUG);
  assert_int_equal(wm_log_level_parse("info"), WM_LOG_INFO);
  assert_int_equal(wm_log_level_parse("warn"), WM_LOG_WARN);
  assert_int_equal(wm_log_level_parse("error"), WM_LOG_ERROR);
  assert_int_equal(wm_log_level_parse("off"), WM_LOG_OFF);
  assert_int_equal(wm_log_level_parse("loud"), -1);
  assert_int_equal(wm_log_level_parse(NULL), -1);
}

static void test_failure(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set(&err, WM_ERR_NOT_JSON, "'}' expected near byte 7");
  capture();
  wm_log_failed(WM_LOG_WARN, &err, "article refused", WM_LOG_INT("offset", 12));
  json_t *line = only_line();
  assert_string_equal(string_of(line, "error"), "not_json");
  assert_string_equal(string_of(line, "class"), "poison");
  assert_string_equal(string_of(line, "reason"), "'}' expected near byte 7");
  assert_int_equal(json_integer_value(json_object_get(line, "offset")), 12);
  json_decref(line);
  static wm_log_site_t site;
  capture();
  wm_log_failure(&site, WM_LOG_ERROR, "no error given", NULL, NULL, 0);
  line = only_line();
  assert_string_equal(string_of(line, "error"), "ok");
  json_decref(line);
}

static void one_site(int i) {
  wm_log_info("noise", WM_LOG_INT("i", i));
}

/* Whatever second the lines fall into: those written and those counted as dropped are all of them. */
static void test_rate_limit(void **state) {
  (void)state;
  enum { LINES = 5000 };
  capture();
  for (int i = 0; i < LINES; i++) one_site(i);
  usleep(1100000);
  one_site(LINES);
  char *text = captured(), *at = text;
  json_t *line, *last = NULL;
  long long written = 0, dropped = 0, limited = 0;
  while ((line = next_line(&at))) {
    written++;
    dropped += json_integer_value(json_object_get(line, "dropped"));
    limited += json_is_true(json_object_get(line, "limited"));
    json_decref(last);
    last = line;
  }
  assert_true(written >= WM_LOG_BURST + 1);
  assert_true(written < LINES);
  assert_true(limited >= 1);
  assert_true(json_integer_value(json_object_get(last, "dropped")) > 0);
  assert_int_equal(written + dropped, LINES + 1);
  json_decref(last);
  free(text);
}

static void *write_lines(void *context) {
  static const char k_text[] =
      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567";
  for (int i = 0; i < 200; i++) {
    wm_log_site_t own = {0}; /* not limited */
    const wm_log_field_t fields[] = {WM_LOG_INT("thread", (intptr_t)context), WM_LOG_INT("i", i),
                                     WM_LOG_STR("a", k_text), WM_LOG_STR("b", k_text), WM_LOG_STR("c", k_text)};
    wm_log_event(&own, WM_LOG_INFO, "line", fields, 5);
    one_site(i);
  }
  return NULL;
}

/* Through a pipe, as a container's log goes. */
static void test_threads(void **state) {
  (void)state;
  enum { THREADS = 4 };
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  pthread_t threads[THREADS];
  for (intptr_t i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, write_lines, (void *)i), 0);
  size_t cap = 4u << 20, len = 0;
  char *text = calloc(1, cap);
  assert_non_null(text);
  int events = 0;
  while (events < THREADS * 200) {
    ssize_t n = read(ends[0], text + len, cap - len - 1);
    assert_true(n > 0);
    len += (size_t)n;
    events = 0;
    for (char *s = text; (s = strstr(s, "\"event\":\"line\"")); s++) events++;
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  dup2(saved, STDERR_FILENO);
  close(saved);
  ssize_t n; /* what was still on its way; the last writer is closed now */
  while ((n = read(ends[0], text + len, cap - len - 1)) > 0) len += (size_t)n;
  close(ends[0]);
  char *at = text;
  json_t *line;
  int seen = 0;
  while ((line = next_line(&at))) {
    seen += strcmp(string_of(line, "event"), "line") == 0;
    json_decref(line);
  }
  assert_int_equal(seen, THREADS * 200);
  free(text);
}

static void test_errno_is_kept(void **state) {
  (void)state;
  int saved = dup(STDERR_FILENO);
  close(STDERR_FILENO);
  errno = EDOM;
  wm_log_info("nobody listens");
  int seen = errno;
  dup2(saved, STDERR_FILENO);
  close(saved);
  assert_int_equal(seen, EDOM);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields),  cmocka_unit_test(test_escaping),      cmocka_unit_test(test_long_values_are_cut),
      cmocka_unit_test(test_levels),  cmocka_unit_test(test_failure),       cmocka_unit_test(test_rate_limit),
      cmocka_unit_test(test_threads), cmocka_unit_test(test_errno_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
