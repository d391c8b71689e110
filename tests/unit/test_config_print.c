/* config: what --help, --dump-config and docs/config.md show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "tests/unit/config_fixture.h"

/* What `print` writes; the caller frees it. */
static char *printed(const wm_config_t *c, void (*print)(const wm_config_t *, FILE *)) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  assert_non_null(out);
  print(c, out);
  assert_int_equal(fclose(out), 0);
  return text;
}

static void test_help(void **state) {
  (void)state;
  wm_config_t *c = LOAD(LIST("--help"), NULL);
  char *text = printed(c, wm_config_print_help);
  assert_true(strncmp(text, "Tests the configuration.\n\nUsage: wiremill-test [OPTION...]\n\nKafka:\n", 67) == 0);
  assert_non_null(strstr(
      text, "  --topic-in TOPIC            topic that articles are read from (default: articles.raw; WM_TOPIC_IN)\n"));
  assert_non_null(strstr(text, "  --workers N                 threads (1 to 64; default: 1; WM_WORKERS)\n"));
  assert_non_null(strstr(text, "  --[no-]keep-html            keep the HTML (default: no; WM_KEEP_HTML)\n"));
  assert_non_null(strstr(text, "  --topic-out TOPIC           topic to write to (WM_TOPIC_OUT)\n"));
  assert_non_null(
      strstr(text, "  WM_API_KEY                  key of the API (secret: by variable only, or WM_API_KEY_FILE"));
  assert_non_null(strstr(text, "--kafka PROPERTY=VALUE"));
  assert_non_null(strstr(text, "\n  --help "));
  assert_non_null(strstr(text, "\nExample:\n  wiremill-test --workers 2\n"));
  assert_non_null(strstr(text, "Exit codes: 0 ok, 1 failed, 64 wrong usage"));
  for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
    if (strcspn(line, "\n") > 100) fail_msg("wider than 100 columns: %.*s", (int)strcspn(line, "\n"), line);
  free(text);
  wm_config_destroy(c);
}

static void test_markdown(void **state) {
  (void)state;
  wm_config_t *c = LOAD(NULL, NULL);
  char *text = printed(c, wm_config_print_markdown);
  assert_true(strncmp(text, "### Kafka\n\n| Flag | Variable |", 30) == 0);
  assert_non_null(strstr(text, "| `--workers` | `WM_WORKERS` | integer, 1 to 64 | `1` | threads |\n"));
  assert_non_null(strstr(text, "| `--log-level` | `WM_LOG_LEVEL` | one of `debug\\|info\\|warn` | `info` |"));
  assert_non_null(strstr(text, "| | `WM_API_KEY`, `WM_API_KEY_FILE` | secret |  | key of the API |\n"));
  assert_non_null(strstr(text, "| `--commit-ms` | `WM_COMMIT_MS` | time, 1ms to 1m | `100ms` |"));
  assert_non_null(strstr(text, "| `--article-bytes` | `WM_ARTICLE_BYTES` | size, 1KiB to 64MiB | `8MiB` |"));
  free(text);
  wm_config_destroy(c);
  c = LOAD(LIST("--dump-config=markdown"), NULL);
  assert_int_equal(wm_config_action(c), WM_CONFIG_DUMP);
  text = printed(c, wm_config_print_dump);
  assert_true(strncmp(text, "### Kafka\n", 10) == 0);
  free(text);
  wm_config_destroy(c);
}

static void test_summary_of_paragraphs(void **state) {
  (void)state;
  static const wm_config_program_t k_long = {
      .program = "p",
      .version = "1",
      .summary =
          "A first line that is so long that it must be wrapped, because no terminal is wide enough for it, or so.\n\n"
          "  laid  out\nlast",
      .usage = "p"};
  wm_config_t *c = load_program(&k_long, NULL, NULL, WM_OK);
  char *text = printed(c, wm_config_print_help);
  static const char k_start[] =
      "A first line that is so long that it must be wrapped, because no terminal is wide enough for it, or\nso.\n\n"
      "  laid  out\nlast\n\nUsage: p\n";
  assert_true(strncmp(text, k_start, sizeof k_start - 1) == 0);
  free(text);
  wm_config_destroy(c);
}

/* Reads what --dump-config wrote with a shell and gives it back as an environment; the caller frees the text, which holds it. */
static char *read_back(const char *dump, char *env[], size_t cap) {
  char path[] = "/tmp/wiremill-test-XXXXXX", command[128], *text = calloc(1, 1 << 16);
  assert_non_null(text);
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  write_file(path, dump, strlen(dump));
  snprintf(command, sizeof command, "env -i sh -c 'set -a; . %s; env -0'", path);
  FILE *in = popen(command, "r");
  assert_non_null(in);
  size_t len = fread(text, 1, (1 << 16) - 1, in), n = 0;
  assert_int_equal(pclose(in), 0);
  unlink(path);
  for (size_t at = 0; at < len; at += strlen(text + at) + 1) {
    assert_true(n + 1 < cap);
    env[n++] = text + at;
  }
  env[n] = NULL;
  return text;
}

static void test_dump(void **state) {
  (void)state;
  const char *const *env = LIST("WM_TOPIC_OUT=odd \"topic\" $HOME `x` \\ 'y'", "WM_API_KEY=hush",
                                "WM_KAFKA_SASL_PASSWORD=hush", "WM_KAFKA_CLIENT_ID=a b", "WM_LOG_LEVEL=warn");
  wm_config_t *c = LOAD(LIST("--workers", "3", "--http-listen", "off", "--kafka", "linger.ms=7", "--dump-config"), env);
  char *text = printed(c, wm_config_print_dump);
  assert_non_null(strstr(text, "# default\nWM_TOPIC_IN=articles.raw\n"));
  assert_non_null(strstr(text, "# from --workers\nWM_WORKERS=3\n"));
  assert_non_null(strstr(text, "# from the environment\nWM_LOG_LEVEL=warn\n"));
  assert_non_null(strstr(text, "# not set\n#WM_OFFSET=\n"));
  assert_non_null(strstr(text, "\n#WM_API_KEY=***\n"));
  assert_non_null(strstr(text, "\n#WM_KAFKA_SASL_PASSWORD=***\n"));
  assert_non_null(strstr(text, "from --kafka linger.ms\nWM_KAFKA_LINGER_MS=7\n"));
  assert_non_null(strstr(text, "\nWM_HTTP_LISTEN=off\n"));
  assert_null(strstr(text, "hush"));
  char *again[64];
  char *holder = read_back(text, again, 64);
  wm_config_t *d = LOAD(NULL, (const char *const *)again);
  for (size_t i = 0; i < N_ROWS; i++) {
    const char *before = wm_config_string(c, k_rows[i].key), *after = wm_config_string(d, k_rows[i].key);
    if (k_rows[i].flags & WM_CONFIG_SECRET) continue;
    assert_string_equal(before ? before : "(none)", after ? after : "(none)");
  }
  const char *value;
  assert_string_equal(wm_config_kafka(d, 0, &value, NULL), "client.id");
  assert_string_equal(value, "a b");
  assert_string_equal(wm_config_kafka(d, 1, &value, NULL), "linger.ms");
  assert_null(wm_config_kafka(d, 2, &value, NULL));
  wm_config_destroy(d);
  wm_config_destroy(c);
  free(holder);
  free(text);
}

static void test_dump_names_secret_files(void **state) {
  (void)state;
  char path[] = "/tmp/wiremill-test-XXXXXX", variable[64], kafka[64], line[80];
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  write_file(path, "hush\n", 5);
  snprintf(variable, sizeof variable, "WM_API_KEY_FILE=%s", path);
  snprintf(kafka, sizeof kafka, "WM_KAFKA_SSL_KEY_PASSWORD_FILE=%s", path);
  wm_config_t *c = LOAD(NULL, LIST(variable, kafka));
  char *text = printed(c, wm_config_print_dump);
  snprintf(line, sizeof line, "\n%s\n", variable);
  assert_non_null(strstr(text, line));
  snprintf(line, sizeof line, "\n%s\n", kafka);
  assert_non_null(strstr(text, line));
  assert_null(strstr(text, "hush"));
  free(text);
  wm_config_destroy(c);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_help),
      cmocka_unit_test(test_markdown),
      cmocka_unit_test(test_summary_of_paragraphs),
      cmocka_unit_test(test_dump),
      cmocka_unit_test(test_dump_names_secret_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
