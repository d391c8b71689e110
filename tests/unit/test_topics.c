/* topics: from words to concepts. The texts were written for this test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/model.h"
#include "topics_support.h"

static int set_up(void **state) {
  return fixture_open(state, NULL);
}

/* The topics of an article (borrowed). */
static json_t *enrich(fixture_t *f, json_t *article) {
  wm_error_t err = WM_ERROR_INIT;
  char *text = json_dumps(article, JSON_COMPACT);
  assert_non_null(text);
  if (wm_article_parse(f->article, text, strlen(text), "urn:test", &err)) fail_msg("%s", err.text);
  if (wm_topics_service.enrich(f->worker, f->article, &err)) fail_msg("%s", err.text);
  free(text);
  json_decref(article);
  json_t *topics = wm_article_get(f->article, "topics");
  assert_true(json_is_array(topics));
  assert_true(json_array_size(topics) <= WM_TOPICS_GIVEN_MAX);
  return topics;
}

static json_t *topics_of(fixture_t *f, const char *headline, const char *body) {
  return enrich(f, json_pack("{s:s, s:s}", "headline", headline, "body_text", body));
}

static const char *text_of(json_t *topics, size_t i, const char *member) {
  return json_string_value(json_object_get(json_array_get(topics, i), member));
}

/* Level-1 code of the i-th topic. */
static const char *top_of(json_t *topics, size_t i) {
  return json_string_value(json_array_get(json_object_get(json_array_get(topics, i), "path"), 0));
}

static bool has_name(json_t *topics, const char *name) {
  for (size_t i = 0; i < json_array_size(topics); i++)
    if (strcmp(text_of(topics, i, "name"), name) == 0) return true;
  return false;
}

static bool has_top(json_t *topics, const char *code) {
  for (size_t i = 0; i < json_array_size(topics); i++)
    if (strcmp(top_of(topics, i), code) == 0) return true;
  return false;
}

static void test_kinds(void **state) {
  static const struct {
    const char *top, *headline, *body;
  } cases[] = {
      {"medtop:15000000", "Late header sends Rovers into the cup final",
       "Substitute Kofi Mensah headed in a corner two minutes from time as Rovers beat City 2-1 on Saturday. The "
       "goalkeeper had kept the visitors in the match with a penalty save before half-time. The coach praised his "
       "defenders after the club reached its first final in twenty years."},
      {"medtop:03000000", "Strong earthquake flattens villages in mountain province",
       "A magnitude 6.8 earthquake struck before dawn, destroying hundreds of homes and killing at least forty people. "
       "Rescue teams dug through the rubble for survivors while aftershocks shook the region and roads were cut by "
       "landslides."},
      {"medtop:11000000", "Opposition leads as counting begins in parliamentary election",
       "Voters went to the polls on Sunday to choose a new parliament. Exit polls gave the opposition party a narrow "
       "lead over the ruling coalition, and the prime minister said that he would wait for the official results before "
       "conceding."},
      {"medtop:04000000", "Carmaker's profit falls as demand for loans slows",
       "The company reported a quarterly net profit of 1.2 billion euros, below what analysts had expected. Shares "
       "fell "
       "four per cent. The chief executive blamed higher interest rates and rising costs and cut the dividend to "
       "investors."},
      {"medtop:02000000", "Former treasurer jailed for nine years over stolen funds",
       "A judge sentenced the former city treasurer to nine years in prison on Thursday after a jury found her guilty "
       "of "
       "fraud and money laundering. Prosecutors told the court that she had moved millions into accounts abroad. Her "
       "lawyer said that she would appeal."},
      {"medtop:07000000", "New vaccine cuts malaria cases by half in trial",
       "Doctors said that a new malaria vaccine had halved the number of infections among children in a trial. The "
       "disease kills hundreds of thousands of patients each year, and hospitals in the region hope to give the doses "
       "from next spring."},
      {"medtop:01000000", "Debut film wins top prize at lakeside festival",
       "A first-time director took the festival's highest award on Saturday for her film about a family of musicians. "
       "The jury praised the lead actress and the score. Cinemas will show the movie from October."},
      {"medtop:13000000", "Probe sends first pictures from the dark side of the asteroid",
       "Scientists at the space agency cheered as the spacecraft sent back pictures of the asteroid. Astronomers will "
       "study the data to learn how planets formed, and the researchers hope that the probe's instruments will survive "
       "until it returns to Earth."},
      {"medtop:16000000", "Shelling kills twelve as troops advance on the river town",
       "Government troops and rebel fighters exchanged artillery fire along the front line on Monday, killing twelve "
       "soldiers. The army said that it had captured two villages; the insurgents said that an air strike had hit a "
       "hospital. Ceasefire talks broke down last week."},
  };
  fixture_t *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *topics = topics_of(f, cases[i].headline, cases[i].body);
    assert_true(json_array_size(topics) >= 1);
    if (strcmp(top_of(topics, 0), cases[i].top) != 0)
      fail_msg("\"%s\" is first about %s, not %s", cases[i].headline, text_of(topics, 0, "name"), cases[i].top);
  }
}

/* What the design asks of each topic: order, ranges, members, a path that ends at the concept. */
static void test_form(void **state) {
  fixture_t *f = *state;
  json_t *topics =
      topics_of(f, "Doctors strike over pay as hospitals fill up",
                "Thousands of hospital doctors walked out on Tuesday after talks between their union and the health "
                "ministry failed. Patients had operations put off, and the minister said that the government could not "
                "raise pay before the budget was passed by parliament.");
  long long last = 100;
  assert_true(json_array_size(topics) >= 1);
  for (size_t i = 0; i < json_array_size(topics); i++) {
    json_t *topic = json_array_get(topics, i), *path = json_object_get(topic, "path");
    long long relevance = json_integer_value(json_object_get(topic, "relevance"));
    long long confidence = json_integer_value(json_object_get(topic, "confidence"));
    assert_true(relevance >= 0 && relevance <= last);
    assert_true(confidence >= 0 && confidence <= 100);
    last = relevance;
    assert_non_null(text_of(topics, i, "name"));
    assert_true(json_array_size(path) >= 1);
    assert_string_equal(json_string_value(json_array_get(path, json_array_size(path) - 1)),
                        text_of(topics, i, "qcode"));
    for (size_t k = 0; k < i; k++) assert_string_not_equal(text_of(topics, i, "qcode"), text_of(topics, k, "qcode"));
  }
}

/* Every concept of the model is active in the release, under the broader concept that the release says. */
static void test_release(void **state) {
  fixture_t *f = *state;
  char path[4096], line[16384];
  uint32_t active = 0;
  snprintf(path, sizeof path, "%s/../shared/data/topics/iptc/mediatopic-%s.tsv", WM_SOURCE_DIR,
           f->model.params->release);
  FILE *in = fopen(path, "r");
  if (!in) {
    print_message("skipped: the release is not there (%s)\n", path);
    skip();
  }
  while (fgets(line, sizeof line, in)) {
    char *field[10] = {NULL};
    char *at = line;
    for (int i = 0; i < 10; i++) field[i] = strsep(&at, "\t");
    if (!field[9] || strncmp(field[0], "medtop:", 7) != 0 || (*field[9] && *field[9] != '\n')) continue;
    active++;
    uint32_t code = (uint32_t)strtoul(field[0] + 7, NULL, 10), i = 0;
    while (i < f->model.params->n_concepts && f->model.concepts[i].code != code) i++;
    assert_true(i < f->model.params->n_concepts);
    const wm_topics_concept_t *c = &f->model.concepts[i];
    assert_string_equal(f->model.names + c->name, field[3]);
    if (c->parent < 0) assert_string_equal(field[2], "");
    else assert_int_equal(f->model.concepts[c->parent].code, strtoul(field[2] + 7, NULL, 10));
  }
  fclose(in);
  assert_int_equal(active, f->model.params->n_concepts);
}

static void test_plain_and_vector_path_agree(void **state) {
  fixture_t *f = *state;
  const char *body =
      "The central bank raised its main interest rate on Wednesday for the third time this year. Economists had "
      "expected "
      "the step after inflation reached six per cent; the Naïve forecasts of last spring, the governor said, were "
      "wrong.";
  wm_str_t headline = {"Bank raises rates", 17}, text = {body, strlen(body)};
  static int32_t logits[WM_TOPICS_CONCEPTS_MAX + 64];
  size_t n = (size_t)f->model.params->n_concepts + f->model.params->n_tops;
  wm_topics_given_t a[WM_TOPICS_GIVEN_MAX], b[WM_TOPICS_GIVEN_MAX];
  f->scratch.plain = false;
  assert_int_equal(wm_topics_features(&f->model, &f->scratch, headline, text, NULL), WM_OK);
  wm_topics_score(&f->model, &f->scratch);
  memcpy(logits, f->scratch.logits, n * sizeof *logits);
  size_t na = wm_topics_decide(&f->model, &f->scratch, NULL, 5, a);
  f->scratch.plain = true;
  assert_int_equal(wm_topics_features(&f->model, &f->scratch, headline, text, NULL), WM_OK);
  wm_topics_score(&f->model, &f->scratch);
  assert_memory_equal(logits, f->scratch.logits, n * sizeof *logits);
  assert_int_equal(wm_topics_decide(&f->model, &f->scratch, NULL, 5, b), na);
  for (size_t i = 0; i < na; i++) assert_memory_equal(&a[i], &b[i], sizeof a[i]);
  f->scratch.plain = false;
}

enum { ROWS = 700, TABLE = 40, DOTS = 11 };

static void check_kernel(const wm_topics_kernel_t *plain, const wm_topics_kernel_t *fast, const int16_t *x,
                         const int8_t *w, const int8_t *table, const uint32_t *rows, int round) {
  static const uint32_t which[DOTS] = {10, 3, 3, 0, 7, 9, 1, 2, 8, 6, 5};
  static const size_t counts[] = {0, 1, 17, 255, 256, 257, 600, ROWS};
  for (size_t n = 16; n <= WM_TOPICS_HIDDEN_MAX; n += 16) {
    size_t count = (n / 16 + (size_t)round) % (DOTS + 1);
    int32_t a[DOTS] = {0}, b[DOTS] = {0};
    fast->dots(x, w, n, n % 32 ? which : NULL, count, a);
    plain->dots(x, w, n, n % 32 ? which : NULL, count, b);
    if (memcmp(a, b, sizeof a) != 0) fail_msg("%s: other dot products of %zu numbers", fast->name, n);
    fast->dots(x, w, n, n % 32 ? NULL : which, DOTS, a);
    plain->dots(x, w, n, n % 32 ? NULL : which, DOTS, b);
    if (memcmp(a, b, sizeof a) != 0) fail_msg("%s: other dot products of %zu numbers", fast->name, n);
  }
  for (size_t dim = 16; dim <= WM_TOPICS_DIM_MAX; dim += 16) {
    int32_t a[WM_TOPICS_DIM_MAX] = {0}, b[WM_TOPICS_DIM_MAX] = {0};
    size_t n = counts[(dim / 16 + (size_t)round) % 8];
    fast->sum(a, table, dim, rows, n);
    plain->sum(b, table, dim, rows, n);
    if (memcmp(a, b, sizeof a) != 0) fail_msg("%s: other sums of %zu rows of %zu", fast->name, n, dim);
  }
}

static void test_kernels_agree_on_extremes(void **state) {
  (void)state;
  const wm_topics_kernel_t *kernels[WM_TOPICS_KERNELS_MAX];
  size_t n_kernels = wm_topics_kernels(kernels);
  assert_ptr_equal(wm_topics_kernel(true), kernels[0]);
  assert_ptr_equal(wm_topics_kernel(false), kernels[n_kernels - 1]);
  static int16_t x[WM_TOPICS_HIDDEN_MAX];
  static int8_t w[DOTS * WM_TOPICS_HIDDEN_MAX], table[TABLE * WM_TOPICS_DIM_MAX];
  static uint32_t rows[ROWS];
  uint32_t seed = 7;
  for (int round = 0; round < 20; round++) {
    for (size_t i = 0; i < WM_TOPICS_HIDDEN_MAX; i++) {
      seed = seed * 1664525 + 1013904223;
      x[i] = round == 0 ? WM_TOPICS_HIDDEN_CAP : (int16_t)((int)(seed >> 18) - WM_TOPICS_HIDDEN_CAP);
    }
    for (size_t i = 0; i < sizeof w; i++) {
      seed = seed * 1664525 + 1013904223;
      w[i] = (int8_t)(round == 0 ? -128 : (int8_t)(seed >> 8));
    }
    for (size_t i = 0; i < sizeof table; i++) {
      seed = seed * 1664525 + 1013904223;
      table[i] = (int8_t)(round == 0 ? -128 : round == 1 ? 127 : (int8_t)(seed >> 16));
    }
    for (size_t i = 0; i < ROWS; i++) rows[i] = (uint32_t)((i * 7 + (size_t)round) % TABLE);
    for (size_t k = 1; k < n_kernels; k++) check_kernel(kernels[0], kernels[k], x, w, table, rows, round);
  }
}

static void test_same_again(void **state) {
  fixture_t *f = *state;
  const char *body =
      "The museum opened its new wing for modern painting with a concert on Friday evening in the old town.";
  json_t *first = json_deep_copy(topics_of(f, "Museum opens wing", body));
  topics_of(f, "Rain", "Heavy rain and snow are expected in the north of the country until the weekend.");
  assert_true(json_equal(first, topics_of(f, "Museum opens wing", body)));
  json_decref(first);
}

static void test_nothing_to_tell(void **state) {
  static const char *const bodies[] = {
      "x",
      "...",
      "1 2 3 4 5",
      "hm",
      "asdkjh qwlekj zxmnbv poiuqwe lkjhasd mnbzxcv qpwoeiru zmxncbv alskdjf hgqpwo eirutz bnvmxc zalskd qowieu",
      "Der Bundestag hat am Donnerstag nach langer Debatte das neue Gesetz zur Reform der Krankenhäuser beschlossen. "
      "Die "
      "Opposition stimmte geschlossen dagegen und kündigte an, vor das Verfassungsgericht zu ziehen.",
      "Le gouvernement a annoncé jeudi une réforme des retraites qui sera présentée au parlement dans les prochaines "
      "semaines, malgré l'opposition des syndicats et les manifestations prévues dans tout le pays.",
      "政府は木曜日に新しい予算案を発表した。野党は強く反対している。",
      "😀😀😀 🎉🎉 👍🏽",
  };
  fixture_t *f = *state;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    json_t *topics = topics_of(f, "", bodies[i]);
    if (json_array_size(topics)) fail_msg("\"%s\" was given %s", bodies[i], text_of(topics, 0, "name"));
  }
  json_t *topics =
      enrich(f, json_pack("{s:s, s:s}", "language", "fr", "body_text",
                          "The court sentenced the man to nine years in prison for the murder of his wife."));
  assert_int_equal(json_array_size(topics), 0);
}

/* What was there of an earlier run is replaced. */
static void test_replaces(void **state) {
  fixture_t *f = *state;
  json_t *topics = enrich(f, json_pack("{s:s, s:{s:[{s:s}], s:[]}}", "body_text", "zzz", "enrichment", "topics",
                                       "qcode", "medtop:00000001", "entities"));
  assert_int_equal(json_array_size(topics), 0);
  assert_non_null(wm_article_get(f->article, "entities"));
}

static void test_long(void **state) {
  fixture_t *f = *state;
  static const char sentence[] =
      "The striker scored twice as the club won the football match in front of its supporters. ";
  static const char *const units[] = {sentence, "a ", "word", "é", "\xf0\x9f\x98\x80", "- . , ", "U.S. ", "it's "};
  const size_t size = 5 << 20;
  for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
    char *body = malloc(size + 256);
    size_t len = 0, n = strlen(units[k]);
    assert_non_null(body);
    while (len < size) memcpy(body + len, units[k], n + 1), len += n;
    json_t *topics = topics_of(f, "", body);
    if (k == 0) assert_string_equal(top_of(topics, 0), "medtop:15000000");
    free(body);
  }
}

static void check_treaty(json_t *topics) {
  assert_true(json_array_size(topics) >= 2);
  const char *first = text_of(topics, 0, "name");
  if (strcmp(first, "treaty") != 0 && strcmp(first, "international relations") != 0 && strcmp(first, "diplomacy") != 0)
    fail_msg("first is %s", first);
  assert_true(has_name(topics, "economic sanction"));
  assert_false(has_top(topics, "medtop:15000000"));
  assert_false(has_top(topics, "medtop:17000000"));
}

/* The file's text; NULL if it is not there. */
static char *read_file(const char *path) {
  char *text = NULL;
  FILE *in = fopen(path, "r");
  if (!in) return NULL;
  text = calloc(1, 1 << 16);
  assert_non_null(text);
  assert_true(fread(text, 1, (1 << 16) - 1, in) > 0);
  fclose(in);
  return text;
}

static void test_treaty_example(void **state) {
  char *text = read_file(WM_SOURCE_DIR "/examples/treaty.json");
  assert_non_null(text);
  json_t *article = json_loads(text, 0, NULL);
  assert_non_null(article);
  check_treaty(enrich(*state, article));
  free(text);
}

static void test_treaty_sample(void **state) {
  char *text = read_file(WM_SOURCE_DIR "/../shared/samples/treaty.txt");
  if (!text) {
    print_message("skipped: ../shared/samples/treaty.txt is not there\n");
    skip();
  }
  check_treaty(topics_of(*state, "", text));
  free(text);
}

static void test_refuses_bad_model(void **state) {
  (void)state;
  char path[] = "/tmp/unit_topics_XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "WMMODEL\nrubbish", 15), 15);
  close(fd);
  wm_topics_model_t m;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_topics_model_open(path, &m, &err), WM_ERR_MODEL);
  assert_true(strlen(err.text) > 10);
  wm_topics_model_clear(&m);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_form),
      cmocka_unit_test(test_release),
      cmocka_unit_test(test_plain_and_vector_path_agree),
      cmocka_unit_test(test_kernels_agree_on_extremes),
      cmocka_unit_test(test_same_again),
      cmocka_unit_test(test_nothing_to_tell),
      cmocka_unit_test(test_replaces),
      cmocka_unit_test(test_long),
      cmocka_unit_test(test_treaty_example),
      cmocka_unit_test(test_treaty_sample),
      cmocka_unit_test(test_refuses_bad_model),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
