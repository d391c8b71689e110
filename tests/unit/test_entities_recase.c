/** Articles without capitals: found as if they were in capitals, mentions as they stand in the article, names as one would write them. */
#include <unistd.h>

#include "entities_support.h"
#include "services/entities/recase.h"

static const char k_bare[] =
    "angela merkel met emmanuel macron in paris on monday, said the u.s. and the imf. merkel, who had come from "
    "berlin, "
    "told reporters that the bank of uganda would be asked, and abdel fattah al-sisi too.\n"
    "nobody was hurt, said jos\xC3\xA9 da silva in s\xC3\xA3o paulo, where russian officials and the un security "
    "council "
    "had spoken of peru and the uk; it rained for an hour, and then all went home again.";

static void an_article_without_capitals_has_its_names(void **state) {
  json_t *all = enrich(*state, "merkel meets macron in paris", k_bare, "en");
  check_offsets(*state, all);
  json_t *merkel = expect(all, "person", "Angela Merkel");
  assert_int_equal(json_array_size(json_object_get(merkel, "mentions")), 3);
  assert_true(mentions(merkel, "angela merkel") && mentions(merkel, "merkel"));
  assert_true(mentions(expect(all, "person", "Emmanuel Macron"), "macron")); /* of the headline */
  assert_true(mentions(expect(all, "person", "Jos\xC3\xA9 da Silva"), "jos\xC3\xA9 da silva"));
  expect(all, "person", "Abdel Fattah al-Sisi");
  static const char *const places[] = {"Paris", "Berlin", "S\xC3\xA3o Paulo", "U.S.", "UK", "Peru"};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) expect(all, "place", places[i]);
  static const char *const bodies[] = {"IMF", "Bank of Uganda", "UN Security Council"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) expect(all, "organisation", bodies[i]);
  assert_true(mentions(expect(all, "group", "Russian"), "russian"));
}

/* Too short to tell, or with capitals: left as it is. */
static void other_texts_are_left_alone(void **state) {
  (void)state;
  wm_str_t bare = {k_bare, strlen(k_bare)}, some = {k_bare, 120};
  assert_true(wm_recase_needed(bare, WM_RECASE_LETTERS));
  assert_false(wm_recase_needed(some, WM_RECASE_LETTERS));
  assert_true(wm_recase_needed(some, 1));
  assert_false(wm_recase_needed((wm_str_t){"12 (?)", 6}, 1));
  char text[sizeof k_bare];
  memcpy(text, k_bare, sizeof text);
  text[0] = 'A';
  text[7] = 'M';
  assert_false(wm_recase_needed((wm_str_t){text, strlen(text)}, WM_RECASE_LETTERS));
}

static void capitals_take_as_many_bytes(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_t out;
  char text[2000];
  uint64_t seed = 11;
  wm_buffer_init(&out, 1u << 20);
  const char *before =
      "stra\xC3\x9F"
      "e \xC3\xA9t\xC3\xA9, \xC4\xB1\xC5\x9F\xC4\xB1k \xD0\xBC\xD0\xB8\xD1\x80";
  const char *after =
      "STRA\xC3\x9F"
      "E \xC3\x89T\xC3\x89, \xC4\xB1\xC5\x9E\xC4\xB1K \xD0\x9C\xD0\x98\xD0\xA0";
  assert_int_equal(wm_recase_upper((wm_str_t){before, strlen(before)}, &out, &err), WM_OK);
  assert_string_equal(out.data, after);
  for (int i = 0; i < 200; i++) {
    random_text(&seed, text, sizeof text);
    wm_str_t in = {text, strlen(text)};
    assert_int_equal(wm_recase_upper(in, &out, &err), WM_OK);
    assert_int_equal(out.len, in.len);
    assert_true(wm_utf8_valid(out.data, out.len, NULL));
    for (size_t at = 0, a = 0, b = 0; at < in.len; at += a) { /* code points stand where they stood */
      wm_utf8_decode(in.s + at, in.len - at, &a);
      wm_utf8_decode(out.data + at, in.len - at, &b);
      assert_int_equal(a, b);
    }
  }
  wm_buffer_clear(&out);
}

/* The newsroom's list goes by what the article has: its "WHO" is not in "who". */
static void listed_names_count_as_written(void **state) {
  (void)state;
  char path[] = "/tmp/wiremill-recase-XXXXXX";
  int fd = mkstemp(path);
  wm_error_t err = WM_ERROR_INIT;
  fixture_t f;
  assert_true(fd >= 0);
  const char *list = "WHO\torganisation\tx:1\nthe fern post\torganisation\tx:2\n";
  assert_int_equal(write(fd, list, strlen(list)), strlen(list));
  close(fd);
  if (try_fixture(&f, "auto", path, &err)) fail_msg("%s", err.text);
  unlink(path);
  char body[sizeof k_bare + 64];
  snprintf(body, sizeof body, "%s a man who reads the fern post said so.", k_bare);
  json_t *all = enrich(&f, "", body, "en");
  assert_null(find(all, "organisation", "WHO"));
  assert_true(mentions(expect(all, "organisation", "the fern post"), "the fern post"));
  expect(all, "person", "Angela Merkel");
  close_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_article_without_capitals_has_its_names),
      cmocka_unit_test(other_texts_are_left_alone),
      cmocka_unit_test(capitals_take_as_many_bytes),
      cmocka_unit_test(listed_names_count_as_written),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
