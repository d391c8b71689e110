/* error: the words are an interface, the first error wins, long text is cut at a code point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "common/error.h"

/* Consumers of the dead-letter topic depend on these: a change here breaks them. */
static void test_words(void **state) {
  (void)state;
  static const struct {
    wm_err_t code;
    const char *word;
    wm_err_class_t cls;
    int exit_code;
  } k_codes[] = {
      {WM_ERR_NOT_JSON, "not_json", WM_CLASS_POISON, 1},
      {WM_ERR_NOT_OBJECT, "not_object", WM_CLASS_POISON, 1},
      {WM_ERR_NOT_UTF8, "not_utf8", WM_CLASS_POISON, 1},
      {WM_ERR_DUPLICATE_KEY, "duplicate_key", WM_CLASS_POISON, 1},
      {WM_ERR_NUMBER_RANGE, "number_range", WM_CLASS_POISON, 1},
      {WM_ERR_WRONG_TYPE, "wrong_type", WM_CLASS_POISON, 1},
      {WM_ERR_NO_TEXT, "no_text", WM_CLASS_POISON, 1},
      {WM_ERR_TOO_LARGE, "too_large", WM_CLASS_POISON, 1},
      {WM_ERR_TOO_DEEP, "too_deep", WM_CLASS_POISON, 1},
      {WM_ERR_BAD_HTML, "bad_html", WM_CLASS_POISON, 1},
      {WM_ERR_NOT_XML, "not_xml", WM_CLASS_POISON, 1},
      {WM_ERR_REFUSED, "refused", WM_CLASS_POISON, 1},
      {WM_ERR_ENRICHER, "enricher", WM_CLASS_POISON, 1},
      {WM_ERR_USAGE, "usage", WM_CLASS_FATAL, 64},
      {WM_ERR_CONFIG, "config", WM_CLASS_FATAL, 78},
      {WM_ERR_MODEL, "model", WM_CLASS_FATAL, 78},
      {WM_ERR_IO, "io", WM_CLASS_FATAL, 1},
      {WM_ERR_NOMEM, "nomem", WM_CLASS_FATAL, 1},
      {WM_ERR_KAFKA, "kafka", WM_CLASS_FATAL, 1},
      {WM_ERR_HTTP, "http", WM_CLASS_FATAL, 1},
      {WM_ERR_TIMEOUT, "timeout", WM_CLASS_RETRIABLE, 75},
      {WM_ERR_INTERNAL, "internal", WM_CLASS_FATAL, 1},
  };
  assert_int_equal(sizeof k_codes / sizeof k_codes[0], WM_ERR_COUNT_ - 1);
  for (size_t i = 0; i < sizeof k_codes / sizeof k_codes[0]; i++) {
    wm_error_t err = WM_ERROR_INIT;
    assert_int_equal(wm_error_set(&err, k_codes[i].code, "x"), k_codes[i].code);
    assert_int_equal(err.cls, k_codes[i].cls);
    assert_string_equal(wm_err_word(k_codes[i].code), k_codes[i].word);
    assert_int_equal(wm_error_exit_code(&err), k_codes[i].exit_code);
  }
  assert_string_equal(wm_err_word(WM_OK), "ok");
  assert_string_equal(wm_err_word((wm_err_t)9999), "internal");
  assert_int_equal(wm_err_class((wm_err_t)9999), WM_CLASS_FATAL);
  assert_int_equal(wm_error_exit_code(NULL), 0);
}

static void test_first_wins(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_error_exit_code(&err), 0);
  wm_error_set_class(&err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE, "broker %d away", 3);
  assert_int_equal(wm_error_set(&err, WM_ERR_IO, "later"), WM_ERR_IO);
  assert_int_equal(err.code, WM_ERR_KAFKA);
  assert_int_equal(err.cls, WM_CLASS_RETRIABLE);
  assert_string_equal(err.text, "broker 3 away");
  assert_int_equal(wm_error_exit_code(&err), 75);
  wm_error_clear(&err);
  assert_int_equal(err.code, WM_OK);
  assert_string_equal(err.text, "");
  assert_int_equal(wm_error_set(&err, WM_ERR_IO, "now"), WM_ERR_IO);
  assert_string_equal(err.text, "now");
  assert_int_equal(wm_error_set(NULL, WM_ERR_IO, "nobody listens"), WM_ERR_IO);
  wm_error_clear(NULL);
}

static void test_cut_at_code_point(void **state) {
  (void)state;
  static const char *const k_points[] = {"x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
  for (size_t width = 1; width <= 4; width++) {
    for (size_t shift = 0; shift < 4; shift++) {
      char text[WM_ERROR_TEXT_MAX * 2] = "";
      memset(text, '.', shift);
      for (size_t at = shift; at + width < sizeof text; at += width) memcpy(text + at, k_points[width - 1], width);
      wm_error_t err = WM_ERROR_INIT;
      wm_error_set(&err, WM_ERR_IO, "%s", text);
      size_t len = strlen(err.text);
      assert_true(len < WM_ERROR_TEXT_MAX && len + width > WM_ERROR_TEXT_MAX - 1);
      assert_int_equal((len - shift) % width, 0);
      assert_memory_equal(err.text, text, len);
    }
  }
  char exact[WM_ERROR_TEXT_MAX]; /* fits with its NUL: not cut */
  memset(exact, 'x', sizeof exact - 1);
  exact[sizeof exact - 1] = '\0';
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set(&err, WM_ERR_IO, "%s", exact);
  assert_string_equal(err.text, exact);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_first_wins),
      cmocka_unit_test(test_cut_at_code_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
