/* The table of what tells local news: reading it, and finding its phrases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "services/countries/cues.h"

static wm_gazetteer_t *g_gazetteer;
static wm_cues_t *g_cues;

static const char k_table[] =
    "# a comment\n"
    "US\t3\tcounty sheriff|called #|board of education\n"
    "US\t2\teducation\n"
    "GB\t2\tcouncillor\r\n"
    "\n"
    "*\t-3\tprime minister\n"
    "_\t2\tman|high school\n";

static int open_all(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_gazetteer_open(WM_SOURCE_DIR "/models/countries.wmm", &g_gazetteer, &err), WM_OK);
  assert_int_equal(wm_cues_read(g_gazetteer, "table", k_table, sizeof k_table - 1, &g_cues, &err), WM_OK);
  return 0;
}

static int close_all(void **state) {
  (void)state;
  wm_cues_destroy(g_cues);
  wm_gazetteer_close(g_gazetteer);
  return 0;
}

static wm_cues_found_t find(const char *text) {
  wm_cues_found_t found;
  memset(&found, 0, sizeof found);
  wm_cues_find(g_cues, text, strlen(text), &found);
  return found;
}

static void test_homes(void **state) {
  (void)state;
  const uint8_t us = wm_gazetteer_find_country(g_gazetteer, "US", 2),
                fr = wm_gazetteer_find_country(g_gazetteer, "FR", 2);
  assert_int_equal(wm_cues_homes(g_cues), 2);
  assert_int_equal(wm_cues_home(g_cues, 0), us);
  assert_true(wm_cues_is_home(g_cues, us));
  assert_false(wm_cues_is_home(g_cues, fr));
  assert_true(wm_cues_homes(wm_gazetteer_cues(g_gazetteer)) >= 2); /* the table of the model */
}

static void test_find(void **state) {
  (void)state;
  wm_cues_found_t found = find("The COUNTY Sheriff\xE2\x80\x99s men called 911, and the county sheriff called 112.");
  assert_true(found.home[0] == 6.0F && found.home[1] == 0 && found.against == 0); /* each phrase once */
  found = find("The Board of Education met."); /* the longest: not \"education\" as well */
  assert_true(found.home[0] == 3.0F);
  found = find("A board of the education ministry; the prime minister and a Councillor.");
  assert_true(found.home[0] == 2.0F && found.home[1] == 2.0F && found.against == 3.0F);
  found = find("accounty sheriffs; man; high school; prime-minister");
  assert_true(found.home[0] == 0 && found.against == 3.0F); /* words, and what follows a name is no cue by itself */
  found = find("");
  assert_true(found.home[0] == 0);
}

static void test_beside(void **state) {
  (void)state;
  assert_true(wm_cues_beside(g_cues, " man held", 9) == 2.0F);
  assert_true(wm_cues_beside(g_cues, " High School won", 16) == 2.0F);
  assert_true(wm_cues_beside(g_cues, " manhole", 8) == 0);
  assert_true(wm_cues_beside(g_cues, ", man", 5) == 0);
  assert_true(wm_cues_beside(g_cues, " ", 1) == 0);
  assert_true(wm_cues_beside(g_cues, "", 0) == 0);
}

/* Whatever the bytes and however many: no more than the first 100,000 are looked at. */
static void test_bounds(void **state) {
  (void)state;
  const size_t n = 8u << 20;
  char *text = malloc(n);
  assert_non_null(text);
  for (size_t i = 0; i < n; i++) text[i] = (char)(i * 2654435761u >> 13);
  memcpy(text + n - 16, " county sheriff ", 16);
  wm_cues_found_t found;
  memset(&found, 0, sizeof found);
  wm_cues_find(g_cues, text, n, &found);
  assert_true(found.home[0] == 0);
  memset(text, 'x', n); /* one word */
  wm_cues_find(g_cues, text, n, &found);
  memcpy(text + 99980, " county sheriff ", 16);
  wm_cues_find(g_cues, text, n, &found);
  assert_true(found.home[0] == 3.0F);
  free(text);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *want;
  } k_bad[] = {
      {"US\t3\ta\nZZ\t1\tb\n", "table:2: unknown country code \"ZZ\""},
      {"US\tx\ta\n", "table:1: expected CODE"},
      {"US\t10\ta\n", "table:1: expected CODE"},
      {"US\n", "table:1: expected CODE"},
      {"US\t-1\ta\n", "table:1: weights are negative"},
      {"*\t1\ta\n", "table:1: weights are negative"},
      {"US\t1\ta|b|a\n", "table:1: \"a\" a second time"},
      {"US\t1\ta b c d e f\n", "table:1: no phrase of at most 5 words"},
      {"US\t1\ta||b\n", "table:1: no phrase"},
      {"US\t1\t--\n", "table:1: no phrase"},
      {"US\t1\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
       "table:1: a phrase is too long"},
  };
  for (size_t i = 0; i < sizeof k_bad / sizeof *k_bad; i++) {
    wm_error_t err = WM_ERROR_INIT;
    wm_cues_t *cues;
    assert_int_equal(wm_cues_read(g_gazetteer, "table", k_bad[i].text, strlen(k_bad[i].text), &cues, &err),
                     WM_ERR_CONFIG);
    assert_null(cues);
    if (strncmp(err.text, k_bad[i].want, strlen(k_bad[i].want)) != 0) fail_msg("%s: got %s", k_bad[i].want, err.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_homes), cmocka_unit_test(test_find),
                                     cmocka_unit_test(test_beside), cmocka_unit_test(test_bounds),
                                     cmocka_unit_test(test_refused)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
