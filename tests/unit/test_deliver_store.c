/* Files of lines: resumed at a committed length, no half line, rotated, locked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/deliver/store.h"

static char g_folder[] = "/tmp/wm-store-XXXXXX", g_path[100];

static void named(int number, char out[200]) {
  snprintf(out, 200, "%s/a.%06d.ndjson", g_folder, number);
}

static void content(int number, const char *expected) {
  char path[200], text[1000] = "";
  named(number, path);
  FILE *in = fopen(path, "rb");
  if (!expected) {
    assert_null(in);
    return;
  }
  assert_non_null(in);
  text[fread(text, 1, sizeof text - 1, in)] = '\0';
  fclose(in);
  assert_string_equal(text, expected);
}

static void append(int number, const char *text) {
  char path[200];
  named(number, path);
  FILE *out = fopen(path, "ab");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
}

static void add(wm_store_t *s, const char *line) {
  assert_int_equal(wm_store_add(s, line, strlen(line), NULL), WM_OK);
}

static void test_life(void **state) {
  (void)state;
  wm_store_t s, other;
  wm_error_t err = WM_ERROR_INIT;
  char place[200];
  int64_t number, length;
  assert_int_equal(wm_store_open(&s, g_path, NULL), WM_OK);
  assert_int_equal(wm_store_open(&other, g_path, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "another process"));
  assert_int_equal(wm_store_resume(&s, 0, 0, NULL), WM_OK);
  add(&s, "one");
  add(&s, "two");
  content(1, "");
  assert_int_equal(wm_store_write(&s, true, NULL), WM_OK);
  content(1, "one\ntwo\n");
  wm_store_place(&s, place, sizeof place);
  assert_true(wm_store_place_read(&s, place, strlen(place), &number, &length));
  assert_int_equal(number, 1);
  assert_int_equal(length, 8);
  add(&s, "three"); /* never committed */
  assert_int_equal(wm_store_write(&s, false, NULL), WM_OK);
  assert_int_equal(wm_store_rotate(&s, true, NULL), WM_OK);
  add(&s, "four");
  assert_int_equal(wm_store_write(&s, false, NULL), WM_OK);
  content(2, "four\n");
  wm_store_close(&s); /* as after a crash */

  assert_int_equal(wm_store_open(&s, g_path, NULL), WM_OK);
  assert_true(wm_store_place_read(&s, place, strlen(place), &number, &length)); /* the same series */
  assert_int_equal(wm_store_resume(&s, number, length, NULL), WM_OK);
  content(1, "one\ntwo\n");
  content(2, NULL);
  add(&s, "three");
  assert_int_equal(wm_store_write(&s, true, NULL), WM_OK);
  content(1, "one\ntwo\nthree\n");
  wm_store_close(&s);
}

static void test_half_line(void **state) {
  (void)state;
  wm_store_t s;
  append(1, "half a li");
  assert_int_equal(wm_store_open(&s, g_path, NULL), WM_OK);
  assert_int_equal(wm_store_resume(&s, 0, 0, NULL),
                   WM_OK); /* nothing is known: a new file, the old one without its half line */
  content(1, "one\ntwo\nthree\n");
  content(2, "");
  wm_store_close(&s);
}

static void test_shorter_than_committed(void **state) {
  (void)state;
  wm_store_t s;
  append(2, "x\ny");
  assert_int_equal(wm_store_open(&s, g_path, NULL), WM_OK);
  assert_int_equal(wm_store_resume(&s, 2, 5000, NULL), WM_OK);
  content(2, "x\n");
  assert_int_equal(s.length, 2);
  wm_store_close(&s);
}

static void test_committed_file_gone(void **state) {
  (void)state;
  wm_store_t s;
  char path[200];
  named(2, path);
  unlink(path);
  assert_int_equal(wm_store_open(&s, g_path, NULL), WM_OK);
  assert_int_equal(wm_store_resume(&s, 2, 2, NULL), WM_OK);
  assert_int_equal(s.number, 3);
  content(1, "one\ntwo\nthree\n");
  wm_store_close(&s);
}

static void test_foreign_place(void **state) {
  (void)state;
  wm_store_t s;
  int64_t number, length;
  const char *const k_foreign[] = {"", "{", "[]", "{\"series\":\"0123\",\"file\":1,\"length\":1}",
                                   "{\"file\":1,\"length\":1}"};
  assert_int_equal(wm_store_open(&s, g_path, NULL), WM_OK);
  for (size_t i = 0; i < sizeof k_foreign / sizeof k_foreign[0]; i++)
    assert_false(wm_store_place_read(&s, k_foreign[i], strlen(k_foreign[i]), &number, &length));
  wm_store_close(&s);
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_store_open(&s, "/nonexistent/folder/a.ndjson", &err), WM_ERR_CONFIG);
  assert_int_equal(wm_store_open(&s, "/tmp/", &err), WM_ERR_CONFIG);
}

static int make(void **state) {
  (void)state;
  if (!mkdtemp(g_folder)) return 1;
  snprintf(g_path, sizeof g_path, "%s/a.ndjson", g_folder);
  return 0;
}

static int clear(void **state) {
  (void)state;
  char path[200];
  for (int i = 1; i < 10; i++) {
    named(i, path);
    unlink(path);
  }
  snprintf(path, sizeof path, "%s/a.id", g_folder);
  unlink(path);
  return rmdir(g_folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_life), cmocka_unit_test(test_half_line),
                                     cmocka_unit_test(test_shorter_than_committed),
                                     cmocka_unit_test(test_committed_file_gone), cmocka_unit_test(test_foreign_place)};
  return cmocka_run_group_tests(tests, make, clear);
}
