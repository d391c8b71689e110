/* A whole service process (wiremill-test) on the mock cluster: signals, exit codes, health, metrics. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "tests/mock/process.h"
#include "tests/support/stage/tsan.h"

static void start(service_t *s, char *const *arguments) {
  start_program(s, WM_TEST_PROGRAM, arguments);
}

static char *const k_plain[] = {"wiremill-test", NULL};

static void feed(service_t *s, const char *article) {
  mock_feed(&s->m, 0, "k", article, strlen(article), NULL, 0);
}

static int port_of(service_t *s) {
  wait_log(s, "\"port\":");
  return (int)strtol(strstr(s->text.data, "\"port\":") + 7, NULL, 10);
}

/* Status and body of GET `path`; the body stays in s->text. */
static int get(service_t *s, int port, const char *path) {
  char request[128], bytes[4096];
  struct sockaddr_in to = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
  assert_int_equal(write(fd, request, (size_t)n), n);
  wm_buffer_reset(&s->text);
  ssize_t got;
  while ((got = read(fd, bytes, sizeof bytes)) > 0)
    assert_int_equal(wm_buffer_append(&s->text, bytes, (size_t)got, NULL), WM_OK);
  close(fd);
  assert_true(s->text.len > 12);
  return (int)strtol(s->text.data + 9, NULL, 10);
}

static void health_and_metrics(void **state) {
  (void)state;
  service_t s;
  start(&s, k_plain);
  int port = port_of(&s);
  assert_int_equal(get(&s, port, "/healthz"), 200);
  wait_log(&s, "\"event\":\"ready\"");
  assert_int_equal(get(&s, port, "/readyz"), 200);
  feed(&s, "{\"uri\":\"urn:a:1\",\"headline\":\"refuse\"}");
  mock_feed_articles(&s.m, 0, 10);
  for (int64_t end = now_ms() + MOCK_WAIT_MS; now_ms() < end; pause_ms(50)) {
    assert_int_equal(get(&s, port, "/metrics"), 200);
    if (strstr(s.text.data, "wm_messages_total{result=\"enriched\"} 10")) break;
  }
  const char *expected[] = {"wm_messages_total{result=\"enriched\"} 10\n",
                            "wm_messages_total{result=\"dead\"} 1\n",
                            "wm_messages_total{result=\"withdrawn\"} 0\n",
                            "wm_dead_letters_total{error=\"enricher\"} 1\n",
                            "wm_dead_letters_total{error=\"not_json\"} 0\n",
                            "wm_transactions_total{result=\"aborted\"} 0\n",
                            "wm_partitions_assigned 1\n",
                            "wm_ready 1\n",
                            "wm_enrich_seconds_count 11\n",
                            "wm_commit_seconds_count ",
                            "wm_consumer_lag{worker=\"0\"} ",
                            "wm_bytes_total{direction=\"in\"} ",
                            "wm_batch_messages "};
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
    if (!strstr(s.text.data, expected[i])) fail_msg("%s is not in %s", expected[i], s.text.data);
  kill(s.pid, SIGHUP); /* is no reason to end */
  wait_log(&s, "SIGHUP");
  kill(s.pid, SIGINT);
  assert_int_equal(wait_end(&s), 0);
  assert_true(logged(&s, "\"event\":\"stopped\""));
  clear(&s);
}

static void a_broker_that_is_away_is_no_reason_to_end(void **state) {
  (void)state;
  service_t s;
  start(&s, k_plain);
  wait_log(&s, "\"event\":\"ready\"");
  rd_kafka_mock_broker_set_down(s.m.cluster, 1);
  wait_log(&s, "\"event\":\"not ready\"");
  assert_int_equal(get(&s, port_of(&s), "/readyz"), 503);
  assert_non_null(strstr(s.text.data, "no broker answers"));
  kill(s.pid, SIGTERM);
  assert_int_equal(wait_end(&s), 0); /* nothing was open */
  clear(&s);
}

static void a_second_signal_ends_at_once(void **state) {
  (void)state;
  service_t s;
  start(&s, k_plain);
  wait_log(&s, "\"event\":\"ready\"");
  feed(&s, "{\"uri\":\"urn:a:1\",\"headline\":\"hang\"}");
  wait_log(&s, "\"event\":\"hanging\"");
  kill(s.pid, SIGTERM);
  wait_log(&s, "\"event\":\"stopping\"");
  kill(s.pid, SIGTERM);
  assert_int_equal(wait_end(&s), 128 + SIGTERM);
  clear(&s);
}

static void a_stop_that_takes_too_long_ends_with_1(void **state) {
  (void)state;
  service_t s;
  start(&s, k_plain);
  wait_log(&s, "\"event\":\"ready\"");
  feed(&s, "{\"uri\":\"urn:a:1\",\"headline\":\"hang\"}");
  wait_log(&s, "\"event\":\"hanging\"");
  kill(s.pid, SIGTERM);
  assert_int_equal(wait_end(&s), 1);
  assert_true(logged(&s, "did not end within 1500 ms"));
  clear(&s);
}

static void a_fatal_error_ends_with_1(void **state) {
  (void)state;
  service_t s;
  start(&s, k_plain);
  feed(&s, "{\"uri\":\"urn:a:1\",\"headline\":\"break\"}");
  assert_int_equal(wait_end(&s), 1);
  assert_true(logged(&s, "\"reason\":\"the headline says so\""));
  clear(&s);
}

static void an_address_in_use_is_named(void **state) {
  (void)state;
  service_t first, second;
  char address[32];
  start(&first, k_plain);
  snprintf(address, sizeof address, "127.0.0.1:%d", port_of(&first));
  char *const arguments[] = {"wiremill-test", "--http-listen", address, NULL};
  start(&second, arguments);
  assert_int_equal(wait_end(&second), 1);
  assert_true(logged(&second, address));
  clear(&second);
  kill(first.pid, SIGTERM);
  assert_int_equal(wait_end(&first), 0);
  clear(&first);
}

int main(int argc, char **argv) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(health_and_metrics),           cmocka_unit_test(a_broker_that_is_away_is_no_reason_to_end),
      cmocka_unit_test(a_second_signal_ends_at_once), cmocka_unit_test(a_stop_that_takes_too_long_ends_with_1),
      cmocka_unit_test(a_fatal_error_ends_with_1),    cmocka_unit_test(an_address_in_use_is_named),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
