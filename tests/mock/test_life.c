/* Start, stop, a broker that is away, and --check-config. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/mock/mock.h"
#include "tests/support/stage/stage_service.h"
#include "tests/support/stage/tsan.h"

static void pause_ms(int ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

static int64_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void wait_calls(long n) {
  for (int64_t end = now_ms() + MOCK_WAIT_MS; stage_test_calls() < n && now_ms() < end;) pause_ms(10);
  assert_true(stage_test_calls() >= n);
}

static void wait_not_ready(mock_t *m) {
  char why[256];
  int64_t end = now_ms() + MOCK_WAIT_MS;
  while (wm_stage_ready(m->stage, why, sizeof why) && now_ms() < end) pause_ms(20);
  assert_false(wm_stage_ready(m->stage, why, sizeof why));
  assert_true(wm_stage_running(m->stage));
}

static void a_stop_commits_what_is_processed(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 2);
  m.set.commit_ms = 15000;
  m.set.commit_messages = 100000;
  mock_start(&m);
  mock_wait_ready(&m);
  long before = stage_test_calls();
  mock_feed_articles(&m, 0, 50);
  wait_calls(before + 50);
  assert_int_equal(mock_messages(&m, "enriched"), 0); /* nothing is committed yet */
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_int_equal(mock_messages(&m, "enriched"), 50);
  assert_int_equal(mock_transactions(&m, "committed"), 1);
  mock_expect_articles(&m, "articles.test", 0, 50, true);
  mock_close(&m);
}

static void a_stop_is_heard_while_a_batch_is_worked_on(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  m.set.commit_messages = 1000;
  m.set.commit_ms = 15000;
  const char *slow = "{\"headline\":\"slow\"}";
  long before = stage_test_calls();
  for (int i = 0; i < 100; i++) mock_feed(&m, 0, "k", slow, strlen(slow), NULL, 0);
  mock_start(&m);
  wait_calls(before + 5);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  long done = stage_test_calls() - before;
  assert_true(done < 100);
  assert_int_equal(mock_messages(&m, "enriched"), done); /* what was begun is committed, not more */
  mock_close(&m);
}

static void a_broker_that_comes_late(void **state) {
  (void)state;
  mock_t m;
  char why[256];
  mock_open(&m, 1, 2);
  mock_feed_articles(&m, 0, 10);
  rd_kafka_mock_broker_set_down(m.cluster, 1);
  mock_start(&m);
  for (int i = 0; i < 30; i++) {
    pause_ms(100);
    assert_true(wm_stage_running(m.stage));
    assert_false(wm_stage_ready(m.stage, why, sizeof why));
  }
  assert_non_null(strstr(why, "no broker answers"));
  rd_kafka_mock_broker_set_up(m.cluster, 1);
  mock_wait_ready(&m);
  mock_wait_messages(&m, 10);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_expect_articles(&m, "articles.test", 0, 10, true);
  mock_close(&m);
}

static void a_stop_while_no_broker_is_there_yet(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  rd_kafka_mock_broker_set_down(m.cluster, 1);
  mock_start(&m);
  pause_ms(500);
  int64_t from = now_ms();
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_true(now_ms() - from < 60000);
  mock_close(&m);
}

static void a_broker_that_goes_and_comes(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 2, 2);
  m.set.commit_messages = 20;
  mock_start(&m);
  mock_wait_ready(&m);
  mock_feed_articles(&m, 0, 100);
  mock_wait_messages(&m, 100);
  rd_kafka_mock_broker_set_down(m.cluster, 1);
  rd_kafka_mock_broker_set_down(m.cluster, 2);
  wait_not_ready(&m);
  rd_kafka_mock_broker_set_up(m.cluster, 1);
  rd_kafka_mock_broker_set_up(m.cluster, 2);
  mock_wait_ready(&m);
  mock_feed_articles(&m, 100, 100);
  mock_wait_messages(&m, 200);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_expect_articles(&m, "articles.test", 0, 200, false);
  mock_close(&m);
}

static void a_broker_that_goes_with_a_transaction_open(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  m.set.commit_ms = 1000;
  mock_start(&m);
  mock_wait_ready(&m);
  long before = stage_test_calls();
  mock_feed_articles(&m, 0, 20);
  wait_calls(before + 1);
  rd_kafka_mock_broker_set_down(m.cluster, 1);
  wait_not_ready(&m);
  pause_ms(3000);
  assert_true(wm_stage_running(m.stage));
  rd_kafka_mock_broker_set_up(m.cluster, 1);
  mock_wait_messages(&m, 20);
  mock_wait_ready(&m);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_expect_articles(&m, "articles.test", 0, 20, false);
  mock_close(&m);
}

/* The last commit cannot be made: the stop ends all the same, and says so. */
static void a_stop_without_a_broker_ends(void **state) {
  (void)state;
  mock_t m;
  wm_error_t err = WM_ERROR_INIT;
  mock_open(&m, 1, 1);
  m.set.commit_ms = 15000;
  m.set.stop_ms = 3000;
  mock_start(&m);
  mock_wait_ready(&m);
  long before = stage_test_calls();
  mock_feed_articles(&m, 0, 5);
  wait_calls(before + 5);
  rd_kafka_mock_broker_set_down(m.cluster, 1);
  pause_ms(200);
  int64_t from = now_ms();
  assert_int_equal(mock_stop(&m, &err), WM_ERR_TIMEOUT);
  assert_true(now_ms() - from < 60000);
  assert_non_null(strstr(err.text, "stopping"));
  assert_int_equal(mock_messages(&m, "enriched"), 0);
  mock_close(&m);
}

/* ---- settings and --check-config ---- */

static void refused(mock_t *m, const char *word) {
  wm_error_t err = WM_ERROR_INIT;
  wm_stage_t *stage = NULL;
  assert_int_equal(wm_stage_start(&m->set, &stage, &err), WM_ERR_CONFIG);
  assert_null(stage);
  assert_int_equal(wm_error_exit_code(&err), 78);
  if (!strstr(err.text, word)) fail_msg("%s", err.text);
  wm_error_clear(&err);
  assert_int_equal(wm_stage_check(&m->set, 1000, &err), WM_ERR_CONFIG);
}

static void contradicting_settings(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  m.set.topic_out = "articles.raw";
  refused(&m, "WM_TOPIC_OUT");
  m.set.topic_out = NULL;
  m.set.topic_dlq = "articles.raw";
  refused(&m, "WM_TOPIC_DLQ");
  m.set.topic_dlq = "articles.test";
  refused(&m, "WM_TOPIC_DLQ");
  m.set.topic_dlq = NULL;
  m.set.workers = 65;
  refused(&m, "65 workers");
  m.set.workers = 1;
  m.set.commit_ms = 20000;
  refused(&m, "WM_COMMIT_MS=20000");
  mock_close(&m);
}

static void check_config_asks_the_broker(void **state) {
  (void)state;
  mock_t m;
  wm_error_t err = WM_ERROR_INIT;
  mock_open(&m, 1, 1);
  assert_int_equal(wm_stage_check(&m.set, MOCK_WAIT_MS, &err), WM_OK);
  rd_kafka_mock_topic_set_error(m.cluster, "articles.test", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  assert_int_equal(wm_stage_check(&m.set, MOCK_WAIT_MS, &err), WM_ERR_CONFIG);
  assert_int_equal(wm_error_exit_code(&err), 78);
  assert_non_null(strstr(err.text, "topic articles.test does not exist"));
  assert_non_null(strstr(err.text, m.bootstrap));
  wm_error_clear(&err);
  rd_kafka_mock_broker_set_down(m.cluster, 1);
  assert_int_equal(wm_stage_check(&m.set, 2000, &err), WM_ERR_KAFKA);
  assert_int_equal(wm_error_exit_code(&err), 75);
  assert_non_null(strstr(err.text, "WM_KAFKA_BOOTSTRAP_SERVERS"));
  mock_close(&m);
}

int main(int argc, char **argv) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stop_commits_what_is_processed), cmocka_unit_test(a_stop_is_heard_while_a_batch_is_worked_on),
      cmocka_unit_test(a_broker_that_comes_late),         cmocka_unit_test(a_stop_while_no_broker_is_there_yet),
      cmocka_unit_test(a_broker_that_goes_and_comes),     cmocka_unit_test(a_broker_that_goes_with_a_transaction_open),
      cmocka_unit_test(a_stop_without_a_broker_ends),     cmocka_unit_test(contradicting_settings),
      cmocka_unit_test(check_config_asks_the_broker),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
