/** Entities: joined names, offsets, determinism, the paths of the network, bad and large texts. Sentences written for the project. */
#include <time.h>

#include "entities_support.h"
#include "services/entities/net.h"

static void surnames_join_their_person(void **state) {
  json_t *all =
      enrich(*state, "",
             "President Emmanuel Macron met Chancellor Olaf Scholz in Paris on Monday. Macron said that France would "
             "help. Scholz's answer was short, and Macron's was not.",
             "en");
  json_t *macron = expect(all, "person", "Emmanuel Macron");
  assert_int_equal(json_array_size(json_object_get(macron, "mentions")), 3);
  assert_true(mentions(macron, "Macron"));
  json_t *scholz = expect(all, "person", "Olaf Scholz");
  assert_true(mentions(scholz, "Scholz"));
  assert_null(find(all, "person", "Macron"));
  assert_null(find(all, "person", "Scholz"));
  expect(all, "place", "Paris");
  expect(all, "place", "France");
  expect_no_mention(all, "Macron's");
  expect_no_mention(all, "President Emmanuel Macron");
}

static void a_shared_surname_joins_nobody(void **state) {
  json_t *all = enrich(
      *state, "",
      "Hillary Clinton and Bill Clinton came to New York on Tuesday. Reporters asked what Clinton thought of the "
      "vote in Germany.",
      "en");
  json_t *hillary = expect(all, "person", "Hillary Clinton");
  json_t *bill = expect(all, "person", "Bill Clinton");
  assert_false(mentions(hillary, "Bill Clinton"));
  assert_false(mentions(bill, "Hillary Clinton"));
  assert_false(mentions(hillary, "Clinton") && mentions(bill, "Clinton"));
}

static void names_of_the_united_states_join(void **state) {
  json_t *all = enrich(
      *state, "US and China agree on tariffs",
      "The United States and China agreed on Friday to lower tariffs. U.S. officials said that the US would act first. "
      "Canada's government welcomed the step.",
      "en");
  json_t *us = expect(all, "place", "United States");
  assert_true(mentions(us, "U.S."));
  assert_true(mentions(us, "US"));
  assert_null(find(all, "place", "US"));
  expect(all, "place", "China");
  expect(all, "place", "Canada");
}

static void acronyms_join_their_long_form(void **state) {
  json_t *all = enrich(
      *state, "",
      "The International Monetary Fund (IMF) lowered its forecast on Tuesday. The World Health Organization was more "
      "hopeful. The IMF said that growth in Nigeria would slow, and the WHO sent doctors to Lagos.",
      "en");
  json_t *imf = expect(all, "organisation", "International Monetary Fund");
  assert_int_equal(json_array_size(json_object_get(imf, "mentions")), 3);
  assert_true(mentions(imf, "IMF"));
  json_t *who = expect(all, "organisation", "World Health Organization");
  assert_true(mentions(who, "WHO"));
  all = enrich(
      *state, "",
      "The Lagos State Emergency Management Agency (LASEMA) said that 14 people were saved in Ikeja on Friday.", "en");
  assert_true(mentions(expect(all, "organisation", "Lagos State Emergency Management Agency"), "LASEMA"));
}

static void relevance_orders_and_ids_follow(void **state) {
  json_t *all = enrich(
      *state, "Kenya sends troops to Haiti",
      "Kenya sent 400 police officers to Haiti on Monday. Kenya had promised the force last year. The Kenyan officers "
      "landed in Port-au-Prince, where a plane from Miami had landed before.",
      "en");
  assert_true(json_array_size(all) >= 3);
  assert_string_equal(json_string_value(json_object_get(json_array_get(all, 0), "name")), "Kenya");
  json_int_t last = 101;
  size_t i;
  json_t *e;
  json_array_foreach(all, i, e) {
    char id[24];
    snprintf(id, sizeof id, "e%zu", i + 1);
    assert_string_equal(json_string_value(json_object_get(e, "id")), id);
    json_int_t relevance = json_integer_value(json_object_get(e, "relevance"));
    json_int_t confidence = json_integer_value(json_object_get(e, "confidence"));
    assert_true(relevance >= 0 && relevance <= last);
    assert_true(confidence >= 0 && confidence <= 100);
    last = relevance;
  }
}

static void office_holders_are_known_where_their_country_is_named(void **state) {
  json_t *all =
      enrich(*state, "",
             "Emmanuel Macron, the president of France, opened a fair on Monday. Macron stayed for an hour.", "en");
  json_t *macron = expect(all, "person", "Emmanuel Macron");
  assert_string_equal(json_string_value(json_object_get(macron, "country")), "FR");
  assert_string_equal(json_string_value(json_object_get(macron, "wikidata")), "Q3052772");
  assert_null(json_object_get(expect(all, "place", "France"), "country")); /* the countries service says that */
  all = enrich(*state, "",
               "The baker Emmanuel Macron opened a shop in Lima on Monday, said the mayor of the Peruvian capital.",
               "en");
  macron = expect(all, "person", "Emmanuel Macron");
  assert_null(json_object_get(macron, "country"));
  assert_null(json_object_get(macron, "wikidata"));
}

static void names_found_once_are_found_again(void **state) {
  json_t *all = enrich(*state, "",
                       "Prime Minister Youssef Chahed spoke in Tunis on Friday. \"Chahed signed it this morning,\" an "
                       "aide said, and Chahed "
                       "himself said so to reporters. Later, President Chahed's office, the only one, gave no details.",
                       "en");
  json_t *chahed = expect(all, "person", "Youssef Chahed");
  assert_true(json_array_size(json_object_get(chahed, "mentions")) >= 3);
  assert_null(find(all, "person", "Chahed"));
}

static void names_end_where_they_end(void **state) {
  json_t *all = enrich(
      *state, "", "The Kremlin-backed group met UN-led envoys in Geneva, and Kenya's minister thanked Norway's.", "en");
  expect_no_mention(all, "Kremlin-backed");
  expect_no_mention(all, "UN-led");
  expect_no_mention(all, "Norway's");
  all = enrich(*state, "", "Crowds came to Washington, D.C. on Friday.", "en");
  expect(all, "place", "Washington, D.C.");
  expect_no_mention(all, "D.C.");
  all = enrich(*state, "",
               "The Kremlin-backed group met UN-led envoys in Geneva, and Kenya's minister thanked Norway's.", "en");
  expect(all, "place", "Geneva");
  expect(all, "place", "Norway");
}

static void a_headline_in_capitals_joins_the_body(void **state) {
  json_t *all = enrich(*state, "MACRON MEETS SCHOLZ IN PARIS",
                       "French President Emmanuel Macron met Chancellor Olaf Scholz in Paris on Monday. Macron said "
                       "that France would help.",
                       "en");
  json_t *paris = expect(all, "place", "Paris");
  assert_true(mentions(paris, "PARIS"));
  expect(all, "person", "Emmanuel Macron");
  assert_null(find(all, "person", "MACRON MEETS"));
}

static void offsets_give_back_the_text(void **state) {
  uint64_t seed = 20261125;
  size_t count = 0;
  char headline[200], body[4000];
  for (int i = 0; i < 300; i++) {
    random_text(&seed, headline, sizeof headline);
    random_text(&seed, body, 100 + next_random(&seed) % 3900);
    count += check_offsets(*state, enrich(*state, headline, body, "en"));
  }
  assert_true(count > 1000);
}

static void the_same_text_gives_the_same_bytes(void **state) {
  char body[3000];
  uint64_t seed = 7;
  fixture_t plain, other;
  open_fixture(&plain, "plain");
  open_fixture(&other, "auto");
  for (int i = 0; i < 10; i++) {
    random_text(&seed, body, sizeof body);
    char *a = json_dumps(enrich(*state, "Angela Merkel in Ankara", body, "en"), 0);
    char *b = json_dumps(enrich(&other, "Angela Merkel in Ankara", body, "en"), 0);
    char *c = json_dumps(enrich(&plain, "Angela Merkel in Ankara", body, "en"), 0);
    assert_string_equal(a, b);
    assert_string_equal(a, c);
    free(a);
    free(b);
    free(c);
  }
  close_fixture(&plain);
  close_fixture(&other);
}

static void pack(const wm_net_path_t *path, wm_net_product_t *p, void *room) {
  if (path->pack) path->pack(p, room);
  p->packed = room;
}

/** Each path gives the very numbers of the plain one. */
static void all_paths_give_the_same_numbers(void **state) {
  (void)state;
  enum { TOKENS = 29, INPUTS = 3 * WM_NET_WIDTH };
  static const char *const names[] = {"avx2", "avx512vnni"};
  static const float gains[] = {3.1f, 5.0f, 9.2f, 31.7f, 900.0f}; /* inputs from small ones to the greatest */
  static int8_t weights[INPUTS * WM_NET_WIDTH], row[WM_NET_WIDTH];
  static float scale[WM_NET_WIDTH], bias[WM_NET_WIDTH], x[2][TOKENS * WM_NET_WIDTH];
  static _Alignas(WM_NET_ALIGNMENT) int8_t packed[2][4 * INPUTS * WM_NET_WIDTH];
  static uint8_t q[2][(TOKENS + 2) * WM_NET_WIDTH];
  uint64_t seed = 3;
  const wm_net_path_t *plain = wm_net_path("plain");
  assert_non_null(plain);
  assert_null(wm_net_path("nothing"));
  for (size_t i = 0; i < sizeof weights; i++) weights[i] = (int8_t)((int)(next_random(&seed) % 256) - 128);
  for (size_t i = 0; i < WM_NET_WIDTH; i++) {
    scale[i] = (float)(next_random(&seed) % 1000) * 1e-6f;
    bias[i] = (float)(next_random(&seed) % 1000) * 1e-3f - 0.5f;
    row[i] = (int8_t)((int)(next_random(&seed) % 255) - 127);
  }
  for (size_t p = 0; p < sizeof names / sizeof names[0] * sizeof gains / sizeof gains[0]; p++) {
    const wm_net_path_t *path = wm_net_path(names[p % 2]);
    if (!path) continue; /* not on this processor */
    for (size_t i = 0; i < TOKENS * WM_NET_WIDTH; i++)
      x[0][i] = x[1][i] = (float)((int)(next_random(&seed) % 2000) - 1000) * 0.004f;
    for (size_t k = 0; k < 2; k++) {
      const wm_net_path_t *with = k ? path : plain;
      wm_net_product_t wide = {weights, scale, bias, INPUTS, WM_NET_WIDTH, NULL},
                       narrow = {weights, scale, bias, WM_NET_WIDTH, 16, NULL};
      pack(with, &wide, packed[0]);
      pack(with, &narrow, packed[1]);
      for (size_t t = 0; t < TOKENS; t++) with->add_row(x[k] + t * WM_NET_WIDTH, row, 0.0123f);
      with->quantise(x[k], TOKENS * WM_NET_WIDTH, gains[p / 2], q[k] + WM_NET_WIDTH);
      with->product(&wide, q[k], TOKENS, x[k]);
      with->product(&narrow, q[k], TOKENS, x[k]);
    }
    assert_memory_equal(q[0], q[1], sizeof q[0]);
    assert_memory_equal(x[0], x[1], sizeof x[0]);
  }
}

static void other_languages_have_no_entities(void **state) {
  fixture_t *f = *state;
  json_t *all = enrich(f, "",
                       "Der Bundeskanzler traf am Montag in Berlin den Präsidenten von Frankreich und sprach mit ihm "
                       "über die Lage in Europa und über die Wirtschaft.",
                       NULL);
  assert_int_equal(json_array_size(all), 0);
  assert_string_equal(json_string_value(json_object_get(wm_article_get(f->article, "language"), "code")), "de");
  all = enrich(f, "", "Angela Merkel came to Paris.", "fr");
  assert_int_equal(json_array_size(all), 0);
  json_t *language = wm_article_get(f->article, "language");
  assert_string_equal(json_string_value(json_object_get(language, "code")), "fr");
  assert_int_equal(json_integer_value(json_object_get(language, "confidence")), 100);
  enrich(f, "", "The committee will meet again next week to talk about the state of the roads and the price of water.",
         NULL);
  assert_string_equal(json_string_value(json_object_get(wm_article_get(f->article, "language"), "code")), "en");
}

static void texts_without_names_are_fine(void **state) {
  static const char *const bodies[] = {"",   " ",      ".",           "a",     "((((",
                                       "'s", "\n\n\n", "the the the", "1 2 3", "\xF0\x9F\x98\x80"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
    check_offsets(*state, enrich(*state, "Rain", bodies[i], "en"));
}

/** Seconds that a text of `size` bytes made of `part` takes; its mentions are bounded. */
static double seconds_for(fixture_t *f, const char *part, size_t size) {
  char *body = malloc(size + 1);
  assert_non_null(body);
  size_t len = strlen(part), n = size / len * len;
  for (size_t i = 0; i < n; i++) body[i] = part[i % len];
  body[n] = '\0';
  struct timespec a, b;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
  json_t *all = enrich(f, "", body, "en");
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
  size_t count = 0, i;
  json_t *e;
  json_array_foreach(all, i, e) {
    count += json_array_size(json_object_get(e, "mentions"));
  }
  assert_true(count <= 20000);
  free(body);
  return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

static void time_grows_with_the_text(void **state) {
  static const char *const parts[] = {"(", "A ", "Angela Merkel ", "AB ", "X.", "Ali Baba and Baba Ali. "};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    double small = seconds_for(*state, parts[i], 1u << 14), large = seconds_for(*state, parts[i], 1u << 16);
    /* four times as long; thirty times the time would be worse than linear by far, whatever else the machine does */
    if (large > 30 * small + 1) fail_msg("\"%s\": %.3f s, then %.3f s", parts[i], small, large);
  }
  seconds_for(*state, "a", 5u << 20);
  seconds_for(*state, "Ab", 5u << 20);
}

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  char *text = calloc(1, 1u << 20);
  assert_non_null(text);
  size_t n = fread(text, 1, (1u << 20) - 1, file);
  text[n] = '\0';
  fclose(file);
  return text;
}

/** What the treaty's article must give, in whichever words it is told. */
static void check_treaty(fixture_t *f, json_t *all) {
  static const char *const people[] = {"Vladimir Putin", "Masoud Pezeshkian", "Donald Trump",
                                       "Dmitry Peskov",  "Keith Kellogg",     "Bashar al-Assad"};
  static const char *const surnames[] = {"Putin", "Pezeshkian", "Trump", NULL, "Kellogg", NULL};
  static const char *const bodies[] = {"Kremlin", "Hamas", "Hezbollah", "BRICS"};
  static const char *const places[] = {"Moscow", "Tehran", "Iran",        "Russia",       "Ukraine",
                                       "Syria",  "Israel", "North Korea", "United States"};
  check_offsets(f, all);
  for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
    json_t *e = expect(all, "person", people[i]);
    if (!surnames[i]) continue;
    assert_true(mentions(e, surnames[i]));
    assert_null(find(all, "person", surnames[i]));
  }
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) expect(all, "organisation", bodies[i]);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) expect(all, "place", places[i]);
  assert_true(mentions(find(all, "place", "United States"), "U.S."));
  assert_null(find(all, "place", "U.S."));
}

static void the_treaty_example(void **state) {
  fixture_t *f = *state;
  wm_error_t err = WM_ERROR_INIT;
  char *text = read_file(WM_SOURCE_DIR "/examples/treaty.json");
  assert_non_null(text);
  if (wm_article_parse(f->article, text, strlen(text), NULL, &err)) fail_msg("%s", err.text);
  if (wm_entities_service.enrich(f->worker, f->article, &err)) fail_msg("%s", err.text);
  check_treaty(f, wm_article_get(f->article, "entities"));
  free(text);
}

static void the_shared_treaty(void **state) {
  char *text = read_file(WM_SOURCE_DIR "/../shared/samples/treaty.txt");
  if (!text) {
    print_message("skipped: ../shared/samples/treaty.txt is not there\n");
    skip();
  }
  check_treaty(*state, enrich(*state, "", text, NULL));
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(surnames_join_their_person),
      cmocka_unit_test(a_shared_surname_joins_nobody),
      cmocka_unit_test(names_of_the_united_states_join),
      cmocka_unit_test(acronyms_join_their_long_form),
      cmocka_unit_test(relevance_orders_and_ids_follow),
      cmocka_unit_test(office_holders_are_known_where_their_country_is_named),
      cmocka_unit_test(names_found_once_are_found_again),
      cmocka_unit_test(names_end_where_they_end),
      cmocka_unit_test(a_headline_in_capitals_joins_the_body),
      cmocka_unit_test(offsets_give_back_the_text),
      cmocka_unit_test(the_same_text_gives_the_same_bytes),
      cmocka_unit_test(all_paths_give_the_same_numbers),
      cmocka_unit_test(other_languages_have_no_entities),
      cmocka_unit_test(texts_without_names_are_fine),
      cmocka_unit_test(time_grows_with_the_text),
      cmocka_unit_test(the_treaty_example),
      cmocka_unit_test(the_shared_treaty),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
