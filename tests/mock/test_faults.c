/* Each abort path, entered on purpose: the right outcome by docs/internals/stage.md. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/mock/mock.h"
#include "tests/support/stage/stage_service.h"
#include "tests/support/stage/tsan.h"

static void pause_ms(int ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

/* A running stage with 20 articles through it: what comes next meets a settled worker. */
static void settle(mock_t *m, int brokers) {
  mock_open(m, brokers, 2);
  m->set.commit_messages = 10;
  mock_start(m);
  mock_wait_ready(m);
  mock_feed_articles(m, 0, 20);
  mock_wait_messages(m, 20);
}

/* 40 more after the error was injected: all come out, `aborts` transactions (at least) are aborted, none is committed twice. */
static void expect_recovery(mock_t *m, int aborts) {
  mock_feed_articles(m, 20, 40);
  mock_wait_messages(m, 60);
  assert_int_equal(mock_stop(m, NULL), WM_OK);
  assert_int_equal(mock_messages(m, "enriched"), 60);
  assert_true(mock_transactions(m, "aborted") >= aborts);
  mock_expect_articles(m, "articles.test", 0, 60, aborts == 0);
  mock_close(m);
}

static void recovers(int api, rd_kafka_resp_err_t error, int times, int aborts) {
  mock_t m;
  settle(&m, 1);
  for (int i = 0; i < times; i++) mock_push_one(&m, api, error);
  expect_recovery(&m, aborts);
}

static void ends_now(mock_t *m, const char *text) {
  wm_error_t err = WM_ERROR_INIT;
  mock_feed_articles(m, 20, 5);
  assert_int_equal(mock_join(m, &err), WM_ERR_KAFKA);
  assert_int_equal(wm_error_exit_code(&err), 1);
  if (!strstr(err.text, text)) fail_msg("%s", err.text);
  assert_int_equal(mock_messages(m, "enriched"), 20);
  /* A new process takes up what was not committed. The mock forgets offsets, so it reads all again; it must not be stuck. */
  mock_start(m);
  mock_wait_messages(m, 20 + 25);
  assert_int_equal(mock_stop(m, NULL), WM_OK);
  mock_expect_articles(m, "articles.test", 0, 25, false);
  mock_close(m);
}

static void ends(int api, rd_kafka_resp_err_t error, const char *text) {
  mock_t m;
  settle(&m, 1);
  mock_push_one(&m, api, error);
  ends_now(&m, text);
}

static void fenced_at_commit(void **state) {
  (void)state;
  ends(MOCK_END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, "WM_INSTANCE");
}

static void fenced_at_the_first_record(void **state) {
  (void)state;
  ends(MOCK_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, "WM_INSTANCE");
}

static void old_epoch_at_the_offsets(void **state) {
  (void)state;
  ends(MOCK_TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, "WM_INSTANCE");
}

static void invalid_transaction_state(void **state) {
  (void)state;
  ends(MOCK_END_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, "INVALID_TXN_STATE");
}

static void not_authorised(void **state) {
  (void)state;
  ends(MOCK_ADD_OFFSETS, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "AUTHORIZATION_FAILED");
}

/* The broker ended the transaction because it was open too long: a new producer goes on, the process does not end. */
static void fenced_by_age(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  m.set.transaction_timeout_ms = 1000;
  m.set.commit_ms = 500;
  m.set.commit_messages = 1000;
  mock_start(&m);
  mock_wait_ready(&m);
  mock_push_one(&m, MOCK_END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  mock_feed_articles(&m, 0, 1);
  for (int i = 0; i < 20; i++) { /* 50 ms each: the transaction is a second old before it is committed */
    const char *slow = "{\"headline\":\"slow\"}";
    char key[32];
    snprintf(key, sizeof key, "urn:a:%d", i + 1);
    mock_feed(&m, 0, key, slow, strlen(slow), NULL, 0);
  }
  mock_wait_messages(&m, 21);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_int_equal(mock_messages(&m, "enriched"), 21);
  assert_true(mock_transactions(&m, "aborted") >= 1);
  mock_expect_articles(&m, "articles.test", 0, 21, false);
  mock_close(&m);
}

static void the_group_moved_on(void **state) {
  (void)state;
  recovers(MOCK_TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, 1);
}

/* The group throws the worker out while it works on the last article of a batch: what is committed next would carry no member id, and a
 * coordinator takes that from anybody. It must be aborted instead. */
static void thrown_out_while_enriching(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  m.set.commit_messages = 1;
  mock_start(&m);
  mock_wait_ready(&m);
  mock_feed_articles(&m, 0, 1);
  mock_wait_messages(&m, 1);
  long calls = stage_test_calls();
  const char *snore = "{\"uri\":\"urn:a:1\",\"headline\":\"snore\"}";
  mock_feed(&m, 0, "urn:a:1", snore, strlen(snore), NULL, 0);
  for (int i = 0; i < 6000 && stage_test_calls() == calls; i++) pause_ms(10);
  mock_push_one(&m, MOCK_HEARTBEAT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID); /* heartbeats run each half second */
  for (int i = 0; i < 6000 && mock_transactions(&m, "aborted") == 0; i++) pause_ms(10);
  assert_int_equal(mock_transactions(&m, "aborted"), 1);
  assert_int_equal(mock_messages(&m, "enriched"), 1);
  mock_wait_messages(&m, 3); /* it joins anew; the mock keeps no offsets, so the first article comes again */
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_expect_articles(&m, "articles.test", 0, 2, false);
  mock_close(&m);
}

static void unknown_member(void **state) {
  (void)state;
  recovers(MOCK_TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 3, 3);
}

static void group_coordinator_moves(void **state) {
  (void)state;
  recovers(MOCK_TXN_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2, 0);
}

static void offsets_not_authorised_for_a_while(void **state) {
  (void)state;
  recovers(MOCK_ADD_OFFSETS, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 2, 2);
}

static void transaction_coordinator_loads(void **state) {
  (void)state;
  recovers(MOCK_ADD_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 3, 0);
}

static void commit_again_while_the_coordinator_is_away(void **state) {
  (void)state;
  recovers(MOCK_END_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 3, 0);
}

static void concurrent_transactions(void **state) {
  (void)state;
  recovers(MOCK_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 3, 0);
}

static void commit_is_refused(void **state) {
  (void)state;
  recovers(MOCK_END_TXN, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, 1, 1);
}

static void produce(rd_kafka_resp_err_t error, size_t times, int aborts) {
  mock_t m;
  settle(&m, 2);
  mock_push_out(&m, times, error);
  expect_recovery(&m, aborts);
}

static void produce_is_refused(void **state) {
  (void)state;
  produce(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, 1);
}

static void produce_is_tried_again(void **state) {
  (void)state;
  produce(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3, 0);
}

static void produce_meets_an_old_epoch(void **state) {
  (void)state;
  mock_t m;
  settle(&m, 2);
  mock_push_out(&m, 1, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
  ends_now(&m, "WM_INSTANCE");
}

static void partition_is_not_authorised(void **state) {
  (void)state;
  recovers(MOCK_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, 1);
}

/* Records that cannot be delivered within the transaction's time. */
static void produce_times_out(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 2, 2);
  m.set.transaction_timeout_ms = 2000;
  m.set.commit_messages = 10;
  mock_start(&m);
  mock_wait_ready(&m);
  mock_feed_articles(&m, 0, 20);
  mock_wait_messages(&m, 20);
  /* Answers that come after 10 s: each record of the batch is out of time before. */
  for (int i = 0; i < 6; i++)
    assert_int_equal(
        rd_kafka_mock_broker_push_request_error_rtts(m.cluster, 2, MOCK_PRODUCE, 1, RD_KAFKA_RESP_ERR_NO_ERROR, 10000),
        0);
  mock_feed_articles(&m, 20, 40);
  mock_wait_messages(&m, 60);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_true(mock_transactions(&m, "aborted") >= 1);
  mock_expect_articles(&m, "articles.test", 0, 60, false);
  mock_close(&m);
}

static void transaction_coordinator_moves(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 3, 2);
  m.set.instance = "moving";
  m.set.commit_messages = 10;
  rd_kafka_mock_coordinator_set(m.cluster, "transaction", "wiremill-test-moving-0", 1);
  rd_kafka_mock_coordinator_set(m.cluster, "group", "wiremill-test", 1);
  mock_start(&m);
  mock_wait_ready(&m);
  mock_feed_articles(&m, 0, 20);
  mock_wait_messages(&m, 20);
  for (int i = 0; i < 4; i++) {
    rd_kafka_mock_coordinator_set(m.cluster, "transaction", "wiremill-test-moving-0", i % 3 + 1);
    mock_feed_articles(&m, 20 + 10 * i, 10);
    pause_ms(100);
  }
  mock_wait_messages(&m, 60);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_int_equal(mock_messages(&m, "enriched"), 60);
  mock_expect_articles(&m, "articles.test", 0, 60, mock_transactions(&m, "aborted") == 0);
  mock_close(&m);
}

int main(int argc, char **argv) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fenced_at_commit),
      cmocka_unit_test(fenced_at_the_first_record),
      cmocka_unit_test(old_epoch_at_the_offsets),
      cmocka_unit_test(invalid_transaction_state),
      cmocka_unit_test(not_authorised),
      cmocka_unit_test(fenced_by_age),
      cmocka_unit_test(the_group_moved_on),
      cmocka_unit_test(unknown_member),
      cmocka_unit_test(thrown_out_while_enriching),
      cmocka_unit_test(group_coordinator_moves),
      cmocka_unit_test(offsets_not_authorised_for_a_while),
      cmocka_unit_test(transaction_coordinator_loads),
      cmocka_unit_test(commit_again_while_the_coordinator_is_away),
      cmocka_unit_test(concurrent_transactions),
      cmocka_unit_test(commit_is_refused),
      cmocka_unit_test(produce_is_refused),
      cmocka_unit_test(produce_is_tried_again),
      cmocka_unit_test(produce_meets_an_old_epoch),
      cmocka_unit_test(partition_is_not_authorised),
      cmocka_unit_test(produce_times_out),
      cmocka_unit_test(transaction_coordinator_moves),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
