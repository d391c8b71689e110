/* What the article tests share: parse and write in one call, and comparisons that say what differs. */
#ifndef WM_TESTS_ARTICLE_SUPPORT_H
#define WM_TESTS_ARTICLE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "common/article.h"
#include "common/html.h"

#define EMPTY_ENRICHMENT "\"enrichment\":{\"schema\":\"1.0\"}"

/* Parses and checks the error word ("ok" for none). */
static inline void parse_expect_len(wm_article_t *a, const char *json, size_t len, const char *fallback,
                                    const char *word) {
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_article_parse(a, json, len, fallback, &err);
  if (strcmp(wm_err_word(rc), word) != 0) fail_msg("%.200s\nis %s (%s), not %s", json, wm_err_word(rc), err.text, word);
  assert_int_equal(rc, err.code);
  if (rc == WM_OK) return;
  assert_int_equal(err.cls, WM_CLASS_POISON);
  assert_true(strlen(err.text) > 0);
}

static inline void parse_expect(wm_article_t *a, const char *json, const char *word) {
  parse_expect_len(a, json, strlen(json), NULL, word);
}

/* The article as written; the caller frees. */
static inline char *written(const wm_article_t *a) {
  wm_buffer_t out;
  wm_buffer_init(&out, (size_t)256 << 20);
  wm_error_t err = WM_ERROR_INIT;
  if (wm_article_write(a, &out, &err) != WM_OK) fail_msg("write: %s", err.text);
  return out.data;
}

static inline void write_expect(const wm_article_t *a, const char *expected) {
  char *s = written(a);
  assert_string_equal(s, expected);
  free(s);
}

static inline void text_expect(const wm_article_t *a, wm_field_t field, const char *expected) {
  wm_str_t s = wm_article_text(a, field);
  if (s.len != strlen(expected) || memcmp(s.s, expected, s.len) != 0)
    fail_msg("%s is \"%.*s\", not \"%s\"", wm_field_names[field], (int)s.len, s.s, expected);
}

static inline int make_article(void **state) {
  wm_html_init();
  *state = wm_article_new(NULL);
  return *state ? 0 : -1;
}

static inline int drop_article(void **state) {
  wm_article_destroy(*state);
  return 0;
}

#endif
