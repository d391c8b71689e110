/**
 * The entities service takes time by the byte in five megabytes of anything, and gives a bounded number of names. What is quadratic takes 64 times as long for eight
 * times the text; nothing is compared with a clock but the text itself. With sanitizers and without SIMD the texts of many tokens are shorter.
 */
#include <time.h>

#include "entities_support.h"
#include "services/entities/document.h"
#include "services/entities/net.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW true
#endif
#endif
#ifndef SLOW
#define SLOW false
#endif

#define WHOLE (5u << 20) /* bytes */

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Time and mentions of `first` and `len` bytes of `part` again and again. */
static double time_of(fixture_t *f, const char *first, const char *part, size_t len, size_t *mentions) {
  char *text = malloc(len + 64);
  size_t i, n = strlen(first), step = strlen(part);
  json_t *e;
  assert_non_null(text);
  memcpy(text, first, n);
  for (; n < len; n += step) memcpy(text + n, part, step);
  text[n] = '\0';
  prepare(f, "", text, "en");
  free(text);
  double start = seconds();
  json_t *all = enrich_prepared(f);
  start = seconds() - start;
  *mentions = 0;
  json_array_foreach(all, i, e) *mentions += json_array_size(json_object_get(e, "mentions"));
  return start;
}

/* Bytes of a text that has a token in `each` bytes: five megabytes where that is to be had in some seconds. */
static size_t size_for(size_t each) {
  bool slow = SLOW || !(wm_net_path("avx2") || wm_net_path("avx512vnni"));
  size_t most = each * (slow ? 50000 : WHOLE);
  return most < WHOLE ? most : WHOLE;
}

static void five_megabytes_of_anything_take_linear_time(void **state) {
  static const struct {
    const char *first, *part;
    size_t each; /* bytes a token */
  } cases[] = {{"", "a", 256},
               {"", "A", 256},
               {"", "1", 256},
               {"", "1,", 256},
               {"http://example.org/", "ab", 256}, /* one token */
               {"@", "ab", 256},
               {"e", "\xCC\x81", 256}, /* one letter and its marks */
               {"", "\xC3\xA9", 256},
               {"", "U.S.", 64},
               {"", "ABCDEFGHIJKLMNOPQRS ", 20},
               {"", "Abcdefghijklm ", 14},
               {"", "(", 1},
               {"", "[a](b){c} ", 1},
               {"", "(A) ", 1},
               {"", "Ali Baba met Angela Merkel of the IMF in Paris, ", 4}}; /* no sentence ends */
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t mentions = 0, size = size_for(cases[i].each);
    double part = 1e9;
    for (int run = 0; run < 3; run++) {
      double took = time_of(*state, cases[i].first, cases[i].part, size / 8, &mentions);
      if (took < part) part = took;
    }
    double whole = time_of(*state, cases[i].first, cases[i].part, size, &mentions);
    assert_true(mentions <= WM_DOCUMENT_MENTIONS_MAX);
    if (whole > 32 * part + 1) fail_msg("\"%s\": %.3f s, then %.3f s", cases[i].part, part, whole);
  }
}

static void names_are_bounded(void **state) {
  size_t mentions = 0;
  time_of(*state, "", "Angela Merkel met Emmanuel Macron in Paris. ", 1u << 20, &mentions);
  assert_int_equal(mentions, WM_DOCUMENT_MENTIONS_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(five_megabytes_of_anything_take_linear_time),
      cmocka_unit_test(names_are_bounded),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
