/* Records that a broker, or librdkafka, does not take: never a stuck partition, never a lost article. */
#include <stdio.h>
#include <string.h>

#include "tests/mock/mock.h"
#include "tests/support/stage/tsan.h"

static const char *const k_article =
    "{\"uri\":\"urn:x:big\",\"headline\":\"Big\",\"body_text\":\"said to be too large\"}";

static void feed(mock_t *m, const char *key, const char *article) {
  mock_feed(m, 0, key, article, strlen(article), NULL, 0);
}

/* The broker says "too large" to the next `times` tries of one article among others. */
static void refuse(mock_t *m, size_t times) {
  mock_open(m, 2, 1);
  m->set.commit_messages = 10;
  mock_start(m);
  mock_wait_ready(m);
  mock_feed_articles(m, 0, 10);
  mock_wait_messages(m, 10);
  mock_push_out(m, times, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  feed(m, "big", k_article);
  mock_wait_messages(m, 11);
  mock_feed_articles(m, 10, 20);
  mock_wait_messages(m, 31);
  assert_int_equal(mock_stop(m, NULL), WM_OK);
  assert_int_equal(mock_messages(m, "enriched"), 30);
  assert_int_equal(mock_messages(m, "dead"), 1);
  /* librdkafka does not give the sequence number of a refused record back: the next transaction may be aborted for it as well */
  assert_true(mock_transactions(m, "aborted") >= (long)times);
  mock_expect_articles(m, "articles.test", 0, 30, false);
}

static void a_refused_article_becomes_a_dead_letter(void **state) {
  (void)state;
  mock_t m;
  refuse(&m, 1);
  mock_records_t r;
  mock_read(&m, "articles.dlq", &r);
  assert_int_equal(r.n, 1);
  assert_string_equal(mock_header(r.message[0], "wm-error"), "too_large");
  assert_null(mock_header(r.message[0], "wm-truncated"));
  assert_int_equal(r.message[0]->len, strlen(k_article));
  assert_memory_equal(r.message[0]->payload, k_article, r.message[0]->len);
  mock_records_clear(&r);
  mock_close(&m);
}

static void a_refused_dead_letter_is_truncated(void **state) {
  (void)state;
  mock_t m;
  char size[24];
  refuse(&m, 2);
  snprintf(size, sizeof size, "%zu", strlen(k_article));
  mock_records_t r;
  mock_read(&m, "articles.dlq", &r);
  assert_int_equal(r.n, 1);
  assert_string_equal(mock_header(r.message[0], "wm-truncated"), size);
  assert_non_null(r.message[0]->payload); /* empty, not null: a null would withdraw an article */
  assert_int_equal(r.message[0]->len, 0);
  assert_memory_equal(r.message[0]->key, "big", 3);
  mock_records_clear(&r);
  mock_close(&m);
}

static void at_last_it_is_bare(void **state) {
  (void)state;
  mock_t m;
  refuse(&m, 3);
  mock_records_t r;
  mock_read(&m, "articles.dlq", &r);
  assert_int_equal(r.n, 1);
  assert_null(r.message[0]->key);
  assert_string_equal(mock_header(r.message[0], "wm-error"), "too_large");
  assert_string_equal(mock_header(r.message[0], "wm-offset"), "10");
  mock_records_clear(&r);
  mock_close(&m);
}

static void a_dead_letter_topic_that_takes_nothing_ends_the_worker(void **state) {
  (void)state;
  mock_t m;
  wm_error_t err = WM_ERROR_INIT;
  mock_open(&m, 2, 1);
  mock_start(&m);
  mock_wait_ready(&m);
  mock_push_out(&m, 4, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  feed(&m, "big", k_article);
  assert_int_equal(mock_join(&m, &err), WM_ERR_KAFKA);
  assert_non_null(strstr(err.text, "articles.dlq takes not even an empty dead letter"));
  assert_int_equal(mock_messages(&m, "dead"), 0);
  mock_close(&m);
}

/* A refused batch is no reason to throw out all that was in it. */
static void the_innocent_are_enriched(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 2, 1);
  m.set.commit_messages = 50;
  m.set.commit_ms = 2000;
  mock_feed_articles(&m, 0, 100); /* there before the worker, so that records go out many at a time */
  mock_push_out(&m, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  mock_start(&m);
  mock_wait_messages(&m, 100);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_int_equal(mock_messages(&m, "enriched"), 100);
  assert_int_equal(mock_messages(&m, "dead"), 0);
  assert_true(mock_transactions(&m, "aborted") >= 1);
  mock_expect_articles(&m, "articles.test", 0, 100, false);
  mock_close(&m);
}

static void another_refusal_is_named(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 2, 1);
  mock_start(&m);
  mock_wait_ready(&m);
  mock_push_out(&m, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
  feed(&m, "odd", k_article);
  mock_wait_messages(&m, 1);
  mock_records_t r;
  mock_read(&m, "articles.dlq", &r);
  assert_int_equal(r.n, 1);
  assert_string_equal(mock_header(r.message[0], "wm-error"), "kafka");
  assert_non_null(strstr(mock_header(r.message[0], "wm-reason"), "articles.test refused"));
  mock_records_clear(&r);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
}

/* ---- librdkafka's own limits ---- */

static const wm_config_program_t k_program = {
    .program = "test", .version = "0", .summary = "", .usage = "", .takes_kafka = true};

static wm_config_t *pass_through(char *property) {
  char *argv[] = {"test", "--kafka", property, NULL};
  wm_error_t err = WM_ERROR_INIT;
  wm_config_t *config = wm_config_new(&k_program);
  assert_non_null(config);
  if (wm_config_load(config, 3, argv, NULL, &err) != WM_OK) fail_msg("%s", err.text);
  return config;
}

static void a_full_queue_is_waited_for(void **state) {
  (void)state;
  mock_t m;
  wm_config_t *config = pass_through("queue.buffering.max.messages=5");
  mock_open(&m, 2, 2);
  m.set.config = config;
  m.set.commit_messages = 100;
  rd_kafka_mock_broker_set_rtt(m.cluster, 2, 5);
  mock_feed_articles(&m, 0, 300);
  mock_start(&m);
  mock_wait_messages(&m, 300);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_int_equal(mock_messages(&m, "enriched"), 300);
  assert_int_equal(mock_transactions(&m, "aborted"), 0);
  mock_expect_articles(&m, "articles.test", 0, 300, true);
  mock_close(&m);
  wm_config_destroy(config);
}

static void what_fits_no_queue_is_a_dead_letter(void **state) {
  (void)state;
  mock_t m;
  wm_config_t *config = pass_through("queue.buffering.max.kbytes=1024");
  const char *article = "{\"uri\":\"urn:x:8\",\"headline\":\"grow\"}"; /* by 2 MB */
  mock_open(&m, 1, 1);
  m.set.config = config;
  feed(&m, "k", article);
  mock_feed_articles(&m, 0, 5);
  mock_start(&m);
  mock_wait_messages(&m, 6);
  assert_int_equal(mock_messages(&m, "dead"), 1);
  mock_records_t r;
  mock_read(&m, "articles.dlq", &r);
  assert_int_equal(r.n, 1);
  assert_string_equal(mock_header(r.message[0], "wm-error"), "too_large");
  assert_int_equal(r.message[0]->len, strlen(article));
  mock_records_clear(&r);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
  wm_config_destroy(config);
}

static void a_large_article_goes_through(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  feed(&m, "k", "{\"uri\":\"urn:x:8\",\"headline\":\"grow\"}");
  mock_start(&m);
  mock_wait_messages(&m, 1);
  assert_int_equal(mock_messages(&m, "enriched"), 1);
  mock_records_t r;
  mock_read(&m, "articles.test", &r);
  assert_int_equal(r.n, 1);
  assert_true(r.message[0]->len > (2u << 20));
  mock_records_clear(&r);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
}

int main(int argc, char **argv) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_refused_article_becomes_a_dead_letter),
      cmocka_unit_test(a_refused_dead_letter_is_truncated),
      cmocka_unit_test(at_last_it_is_bare),
      cmocka_unit_test(a_dead_letter_topic_that_takes_nothing_ends_the_worker),
      cmocka_unit_test(the_innocent_are_enriched),
      cmocka_unit_test(another_refusal_is_named),
      cmocka_unit_test(a_full_queue_is_waited_for),
      cmocka_unit_test(what_fits_no_queue_is_a_dead_letter),
      cmocka_unit_test(a_large_article_goes_through),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
