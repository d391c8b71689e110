/* text: UTF-8, code points, tokens, sentences, folding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "common/text.h"

/* A small generator, so that a failure can be repeated: splitmix64. */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/* ---- UTF-8 ---- */

static void test_valid(void **state) {
  (void)state;
  static const char *const k_good[] = {"",
                                       "abc",
                                       "é",
                                       "€",
                                       "\xF0\x9F\x98\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xEF\xBF\xBE",
                                       "a long run of plain letters, é, and more"};
  for (size_t i = 0; i < sizeof k_good / sizeof k_good[0]; i++)
    assert_true(wm_utf8_valid(k_good[i], strlen(k_good[i]), NULL));
  assert_true(wm_utf8_valid("a\0b", 3, NULL));
  static const struct {
    const char *s;
    size_t bad;
  } k_bad[] = {
      {"\x80", 0},
      {"a\xC0\x80", 1},
      {"ab\xC1\xBF", 2},
      {"\xE0\x80\x80", 0},
      {"\xE0\x9F\xBF", 0},
      {"x\xED\xA0\x80", 1},
      {"\xF0\x80\x80\x80", 0},
      {"\xF4\x90\x80\x80", 0},
      {"\xF5\x80\x80\x80", 0},
      {"\xFF", 0},
      {"abcdefgh\xE2\x82", 8},
      {"\xE2\x28\xA1", 0},
      {"é\xC3", 2},
      {"\xF0\x9F\x98", 0},
      {"0123456789\xFE", 10},
  };
  for (size_t i = 0; i < sizeof k_bad / sizeof k_bad[0]; i++) {
    size_t bad = 99;
    assert_false(wm_utf8_valid(k_bad[i].s, strlen(k_bad[i].s), &bad));
    assert_int_equal(bad, k_bad[i].bad);
  }
}

static void test_round_trip(void **state) {
  (void)state;
  for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
    if (cp >= 0xD800 && cp <= 0xDFFF) continue;
    char four[4];
    size_t n = wm_utf8_encode(cp, four), m;
    assert_true(wm_utf8_valid(four, n, NULL));
    assert_int_equal(wm_utf8_decode(four, n, &m), cp);
    assert_int_equal(n, m);
    assert_int_equal(wm_utf8_points(four, n), 1);
  }
  char four[4];
  assert_int_equal(wm_utf8_encode(0xD800, four), 3); /* a surrogate becomes U+FFFD */
  assert_memory_equal(four, "\xEF\xBF\xBD", 3);
}

static void test_points(void **state) {
  (void)state;
  const char *s = "a€b\xF0\x9F\x98\x80é!";
  wm_text_points_t c;
  wm_text_points_init(&c, s, strlen(s));
  assert_int_equal(wm_text_points_at(&c, 0), 0);
  assert_int_equal(wm_text_points_at(&c, 1), 1);
  assert_int_equal(wm_text_points_at(&c, 3), 1); /* inside the euro sign */
  assert_int_equal(wm_text_points_at(&c, 4), 2);
  assert_int_equal(wm_text_points_at(&c, 9), 4);
  assert_int_equal(wm_text_points_at(&c, 12), 6);
  assert_int_equal(wm_text_points_at(&c, 999), 6);
  assert_int_equal(wm_text_points_at(&c, 5), 3); /* back */
  assert_int_equal(wm_text_points_at(&c, 1), 1);
}

static void test_visible(void **state) {
  (void)state;
  static const char *const k_no[] = {
      "", " \t\r\n", "\xC2\xA0", "\xE2\x80\x8B\xE2\x80\x8E", "\xEF\xBB\xBF", "\xE2\x80\xA8", "\x7F\x01"};
  static const char *const k_yes[] = {"a", "  .", "\xE2\x80\x8B!", "中", "\xF0\x9F\x98\x80"};
  for (size_t i = 0; i < sizeof k_no / sizeof k_no[0]; i++) assert_false(wm_text_visible(k_no[i], strlen(k_no[i])));
  for (size_t i = 0; i < sizeof k_yes / sizeof k_yes[0]; i++) assert_true(wm_text_visible(k_yes[i], strlen(k_yes[i])));
  assert_false(wm_text_visible("\0\0", 2));
}

/* ---- tokens ---- */

/* Tokens with | between them, sentences with newlines and paragraphs with an empty line before them. */
static char *show(const char *s) {
  wm_tokens_t t;
  wm_tokens_init(&t, WM_TOKENS_MAX);
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_text_tokenize(s, strlen(s), &t, &err), WM_OK);
  char *out = calloc(1, strlen(s) * 3 + 16);
  assert_non_null(out);
  size_t n = 0;
  for (size_t i = 0; i < t.count; i++) {
    const wm_token_t *k = &t.tokens[i];
    if (i > 0) {
      if (k->flags & WM_TOKEN_PARAGRAPH) out[n++] = '\n';
      out[n++] = k->flags & WM_TOKEN_SENTENCE ? '\n' : '|';
    }
    memcpy(out + n, s + k->start, k->end - k->start);
    n += k->end - k->start;
  }
  wm_tokens_clear(&t);
  return out;
}

typedef struct {
  const char *text, *tokens;
} case_t;

static void check_cases(const case_t *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char *shown = show(cases[i].text);
    assert_string_equal(shown, cases[i].tokens);
    free(shown);
  }
}
#define CHECK_CASES(cases) check_cases((cases), sizeof(cases) / sizeof((cases)[0]))

static void test_words(void **state) {
  (void)state;
  static const case_t k_cases[] = {
      {"", ""},
      {" \n\t ", ""},
      {"Bashar al-Assad", "Bashar|al|-|Assad"},
      {"Iran-backed groups", "Iran|-|backed|groups"},
      {"O'Brien, O’Neill", "O'Brien|,|O’Neill"},
      {"don't I'm rock'n'roll", "don't|I'm|rock'n'roll"},
      {"Putin's plan", "Putin|'s|plan"},
      {"Putin’s plan", "Putin|’s|plan"},
      {"PUTIN'S plan", "PUTIN|'S|plan"},
      {"the rebels' camp", "the|rebels|'|camp"},
      {"'quoted' text", "'|quoted|'|text"},
      {"O'Brien's", "O'Brien|'s"},
      {"McDonald iPhone", "McDonald|iPhone"},
      {"AT&T, R&D", "AT|&|T|,|R|&|D"},
      {"the end...", "the|end|..."},
      {"wait… what", "wait|…|what"},
      {"cafe\xCC\x81s", "cafe\xCC\x81s"},
      {"Pu\xE2\x80\x8Btin", "Pu\xE2\x80\x8Btin"},
      {"co\xC2\xADoperate", "co\xC2\xADoperate"},
      {"Владимир Путин", "Владимир|Путин"},
      {"中国", "中|国"},
      {"日本のカメラ", "日|本|の|カ|メ|ラ"},
      {"ส\xE0\xB8\xA7\xE0\xB8\xB1", "ส|\xE0\xB8\xA7\xE0\xB8\xB1"},
      {"한국 사람", "한국|사람"},
      {"\xF0\x9F\x98\x80\xF0\x9F\x91\x8D", "\xF0\x9F\x98\x80|\xF0\x9F\x91\x8D"},
      {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80\xEF\xB8\x8F x", "\xF0\x9F\x91\xA9|\xF0\x9F\x9A\x80|x"},
      {"a_b", "a|_|b"},
  };
  CHECK_CASES(k_cases);
}

static void test_dots(void **state) {
  (void)state;
  static const case_t k_cases[] = {
      {"U.S.-led, U.N. troops", "U.S.|-|led|,|U.N.|troops"},
      {"the U.S.'s plan", "the|U.S.|'s|plan"},
      {"U.S troops", "U.S|troops"},
      {"J.K. Rowling and J. Smith", "J.K.|Rowling|and|J.|Smith"},
      {"J.K.Rowling", "J.K.|Rowling"},
      {"at 5 p.m. or 5p.m. today", "at|5|p.m.|or|5|p.m.|today"},
      {"e.g. this", "e.g.|this"},
      {"Plan B.", "Plan|B|."},
      {"Mr. and Mrs. Hill, MR. HILL", "Mr.|and|Mrs.|Hill|,|MR.|HILL"},
      {"Lt. Gen. Keith Kellogg", "Lt.|Gen.|Keith|Kellogg"},
      {"Gov.-elect", "Gov.|-|elect"},
      {"Acme Inc.'s board", "Acme|Inc.|'s|board"},
      {"a Ph.D. thesis", "a|Ph.D.|thesis"},
      {"No. 10", "No.|10"},
      {"No. Never.", "No|.\nNever|."},
      {"Roe v. Wade", "Roe|v.|Wade"},
      {"А. С. Пушкин", "А.|С.|Пушкин"},
      {"genuine Gen", "genuine|Gen"},
      {"3.5.", "3.5|."},
  };
  CHECK_CASES(k_cases);
}

static void test_numbers(void **state) {
  (void)state;
  static const case_t k_cases[] = {
      {"1,234.5 at 20:30, 9/11", "1,234.5|at|20:30|,|9/11"},
      {"1,2,", "1,2|,"},
      {"$5bn, 3.2m, 5kg, 1st", "$|5bn|,|3.2m|,|5kg|,|1st"},
      {"1990s and 1980's", "1990s|and|1980|'s"},
      {"2023-24 F-16", "2023|-|24|F|-|16"},
      {"50%", "50|%"},
      {"1MDB 2Pac", "1MDB|2Pac"},
      {"x² ½", "x²|½"},
      {"٣٤", "٣٤"},
  };
  CHECK_CASES(k_cases);
}

static void test_wholes(void **state) {
  (void)state;
  static const case_t k_cases[] = {
      {"see https://a.example/x?y=1&z=(2). Then", "see|https://a.example/x?y=1&z=(2)|.\nThen"},
      {"(www.a.example)", "(|www.a.example|)"},
      {"HTTP://X.EXAMPLE/É", "HTTP://X.EXAMPLE/É"},
      {"http:// www.", "http|:|/|/|www|."},
      {"mail a.b+c@d-e.co.uk.", "mail|a.b+c@d-e.co.uk|."},
      {"a@b.com.x", "a@b.com|.|x"},
      {"a@b", "a|@|b"},
      {"hey @joe_1 #Tag2 #1", "hey|@joe_1|#Tag2|#|1"},
      {"#中国x", "#中国x"},
      {"C#x", "C|#|x"},
      {"Amazon.com and bbc.co.uk.", "Amazon.com|and|bbc.co.uk|."},
      {"over.the end", "over|.|the|end"},
      {"said.company", "said|.|company"},
  };
  CHECK_CASES(k_cases);
}

static void test_sentences(void **state) {
  (void)state;
  static const case_t k_cases[] = {
      {"He left. She stayed.", "He|left|.\nShe|stayed|."},
      {"He left. she stayed.", "He|left|.|she|stayed|."},
      {"He left.She", "He|left|.|She"},
      {"Why? \"Because.\" He (she?) ran! 5 men.", "Why|?\n\"|Because|.|\"\nHe|(|she|?|)|ran|!\n5|men|."},
      {"“Over.” Then", "“|Over|.|”\nThen"},
      {"Mr. The is a title", "Mr.|The|is|a|title"},
      {"in the U.S. The plan", "in|the|U.S.\nThe|plan"},
      {"in the U.S. Senate", "in|the|U.S.|Senate"},
      {"at 5 p.m. He left", "at|5|p.m.\nHe|left"},
      {"at 5 p.m. Monday", "at|5|p.m.|Monday"},
      {"i.e. The Hague", "i.e.|The|Hague"},
      {"Acme Inc. In May", "Acme|Inc.\nIn|May"},
      {"on Jan. 5 it", "on|Jan.|5|it"},
      {"Line one\nline two", "Line|one\n\nline|two"},
      {"a\r\n\r\nb\xE2\x80\xA9"
       "c",
       "a\n\nb\n\nc"},
      {"走了。他说。“好。”她", "走|了|。\n他|说|。\n“|好|。|”\n她"},
      {"Done. — Then", "Done|.|—\nThen"},
      {"Cost? $5. #Tag", "Cost|?\n$|5|.\n#Tag"},
  };
  CHECK_CASES(k_cases);
}

static uint32_t flags_of(const char *s, size_t index) {
  wm_tokens_t t;
  wm_tokens_init(&t, 100);
  assert_int_equal(wm_text_tokenize(s, strlen(s), &t, NULL), WM_OK);
  assert_true(index < t.count);
  uint32_t flags = t.tokens[index].flags;
  wm_tokens_clear(&t);
  return flags;
}

static void test_flags(void **state) {
  (void)state;
  const uint32_t shape =
      WM_TOKEN_WORD | WM_TOKEN_NUMBER | WM_TOKEN_PUNCT | WM_TOKEN_CAPITAL | WM_TOKEN_UPPER | WM_TOKEN_MIXED;
  static const struct {
    const char *s;
    uint32_t flags;
  } k_cases[] = {
      {"word", WM_TOKEN_WORD},
      {"Word", WM_TOKEN_WORD | WM_TOKEN_CAPITAL},
      {"A", WM_TOKEN_WORD | WM_TOKEN_CAPITAL},
      {"BRICS", WM_TOKEN_WORD | WM_TOKEN_CAPITAL | WM_TOKEN_UPPER},
      {"U.S.", WM_TOKEN_WORD | WM_TOKEN_CAPITAL | WM_TOKEN_UPPER},
      {"G20", WM_TOKEN_WORD | WM_TOKEN_CAPITAL},
      {"iPhone", WM_TOKEN_WORD | WM_TOKEN_MIXED},
      {"McDonald", WM_TOKEN_WORD | WM_TOKEN_CAPITAL | WM_TOKEN_MIXED},
      {"Élysée", WM_TOKEN_WORD | WM_TOKEN_CAPITAL},
      {"ПУТИН", WM_TOKEN_WORD | WM_TOKEN_CAPITAL | WM_TOKEN_UPPER},
      {"中", WM_TOKEN_WORD},
      {"1,234", WM_TOKEN_NUMBER},
      {"21st", WM_TOKEN_WORD | WM_TOKEN_NUMBER},
      {"5bn", WM_TOKEN_WORD | WM_TOKEN_NUMBER},
      {"1MDB", WM_TOKEN_WORD | WM_TOKEN_CAPITAL | WM_TOKEN_UPPER},
      {"-", WM_TOKEN_PUNCT},
      {"\xF0\x9F\x98\x80", WM_TOKEN_PUNCT},
      {"@Joe", WM_TOKEN_WORD | WM_TOKEN_CAPITAL},
  };
  for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++)
    assert_int_equal(flags_of(k_cases[i].s, 0) & shape, k_cases[i].flags);
  assert_int_equal(flags_of("a b", 1) & (WM_TOKEN_SPACE | WM_TOKEN_NEWLINE), WM_TOKEN_SPACE);
  assert_int_equal(flags_of("a-b", 1) & (WM_TOKEN_SPACE | WM_TOKEN_NEWLINE), 0);
  assert_int_equal(flags_of("a \n b", 1) & (WM_TOKEN_SPACE | WM_TOKEN_NEWLINE), WM_TOKEN_SPACE | WM_TOKEN_NEWLINE);
  assert_int_equal(flags_of("a\xE2\x80\x8B-", 1) & WM_TOKEN_SPACE, 0); /* a zero-width space is no white space */
}

static void test_limits(void **state) {
  (void)state;
  wm_tokens_t t;
  wm_tokens_init(&t, 3);
  assert_int_equal(wm_text_tokenize("a b c", 5, &t, NULL), WM_OK);
  assert_int_equal(t.count, 3);
  assert_false(t.truncated);
  assert_int_equal(wm_text_tokenize("a b c d e", 9, &t, NULL), WM_OK);
  assert_int_equal(t.count, 3);
  assert_true(t.truncated);
  assert_int_equal(wm_text_tokenize("a", 1, &t, NULL), WM_OK); /* reuse clears the mark */
  assert_false(t.truncated);
  wm_tokens_clear(&t);
  wm_tokens_clear(NULL);
}

/* ---- properties ---- */

/* One code point that is likely to matter. */
static uint32_t random_point(uint64_t *seed) {
  static const uint32_t k_ends[] = {0x7F,   0x7F,   0x7F,   0x24F,  0x5FF,   0x6FF,   0xE7F,
                                    0x206F, 0x30FF, 0x9FFF, 0xFFFD, 0x1F9FF, 0x10FFFF};
  static const char k_special[] = ".'@#-/:,()\"U.S.s \n!?";
  if (next_random(seed) % 2 == 0) return (unsigned char)k_special[next_random(seed) % (sizeof k_special - 1)];
  uint32_t end = k_ends[next_random(seed) % (sizeof k_ends / sizeof k_ends[0])];
  uint32_t cp = (uint32_t)(next_random(seed) % (end + 1));
  return cp >= 0xD800 && cp <= 0xDFFF ? 0x2019 : cp;
}

static size_t random_text(uint64_t *seed, char *out, size_t points) {
  size_t len = 0;
  for (size_t i = 0; i < points; i++) len += wm_utf8_encode(random_point(seed), out + len);
  return len;
}

static bool is_boundary(const char *s, size_t len, size_t at) {
  return at == len || ((unsigned char)s[at] & 0xC0) != 0x80;
}

static bool is_white(uint32_t cp) {
  utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
  return c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL || c == UTF8PROC_CATEGORY_ZP ||
         c == UTF8PROC_CATEGORY_CC;
}

static void check_tokens(const char *s, size_t len, const wm_tokens_t *t) {
  size_t last = 0;
  for (size_t i = 0; i < t->count; i++) {
    const wm_token_t *k = &t->tokens[i];
    assert_true(k->start >= last && k->start < k->end && k->end <= len);
    assert_true(k->end - k->start <= WM_TOKEN_BYTES_MAX);
    assert_true(is_boundary(s, len, k->start) && is_boundary(s, len, k->end));
    for (size_t p = k->start, n; p < k->end; p += n) assert_false(is_white(wm_utf8_decode(s + p, k->end - p, &n)));
    /* between tokens nothing but white space and what cannot be seen */
    for (size_t p = last, n; p < k->start; p += n) {
      uint32_t cp = wm_utf8_decode(s + p, k->start - p, &n);
      bool selector = (cp >= 0xFE00 && cp <= 0xFE0F) || (cp >= 0xE0100 && cp <= 0xE01EF);
      assert_true(selector || !wm_text_visible(s + p, n));
    }
    assert_true((k->flags & WM_TOKEN_PUNCT) == 0 || (k->flags & (WM_TOKEN_WORD | WM_TOKEN_NUMBER)) == 0);
    assert_true((k->flags & WM_TOKEN_PARAGRAPH) == 0 || (k->flags & WM_TOKEN_SENTENCE) != 0);
    last = k->end;
  }
  if (t->count > 0) assert_true(t->tokens[0].flags & WM_TOKEN_PARAGRAPH);
}

static void test_token_properties(void **state) {
  (void)state;
  uint64_t seed = 1;
  char text[4 * 400];
  wm_tokens_t t;
  wm_tokens_init(&t, WM_TOKENS_MAX);
  for (int round = 0; round < 20000; round++) {
    size_t len = random_text(&seed, text, next_random(&seed) % 100 + (round % 50 == 0 ? 300 : 0));
    assert_true(wm_utf8_valid(text, len, NULL));
    assert_int_equal(wm_text_tokenize(text, len, &t, NULL), WM_OK);
    check_tokens(text, len, &t);
  }
  wm_tokens_clear(&t);
}

static void test_points_property(void **state) {
  (void)state;
  uint64_t seed = 2;
  char text[4 * 300];
  for (int round = 0; round < 2000; round++) {
    size_t len = random_text(&seed, text, next_random(&seed) % 300);
    wm_text_points_t c;
    wm_text_points_init(&c, text, len);
    size_t up = 0;
    for (int i = 0; i < 40; i++) {
      size_t at = i % 3 == 0 ? next_random(&seed) % (len + 1) : up + next_random(&seed) % (len - up + 1);
      if (i % 3 != 0) up = at;
      size_t naive = 0, b = 0, n;
      while (b < at) {
        wm_utf8_decode(text + b, len - b, &n);
        if (b + n > at) break;
        b += n;
        naive++;
      }
      assert_int_equal(wm_text_points_at(&c, at), naive);
    }
  }
}

/* Texts that make a careless tokenizer quadratic. The run would take hours then, and the time limit of the test would end it. */
static void test_linear(void **state) {
  (void)state;
  static const char *const k_units[] = {"a",
                                        "(",
                                        ".",
                                        "'",
                                        "@",
                                        "U.",
                                        "a-",
                                        "a'",
                                        "a@",
                                        "#",
                                        "#1",
                                        "1,",
                                        "www.",
                                        "É",
                                        "中",
                                        "\n",
                                        " ",
                                        "No. ",
                                        "\xCC\x81",
                                        "\xE2\x80\x8B",
                                        "a\xE2\x80\x8B",
                                        "\xF0\x9F\x98\x80",
                                        "http://",
                                        "www.a)",
                                        ".com",
                                        "\"",
                                        "a.",
                                        "Ph.D."};
  const size_t size = 5u << 20;
  char *text = malloc(size + 16);
  assert_non_null(text);
  wm_tokens_t t;
  wm_tokens_init(&t, WM_TOKENS_MAX);
  for (size_t i = 0; i < sizeof k_units / sizeof k_units[0]; i++) {
    size_t n = strlen(k_units[i]), len = 0;
    while (len < size) {
      memcpy(text + len, k_units[i], n);
      len += n;
    }
    assert_int_equal(wm_text_tokenize(text, len, &t, NULL), WM_OK);
    for (size_t j = 0; j < t.count; j++) assert_true(t.tokens[j].end - t.tokens[j].start <= WM_TOKEN_BYTES_MAX);
  }
  wm_tokens_clear(&t);
  free(text);
}

/* ---- folding ---- */

static void check_fold(const char *s, const char *folded) {
  char out[256];
  size_t n = wm_text_fold(s, strlen(s), out, sizeof out - 1);
  assert_true(n < sizeof out);
  out[n] = '\0';
  assert_string_equal(out, folded);
}

static void test_fold(void **state) {
  (void)state;
  check_fold("", "");
  check_fold("  Vladimir \t PUTIN\n", "vladimir putin");
  check_fold("O’Brien", "o'brien");
  check_fold("O`Brien", "o'brien");
  check_fold("Al–Assad", "al-assad");
  check_fold("Al‑Assad", "al-assad");
  check_fold("STRASSE", "strasse");
  check_fold("Straße", "strasse");
  check_fold("Cafe\xCC\x81", "caf\xC3\xA9");
  check_fold("ÉLYSÉE", "élysée");
  check_fold("ＮＡＴＯ", "nato");
  check_fold("ﬁnance", "finance");
  check_fold(
      "a\xC2\xA0\xE2\x80\x89"
      "b",
      "a b");
  check_fold(
      "a\xE2\x80\x8B"
      "b\xC2\xAD"
      "c",
      "abc");
  check_fold("ПУТИН", "путин");
  check_fold("Hawaiʻi", "hawai'i");
}

static void test_fold_limits(void **state) {
  (void)state;
  char out[8];
  assert_int_equal(wm_text_fold("abcdefgh", 8, out, 8), 8);
  assert_int_equal(wm_text_fold("abcdefghi", 9, out, 8), SIZE_MAX);
  assert_int_equal(wm_text_fold("abcdefgh  ", 10, out, 8), 8);
  assert_int_equal(wm_text_fold("abcdefgh i", 10, out, 8), SIZE_MAX);
  assert_int_equal(wm_text_fold("éééé", 8, out, 8), 8);
  assert_int_equal(wm_text_fold("ééééa", 9, out, 8), SIZE_MAX);
  assert_int_equal(wm_text_fold("a\xFF", 2, out, 8), SIZE_MAX);
  char big[4096], folded[8192];
  for (size_t i = 0; i < sizeof big; i += 2) memcpy(big + i, "É", 2);
  assert_int_equal(wm_text_fold(big, sizeof big, folded, sizeof folded), sizeof big); /* more than fits the stack */
}

static void check_idempotent(const char *s, size_t len) {
  char once[8192], twice[8192];
  size_t n = wm_text_fold(s, len, once, sizeof once);
  assert_true(n != SIZE_MAX);
  assert_true(wm_utf8_valid(once, n, NULL));
  size_t m = wm_text_fold(once, n, twice, sizeof twice);
  assert_int_equal(n, m);
  assert_memory_equal(once, twice, n);
}

static void test_fold_idempotent(void **state) {
  (void)state;
  char text[4 * 64];
  for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
    if (cp >= 0xD800 && cp <= 0xDFFF) continue;
    check_idempotent(text, wm_utf8_encode(cp, text));
  }
  uint64_t seed = 3;
  for (int round = 0; round < 50000; round++) check_idempotent(text, random_text(&seed, text, next_random(&seed) % 60));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_valid),
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_points),
      cmocka_unit_test(test_visible),
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_dots),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_wholes),
      cmocka_unit_test(test_sentences),
      cmocka_unit_test(test_flags),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_token_properties),
      cmocka_unit_test(test_points_property),
      cmocka_unit_test(test_linear),
      cmocka_unit_test(test_fold),
      cmocka_unit_test(test_fold_limits),
      cmocka_unit_test(test_fold_idempotent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
