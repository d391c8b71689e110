/* Offsets without a gap, one job a uri, waiting between tries, verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "services/deliver/bulk.h"
#include "services/deliver/order.h"
#include "services/deliver/post.h"
#include "services/deliver/track.h"

static uint32_t take(wm_track_t *t, int32_t partition, int64_t offset) {
  uint32_t epoch = 0;
  bool mine = false;
  assert_int_equal(wm_track_take(t, partition, offset, &epoch, &mine, NULL), WM_OK);
  assert_true(mine);
  return epoch;
}

static void test_contiguous(void **state) {
  (void)state;
  wm_track_t t = {0};
  assert_int_equal(wm_track_assign(&t, 2, NULL), WM_OK);
  assert_int_equal(wm_track_due(&t, 2), -1);
  const uint32_t e = take(&t, 2, 10);
  take(&t, 2, 11);
  take(&t, 2, 14); /* offsets may have holes */
  wm_track_done(&t, 2, e, 11);
  wm_track_done(&t, 2, e, 14);
  assert_int_equal(t.open, 3);
  assert_int_equal(wm_track_due(&t, 2), 10); /* nothing below the oldest is done */
  wm_track_done(&t, 2, e, 10);
  assert_int_equal(wm_track_due(&t, 2), 15);
  assert_int_equal(t.open, 0);
  wm_track_committed(&t, 2, 15);
  assert_int_equal(wm_track_due(&t, 2), -1);
  wm_track_end(&t, 2, 17); /* a marker of a transaction lies in between */
  assert_int_equal(wm_track_due(&t, 2), 17);
  wm_track_clear(&t);
}

static void test_end_waits(void **state) {
  (void)state;
  wm_track_t t = {0};
  wm_track_assign(&t, 0, NULL);
  take(&t, 0, 5);
  wm_track_end(&t, 0, 9);
  assert_int_equal(wm_track_due(&t, 0), 5);
  wm_track_clear(&t);
}

static void test_epochs(void **state) {
  (void)state;
  wm_track_t t = {0};
  wm_track_assign(&t, 0, NULL);
  const uint32_t old = take(&t, 0, 5);
  wm_track_revoke(&t, 0);
  assert_false(wm_track_has(&t, 0));
  wm_track_done(&t, 0, old, 5);
  wm_track_assign(&t, 0, NULL);
  const uint32_t e = take(&t, 0, 5);
  assert_true(e != old);
  assert_false(wm_track_current(&t, 0, old));
  wm_track_done(&t, 0, old, 5); /* late, of the old one */
  assert_int_equal(wm_track_due(&t, 0), 5);
  wm_track_done(&t, 0, e, 5);
  assert_int_equal(wm_track_due(&t, 0), 6);
  const uint32_t again = take(&t, 0, 1); /* the topic was created anew */
  assert_true(again != e);
  wm_track_done(&t, 0, again, 1);
  assert_int_equal(wm_track_due(&t, 0), 2);
  wm_track_clear(&t);
}

static void test_ring_grows(void **state) {
  (void)state;
  wm_track_t t = {0};
  wm_track_assign(&t, 0, NULL);
  uint32_t e = 0;
  for (int64_t i = 0; i < 200; i++) e = take(&t, 0, i);
  for (int64_t i = 0; i < 150; i++) wm_track_done(&t, 0, e, i);
  for (int64_t i = 200; i < 2000; i++) take(&t, 0, i); /* over the end of the ring, and beyond its size */
  for (int64_t i = 1999; i >= 150; i--) wm_track_done(&t, 0, e, i);
  assert_int_equal(wm_track_due(&t, 0), 2000);
  assert_int_equal(t.open, 0);
  wm_track_clear(&t);
}

static void test_order(void **state) {
  (void)state;
  static wm_order_t o;
  wm_order_link_t a1, a2, a3, b, same; /* `same` shares the bucket, not the key */
  assert_true(wm_order_add(&o, &a1, 7));
  assert_false(wm_order_add(&o, &a2, 7));
  assert_true(wm_order_add(&o, &b, 8));
  assert_true(wm_order_add(&o, &same, 7 + WM_ORDER_BUCKETS));
  assert_false(wm_order_add(&o, &a3, 7));
  assert_null(wm_order_remove(&o, &b));
  assert_null(wm_order_remove(&o, &same));
  assert_null(wm_order_remove(&o, &a2)); /* one that was waiting is dropped: nobody may go for it */
  assert_ptr_equal(wm_order_remove(&o, &a1), &a3);
  assert_null(wm_order_remove(&o, &a3));
  assert_true(wm_order_add(&o, &a1, 7));
  wm_order_remove(&o, &a1);
}

static void test_backoff(void **state) {
  (void)state;
  assert_int_equal(wm_post_backoff(1, 100, 1000, 0, 0), 100);
  assert_int_equal(wm_post_backoff(2, 100, 1000, 0, 0), 200);
  assert_int_equal(wm_post_backoff(30, 100, 1000, 0, 0), 1000);
  for (uint64_t random = 0; random < 5000; random += 7) {
    const int64_t wait = wm_post_backoff(3, 100, 1000, 0, random);
    assert_in_range(wait, 200, 400);
  }
  assert_int_equal(wm_post_backoff(1, 100, 1000, 5000, 0), 5000);
  assert_int_equal(wm_post_backoff(1, 100, 1000, 86400000, 0), 10000);
}

static void test_verdicts(void **state) {
  (void)state;
  const long done[] = {200, 202, 204}, retry[] = {0, 408, 425, 429, 500, 502, 503},
             refused[] = {301, 307, 400, 401, 403, 404, 410, 413};
  for (size_t i = 0; i < 3; i++) assert_int_equal(wm_post_verdict(&(wm_answer_t){.status = done[i]}), WM_VERDICT_DONE);
  for (size_t i = 0; i < 7; i++)
    assert_int_equal(wm_post_verdict(&(wm_answer_t){.status = retry[i]}), WM_VERDICT_RETRY);
  for (size_t i = 0; i < 8; i++)
    assert_int_equal(wm_post_verdict(&(wm_answer_t){.status = refused[i]}), WM_VERDICT_REFUSED);
}

static void test_bulk(void **state) {
  (void)state;
  wm_buffer_t b;
  wm_buffer_init(&b, 1 << 20);
  assert_int_equal(wm_bulk_add(&b, "news", "u\"1", 7, "{\"a\":1}", 7, NULL), WM_OK);
  assert_int_equal(wm_bulk_add(&b, "news", "u2", 8, NULL, 0, NULL), WM_OK);
  assert_string_equal(
      b.data,
      "{\"index\":{\"_index\":\"news\",\"_id\":\"u\\\"1\",\"version\":7,\"version_type\":\"external_gte\"}}\n{\"a\":1}"
      "\n"
      "{\"delete\":{\"_index\":\"news\",\"_id\":\"u2\",\"version\":8,\"version_type\":\"external_gte\"}}\n");
  wm_buffer_clear(&b);
  const char text[] =
      "{\"errors\":true,\"items\":[{\"index\":{\"status\":201}},{\"index\":{\"status\":409}},{\"index\":{\"status\":"
      "429}},"
      "{\"delete\":{\"status\":404}},{\"index\":{\"status\":404}},{\"index\":{\"status\":400,\"error\":{\"type\":\"t\","
      "\"reason\":\"r\"}}},7,"
      /* what is wrong with the index is not the article's fault */
      "{\"index\":{\"status\":404,\"error\":{\"type\":\"index_not_found_exception\"}}},"
      "{\"delete\":{\"status\":404,\"error\":{\"type\":\"index_not_found_exception\"}}},"
      "{\"index\":{\"status\":400,\"error\":{\"type\":\"index_closed_exception\"}}},"
      "{\"index\":{\"status\":403,\"error\":{\"type\":\"cluster_block_exception\"}}}]}";
  const wm_verdict_t expected[] = {WM_VERDICT_DONE,    WM_VERDICT_DONE,    WM_VERDICT_RETRY, WM_VERDICT_DONE,
                                   WM_VERDICT_REFUSED, WM_VERDICT_REFUSED, WM_VERDICT_RETRY, WM_VERDICT_RETRY,
                                   WM_VERDICT_RETRY,   WM_VERDICT_RETRY,   WM_VERDICT_RETRY};
  const size_t n = sizeof expected / sizeof expected[0];
  wm_bulk_answer_t answer;
  assert_int_equal(wm_bulk_answer_read(text, sizeof text - 1, n, &answer, NULL), WM_OK);
  for (size_t i = 0; i < n; i++) {
    wm_error_t why = WM_ERROR_INIT;
    assert_int_equal(wm_bulk_item(&answer, i, &why), expected[i]);
    if (i == 5) assert_string_equal(why.text, "status 400: t: r");
  }
  wm_bulk_answer_clear(&answer);
  assert_int_equal(wm_bulk_answer_read(text, sizeof text - 1, 6, &answer, NULL), WM_ERR_HTTP);
  assert_int_equal(wm_bulk_answer_read("<html>", 6, 1, &answer, NULL), WM_ERR_HTTP);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_contiguous), cmocka_unit_test(test_end_waits),
                                     cmocka_unit_test(test_epochs),     cmocka_unit_test(test_ring_grows),
                                     cmocka_unit_test(test_order),      cmocka_unit_test(test_backoff),
                                     cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_bulk)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
