/* The countries enricher as a service: what it reads, writes and refuses. */
#include "countries_support.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "services/countries/key.h"

static bench_t g_bench;

static int open_bench(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  if (bench_open(&g_bench, NULL, &err) == WM_OK) return 0;
  fprintf(stderr, "%s\n", err.text);
  return -1;
}

static int close_bench(void **state) {
  (void)state;
  bench_close(&g_bench);
  return 0;
}

static const char *line_of(const char *headline, const char *body) {
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = bench_run(&g_bench, headline, body, true, &err);
  if (rc != WM_OK) fail_msg("%s", err.text);
  return bench_line(&g_bench);
}

static const char *key_of(const char *name) {
  static wm_key_t key;
  wm_key_make(name, strlen(name), &key);
  return key.text;
}

static void test_keys(void **state) {
  (void)state;
  assert_string_equal(key_of("U.S."), "us");
  assert_string_equal(key_of("The Hague"), "hague");
  assert_string_equal(key_of("the"), "the");
  assert_string_equal(key_of("São Tomé & Príncipe"), "sao tome and principe");
  assert_string_equal(key_of("Côte d’Ivoire"), "cote divoire");
  assert_string_equal(key_of("Guinea-Bissau"), "guinea bissau");
  assert_string_equal(key_of("  Łódź (Poland) "), "lodz poland");
  assert_string_equal(key_of("Washington, D.C."), "washington dc");
  assert_string_equal(key_of("STRASSE"), key_of("Straße"));
  wm_key_t key;
  assert_false(wm_key_make("...", 3, &key));
  assert_false(wm_key_make("", 0, &key));
  char lots[500];
  memset(lots, 'x', sizeof lots);
  assert_false(wm_key_make(lots, sizeof lots, &key));
  assert_int_equal(key.len, 0);
  assert_true(wm_key_make("New South Wales", 15, &key));
  assert_int_equal(key.n_words, 3);
  assert_int_equal(key.starts[1], 4);
  assert_int_equal(key.ends[1], 9);
}

static void test_members(void **state) {
  (void)state;
  line_of(
      "{N:Finnish} and {N:Estonian} ports agree",
      "The harbour boards of {L:Helsinki} and {L:Tallinn} signed on Monday. {N:Finnish} ferries will sail hourly, "
      "the board in {L:Helsinki} said. The quays of {L:Tallinn} will be rebuilt by {N:Finnish} and {N:Estonian} firms, "
      "and both cities pay half. Work begins in spring; the two boards will share one office, and the first boats of "
      "the new "
      "line are to leave a year later. A minister from {L:Latvia} watched.");
  size_t i;
  json_t *one;
  const json_t *list = wm_article_get(g_bench.article, "countries");
  assert_int_equal(json_array_size(list), 3);
  const json_t *first = json_array_get(list, 0);
  assert_string_equal(json_string_value(json_object_get(first, "code")), "FI");
  assert_string_equal(json_string_value(json_object_get(first, "alpha3")), "FIN");
  assert_string_equal(json_string_value(json_object_get(first, "name")), "Finland");
  assert_true(json_is_true(json_object_get(first, "focus")));
  assert_int_equal(json_integer_value(json_object_get(first, "mentions")), 5);
  assert_in_range(json_integer_value(json_object_get(first, "relevance")), 50, 100);
  assert_in_range(json_integer_value(json_object_get(first, "confidence")), 90, 100);
  const json_t *evidence = json_array_get(json_object_get(first, "evidence"), 0);
  assert_string_equal(json_string_value(json_object_get(evidence, "text")), "Finnish");
  assert_string_equal(json_string_value(json_object_get(evidence, "kind")), "demonym");
  assert_string_equal(json_string_value(json_object_get(evidence, "entity")), "e1");
  const json_t *last = json_array_get(list, 2);
  assert_string_equal(json_string_value(json_object_get(last, "code")), "LV");
  assert_true(json_is_false(json_object_get(last, "focus")));
  assert_true(json_integer_value(json_object_get(last, "relevance")) <
              json_integer_value(json_object_get(first, "relevance")));
  long long id = 0;
  assert_string_equal(bench_entity(&g_bench, "Helsinki", &id), "FI");
  assert_int_equal(id, 658225);
  const json_t *entities = wm_article_get(g_bench.article, "entities");
  json_array_foreach(entities, i, one) {
    const char *name = json_string_value(json_object_get(one, "name"));
    const json_t *point = json_object_get(one, "point");
    if (strcmp(name, "Tallinn") == 0) {
      assert_int_equal(json_array_size(point), 2);
      assert_true(fabs(json_number_value(json_array_get(point, 0)) - 24.75) < 0.05);
      assert_true(fabs(json_number_value(json_array_get(point, 1)) - 59.44) < 0.05);
    } else if (strcmp(name, "Helsinki") != 0) {
      assert_null(point); /* a country has none */
    }
  }
  assert_string_equal(bench_entity(&g_bench, "Estonian", NULL), "EE");
}

static void test_no_countries(void **state) {
  (void)state;
  assert_string_equal(line_of("Why cats purr", "Purring may help bones to heal, a vet says."), "");
  assert_true(json_is_array(wm_article_get(g_bench.article, "countries")));
  assert_string_equal(
      line_of("", "{N:European} leaders met; {O:NATO} and the {O:European Union} agreed on the {L:Sahel}."), "");
}

static void test_people_and_bodies(void **state) {
  (void)state;
  assert_string_equal(line_of("", "{P:Angela Merkel} retired."), "DE!");
  assert_string_equal(bench_entity(&g_bench, "Angela Merkel", NULL), "DE");
  assert_string_equal(line_of("", "The {O:Kremlin} kept silent."), "RU!");
  assert_string_equal(line_of("", "{O:Hezbollah} and {O:Hamas} said nothing."), "LB! PS!");
  assert_string_equal(line_of("", "The {O:Norwegian Refugee Council} sent tents."), "NO!");
  assert_string_equal(line_of("", "{P:Jordan Pickwell} met {P:Paris Hilltop} by chance."), "");
}

static void test_text_alone(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(bench_run(&g_bench, "Peru and Chile share a telescope",
                             "LIMA - Astronomers from Peru will use the mirror in Chile, the U.S. agency NASA and the "
                             "University of Oslo. They told us so. Michael Jordan was not there.",
                             false, &err),
                   WM_OK);
  assert_true(bench_has(&g_bench, "PE"));
  assert_true(bench_has(&g_bench, "CL"));
  assert_true(bench_has(&g_bench, "US"));
  assert_false(bench_has(&g_bench, "JO"));
  const json_t *first = json_array_get(wm_article_get(g_bench.article, "countries"), 0);
  assert_string_equal(json_string_value(json_object_get(first, "code")), "PE");
  assert_null(json_object_get(json_array_get(json_object_get(first, "evidence"), 0), "entity"));
}

static void test_refuses_foreign_entities(void **state) {
  (void)state;
  static const char *const bad[] = {"{}",
                                    "\"x\"",
                                    "[1]",
                                    "[{\"type\":\"place\"}]",
                                    "[{\"name\":\"X\"}]",
                                    "[{\"type\":\"place\",\"name\":\"X\",\"mentions\":{}}]",
                                    "[{\"type\":\"place\",\"name\":\"X\",\"mentions\":[{\"start\":1}]}]",
                                    "[{\"type\":\"place\",\"name\":\"X\",\"mentions\":[{\"start\":5,\"end\":2}]}]",
                                    "[{\"type\":\"place\",\"name\":\"X\",\"mentions\":[{\"start\":-5,\"end\":2}]}]"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char json[512];
    wm_error_t err = WM_ERROR_INIT;
    snprintf(json, sizeof json, "{\"uri\":\"u\",\"body_text\":\"Text\",\"enrichment\":{\"entities\":%s}}", bad[i]);
    assert_int_equal(wm_article_parse(g_bench.article, json, strlen(json), NULL, &err), WM_OK);
    assert_int_equal(wm_countries_service.enrich(g_bench.worker, g_bench.article, &err), WM_ERR_WRONG_TYPE);
    assert_int_equal(err.cls, WM_CLASS_POISON);
  }
}

static void test_offsets_beyond_the_text(void **state) {
  (void)state;
  const char *json =
      "{\"uri\":\"u\",\"body_text\":\"Zürich\",\"enrichment\":{\"entities\":[{\"type\":\"place\",\"name\":\"Georgia\","
      "\"mentions\":[{\"field\":\"body_text\",\"start\":90000,\"end\":4000000000}]},"
      "{\"type\":\"comet\",\"name\":\"X\",\"mentions\":[]}]}}";
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_article_parse(g_bench.article, json, strlen(json), NULL, &err), WM_OK);
  assert_int_equal(wm_countries_service.enrich(g_bench.worker, g_bench.article, &err), WM_OK);
}

/* What an earlier version found out about a place does not stay where this one finds nothing. */
static void test_replaces_what_was_there(void **state) {
  (void)state;
  const char *json =
      "{\"uri\":\"u\",\"body_text\":\"Xyzzyville\",\"enrichment\":{\"entities\":[{\"type\":\"place\",\"name\":"
      "\"Xyzzyville\","
      "\"country\":\"FR\",\"geonames\":7,\"point\":[1.5,2.5],\"mentions\":[]}]}}";
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_article_parse(g_bench.article, json, strlen(json), NULL, &err), WM_OK);
  assert_int_equal(wm_countries_service.enrich(g_bench.worker, g_bench.article, &err), WM_OK);
  const json_t *entity = json_array_get(wm_article_get(g_bench.article, "entities"), 0);
  assert_null(json_object_get(entity, "country"));
  assert_null(json_object_get(entity, "point"));
  assert_true(json_is_null(json_object_get(entity, "geonames")));
}

static char *written(void) {
  wm_buffer_t out;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&out, 1u << 20);
  assert_int_equal(wm_article_write(g_bench.article, &out, &err), WM_OK);
  char *copy = strdup(out.data);
  wm_buffer_clear(&out);
  return copy;
}

static void test_same_bytes_again(void **state) {
  (void)state;
  static const char *const body =
      "{L:Georgia} voted. {P:Donald Trump} spoke in {L:Atlanta}, {L:Georgia}; the {O:Bank of England} and "
      "{L:Springfield} "
      "did not. {N:Korean} and {N:Congolese} players met in {L:San José}.";
  line_of("{N:American} vote", body);
  char *once = written();
  line_of("", "{L:Paris} and {L:London}.");
  line_of("{N:American} vote", body);
  char *twice = written();
  assert_string_equal(once, twice);
  /* a replay of what came out gives the same */
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_article_parse(g_bench.article, once, strlen(once), NULL, &err), WM_OK);
  assert_int_equal(wm_countries_service.enrich(g_bench.worker, g_bench.article, &err), WM_OK);
  char *replayed = written();
  assert_string_equal(once, replayed);
  free(once);
  free(twice);
  free(replayed);
}

static void policy_file(const char *text, wm_err_t expected, const char *said) {
  char path[] = "/tmp/wm-policy-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
  close(fd);
  bench_t b;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(bench_open(&b, path, &err), expected);
  if (said && !strstr(err.text, said)) fail_msg("\"%s\" is not in \"%s\"", said, err.text);
  if (expected == WM_OK) {
    assert_int_equal(bench_run(&b, "", "Ships off {L:Crimea} and {L:Freedonia}.", true, &err), WM_OK);
    assert_string_equal(bench_line(&b), said ? "" : "RU! SM! VA!");
  }
  bench_close(&b);
  unlink(path);
}

static void test_policy(void **state) {
  (void)state;
  assert_string_equal(line_of("", "Ships off {L:Crimea}."), "UA!");
  assert_string_equal(line_of("", "The {L:Soviet Union} fell."), "RU!");
  policy_file("# our house line\n\nthe CRIMEA = RU   # as before 2014\nFreedonia = SM VA\n", WM_OK, NULL);
  policy_file("Crimea = RU\nKosovo = XX\n", WM_ERR_CONFIG, ":2: unknown country code \"XX\"");
  policy_file("Crimea = ua\n", WM_ERR_CONFIG, ":1: unknown country code \"ua\"");
  policy_file("\n\nCrimea RU\n", WM_ERR_CONFIG, ":3: no \"=\" in \"Crimea RU\"");
  policy_file("Crimea =\n", WM_ERR_CONFIG, ":1: nothing after");
  policy_file("= UA\n", WM_ERR_CONFIG, ":1: no name");
  policy_file("A = UA\nB = RU\na. = UA\n", WM_ERR_CONFIG, ":3: a second rule for \"a.\"");
  policy_file("A = UA RU KP KR JP\n", WM_ERR_CONFIG, ":1: too many codes");
  policy_file("A = UA\nB\xff = UA\n", WM_ERR_CONFIG, ":2: bytes that are no text");
  bench_t b;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(bench_open(&b, "/nonexistent/policy", &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "/nonexistent/policy"));
  bench_close(&b);
}

static void test_policy_gives_none(void **state) {
  (void)state;
  policy_file("Crimea = -\nFreedonia = -\n", WM_OK, "");
}

/* Where the article says that it was written helps to decide, but is no evidence. */
static void test_located(void **state) {
  (void)state;
  static const char *const from[] = {"", "Lebanon, Ohio", "BEIRUT", "Oslo"};
  static const char *const country[] = {"LB", "US", "LB", "LB"};
  for (size_t i = 0; i < 4; i++) {
    char json[512];
    wm_error_t err = WM_ERROR_INIT;
    snprintf(
        json, sizeof json,
        "{\"uri\":\"u\",\"body_text\":\"Lebanon shut its "
        "pool.\",\"located\":\"%s\",\"enrichment\":{\"entities\":[{\"type\":\"place\","
        "\"name\":\"Lebanon\",\"mentions\":[{\"field\":\"body_text\",\"start\":0,\"end\":7,\"text\":\"Lebanon\"}]}]}}",
        from[i]);
    assert_int_equal(wm_article_parse(g_bench.article, json, strlen(json), NULL, &err), WM_OK);
    assert_int_equal(wm_countries_service.enrich(g_bench.worker, g_bench.article, &err), WM_OK);
    assert_string_equal(bench_entity(&g_bench, "Lebanon", NULL), country[i]);
    assert_int_equal(json_array_size(wm_article_get(g_bench.article, "countries")), 1);
  }
}

static void write_text(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  fclose(f);
}

/* What the newsroom's list of names says of a thing's country holds, whatever else its name may mean. */
static void test_listed(void **state) {
  (void)state;
  bench_t b;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(bench_open(&b, NULL, &err), WM_OK);
  static const char json[] =
      "{\"uri\":\"u\",\"body_text\":\"Paris and Lyon, Zorblax and Lima.\",\"enrichment\":{\"entities\":["
      "{\"id\":\"e1\",\"type\":\"place\",\"name\":\"Paris\",\"country\":\"US\",\"listed\":true,\"mentions\":[{"
      "\"field\":"
      "\"body_text\",\"start\":0,\"end\":5,\"text\":\"Paris\"}]},"
      "{\"id\":\"e2\",\"type\":\"place\",\"name\":\"Lyon\",\"country\":\"US\",\"mentions\":[{\"field\":\"body_text\","
      "\"start\":10,"
      "\"end\":14,\"text\":\"Lyon\"}]},"
      "{\"id\":\"e3\",\"type\":\"event\",\"name\":\"Zorblax\",\"country\":\"KE\",\"listed\":true,\"mentions\":[{"
      "\"field\":"
      "\"body_text\",\"start\":16,\"end\":23,\"text\":\"Zorblax\"}]},"
      "{\"id\":\"e4\",\"type\":\"place\",\"name\":\"Lima\",\"listed\":true,\"mentions\":[{\"field\":\"body_text\","
      "\"start\":28,"
      "\"end\":32,\"text\":\"Lima\"}]}]}}";
  static const char *const countries[] = {"US", "FR", "KE", "PE"};
  assert_int_equal(wm_article_parse(b.article, json, sizeof json - 1, NULL, &err), WM_OK);
  assert_int_equal(wm_countries_service.enrich(b.worker, b.article, &err), WM_OK);
  json_t *entities = wm_article_get(b.article, "entities");
  for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
    assert_string_equal(json_string_value(json_object_get(json_array_get(entities, i), "country")), countries[i]);
  json_int_t paris = json_integer_value(json_object_get(json_array_get(entities, 0), "geonames"));
  assert_true(paris != 0 && paris != 2988507); /* a Paris of the United States, not of France */
  bench_close(&b);
}

/* SIGHUP: the file is read again; one with a mistake is refused, and the rules stay as they were. */
static void test_reload(void **state) {
  (void)state;
  char path[] = "/tmp/wm-policy-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  write_text(path, "Freedonia = SM\n");
  bench_t b;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(bench_open(&b, path, &err), WM_OK);
  assert_int_equal(bench_run(&b, "", "A ship left {L:Freedonia}.", true, &err), WM_OK);
  assert_string_equal(bench_line(&b), "SM!");
  write_text(path, "Freedonia = VA\n");
  assert_int_equal(bench_run(&b, "", "A ship left {L:Freedonia}.", true, &err), WM_OK);
  assert_string_equal(bench_line(&b), "SM!");
  assert_int_equal(wm_countries_service.reload(b.shared, &err), WM_OK);
  assert_int_equal(bench_run(&b, "", "A ship left {L:Freedonia}.", true, &err), WM_OK);
  assert_string_equal(bench_line(&b), "VA!");
  write_text(path, "Freedonia = VA\nAtlantis = XX\n");
  assert_int_equal(wm_countries_service.reload(b.shared, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, ":2: unknown country code"));
  wm_error_clear(&err);
  assert_int_equal(bench_run(&b, "", "A ship left {L:Freedonia}.", true, &err), WM_OK);
  assert_string_equal(bench_line(&b), "VA!");
  for (int i = 0; i < 1000; i++) {
    write_text(path, i % 2 ? "Freedonia = VA\n" : "Freedonia = SM\n");
    assert_int_equal(wm_countries_service.reload(b.shared, &err), WM_OK);
  }
  bench_close(&b);
  unlink(path);
}

typedef struct {
  const bench_t *bench;
  const atomic_bool *stop;
  long runs, wrong;
} runner_t;

static void *run_many(void *data) {
  runner_t *r = data;
  wm_error_t err = WM_ERROR_INIT;
  void *worker = NULL;
  wm_article_t *a = wm_article_new(NULL);
  const char *json =
      "{\"uri\":\"u\",\"body_text\":\"Off Freedonia.\",\"enrichment\":{\"entities\":[{\"id\":\"e1\",\"type\":\"place\","
      "\"name\":\"Freedonia\",\"mentions\":[{\"field\":\"body_text\",\"start\":4,\"end\":13,\"text\":\"Freedonia\"}]}]}"
      "}";
  if (!a || wm_countries_service.worker_open(r->bench->shared, &worker, &err) != WM_OK) r->wrong++;
  while (worker && !atomic_load(r->stop)) {
    bool ok = wm_article_parse(a, json, strlen(json), NULL, &err) == WM_OK &&
              wm_countries_service.enrich(worker, a, &err) == WM_OK;
    const json_t *first = ok ? json_array_get(wm_article_get(a, "countries"), 0) : NULL;
    const char *code = json_string_value(json_object_get(first, "code"));
    if (!code || (strcmp(code, "SM") != 0 && strcmp(code, "VA") != 0)) r->wrong++;
    r->runs++;
  }
  if (worker) wm_countries_service.worker_close(worker);
  wm_article_destroy(a);
  return NULL;
}

/* Reloads while workers run: every article is done under one policy or the other. */
static void test_reload_under_load(void **state) {
  (void)state;
  char path[] = "/tmp/wm-policy-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  write_text(path, "Freedonia = SM\n");
  bench_t b;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(bench_open(&b, path, &err), WM_OK);
  atomic_bool stop = false;
  runner_t runners[3];
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) {
    runners[i] = (runner_t){&b, &stop, 0, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, run_many, &runners[i]), 0);
  }
  for (int i = 0; i < 300; i++) {
    write_text(path, i % 2 ? "Freedonia = SM\n" : "Freedonia = VA\n");
    assert_int_equal(wm_countries_service.reload(b.shared, &err), WM_OK);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(runners[i].wrong, 0);
  }
  bench_close(&b);
  unlink(path);
}

/* 100,000 place names in one article: work and memory stay bounded, and the answer is right. */
static void test_many_places(void **state) {
  (void)state;
  static const char *const names[] = {"Springfield", "San Jose", "Georgia", "Santa Ana", "Kampungu", "Nowhere at all"};
  enum { COUNT = 100000 };
  char *body = malloc(COUNT * 16 + 1);
  assert_non_null(body);
  json_t *entities = json_array();
  size_t n = 0;
  for (int i = 0; i < COUNT; i++) {
    char name[64];
    const char *base = names[i % 6];
    snprintf(name, sizeof name, i % 6 < 4 ? "%s" : "%s %d", base, i);
    size_t start = n;
    memcpy(body + n, base, strlen(base));
    n += strlen(base);
    json_array_append_new(
        entities, json_pack("{s:s,s:s,s:[{s:s,s:I,s:I,s:s}]}", "type", "place", "name", name, "mentions", "field",
                            "body_text", "start", (json_int_t)start, "end", (json_int_t)n, "text", base));
    memcpy(body + n, ", ", 2);
    n += 2;
  }
  body[n] = '\0';
  json_t *raw = json_pack("{s:s,s:s,s:{s:s,s:o}}", "uri", "u", "body_text", body, "enrichment", "schema", "1.0",
                          "entities", entities);
  char *json = json_dumps(raw, 0);
  json_decref(raw);
  wm_article_limits_t limits = {.bytes_max = 64u << 20};
  wm_article_t *a = wm_article_new(&limits);
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_article_parse(a, json, strlen(json), NULL, &err), WM_OK);
  struct timespec from, to;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  assert_int_equal(wm_countries_service.enrich(g_bench.worker, a, &err), WM_OK);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  assert_true(to.tv_sec - from.tv_sec < 60); /* a bound, not a speed: it takes less than one */
  assert_true(json_array_size(wm_article_get(a, "countries")) >= 1);
  wm_article_destroy(a);
  free(json);
  free(body);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys),
                                     cmocka_unit_test(test_members),
                                     cmocka_unit_test(test_no_countries),
                                     cmocka_unit_test(test_people_and_bodies),
                                     cmocka_unit_test(test_text_alone),
                                     cmocka_unit_test(test_refuses_foreign_entities),
                                     cmocka_unit_test(test_offsets_beyond_the_text),
                                     cmocka_unit_test(test_replaces_what_was_there),
                                     cmocka_unit_test(test_same_bytes_again),
                                     cmocka_unit_test(test_policy),
                                     cmocka_unit_test(test_policy_gives_none),
                                     cmocka_unit_test(test_located),
                                     cmocka_unit_test(test_listed),
                                     cmocka_unit_test(test_reload),
                                     cmocka_unit_test(test_reload_under_load),
                                     cmocka_unit_test(test_many_places)};
  return cmocka_run_group_tests(tests, open_bench, close_bench);
}
