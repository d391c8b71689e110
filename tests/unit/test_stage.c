/* The parts of the worker loop that need no broker: settings, suspects, places, a dead letter's reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/stage_internal.h"
#include "tests/support/stage/tsan.h"

static wm_err_t enrich(void *worker, wm_article_t *article, wm_error_t *err) {
  (void)worker;
  wm_str_t headline = wm_article_text(article, WM_FIELD_HEADLINE);
  if (headline.len == 3) return wm_error_set(err, WM_ERR_ENRICHER, "three bytes");
  return wm_article_set(article, "x", json_true(), err);
}

static wm_model_info_t info(const void *shared) {
  return (wm_model_info_t){.name = shared, .sha256 = "00ff"};
}

static const wm_service_t k_service = {
    .name = "x", .version = "2.0.0", .topic_in = "a", .topic_out = "b", .enrich = enrich, .model_info = info};

static void defaults_fill_what_is_left_open(void **state) {
  (void)state;
  wm_stage_settings_t set = {.service = &k_service, .group = "g"};
  assert_int_equal(wm_stage_normalise(&set, NULL), WM_OK);
  assert_string_equal(set.bootstrap_servers, "localhost:9092");
  assert_string_equal(set.topic_in, "a");
  assert_string_equal(set.topic_out, "b");
  assert_string_equal(set.topic_dlq, "articles.dlq");
  assert_int_equal(set.workers, 1);
  assert_int_equal(set.commit_messages, WM_STAGE_COMMIT_MESSAGES);
  assert_int_equal(set.commit_ms, WM_STAGE_COMMIT_MS);
  assert_int_equal(set.transaction_timeout_ms, WM_STAGE_TRANSACTION_TIMEOUT_MS);
  assert_int_equal(set.stop_ms, WM_STAGE_STOP_MS);
}

static void the_table_and_the_defaults_agree(void **state) {
  (void)state;
  static const wm_config_program_t program = {
      .program = "p", .version = "0", .summary = "", .usage = "", .takes_kafka = true};
  static const wm_config_default_t own[] = {{"topic.in", "a"}, {"topic.out", "b"}, {"group", "g"}};
  char *argv[] = {"p", NULL};
  wm_error_t err = WM_ERROR_INIT;
  size_t n;
  const wm_config_option_t *rows = wm_stage_options(&n);
  wm_config_t *config = wm_config_new(&program);
  assert_int_equal(wm_config_add(config, rows, n, &err), WM_OK);
  assert_int_equal(wm_config_defaults(config, own, 3, &err), WM_OK);
  assert_int_equal(wm_config_load(config, 1, argv, NULL, &err), WM_OK);
  wm_stage_settings_t from_table, plain = {.service = &k_service, .group = "g"};
  wm_stage_settings(config, &k_service, &from_table);
  assert_int_equal(wm_stage_normalise(&plain, &err), WM_OK);
  assert_string_equal(from_table.bootstrap_servers, plain.bootstrap_servers);
  assert_string_equal(from_table.topic_dlq, plain.topic_dlq);
  assert_null(from_table.instance);
  assert_int_equal(from_table.workers, plain.workers);
  assert_int_equal(from_table.commit_messages, plain.commit_messages);
  assert_int_equal(from_table.commit_ms, plain.commit_ms);
  assert_int_equal(from_table.transaction_timeout_ms, plain.transaction_timeout_ms);
  assert_int_equal(from_table.stop_ms, plain.stop_ms);
  assert_int_equal(from_table.limits.bytes_max, WM_ARTICLE_BYTES_MAX);
  wm_config_destroy(config);
}

static void settings_without_a_group_are_refused(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  wm_stage_settings_t set = {.service = &k_service};
  assert_int_equal(wm_stage_normalise(&set, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "WM_GROUP"));
  wm_error_clear(&err);
  set = (wm_stage_settings_t){.group = "g"};
  assert_int_equal(wm_stage_normalise(&set, &err), WM_ERR_INTERNAL);
}

static void a_place_fits_into_a_pointer(void **state) {
  (void)state;
  const struct {
    int32_t partition;
    int64_t offset;
  } places[] = {{0, 0}, {0, 1}, {7, INT64_C(1) << 40}, {WM_STAGE_PARTITIONS_MAX - 1, (INT64_C(1) << 48) - 1}};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    int32_t partition;
    int64_t offset;
    void *packed = wm_suspect_pack(places[i].partition, places[i].offset);
    assert_non_null(packed);
    assert_true(wm_suspect_unpack(packed, &partition, &offset));
    assert_int_equal(partition, places[i].partition);
    assert_int_equal(offset, places[i].offset);
  }
  int32_t partition;
  int64_t offset;
  assert_null(wm_suspect_pack(WM_STAGE_PARTITIONS_MAX, 0));
  assert_null(wm_suspect_pack(0, INT64_C(1) << 48));
  assert_null(wm_suspect_pack(-1, 0));
  assert_false(wm_suspect_unpack(NULL, &partition, &offset));
}

static void a_suspect_goes_step_by_step(void **state) {
  (void)state;
  wm_worker_t w = {.tally = {.messages = 5}};
  rd_kafka_resp_err_t why;
  assert_int_equal(wm_suspect_level(&w, 1, 10, &why), WM_LEVEL_NORMAL);
  assert_int_equal(why, RD_KAFKA_RESP_ERR_NO_ERROR);
  wm_suspect_refused(&w, 1, 10, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  assert_int_equal(wm_suspect_level(&w, 1, 10, &why), WM_LEVEL_ALONE);
  assert_int_equal(why, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  assert_int_equal(wm_suspect_level(&w, 2, 10, NULL), WM_LEVEL_NORMAL);
  w.tally.messages = 1;
  const wm_level_t next[] = {WM_LEVEL_DEAD_LETTER, WM_LEVEL_TRUNCATED, WM_LEVEL_BARE, WM_LEVEL_END, WM_LEVEL_END};
  for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
    wm_suspect_refused(&w, 1, 10, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    assert_int_equal(wm_suspect_level(&w, 1, 10, NULL), next[i]);
  }
  wm_suspect_refused(&w, 3, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD); /* alone from the start */
  assert_int_equal(wm_suspect_level(&w, 3, 1, NULL), WM_LEVEL_DEAD_LETTER);
  free(w.suspects);
}

static void suspects_are_forgotten_when_they_are_through(void **state) {
  (void)state;
  wm_part_t parts[3] = {
      {.assigned = true, .next = 11}, {.assigned = true, .next = -1}, {.assigned = false, .next = -1}};
  wm_worker_t w = {.parts = parts, .n_parts = 3, .tally = {.messages = 5}};
  wm_suspect_refused(&w, 0, 10, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE); /* committed */
  wm_suspect_refused(&w, 0, 11, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  wm_suspect_refused(&w, 1, 5, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  wm_suspect_refused(&w, 2, 5, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE); /* not ours any more */
  wm_suspect_sweep(&w);
  assert_int_equal(w.n_suspects, 2);
  assert_int_equal(wm_suspect_level(&w, 0, 10, NULL), WM_LEVEL_NORMAL);
  assert_int_equal(wm_suspect_level(&w, 0, 11, NULL), WM_LEVEL_ALONE);
  assert_int_equal(wm_suspect_level(&w, 1, 5, NULL), WM_LEVEL_ALONE);
  for (int64_t offset = 100; offset < 100 + 2 * WM_STAGE_SUSPECTS_MAX; offset++)
    wm_suspect_refused(&w, 1, offset, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  assert_int_equal(w.n_suspects, WM_STAGE_SUSPECTS_MAX); /* the first ones; the others have their turn later */
  assert_int_equal(wm_suspect_level(&w, 1, 100, NULL), WM_LEVEL_ALONE);
  free(w.suspects);
}

static void what_a_rewind_owes_comes_first(void **state) {
  (void)state;
  wm_part_t parts[2] = {{.assigned = true, .first = -1, .next = -1, .resume = 7}, {.assigned = false, .first = -1}};
  wm_worker_t w = {.parts = parts, .n_parts = 2};
  rd_kafka_message_t m = {.partition = 0, .offset = 9};
  for (int i = 0; i < 5; i++) { /* a later record than the one owed: back again */
    w.rewind = false;
    assert_true(wm_take(&w, &m));
    assert_int_equal(parts[0].first, 7);
    assert_false(wm_in_order(&w, &m));
    assert_true(w.rewind);
  }
  w.rewind = false;
  assert_true(wm_take(&w, &m));
  assert_true(wm_in_order(&w, &m)); /* it is really gone */
  assert_false(w.rewind);
  assert_int_equal(parts[0].resume, -1);
  parts[0] = (wm_part_t){.assigned = true, .first = -1, .next = -1, .resume = 7};
  m.offset = 7;
  assert_true(wm_take(&w, &m) && wm_in_order(&w, &m));
  assert_int_equal(parts[0].first, 7);
  m.partition = 1;
  assert_false(wm_take(&w, &m));
  m.partition = 2;
  assert_false(wm_take(&w, &m));
}

static void enriching_leaves_a_line_in_processing(void **state) {
  (void)state;
  const char *text = "{\"uri\":\"u\",\"headline\":\"Hello\"}";
  const char *refused = "{\"uri\":\"u\",\"headline\":\"abc\"}";
  wm_error_t err = WM_ERROR_INIT;
  wm_article_t *article = wm_article_new(NULL);
  assert_int_equal(wm_article_parse(article, text, strlen(text), NULL, &err), WM_OK);
  assert_int_equal(wm_service_enrich(&k_service, "model-1", NULL, article, &err), WM_OK);
  wm_buffer_t out;
  wm_buffer_init(&out, 10000);
  assert_int_equal(wm_article_write(article, &out, &err), WM_OK);
  json_t *root = json_loads(out.data, 0, NULL);
  json_t *line = json_array_get(json_object_get(json_object_get(root, "enrichment"), "processing"), 0);
  assert_string_equal(json_string_value(json_object_get(line, "service")), "x");
  assert_string_equal(json_string_value(json_object_get(line, "version")), "2.0.0");
  assert_string_equal(json_string_value(json_object_get(line, "model")), "model-1");
  assert_string_equal(json_string_value(json_object_get(line, "model_sha256")), "00ff");
  assert_true(json_is_number(json_object_get(line, "ms")));
  assert_true(json_is_string(json_object_get(line, "at")));
  json_decref(root);
  wm_buffer_clear(&out);
  assert_int_equal(wm_article_parse(article, refused, strlen(refused), NULL, &err), WM_OK);
  assert_int_equal(wm_service_enrich(&k_service, NULL, NULL, article, &err), WM_ERR_ENRICHER);
  assert_int_equal(err.cls, WM_CLASS_POISON);
  wm_article_destroy(article);
}

static void the_headers_of_a_dead_letter(void **state) {
  (void)state;
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, NULL, 0);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, "articles.raw", NULL);
  rd_kafka_message_t m = {.rkt = topic, .partition = 3, .offset = 42, .len = 9};
  wm_error_t why = WM_ERROR_INIT;
  char text[WM_ERROR_TEXT_MAX];
  memset(text, 'a', sizeof text);
  memcpy(text + 398, "\xe2\x82\xac", 3); /* across the limit of 400 bytes */
  text[10] = (char)0xff;                 /* a byte of the article */
  text[sizeof text - 1] = '\0';
  wm_error_set(&why, WM_ERR_NOT_UTF8, "%s", text);
  const wm_dead_letter_form_t bare = {.truncated = true, .bare = true};
  rd_kafka_headers_t *headers = wm_dead_letter_headers(&m, "x", "2.0.0", &why, &bare);
  assert_non_null(headers);
  const void *value;
  size_t size;
  assert_int_equal(rd_kafka_header_get_last(headers, "wm-reason", &value, &size), 0);
  assert_int_equal(size, 398);
  assert_int_equal(((const char *)value)[10], '?');
  assert_int_equal(rd_kafka_header_get_last(headers, "wm-error", &value, &size), 0);
  assert_string_equal(value, "not_utf8");
  assert_int_equal(rd_kafka_header_get_last(headers, "wm-offset", &value, &size), 0);
  assert_string_equal(value, "42");
  assert_int_equal(rd_kafka_header_get_last(headers, "wm-truncated", &value, &size), 0);
  assert_string_equal(value, "9");
  assert_int_equal(rd_kafka_header_cnt(headers), 9);
  rd_kafka_headers_destroy(headers);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
}

int main(void) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_fill_what_is_left_open),
      cmocka_unit_test(the_table_and_the_defaults_agree),
      cmocka_unit_test(settings_without_a_group_are_refused),
      cmocka_unit_test(a_place_fits_into_a_pointer),
      cmocka_unit_test(a_suspect_goes_step_by_step),
      cmocka_unit_test(suspects_are_forgotten_when_they_are_through),
      cmocka_unit_test(what_a_rewind_owes_comes_first),
      cmocka_unit_test(enriching_leaves_a_line_in_processing),
      cmocka_unit_test(the_headers_of_a_dead_letter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
