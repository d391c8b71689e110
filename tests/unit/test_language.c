/* language: detection on texts of 24 languages and three lengths (tests/data/language.tsv), odd texts, and tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/language.h"

static wm_language_t *g_language;

static int set_up(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  g_language = wm_language_new(&err);
  return g_language ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  wm_language_destroy(g_language);
  wm_language_destroy(NULL);
  return 0;
}

static void test_samples(void **state) {
  (void)state;
  FILE *in = fopen(WM_SOURCE_DIR "/tests/data/language.tsv", "r");
  assert_non_null(in);
  char line[4096];
  size_t lines = 0, right = 0;
  while (fgets(line, sizeof line, in)) {
    line[strcspn(line, "\n")] = '\0';
    char *text = strchr(line, '\t');
    assert_non_null(text);
    *text++ = '\0';
    wm_language_guess_t guess = wm_language_detect(g_language, text, strlen(text));
    bool hit = strcmp(guess.code, line) == 0;
    /* a headline may be too short to tell, but must not be taken for another language; a sentence must be told */
    if (!hit && (lines % 3 != 0 || strcmp(guess.code, "und") != 0)) fail_msg("%s for %s: %s", guess.code, line, text);
    if (hit) assert_true(guess.confidence >= 80 && guess.confidence <= 100);
    right += hit;
    lines++;
  }
  fclose(in);
  assert_int_equal(lines, 72);
  assert_true(right >= 70);
}

static void check_unknown(const char *s, size_t len) {
  wm_language_guess_t guess = wm_language_detect(g_language, s, len);
  assert_string_equal(guess.code, "und");
  assert_int_equal(guess.confidence, 0);
}

static void test_unknown(void **state) {
  (void)state;
  static const char *const k_texts[] = {"",
                                        " \n",
                                        "5 - 3 = 2",
                                        "!!! ??? ...",
                                        "2026-05-03 12:30",
                                        "\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
                                        "Vladimir Putin",
                                        "ok",
                                        "asdf qwer zxcv jklm uiop"};
  for (size_t i = 0; i < sizeof k_texts / sizeof k_texts[0]; i++) check_unknown(k_texts[i], strlen(k_texts[i]));
  check_unknown("\0\0\0\0", 4);
  check_unknown("\xFF\xFE\xC0\x80\xED\xA0\x80", 7);
}

static void test_dirty(void **state) {
  (void)state;
  static const char k_text[] =
      "The two\0governments agreed\x01 on Monday to\xEF\xBF\xBE reopen the \xFF border that had been closed since the "
      "spring.";
  wm_language_guess_t guess = wm_language_detect(g_language, k_text, sizeof k_text - 1);
  assert_string_equal(guess.code, "en");
}

/* Only the first WM_LANGUAGE_BYTES count, and a code point that lies across that limit is left out whole. */
static void test_long(void **state) {
  (void)state;
  static const char k_french[] = "Les deux gouvernements ont décidé lundi de rouvrir la frontière après l’été. ";
  static const char k_english[] = "The two governments agreed on Monday to reopen the border that had been closed. ";
  size_t size = 2u << 20, len = 0;
  char *text = malloc(size);
  assert_non_null(text);
  while (len < WM_LANGUAGE_BYTES) {
    memcpy(text + len, k_french, sizeof k_french - 1);
    len += sizeof k_french - 1;
  }
  while (len + sizeof k_english < size) {
    memcpy(text + len, k_english, sizeof k_english - 1);
    len += sizeof k_english - 1;
  }
  for (size_t skip = 0; skip < 8; skip++)
    assert_string_equal(wm_language_detect(g_language, text + skip, len - skip).code, "fr");
  free(text);
}

static void test_random(void **state) {
  (void)state;
  uint32_t x = 1;
  char text[600];
  for (int round = 0; round < 2000; round++) {
    size_t len = (size_t)(round % 600);
    for (size_t i = 0; i < len; i++) {
      x = x * 1664525u + 1013904223u;
      text[i] = (char)(x >> 24);
    }
    wm_language_guess_t guess = wm_language_detect(g_language, text, len);
    assert_true(guess.confidence >= 0 && guess.confidence <= 100);
    assert_true(strlen(guess.code) == 2 || strlen(guess.code) == 3);
  }
}

static void test_normalize(void **state) {
  (void)state;
  static const struct {
    const char *tag, *code;
  } k_cases[] = {
      {"en", "en"},   {"EN", "en"},         {"en-GB", "en"}, {"en_US", "en"}, {"ENG", "en"},
      {"eng", "en"},  {"ger", "de"},        {"deu", "de"},   {"fre", "fr"},   {"zh-Hant", "zh"},
      {"cmn", "cmn"}, {"zh-Hans-CN", "zh"}, {"iw", "he"},    {"zho", "zh"},   {"zul", "zu"},
      {"aar", "aa"},  {"sr-Latn", "sr"},    {"mul", "mul"},  {"haw", "haw"},  {"nb-NO", "nb"},
  };
  static const char *const k_bad[] = {"",    "e",      "und",   "mis", "xx",        "english", "en-",
                                      "-en", "en--GB", "en GB", "e1",  "i-klingon", "x-abc",   "en-toolongsubtag",
                                      "é",   "12",     "zz"};
  char out[12];
  for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
    assert_int_equal(wm_language_normalize(k_cases[i].tag, out), 1);
    assert_string_equal(out, k_cases[i].code);
  }
  for (size_t i = 0; i < sizeof k_bad / sizeof k_bad[0]; i++) {
    memset(out, 'x', sizeof out);
    assert_int_equal(wm_language_normalize(k_bad[i], out), 0);
    assert_string_equal(out, "");
  }
  assert_int_equal(wm_language_normalize(NULL, out), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_samples), cmocka_unit_test(test_unknown), cmocka_unit_test(test_dirty),
      cmocka_unit_test(test_long),    cmocka_unit_test(test_random),  cmocka_unit_test(test_normalize),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
