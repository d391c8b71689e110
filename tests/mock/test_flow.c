/* What goes through the worker loop when nothing goes wrong around it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/mock/mock.h"
#include "tests/support/stage/tsan.h"

static const rd_kafka_message_t *only(const mock_records_t *r) {
  assert_int_equal(r->n, 1);
  return r->message[0];
}

static json_t *value_of(const rd_kafka_message_t *record) {
  json_t *root = json_loadb(record->payload, record->len, 0, NULL);
  assert_non_null(root);
  return root;
}

static void key_headers_and_timestamp_are_kept(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 2);
  rd_kafka_headers_t *headers = rd_kafka_headers_new(3);
  rd_kafka_header_add(headers, "traceparent", -1, "00-4bf9-01", -1);
  rd_kafka_header_add(headers, "traceparent", -1, "00-second-01", -1); /* a name may come twice */
  rd_kafka_header_add(headers, "none", -1, NULL, 0);
  const char *article =
      "{\"uri\":\"urn:x:1\",\"headline\":\"Hello\",\"body_text\":\"World\",\"price\":1.10,\"z\":[1,2]}";
  mock_feed(&m, 1, "its key", article, strlen(article), headers, 1234567890123);
  mock_start(&m);
  mock_wait_messages(&m, 1);
  mock_records_t r;
  mock_read(&m, "articles.test", &r);
  const rd_kafka_message_t *out = only(&r);
  assert_int_equal(out->key_len, 7);
  assert_memory_equal(out->key, "its key", 7);
  rd_kafka_timestamp_type_t type;
  assert_int_equal(rd_kafka_message_timestamp(out, &type), 1234567890123);
  rd_kafka_headers_t *got = NULL;
  assert_int_equal(rd_kafka_message_headers(out, &got), 0);
  assert_int_equal(rd_kafka_header_cnt(got), 3);
  const char *name;
  const void *value;
  size_t size;
  assert_int_equal(rd_kafka_header_get_all(got, 0, &name, &value, &size), 0);
  assert_string_equal(value, "00-4bf9-01");
  assert_int_equal(rd_kafka_header_get_all(got, 1, &name, &value, &size), 0);
  assert_string_equal(value, "00-second-01");
  assert_int_equal(rd_kafka_header_get_all(got, 2, &name, &value, &size), 0);
  assert_string_equal(name, "none");
  assert_null(value);
  const char *start = "{\"uri\":\"urn:x:1\",\"headline\":\"Hello\",\"body_text\":\"World\",\"price\":1.10,\"z\":[1,2],";
  assert_memory_equal(out->payload, start, strlen(start));
  json_t *root = value_of(out);
  json_t *enrichment = json_object_get(root, "enrichment");
  assert_string_equal(json_string_value(json_object_get(json_object_get(enrichment, "test"), "seen")), "yes");
  json_t *line = json_array_get(json_object_get(enrichment, "processing"), 0);
  assert_string_equal(json_string_value(json_object_get(line, "service")), "test");
  assert_string_equal(json_string_value(json_object_get(line, "version")), "1.2.3");
  json_decref(root);
  mock_records_clear(&r);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
}

static void without_a_key_it_is_keyed_by_its_uri(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  const char *article = "{\"uri\":\"urn:x:2\",\"headline\":\"Hello\"}";
  mock_feed(&m, 0, NULL, article, strlen(article), NULL, 0);
  mock_start(&m);
  mock_wait_messages(&m, 1);
  mock_records_t r;
  mock_read(&m, "articles.test", &r);
  assert_int_equal(only(&r)->key_len, 7);
  assert_memory_equal(only(&r)->key, "urn:x:2", 7);
  mock_records_clear(&r);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
}

static void a_withdrawal_is_passed_on(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
  rd_kafka_header_add(headers, "why", -1, "withdrawn", -1);
  mock_feed(&m, 0, "urn:x:3", NULL, 0, headers, 1000000000000);
  mock_start(&m);
  mock_wait_messages(&m, 1);
  assert_int_equal(mock_messages(&m, "withdrawn"), 1);
  mock_records_t r;
  mock_read(&m, "articles.test", &r);
  assert_null(only(&r)->payload);
  assert_memory_equal(only(&r)->key, "urn:x:3", 7);
  assert_string_equal(mock_header(only(&r), "why"), "withdrawn");
  assert_int_equal(rd_kafka_message_timestamp(only(&r), NULL), 1000000000000);
  mock_records_clear(&r);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
}

static void poison_becomes_a_dead_letter(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  const char *broken = "{\"uri\": \"urn:x:4\", ";
  const char *refused = "{\"uri\":\"urn:x:5\",\"headline\":\"refuse\"}";
  rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
  rd_kafka_header_add(headers, "traceparent", -1, "00-1-01", -1);
  rd_kafka_header_add(headers, "wm-error", -1, "of an earlier failure", -1);
  mock_feed(&m, 0, "k4", broken, strlen(broken), headers, 1111111111111);
  mock_feed(&m, 0, NULL, refused, strlen(refused), NULL, 0);
  mock_feed(&m, 0, "k6", "", 0, NULL, 0);
  mock_feed_articles(&m, 0, 1);
  mock_start(&m);
  mock_wait_messages(&m, 4);
  assert_int_equal(mock_messages(&m, "dead"), 3);
  mock_records_t r;
  mock_read(&m, "articles.dlq", &r);
  assert_int_equal(r.n, 3);
  for (size_t i = 0; i < r.n; i++) {
    const rd_kafka_message_t *d = r.message[i];
    assert_string_equal(mock_header(d, "wm-service"), "test");
    assert_string_equal(mock_header(d, "wm-version"), "1.2.3");
    assert_string_equal(mock_header(d, "wm-topic"), "articles.raw");
    assert_string_equal(mock_header(d, "wm-partition"), "0");
    assert_null(mock_header(d, "wm-truncated"));
    assert_true(strlen(mock_header(d, "wm-reason")) > 0);
    assert_int_equal(strlen(mock_header(d, "wm-time")), strlen("2026-01-01T00:00:00.000Z"));
    if (strcmp(mock_header(d, "wm-offset"), "0") == 0) {
      assert_string_equal(mock_header(d, "wm-error"), "not_json");
      assert_string_equal(mock_header(d, "traceparent"), "00-1-01");
      assert_int_equal(d->len, strlen(broken));
      assert_memory_equal(d->payload, broken, d->len);
      assert_memory_equal(d->key, "k4", 2);
      assert_int_equal(rd_kafka_message_timestamp(d, NULL), 1111111111111);
    } else if (strcmp(mock_header(d, "wm-offset"), "1") == 0) {
      assert_string_equal(mock_header(d, "wm-error"), "enricher");
      assert_null(d->key);
    } else {
      assert_string_equal(mock_header(d, "wm-offset"), "2");
      assert_string_equal(mock_header(d, "wm-error"), "not_json");
      assert_non_null(d->payload);
      assert_int_equal(d->len, 0);
    }
  }
  mock_records_clear(&r);
  mock_expect_articles(&m, "articles.test", 0, 1, true);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
}

static void many_articles_each_once(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 3, 4);
  m.set.commit_messages = 50;
  mock_start(&m);
  mock_wait_ready(&m);
  for (int i = 0; i < 10; i++) mock_feed_articles(&m, i * 100, 100);
  mock_wait_messages(&m, 1000);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_int_equal(mock_messages(&m, "enriched"), 1000);
  assert_int_equal(mock_transactions(&m, "aborted"), 0);
  mock_expect_articles(&m, "articles.test", 0, 1000, true);
  mock_close(&m);
}

static void two_workers_share_the_partitions(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 4);
  m.set.workers = 2;
  mock_start(&m);
  mock_wait_ready(&m); /* settled before anything is fed: the mock keeps no offsets over a rebalance */
  wm_stage_state_t s = {0};
  for (int i = 0; i < 500 && s.partitions != 4; i++) {
    mock_wait_ready(&m);
    wm_stage_state(m.stage, &s);
    nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
  }
  assert_int_equal(s.partitions, 4);
  assert_int_equal(s.workers, 2);
  assert_int_equal(s.running, 2);
  mock_feed_articles(&m, 0, 400);
  mock_wait_messages(&m, 400);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  assert_int_equal(mock_messages(&m, "enriched"), 400);
  mock_expect_articles(&m, "articles.test", 0, 400, true);
  mock_close(&m);
}

static void an_idle_worker_makes_no_transactions(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 2);
  m.set.commit_ms = 10;
  mock_start(&m);
  mock_wait_ready(&m);
  nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
  assert_int_equal(mock_transactions(&m, "committed"), 0);
  assert_int_equal(mock_stop(&m, NULL), WM_OK);
  mock_close(&m);
}

static void an_internal_error_ends_all_workers(void **state) {
  (void)state;
  mock_t m;
  mock_open(&m, 1, 1);
  m.set.workers = 2;
  const char *article = "{\"uri\":\"urn:x:7\",\"headline\":\"break\"}";
  mock_feed(&m, 0, "k", article, strlen(article), NULL, 0);
  mock_start(&m);
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(mock_join(&m, &err), WM_ERR_INTERNAL);
  assert_string_equal(err.text, "the headline says so");
  assert_int_equal(mock_messages(&m, "enriched"), 0);
  mock_close(&m);
}

int main(int argc, char **argv) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(key_headers_and_timestamp_are_kept),
      cmocka_unit_test(without_a_key_it_is_keyed_by_its_uri),
      cmocka_unit_test(a_withdrawal_is_passed_on),
      cmocka_unit_test(poison_becomes_a_dead_letter),
      cmocka_unit_test(many_articles_each_once),
      cmocka_unit_test(two_workers_share_the_partitions),
      cmocka_unit_test(an_idle_worker_makes_no_transactions),
      cmocka_unit_test(an_internal_error_ends_all_workers),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
