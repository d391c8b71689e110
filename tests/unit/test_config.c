/* config: one table, three sources, and errors that a person can act on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <sys/wait.h>

#include "common/listen.h"
#include "tests/unit/config_fixture.h"

/* Loading must fail with `code`, and the text must say each of the words. */
static void expect_error_of(const wm_config_program_t *program, const char *const *args, const char *const *env,
                            wm_err_t code, const char *const *words) {
  wm_config_destroy(load_program(program, args, env, code));
  for (; *words; words++) {
    if (!strstr(g_err.text, *words)) print_error("\"%s\" is not in: %s\n", *words, g_err.text);
    assert_non_null(strstr(g_err.text, *words));
  }
}
#define EXPECT_USAGE(args_, ...) expect_error_of(&k_program, args_, NULL, WM_ERR_USAGE, LIST(__VA_ARGS__))
#define EXPECT_CONFIG(env_, ...) expect_error_of(&k_program, NULL, env_, WM_ERR_CONFIG, LIST(__VA_ARGS__))

static void test_defaults(void **state) {
  (void)state;
  wm_config_t *c = LOAD(NULL, NULL);
  assert_string_equal(wm_config_string(c, "topic.in"), "articles.raw");
  assert_null(wm_config_string(c, "topic.out"));
  assert_int_equal(wm_config_int(c, "workers"), 1);
  assert_int_equal(wm_config_int(c, "commit.ms"), 100);
  assert_int_equal(wm_config_int(c, "article.bytes"), 8 << 20);
  assert_false(wm_config_bool(c, "keep.html"));
  assert_string_equal(wm_config_string(c, "http.listen"), "127.0.0.1:9101");
  assert_false(wm_config_is_set(c, "topic.in"));
  assert_int_equal(wm_config_action(c), WM_CONFIG_RUN);
  assert_null(wm_config_kafka(c, 0, NULL, NULL));
  wm_config_destroy(c);
}

static void test_precedence(void **state) {
  (void)state;
  const char *const *env =
      LIST("WM_TOPIC_IN=from.env", "WM_TOPIC_OUT=out.env", "WM_WORKERS=", "HOME=/", "WMX=1", "odd");
  wm_config_t *c = LOAD(LIST("--topic-in", "first", "--topic-in=from.flag"), env);
  assert_string_equal(wm_config_string(c, "topic.in"), "from.flag");
  assert_string_equal(wm_config_string(c, "topic.out"), "out.env");
  assert_int_equal(wm_config_int(c, "workers"), 1);
  assert_true(wm_config_is_set(c, "topic.in"));
  assert_true(wm_config_is_set(c, "topic.out"));
  assert_false(wm_config_is_set(c, "workers"));
  wm_config_destroy(c);
}

static void test_flag_forms(void **state) {
  (void)state;
  wm_config_t *c = LOAD(LIST("--keep-html", "--workers=64", "--offset", "-7", "--commit-ms", "2s", "--article-bytes",
                             "64KiB", "--http-listen=off", "--log-level", "warn"),
                        NULL);
  assert_true(wm_config_bool(c, "keep.html"));
  assert_int_equal(wm_config_int(c, "workers"), 64);
  assert_int_equal(wm_config_int(c, "offset"), -7);
  assert_int_equal(wm_config_int(c, "commit.ms"), 2000);
  assert_int_equal(wm_config_int(c, "article.bytes"), 65536);
  assert_string_equal(wm_config_string(c, "http.listen"), "");
  assert_string_equal(wm_config_string(c, "log.level"), "warn");
  wm_config_destroy(c);
  c = LOAD(LIST("--no-keep-html"), LIST("WM_KEEP_HTML=on"));
  assert_false(wm_config_bool(c, "keep.html"));
  wm_config_destroy(c);
  c = LOAD(LIST("--keep-html=off", "--commit-ms=1m", "--http-listen", "[::1]:0"), LIST("WM_KEEP_HTML=on"));
  assert_false(wm_config_bool(c, "keep.html"));
  assert_int_equal(wm_config_int(c, "commit.ms"), 60000);
  assert_string_equal(wm_config_string(c, "http.listen"), "[::1]:0");
  wm_config_destroy(c);
}

static void test_operands(void **state) {
  (void)state;
  size_t n;
  wm_config_t *c = load_program(&k_plain, LIST("a.json", "-", "--workers", "2", "--", "--b"), NULL, WM_OK);
  const char *const *operands = wm_config_operands(c, &n);
  assert_int_equal(n, 3);
  assert_string_equal(operands[0], "a.json");
  assert_string_equal(operands[1], "-");
  assert_string_equal(operands[2], "--b");
  assert_int_equal(wm_config_int(c, "workers"), 2);
  wm_config_destroy(c);
  EXPECT_USAGE(LIST("a.json"), "unexpected argument", "\"a.json\"");
  EXPECT_USAGE(LIST("--", "--workers"), "unexpected argument", "\"--workers\"");
}

static void test_unknown_names(void **state) {
  (void)state;
  EXPECT_USAGE(LIST("--topc-in", "x"), "unknown option --topc-in; did you mean --topic-in? See --help");
  EXPECT_USAGE(LIST("--topic-in-x=1"), "did you mean --topic-in?");
  EXPECT_USAGE(LIST("--no-keep-htm"), "did you mean --no-keep-html?");
  EXPECT_USAGE(LIST("--hlep"), "did you mean --help?");
  EXPECT_USAGE(LIST("--http"), "did you mean --http-listen?");
  EXPECT_USAGE(LIST("--no-workers"), "unknown option --no-workers");
  EXPECT_USAGE(LIST("-w"), "unknown option \"-w\"", "two dashes");
  EXPECT_USAGE(LIST("--zzzzzzzz"), "unknown option --zzzzzzzz. See --help");
  assert_null(strstr(g_err.text, "did you mean"));
  EXPECT_CONFIG(LIST("WM_WORKER=3"), "unknown variable", "WM_WORKER\"", "did you mean WM_WORKERS?");
  EXPECT_CONFIG(LIST("WM_TOPCI_IN=3"), "did you mean WM_TOPIC_IN?");
  EXPECT_CONFIG(LIST("WM_API_KEY_FIEL=3"), "did you mean WM_API_KEY_FILE?");
  EXPECT_CONFIG(LIST("WM_QQQQQQQQ=3"), "unknown variable \"WM_QQQQQQQQ\". See --help");
  EXPECT_CONFIG(LIST("WM_TOPIC_IN_FILE=/x"), "unknown variable");
  wm_config_destroy(LOAD(NULL, LIST("WM_MODEL_DIR=/models")));
  char longest[5000];
  memset(longest, 'x', sizeof longest);
  memcpy(longest, "--", 2);
  longest[sizeof longest - 1] = '\0';
  EXPECT_USAGE(LIST(longest), "unknown option --xxx");
  memcpy(longest, "WM_", 3);
  memcpy(longest + sizeof longest - 3, "=1", 3);
  EXPECT_CONFIG(LIST(longest), "unknown variable");
}

static void test_bad_values(void **state) {
  (void)state;
  EXPECT_USAGE(LIST("--workers", "0"), "--workers: \"0\" is out of range", "1 to 64");
  EXPECT_USAGE(LIST("--workers", "65"), "out of range");
  EXPECT_USAGE(LIST("--workers", "two"), "\"two\" is not valid", "an integer");
  EXPECT_USAGE(LIST("--workers", "2x"), "not valid");
  EXPECT_USAGE(LIST("--workers", " 2"), "not valid");
  EXPECT_USAGE(LIST("--workers", "+2"), "not valid");
  EXPECT_USAGE(LIST("--workers", "0x2"), "not valid");
  EXPECT_USAGE(LIST("--workers="), "not valid");
  EXPECT_USAGE(LIST("--workers=-"), "not valid");
  EXPECT_USAGE(LIST("--workers=99999999999999999999999"), "not valid");
  EXPECT_USAGE(LIST("--commit-ms=9223372036854775807m"), "not valid");
  EXPECT_USAGE(LIST("--commit-ms=2m"), "out of range", "1ms to 1m");
  EXPECT_USAGE(LIST("--commit-ms=2h"), "not valid", "500ms");
  EXPECT_USAGE(LIST("--article-bytes=1GiB"), "not valid", "64KiB");
  EXPECT_USAGE(LIST("--article-bytes=1KiBs"), "not valid");
  EXPECT_USAGE(LIST("--log-level=loud"), "\"loud\" is not valid; allowed is one of debug|info|warn");
  EXPECT_USAGE(LIST("--log-level=inf"), "not valid");
  EXPECT_USAGE(LIST("--log-level=info|warn"), "not valid");
  EXPECT_USAGE(LIST("--keep-html=maybe"), "true or false");
  EXPECT_USAGE(LIST("--no-keep-html=1"), "--no-keep-html takes no value");
  EXPECT_USAGE(LIST("--dump-config=xml"), "--dump-config takes no value but markdown");
  EXPECT_USAGE(LIST("--check-config=1"), "--check-config takes no value");
  EXPECT_USAGE(LIST("--workers"), "--workers needs a value");
  EXPECT_USAGE(LIST("--topic-in", "--workers"), "--topic-in needs a value and not the option \"--workers\"");
  EXPECT_USAGE(LIST("--kafka-bootstrap-servers="), "0 bytes", "1 to 200");
  EXPECT_CONFIG(LIST("WM_WORKERS=0"), "WM_WORKERS: \"0\" is out of range");
  EXPECT_CONFIG(LIST("WM_TOPIC_IN=a\r"), "WM_TOPIC_IN", "control character", "Windows line ends");
  EXPECT_USAGE(LIST("--workers=\x1b[31mred"), "\"?[31mred\"");
  char longest[WM_CONFIG_VALUE_MAX + 32] = "WM_TOPIC_OUT=";
  memset(longest + 13, 'x', WM_CONFIG_VALUE_MAX);
  longest[13 + WM_CONFIG_VALUE_MAX] = '\0';
  wm_config_destroy(LOAD(NULL, LIST(longest)));
  memcpy(longest + 13 + WM_CONFIG_VALUE_MAX, "x", 2);
  EXPECT_CONFIG(LIST(longest), "WM_TOPIC_OUT", "4097 bytes");
}

static void test_listen(void **state) {
  (void)state;
  wm_listen_t a;
  assert_int_equal(wm_listen_parse("127.0.0.1:9101", &a, NULL), WM_OK);
  assert_string_equal(a.host, "127.0.0.1");
  assert_int_equal(a.port, 9101);
  assert_int_equal(wm_listen_parse("[fe80::1%eth0]:65535", &a, NULL), WM_OK);
  assert_string_equal(a.host, "fe80::1%eth0");
  assert_int_equal(a.port, 65535);
  assert_int_equal(wm_listen_parse("news-room.example:0", &a, NULL), WM_OK);
  EXPECT_USAGE(LIST("--http-listen=9101"), "\"9101\" has no port");
  EXPECT_USAGE(LIST("--http-listen=:9101"), "has no host", "0.0.0.0");
  EXPECT_USAGE(LIST("--http-listen=::1:9101"), "without brackets");
  EXPECT_USAGE(LIST("--http-listen=[::1]"), "[IPv6 address]:port");
  EXPECT_USAGE(LIST("--http-listen=localhost:"), "has a port that is not");
  EXPECT_USAGE(LIST("--http-listen=localhost:65536"), "has a port that is not");
  EXPECT_USAGE(LIST("--http-listen=localhost:000000000000000000001"), "has a port that is not");
  EXPECT_USAGE(LIST("--http-listen=http://localhost:80"), "without brackets");
  EXPECT_USAGE(LIST("--http-listen=local host:80"), "neither a name nor an address");
  char longest[400] = "--http-listen=";
  memset(longest + 14, 'a', 300);
  memcpy(longest + 314, ":80", 4);
  EXPECT_USAGE(LIST(longest), "more than 255 bytes");
}

static void test_secrets(void **state) {
  (void)state;
  char path[] = "/tmp/wiremill-test-XXXXXX", variable[64], kafka[64];
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  snprintf(variable, sizeof variable, "WM_API_KEY_FILE=%s", path);
  snprintf(kafka, sizeof kafka, "WM_KAFKA_SASL_PASSWORD_FILE=%s", path);
  write_file(path, "s3cret line\n\n", 13);
  wm_config_t *c = LOAD(NULL, LIST(variable, kafka));
  const char *value;
  assert_string_equal(wm_config_string(c, "api.key"), "s3cret line\n");
  assert_string_equal(wm_config_kafka(c, 0, &value, NULL), "sasl.password");
  assert_string_equal(value, "s3cret line\n");
  wm_config_destroy(c);
  c = LOAD(NULL, LIST("WM_API_KEY=direct"));
  assert_string_equal(wm_config_string(c, "api.key"), "direct");
  wm_config_destroy(c);
  EXPECT_CONFIG(LIST("WM_API_KEY=direct", variable), "WM_API_KEY and WM_API_KEY_FILE are both set");
  EXPECT_CONFIG(LIST(variable, "WM_API_KEY=direct"), "WM_API_KEY and WM_API_KEY_FILE are both set");
  EXPECT_CONFIG(LIST(kafka, "WM_KAFKA_SASL_PASSWORD=x"), "are both set");
  EXPECT_USAGE(LIST("--api-key", "s3cret"), "WM_API_KEY_FILE", "not taken from the command line");
  assert_null(strstr(g_err.text, "s3cret"));
  write_file(path, "nul\0byte", 8);
  EXPECT_CONFIG(LIST(variable), "WM_API_KEY_FILE", "NUL byte");
  char *large = calloc(1, 65538);
  assert_non_null(large);
  memset(large, 'k', 65537);
  write_file(path, large, 65536);
  wm_config_destroy(LOAD(NULL, LIST(variable)));
  write_file(path, large, 65537);
  EXPECT_CONFIG(LIST(variable), "WM_API_KEY_FILE", "more than 65536 bytes");
  free(large);
  unlink(path);
  expect_error_of(&k_program, NULL, LIST(variable), WM_ERR_IO, LIST("WM_API_KEY_FILE", path, "No such file"));
  expect_error_of(&k_program, NULL, LIST("WM_API_KEY_FILE=/tmp"), WM_ERR_IO, LIST("WM_API_KEY_FILE", "directory"));
}

static void test_kafka(void **state) {
  (void)state;
  const char *value, *origin;
  wm_config_t *c =
      LOAD(LIST("--kafka", "linger.ms=30", "--kafka=compression.type=zstd", "--kafka", "client.id=a=b"),
           LIST("WM_KAFKA_SECURITY_PROTOCOL=sasl_ssl", "WM_KAFKA_BOOTSTRAP_SERVERS=b:1", "WM_KAFKA_LINGER_MS=20",
                "WM_KAFKA_SASL_PASSWORD=hush", "WM_KAFKA_LOG_LEVEL=3", "WM_KAFKA_DEBUG="));
  assert_string_equal(wm_config_string(c, "kafka.bootstrap.servers"), "b:1");
  assert_string_equal(wm_config_kafka(c, 0, &value, &origin), "security.protocol");
  assert_string_equal(value, "sasl_ssl");
  assert_string_equal(origin, "WM_KAFKA_SECURITY_PROTOCOL");
  assert_string_equal(wm_config_kafka(c, 1, &value, &origin), "linger.ms");
  assert_string_equal(value, "30");
  assert_string_equal(origin, "--kafka linger.ms");
  assert_string_equal(wm_config_kafka(c, 2, &value, &origin), "sasl.password");
  assert_string_equal(wm_config_kafka(c, 3, &value, &origin), "log_level");
  assert_string_equal(wm_config_kafka(c, 4, &value, &origin), "compression.type");
  assert_string_equal(wm_config_kafka(c, 5, &value, &origin), "client.id");
  assert_string_equal(value, "a=b");
  assert_null(wm_config_kafka(c, 6, &value, &origin));
  wm_config_destroy(c);
}

static void test_kafka_errors(void **state) {
  (void)state;
  EXPECT_CONFIG(LIST("WM_KAFKA_SECURITY_PROTOCL=ssl"), "WM_KAFKA_SECURITY_PROTOCL",
                "did you mean WM_KAFKA_SECURITY_PROTOCOL?");
  EXPECT_CONFIG(LIST("WM_KAFKA_BOOTSTRAP_SERVER=x:1"), "did you mean WM_KAFKA_BOOTSTRAP_SERVERS?");
  EXPECT_CONFIG(LIST("WM_KAFKA_SECURITY_PROTOCOL=bogus"), "WM_KAFKA_SECURITY_PROTOCOL", "\"bogus\"", "Invalid value");
  EXPECT_CONFIG(LIST("WM_KAFKA_SESSION_TIMEOUT_MS=-4"), "WM_KAFKA_SESSION_TIMEOUT_MS", "outside allowed range");
  EXPECT_CONFIG(LIST("WM_KAFKA_OPAQUE=1"), "WM_KAFKA_OPAQUE");
  EXPECT_CONFIG(LIST("WM_KAFKA_=1"), "WM_KAFKA_");
  EXPECT_CONFIG(LIST("WM_KAFKA_LINGER_MS_FILE=/x"), "unknown variable WM_KAFKA_LINGER_MS_FILE");
  expect_error_of(&k_program, NULL, LIST("WM_KAFKA_SASL_PASSWORD_FILE=/nowhere/x"), WM_ERR_IO,
                  LIST("WM_KAFKA_SASL_PASSWORD_FILE", "/nowhere/x"));
  EXPECT_USAGE(LIST("--kafka", "lingr.ms=1"), "lingr.ms", "did you mean linger.ms?");
  EXPECT_USAGE(LIST("--kafka", "linger.ms=soon"), "--kafka linger.ms", "\"soon\"", "Invalid value");
  EXPECT_USAGE(LIST("--kafka", "linger.ms"), "PROPERTY=VALUE");
  EXPECT_USAGE(LIST("--kafka", "=1"), "PROPERTY=VALUE");
  EXPECT_USAGE(LIST("--kafka"), "--kafka needs a value");
  EXPECT_USAGE(LIST("--kafka", "sasl.password=hush"), "WM_KAFKA_SASL_PASSWORD_FILE");
  assert_null(strstr(g_err.text, "hush"));
  EXPECT_CONFIG(LIST("WM_KAFKA_SASL_JAAS_CONFIG=hush"), "WM_KAFKA_SASL_JAAS_CONFIG");
  assert_null(strstr(g_err.text, "hush"));
  /* a program without Kafka shares an environment with those that have it */
  wm_config_destroy(load_program(&k_plain, NULL, LIST("WM_KAFKA_SASL_USERNAME=x"), WM_OK));
  expect_error_of(&k_plain, LIST("--kafka", "linger.ms=1"), NULL, WM_ERR_USAGE, LIST("unknown option --kafka"));
}

static void test_actions(void **state) {
  (void)state;
  static const struct {
    const char *args[3];
    wm_config_action_t action;
  } cases[] = {{{"--help"}, WM_CONFIG_HELP},
               {{"-h"}, WM_CONFIG_HELP},
               {{"--bogus", "--help"}, WM_CONFIG_HELP},
               {{"--version"}, WM_CONFIG_VERSION},
               {{"--dump-config"}, WM_CONFIG_DUMP},
               {{"--check-config"}, WM_CONFIG_CHECK}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    wm_config_t *c = LOAD(LIST(cases[i].args[0], cases[i].args[1]), NULL);
    assert_int_equal(wm_config_action(c), cases[i].action);
    wm_config_destroy(c);
  }
  wm_config_destroy(LOAD(LIST("--help"), LIST("WM_BOGUS=1")));
  size_t n;
  wm_config_t *c = load_program(&k_plain, LIST("--", "--help"), NULL, WM_OK);
  assert_int_equal(wm_config_action(c), WM_CONFIG_RUN);
  wm_config_operands(c, &n);
  assert_int_equal(n, 1);
  wm_config_destroy(c);
}

static void test_required(void **state) {
  (void)state;
  static const wm_config_option_t rows[] = {
      {.key = "feed", .group = "G", .type = WM_CONFIG_STRING, .flags = WM_CONFIG_REQUIRED, .help = "where from"},
      {.key = "token", .group = "G", .flags = WM_CONFIG_REQUIRED | WM_CONFIG_SECRET, .help = "a key"}};
  char *argv[] = {(char[]){"p"}, (char[]){"--help"}, NULL};
  char *with_feed[] = {(char[]){"WM_FEED=x"}, NULL};
  wm_config_t *c = wm_config_new(&k_program);
  wm_error_clear(&g_err);
  assert_int_equal(wm_config_add(c, rows, 2, &g_err), WM_OK);
  assert_int_equal(wm_config_load(c, 1, argv, NULL, &g_err), WM_ERR_CONFIG);
  assert_non_null(strstr(g_err.text, "WM_FEED is required (where from): set it, or give --feed"));
  wm_error_clear(&g_err);
  assert_int_equal(wm_config_load(c, 1, argv, with_feed, &g_err), WM_ERR_CONFIG);
  assert_non_null(strstr(g_err.text, "WM_TOKEN is required (a key): set it, or WM_TOKEN_FILE"));
  wm_error_clear(&g_err);
  assert_int_equal(wm_config_load(c, 2, argv, NULL, &g_err), WM_OK);
  wm_config_destroy(c);
}

static void test_program_defaults(void **state) {
  (void)state;
  static const wm_config_default_t good[] = {{"topic.in", "articles.entities"}, {"topic.out", "articles.countries"}};
  static const wm_config_default_t unknown[] = {{"topic.over", "x"}}, invalid[] = {{"workers", "900"}};
  wm_config_t *c = wm_config_new(&k_program);
  wm_error_clear(&g_err);
  assert_int_equal(wm_config_add(c, k_rows, N_ROWS, &g_err), WM_OK);
  assert_int_equal(wm_config_defaults(c, good, 2, &g_err), WM_OK);
  assert_string_equal(wm_config_string(c, "topic.in"), "articles.entities");
  assert_string_equal(wm_config_string(c, "topic.out"), "articles.countries");
  assert_false(wm_config_is_set(c, "topic.out"));
  assert_int_equal(wm_config_defaults(c, unknown, 1, &g_err), WM_ERR_INTERNAL);
  assert_non_null(strstr(g_err.text, "topic.over"));
  wm_error_clear(&g_err);
  assert_int_equal(wm_config_defaults(c, invalid, 1, &g_err), WM_ERR_INTERNAL);
  assert_int_equal(wm_config_int(c, "workers"), 1);
  wm_config_destroy(c);
}

static void test_malformed_rows(void **state) {
  (void)state;
  static const wm_config_option_t rows[] = {
      {.key = NULL, .group = "G", .help = "h"},
      {.key = "Topic", .group = "G", .help = "h"},
      {.key = "a_b", .group = "G", .help = "h"},
      {.key = ".a", .group = "G", .help = "h"},
      {.key = "help", .group = "G", .help = "h"},
      {.key = "kafka", .group = "G", .help = "h"},
      {.key = "a", .help = "h"},
      {.key = "a", .group = "G"},
      {.key = "a", .group = "G", .help = "h", .type = WM_CONFIG_INT},
      {.key = "a", .group = "G", .help = "h", .type = WM_CONFIG_MS, .min = -1, .max = 5},
      {.key = "a", .group = "G", .help = "h", .type = WM_CONFIG_CHOICE},
      {.key = "a", .group = "G", .help = "h", .type = WM_CONFIG_CHOICE, .choices = "x|y", .def = "z"},
      {.key = "a", .group = "G", .help = "h", .type = WM_CONFIG_INT, .min = 1, .max = 2, .def = "3"},
      {.key = "a", .group = "G", .help = "h", .flags = WM_CONFIG_SECRET, .def = "password"},
      {.key = "a", .group = "G", .help = "h", .type = WM_CONFIG_INT, .min = 1, .max = 2, .flags = WM_CONFIG_SECRET},
      {.key = "a", .group = "G", .help = "h", .min = 5, .max = 2},
      {.key = "workers", .group = "G", .help = "there already"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    wm_config_t *c = wm_config_new(&k_program);
    wm_error_clear(&g_err);
    assert_int_equal(wm_config_add(c, k_rows, N_ROWS, &g_err), WM_OK);
    if (wm_config_add(c, &rows[i], 1, &g_err) != WM_ERR_INTERNAL) fail_msg("row %zu was taken", i);
    wm_config_destroy(c);
  }
}

/* Asking for a key that is not in the table is a mistake in the program, found the first time that it runs. */
static void test_wrong_key_aborts(void **state) {
  (void)state;
  wm_config_t *c = LOAD(NULL, NULL);
  for (int i = 0; i < 2; i++) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
      close(STDERR_FILENO);
      if (i == 0) wm_config_string(c, "topic.inn");
      else wm_config_bool(c, "workers");
      _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
  }
  wm_config_destroy(c);
}

static void test_neighbours(void **state) {
  static const wm_config_option_t k_other[] = {
      {.key = "feed.list", .group = "Feeds", .type = WM_CONFIG_PATH, .help = "of another program"},
      {.key = "feed.token", .group = "Feeds", .type = WM_CONFIG_STRING, .flags = WM_CONFIG_SECRET, .help = "likewise"}};
  char name[] = "wiremill-test", list[] = "WM_FEED_LIST=x", token[] = "WM_FEED_TOKEN_FILE=/nonexistent",
       bad[] = "WM_FEED_LISTS=x";
  char *argv[] = {name, NULL}, *good_env[] = {list, token, NULL}, *bad_env[] = {bad, NULL};
  (void)state;
  for (int i = 0; i < 3; i++) {
    wm_error_t err = WM_ERROR_INIT;
    wm_config_t *c = wm_config_new(&k_program);
    assert_int_equal(wm_config_add(c, k_rows, N_ROWS, &err), WM_OK);
    if (i > 0) assert_int_equal(wm_config_neighbours(c, k_other, 2, &err), WM_OK);
    wm_err_t want = i == 1 ? WM_OK : WM_ERR_CONFIG; /* without the neighbour, with it, and misspelt */
    assert_int_equal(wm_config_load(c, 1, argv, i == 2 ? bad_env : good_env, &err), want);
    if (i == 2) assert_non_null(strstr(err.text, "did you mean WM_FEED_LIST?"));
    wm_config_destroy(c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),         cmocka_unit_test(test_precedence),     cmocka_unit_test(test_flag_forms),
      cmocka_unit_test(test_operands),         cmocka_unit_test(test_unknown_names),  cmocka_unit_test(test_bad_values),
      cmocka_unit_test(test_listen),           cmocka_unit_test(test_secrets),        cmocka_unit_test(test_kafka),
      cmocka_unit_test(test_kafka_errors),     cmocka_unit_test(test_actions),        cmocka_unit_test(test_required),
      cmocka_unit_test(test_program_defaults), cmocka_unit_test(test_malformed_rows),

      cmocka_unit_test(test_wrong_key_aborts), cmocka_unit_test(test_neighbours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
