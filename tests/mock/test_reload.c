/* SIGHUP to wiremill-entities with a newsroom's list, articles flowing: each is done under one list or the other, and none is lost. */
#include "tests/mock/process.h"
#include "tests/support/stage/tsan.h"

#define ROUNDS 6
#define EACH 20

static char g_path[] = "/tmp/wiremill-list-XXXXXX";

static void write_list(const char *text) {
  FILE *f = fopen(g_path, "wb");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

static void feed_round(service_t *s, int from) {
  for (int i = from; i < from + EACH; i++) {
    char key[16], article[128];
    int n = snprintf(article, sizeof article,
                     "{\"uri\":\"urn:a:%d\",\"language\":\"en\",\"body_text\":\"The Zorblax fleet left.\"}", i);
    snprintf(key, sizeof key, "urn:a:%d", i);
    mock_feed(&s->m, 0, key, article, (size_t)n, NULL, 0);
  }
}

/* How often `words` stands in the log. */
static int times(service_t *s, const char *words) {
  int n = 0;
  read_log(s);
  for (const char *at = s->text.data; at && (at = strstr(at, words)); at++) n++;
  return n;
}

static void wait_times(service_t *s, const char *words, int n) {
  for (int64_t end = now_ms() + MOCK_WAIT_MS; now_ms() < end && times(s, words) < n;) pause_ms(20);
  assert_int_equal(times(s, words), n);
}

/* The id that the list gave in a record; 0 if none. */
static int house_of(const rd_kafka_message_t *m) {
  static const char member[] = "\"house\":\"z:";
  const char *at = m->payload ? memmem(m->payload, m->len, member, sizeof member - 1) : NULL;
  return at ? at[sizeof member - 1] - '0' : 0;
}

static void nothing_is_lost(void **state) {
  (void)state;
  service_t s;
  mock_records_t out;
  char *const arguments[] = {"wiremill-entities", "--topic-out", "articles.test", "--http-listen",
                             "127.0.0.1:0",       "--gazetteer", g_path,          NULL};
  write_list("Zorblax\torganisation\tz:1\n");
  start_program(&s, WM_ENTITIES_PROGRAM, arguments);
  wait_log(&s, "\"event\":\"ready\"");
  for (int round = 0; round < ROUNDS; round++) {
    feed_round(&s, round * EACH);
    write_list(round % 2 ? "Zorblax\torganisation\tz:1\n" : "Zorblax\tevent\tz:2\n");
    kill(s.pid, SIGHUP);
    wait_times(&s, "SIGHUP: read again", round + 1);
  }
  write_list("Zorblax\ttown\tz:3\n");
  kill(s.pid, SIGHUP);
  wait_log(&s, ":1: unknown type \\\"town\\\"");
  feed_round(&s, ROUNDS * EACH); /* under the list before */
  int seen[ROUNDS * EACH + EACH] = {0}, wrong = 0;
  for (int64_t end = now_ms() + MOCK_WAIT_MS; now_ms() < end; pause_ms(100)) {
    mock_read(&s.m, "articles.test", &out);
    size_t n = out.n;
    if (n >= sizeof seen / sizeof seen[0]) break;
    mock_records_clear(&out);
  }
  assert_true(out.n >= sizeof seen / sizeof seen[0]);
  for (size_t i = 0; i < out.n; i++) {
    const rd_kafka_message_t *m = out.message[i];
    int number = (int)strtol((const char *)m->key + 6, NULL, 10), house = house_of(m);
    assert_true(number >= 0 && (size_t)number < sizeof seen / sizeof seen[0]);
    seen[number]++;
    if (house != 1 && house != 2) wrong++;
    if (number >= ROUNDS * EACH) assert_int_equal(house, 1);
  }
  for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) assert_int_equal(seen[i], 1);
  assert_int_equal(wrong, 0);
  mock_records_clear(&out);
  kill(s.pid, SIGTERM);
  assert_int_equal(wait_end(&s), 0);
  clear(&s);
}

/* A faulty list stops the start, with the configuration's exit code; --check-config says so too. */
static void a_faulty_list_ends_with_78(void **state) {
  (void)state;
  char *const with_list[] = {"wiremill-entities", "--gazetteer", g_path, NULL};
  char *const checked[] = {"wiremill-entities", "--check-config", "--gazetteer", g_path, NULL};
  write_list("Zorblax\torganisation\nZorblax\tevent\n");
  for (int i = 0; i < 2; i++) {
    service_t s;
    start_program(&s, WM_ENTITIES_PROGRAM, i ? checked : with_list);
    assert_int_equal(wait_end(&s), 78);
    assert_true(logged(&s, ":2: \"Zorblax\" is a name in line 1 already"));
    clear(&s);
  }
}

int main(int argc, char **argv) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_lost),
      cmocka_unit_test(a_faulty_list_ends_with_78),
  };
  int fd = mkstemp(g_path);
  if (fd < 0) return 1;
  close(fd);
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  unlink(g_path);
  return failed;
}
