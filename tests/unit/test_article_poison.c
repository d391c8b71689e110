/* Every file of tests/data/poison through parse and write: the word that the manifest says, or the article kept. */
#include <dirent.h>

#include "article_support.h"

#define POISON WM_SOURCE_DIR "/tests/data/poison/"

static char *read_file(const char *name, size_t *len) {
  char path[1024];
  snprintf(path, sizeof path, POISON "%s", name);
  FILE *f = fopen(path, "rb");
  if (!f) fail_msg("%s cannot be opened", path);
  wm_buffer_t b;
  wm_buffer_init(&b, 64u << 20);
  assert_int_equal(wm_buffer_reserve(&b, 1, NULL), WM_OK);
  char chunk[65536];
  for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
    assert_int_equal(wm_buffer_append(&b, chunk, n, NULL), WM_OK);
  fclose(f);
  *len = b.len;
  return b.data;
}

static bool is_ours(const char *name) {
  static const char *const names[] = {"uri", "headline", "body_text", "enrichment"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

/* The members that are not ours are the same, in the same order. */
static void same_members(const char *file, json_t *before, json_t *after) {
  const char *name;
  json_t *value;
  void *there = json_object_iter(after);
  json_object_foreach(before, name, value) {
    if (is_ours(name)) continue;
    while (there && is_ours(json_object_iter_key(there))) there = json_object_iter_next(after, there);
    if (!there || strcmp(json_object_iter_key(there), name) != 0)
      fail_msg("%s: member \"%s\" is not where it was", file, name);
    if (!json_equal(value, json_object_iter_value(there))) fail_msg("%s: member \"%s\" changed", file, name);
    there = json_object_iter_next(after, there);
  }
  while (there && is_ours(json_object_iter_key(there))) there = json_object_iter_next(after, there);
  assert_null(there);
}

static void text_is_written(const char *file, const wm_article_t *a, wm_field_t field, const json_t *after) {
  wm_str_t text = wm_article_text(a, field);
  if (text.len == 0) return;
  const json_t *value = json_object_get(after, wm_field_names[field]);
  if (!json_is_string(value) || json_string_length(value) != text.len ||
      memcmp(json_string_value(value), text.s, text.len) != 0)
    fail_msg("%s: %s as written is not the text that offsets count in", file, wm_field_names[field]);
}

static void check_written(const char *file, wm_article_t *a, const char *json, size_t len) {
  char *out = written(a);
  if (len >= 3 && memcmp(json, "\xEF\xBB\xBF", 3) == 0) {
    json += 3;
    len -= 3;
  }
  json_error_t error;
  json_t *before = json_loadb(json, len, JSON_ALLOW_NUL, &error);
  json_t *after = json_loadb(out, strlen(out), JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
  if (!before || !after) fail_msg("%s: %s: %.200s", file, error.text, out);
  same_members(file, before, after);
  assert_string_equal(json_string_value(json_object_get(after, "uri")), wm_article_uri(a));
  text_is_written(file, a, WM_FIELD_HEADLINE, after);
  text_is_written(file, a, WM_FIELD_BODY, after);
  assert_true(json_is_object(json_object_get(after, "enrichment")));
  wm_article_t *replay = wm_article_new(NULL);
  assert_non_null(replay);
  parse_expect_len(replay, out, strlen(out), NULL, "ok");
  write_expect(replay, out);
  wm_article_destroy(replay);
  json_decref(before);
  json_decref(after);
  free(out);
}

static void check_file(wm_article_t *a, const char *file, const char *word) {
  size_t len;
  char *json = read_file(file, &len);
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_article_parse(a, json, len, NULL, &err);
  if (strcmp(wm_err_word(rc), word) != 0) fail_msg("%s is %s (%s), not %s", file, wm_err_word(rc), err.text, word);
  if (rc == WM_OK) {
    check_written(file, a, json, len);
  } else {
    assert_int_equal(err.cls, WM_CLASS_POISON);
    assert_true(strlen(err.text) > 0);
  }
  free(json);
}

/* One handle for all, so that nothing of one may show in the next. */
static void test_manifest(void **state) {
  size_t len, files = 0, good = 0;
  char *manifest = read_file("MANIFEST.tsv", &len), *rest = manifest;
  strsep(&rest, "\n");
  for (char *line; (line = strsep(&rest, "\n")) && *line; files++) {
    const char *file = strsep(&line, "\t"), *word = strsep(&line, "\t");
    assert_non_null(word);
    check_file(*state, file, word);
    good += strcmp(word, "ok") == 0;
  }
  free(manifest);
  assert_true(files >= 100 && good >= 40);
  size_t there = 0;
  DIR *dir = opendir(POISON);
  assert_non_null(dir);
  for (const struct dirent *e; (e = readdir(dir));) there += e->d_name[0] != '.';
  closedir(dir);
  assert_int_equal(there, files + 1); /* no file without a row */
}

/* `n` times `part` between `head` and `tail`. */
static void check_large(wm_article_t *a, const char *head, const char *part, size_t n, const char *tail,
                        const char *word) {
  wm_buffer_t b;
  wm_buffer_init(&b, 64u << 20);
  assert_int_equal(wm_buffer_puts(&b, head, NULL), WM_OK);
  for (size_t i = 0; i < n; i++) assert_int_equal(wm_buffer_puts(&b, part, NULL), WM_OK);
  assert_int_equal(wm_buffer_puts(&b, tail, NULL), WM_OK);
  parse_expect_len(a, b.data, b.len, NULL, word);
  if (strcmp(word, "ok") == 0) check_written(head, a, b.data, b.len);
  wm_buffer_clear(&b);
}

static void test_large(void **state) {
  const char *html = "{\"uri\":\"u\",\"body_html\":\"";
  check_large(*state, "{\"uri\":\"u\",\"body_text\":\"", "Anna Berg met. ", 1400000, "\"}", "too_large");
  check_large(*state, "{\"uri\":\"u\",\"body_text\":\"", "Anna Berg met. ", 500000, "\"}", "ok");
  check_large(*state, "{\"headline\":\"H\",\"a\":\"", "\\\\\\\"", 1900000, "\"}", "ok");
  check_large(*state, "{\"headline\":\"H\",\"a\":[1", ",1.50", 500000, "]}", "ok");
  check_large(*state, "{\"headline\":\"H\",\"a\":", "[", 100000, "", "too_deep");
  check_large(*state, "", " ", 8000000, "", "not_json");
  check_large(*state, "{\"uri\":\"u\",\"body_html\":\"<p title='", "x", 5000000, "'>Anna Berg</p>\"}", "ok");
  text_expect(*state, WM_FIELD_BODY, "Anna Berg");
  check_large(*state, html, "<div>", 200000, "Anna Berg\"}", "bad_html");
  check_large(*state, html, "<b>x</b>", 600000, "\"}", "bad_html");
  check_large(*state, html, "&lt;", 1000000, "\"}", "ok");
  assert_int_equal(wm_article_text(*state, WM_FIELD_BODY).len, 1000000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_manifest, make_article, drop_article),
      cmocka_unit_test_setup_teardown(test_large, make_article, drop_article),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
