/** Text files read line by line: what each line is, where mistakes are told to be, cutting and trimming. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/lines.h"

/* Appends "NUMBER:LINE|" to the text at `self`; refuses a line "no". */
static wm_err_t note(void *self, const wm_line_t *at, wm_str_t line) {
  char *text = self;
  size_t n = strlen(text);
  if (line.len == 2 && !memcmp(line.s, "no", 2)) return wm_line_fault(at, "refused: %s", "write yes");
  snprintf(text + n, 256 - n, "%zu:%.*s|", at->number, (int)line.len, line.s);
  return WM_OK;
}

static void lines_are_numbered(void **state) {
  (void)state;
  static const struct {
    const char *text, *said;
  } cases[] = {{"", ""},
               {"a", "1:a|"},
               {"a\n", "1:a|"},
               {"a\n\nb", "1:a|2:|3:b|"},
               {"\n", "1:|"},
               {"a \t\r\nb", "1:a|2:b|"},
               {" a", "1: a|"},
               {"\xEF\xBB\xBF"
                "a\n\xEF\xBB\xBF",
                "1:a|2:\xEF\xBB\xBF|"},
               {"\xEF\xBB\xBF", ""}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[256] = "";
    wm_error_t err = WM_ERROR_INIT;
    assert_int_equal(wm_lines_parse("f", cases[i].text, strlen(cases[i].text), note, text, &err), WM_OK);
    assert_string_equal(text, cases[i].said);
  }
}

static void mistakes_have_file_and_line(void **state) {
  (void)state;
  char text[256] = "";
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_lines_parse("f", "a\nno\nb", 6, note, text, &err), WM_ERR_CONFIG);
  assert_string_equal(err.text, "f:2: refused: write yes");
  assert_string_equal(text, "1:a|");
  wm_error_clear(&err);
  assert_int_equal(wm_lines_parse("f", "a\nb\xC3\nc", 6, note, text, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "f:2: bytes that are no text, at byte 2 of the line"));
  wm_error_clear(&err);
  assert_int_equal(wm_lines_parse("f", "a\0b", 3, note, text, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "f:1: a NUL byte"));
}

static void files_have_a_maximum(void **state) {
  (void)state;
  char path[] = "/tmp/wm-lines-XXXXXX", text[256] = "";
  static char many[200000];
  wm_error_t err = WM_ERROR_INIT;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  memset(many, 'x', sizeof many);
  assert_int_equal(write(fd, many, sizeof many), sizeof many);
  close(fd);
  assert_int_equal(wm_lines_read(path, sizeof many, note, text, &err), WM_OK);
  assert_int_equal(wm_lines_read(path, sizeof many - 1, note, text, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "more than 199999 bytes"));
  wm_error_clear(&err);
  unlink(path);
  assert_int_equal(wm_lines_read(path, 100, note, text, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "cannot be read: No such file"));
  wm_error_clear(&err);
  assert_int_equal(wm_lines_read("/tmp", 100, note, text, &err), WM_ERR_CONFIG);
}

static void lines_are_cut_at_marks(void **state) {
  (void)state;
  wm_str_t rest = {" a | |b|", 8};
  static const char *const parts[] = {"a", "", "b", ""};
  for (size_t i = 0; i < 4; i++) {
    assert_non_null(rest.s);
    wm_str_t part = wm_line_cut(&rest, '|');
    assert_int_equal(part.len, strlen(parts[i]));
    assert_memory_equal(part.s, parts[i], part.len);
  }
  assert_null(rest.s);
  char wide[100];
  for (size_t i = 0; i < sizeof wide; i += 2) memcpy(wide + i, "\xC3\xA9", 2);
  assert_int_equal(wm_line_shown((wm_str_t){wide, sizeof wide}), WM_LINES_SHOWN);
  assert_int_equal(wm_line_shown((wm_str_t){wide + 1, sizeof wide - 1}), WM_LINES_SHOWN - 1);
  assert_int_equal(wm_line_shown((wm_str_t){"ab", 2}), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_numbered),
      cmocka_unit_test(mistakes_have_file_and_line),
      cmocka_unit_test(files_have_a_maximum),
      cmocka_unit_test(lines_are_cut_at_marks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
