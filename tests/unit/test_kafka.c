/* librdkafka's configuration as wiremill makes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/kafka.h"
#include "tests/support/stage/tsan.h"

static const wm_config_program_t k_program = {
    .program = "test", .version = "0", .summary = "", .usage = "", .takes_kafka = true};

static wm_config_t *with(char *property) {
  char *argv[] = {"test", "--kafka", property, NULL};
  wm_error_t err = WM_ERROR_INIT;
  wm_config_t *config = wm_config_new(&k_program);
  assert_non_null(config);
  if (wm_config_load(config, 3, argv, NULL, &err) != WM_OK) fail_msg("%s", err.text);
  return config;
}

static void expect(const rd_kafka_conf_t *conf, const char *name, const char *value) {
  char got[512];
  size_t size = sizeof got;
  if (rd_kafka_conf_get(conf, name, got, &size) != RD_KAFKA_CONF_OK) fail_msg("%s is not set", name);
  assert_string_equal(got, value);
}

static void what_the_loop_stands_on_is_set(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_CONSUMER, "b:1", NULL, &err);
  assert_non_null(conf);
  expect(conf, "bootstrap.servers", "b:1");
  expect(conf, "enable.auto.commit", "false");
  expect(conf, "enable.auto.offset.store", "false");
  expect(conf, "isolation.level", "read_committed");
  expect(conf, "auto.offset.reset", "smallest"); /* librdkafka's other name for earliest */
  expect(conf, "partition.assignment.strategy", wm_kafka_assignor());
  rd_kafka_conf_destroy(conf);
  conf = wm_kafka_conf(WM_KAFKA_PRODUCER, "b:1", NULL, &err);
  assert_non_null(conf);
  expect(conf, "enable.idempotence", "true");
  rd_kafka_conf_destroy(conf);
}

static void the_assignor_follows_the_library(void **state) {
  (void)state;
  int version = rd_kafka_version();
  assert_string_equal(wm_kafka_assignor(), version >> 16 >= 0x020a ? "cooperative-sticky" : "range,roundrobin");
}

static void a_passed_property_wins_over_a_default(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  wm_config_t *config = with("session.timeout.ms=7777");
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_CONSUMER, "b:1", config, &err);
  assert_non_null(conf);
  expect(conf, "session.timeout.ms", "7777");
  rd_kafka_conf_destroy(conf);
  wm_config_destroy(config);
}

static void refused(const char *property, const char *word) {
  char text[128];
  snprintf(text, sizeof text, "%s", property);
  wm_error_t err = WM_ERROR_INIT;
  wm_config_t *config = with(text);
  assert_null(wm_kafka_conf(WM_KAFKA_CONSUMER, "b:1", config, &err));
  assert_int_equal(err.code, WM_ERR_CONFIG);
  if (!strstr(err.text, word)) fail_msg("%s", err.text);
  wm_config_destroy(config);
}

static void what_would_break_the_loop_is_refused(void **state) {
  (void)state;
  refused("enable.auto.commit=true", "lost or doubled");
  refused("isolation.level=read_uncommitted", "aborted");
  refused("transactional.id=mine", "WM_INSTANCE");
  refused("transaction.timeout.ms=1000", "WM_TRANSACTION_TIMEOUT_MS");
  refused("bootstrap.servers=x:1", "WM_KAFKA_BOOTSTRAP_SERVERS");
  refused("group.id=x", "WM_GROUP");
  refused("auto.offset.reset=latest", "skipped");
  if (rd_kafka_version() < 0x020a0000) refused("partition.assignment.strategy=cooperative-sticky", "2.10");
}

static void a_broker_that_is_not_there(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  const char *topic = "articles.raw";
  assert_int_equal(wm_kafka_check("127.0.0.1:1", NULL, &topic, 1, 1500, &err), WM_ERR_KAFKA);
  assert_int_equal(err.cls, WM_CLASS_RETRIABLE);
  assert_int_equal(wm_error_exit_code(&err), 75);
  assert_non_null(strstr(err.text, "127.0.0.1:1"));
  assert_non_null(strstr(err.text, "refused")); /* the reason, as librdkafka tells it */
}

int main(void) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_loop_stands_on_is_set),
      cmocka_unit_test(the_assignor_follows_the_library),
      cmocka_unit_test(a_passed_property_wins_over_a_default),
      cmocka_unit_test(what_would_break_the_loop_is_refused),
      cmocka_unit_test(a_broker_that_is_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
