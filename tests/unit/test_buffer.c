/* buffer: grows, stays below its maximum, is unchanged by a failed append. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "common/buffer.h"

static void test_append(void **state) {
  (void)state;
  wm_buffer_t b;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&b, 1000);
  assert_null(b.data);
  assert_int_equal(b.len, 0);
  assert_int_equal(wm_buffer_puts(&b, "ab", &err), WM_OK);
  assert_int_equal(wm_buffer_append(&b, "c\0d", 3, &err), WM_OK);
  assert_int_equal(wm_buffer_printf(&b, &err, "-%d-%s", 7, "x"), WM_OK);
  assert_int_equal(b.len, 9);
  assert_memory_equal(b.data, "abc\0d-7-x", 10); /* with the NUL behind it */
  assert_int_equal(wm_buffer_append(&b, NULL, 0, &err), WM_OK);
  assert_int_equal(b.len, 9);
  char *data = b.data;
  wm_buffer_reset(&b);
  assert_int_equal(b.len, 0);
  assert_string_equal(b.data, "");
  assert_ptr_equal(b.data, data);
  wm_buffer_clear(&b);
  assert_null(b.data);
  assert_int_equal(b.max, 1000);
  assert_int_equal(wm_buffer_puts(&b, "again", &err), WM_OK);
  wm_buffer_clear(&b);
  wm_buffer_clear(NULL);
  wm_buffer_reset(&b);
}

static void test_growth(void **state) {
  (void)state;
  wm_buffer_t b;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&b, 1u << 20);
  size_t moves = 0;
  const char *data = NULL;
  for (unsigned i = 0; i < 1u << 20; i++) {
    char byte = (char)('a' + i % 26);
    assert_int_equal(wm_buffer_append(&b, &byte, 1, &err), WM_OK);
    if (b.data != data) moves++;
    data = b.data;
  }
  assert_true(moves <= 20); /* it doubles */
  for (unsigned i = 0; i < 1u << 20; i += 1001) assert_int_equal(b.data[i], 'a' + i % 26);
  assert_int_equal(b.data[b.len], '\0');
  assert_int_equal(wm_buffer_puts(&b, "x", &err), WM_ERR_TOO_LARGE);
  wm_buffer_clear(&b);
}

static void test_maximum(void **state) {
  (void)state;
  wm_buffer_t b;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&b, 8);
  assert_int_equal(wm_buffer_puts(&b, "12345678", &err), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, "9", &err), WM_ERR_TOO_LARGE);
  assert_int_equal(err.code, WM_ERR_TOO_LARGE);
  assert_non_null(strstr(err.text, "8 bytes"));
  assert_string_equal(b.data, "12345678");
  assert_int_equal(wm_buffer_printf(&b, NULL, "%d", 9), WM_ERR_TOO_LARGE);
  assert_int_equal(wm_buffer_reserve(&b, SIZE_MAX, NULL), WM_ERR_TOO_LARGE);
  assert_int_equal(wm_buffer_reserve(&b, SIZE_MAX - 4, NULL), WM_ERR_TOO_LARGE);
  assert_string_equal(b.data, "12345678");
  assert_int_equal(wm_buffer_puts(&b, "", NULL), WM_OK);
  wm_buffer_clear(&b);
  wm_buffer_init(&b, 0);
  assert_int_equal(wm_buffer_puts(&b, "", NULL), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, "x", NULL), WM_ERR_TOO_LARGE);
  wm_buffer_clear(&b);
}

static void test_no_memory(void **state) {
  (void)state;
  wm_buffer_t b;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&b, SIZE_MAX - 1);
  assert_int_equal(wm_buffer_puts(&b, "kept", &err), WM_OK);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* a sanitizer ends the process for such a size */
  assert_int_equal(wm_buffer_reserve(&b, SIZE_MAX / 2, &err), WM_ERR_NOMEM);
  assert_int_equal(err.code, WM_ERR_NOMEM);
#endif
  assert_string_equal(b.data, "kept");
  wm_buffer_clear(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_append),
      cmocka_unit_test(test_growth),
      cmocka_unit_test(test_maximum),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
