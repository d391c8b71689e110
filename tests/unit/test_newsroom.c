/** The newsroom's own list of names: the file, its mistakes, finding names, and what becomes of what the tagger found. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "entities_support.h"
#include "services/entities/newsroom.h"

static wm_newsroom_t *parse(const char *text) {
  wm_newsroom_t *g = NULL;
  wm_error_t err = WM_ERROR_INIT;
  if (wm_newsroom_parse("list", text, strlen(text), &g, &err)) fail_msg("%s", err.text);
  return g;
}

/* "thing:text|" of each name that is found. */
static const char *found(const wm_newsroom_t *g, const char *text) {
  static char line[1024];
  wm_tokens_t tokens;
  wm_newsroom_hits_t hits = {NULL, 0, 0};
  size_t n = 0;
  wm_tokens_init(&tokens, WM_TOKENS_MAX);
  assert_int_equal(wm_text_tokenize(text, strlen(text), &tokens, NULL), WM_OK);
  assert_int_equal(wm_newsroom_match(g, text, &tokens, 1000, &hits, NULL), WM_OK);
  line[0] = '\0';
  for (size_t i = 0; i < hits.count; i++) {
    const wm_newsroom_hit_t *h = &hits.hits[i];
    assert_true(h->first < h->end && h->end <= tokens.count && (i == 0 || h->first >= h[-1].end));
    uint32_t from = tokens.tokens[h->first].start, to = tokens.tokens[h->end - 1].end;
    n += (size_t)snprintf(line + n, sizeof line - n, "%u:%.*s|", h->thing, (int)(to - from), text + from);
  }
  wm_newsroom_hits_clear(&hits);
  wm_tokens_clear(&tokens);
  return line;
}

static void a_good_list(void **state) {
  (void)state;
  wm_newsroom_t *g = parse(
      "\xEF\xBB\xBF# ours\r\nname\ttype\tid\tcountry\taliases\r\n\r\nKisumu Ferries\torganisation\torg:1\tKE\tKiFerry "
      "| Kisumu Ferry Company\r\n"
      "Mbita\tplace\nLake Cup\tevent\tQ77\n  Luo \tgroup\t\tKE\t\n");
  assert_int_equal(wm_newsroom_count(g), 4);
  assert_int_equal(wm_newsroom_names(g), 6);
  const wm_newsroom_thing_t *t = wm_newsroom_thing(g, 0);
  assert_string_equal(t->name, "Kisumu Ferries");
  assert_string_equal(t->id, "org:1");
  assert_memory_equal(t->country, "KE", 2);
  assert_int_equal(t->line, 4);
  assert_int_equal(t->wikidata, 0);
  assert_int_equal(wm_newsroom_thing(g, 2)->wikidata, 77);
  assert_null(wm_newsroom_thing(g, 2)->id);
  assert_string_equal(wm_newsroom_thing(g, 3)->name, "Luo");
  assert_string_equal(found(g, "A Kisumu Ferry Company boat left Mbita."), "0:Kisumu Ferry Company|1:Mbita|");
  wm_newsroom_destroy(g);
  g = parse("");
  assert_int_equal(wm_newsroom_count(g), 0);
  assert_string_equal(found(g, "Nothing at all"), "");
  wm_newsroom_destroy(g);
  wm_newsroom_destroy(NULL);
}

static void every_mistake_has_its_line(void **state) {
  (void)state;
  static const struct {
    const char *text, *said;
  } cases[] = {
      {"Kisumu Ferries", "list:1: one column in \"Kisumu Ferries\": NAME, TYPE, ID, COUNTRY, ALIASES, with a tab"},
      {"# a\n\nA b\torg\n", "list:3: unknown type \"org\": use person, organisation, place, group, event or work"},
      {"A b\tPerson\n", "list:1: unknown type \"Person\""},
      {"A b\tplace\t\tken\n", "list:1: unknown country \"ken\": use ISO 3166-1 alpha-2"},
      {"A b\tplace\t\tke\n", "list:1: unknown country \"ke\""},
      {"A b\tplace\t\tQQ\n", "list:1: unknown country \"QQ\""},
      {"A b\tplace\t\tDA\n", "list:1: unknown country \"DA\""}, /* between two codes */
      {"A b\tplace\tan id\n", "list:1: bad id \"an id\": use a Wikidata id such as Q155, or your own"},
      {"A b\tplace\t\xC3\xA9\n", "list:1: bad id"},
      {"A b\tplace\t\t\ta|\n", "list:1: an empty alias"},
      {"A b\tplace\t\t\ta||c\n", "list:1: an empty alias"},
      {"A b\tplace\t\t\ta\tmore\n", "list:1: more than 5 columns"},
      {"A|b\tplace\n", "list:1: \"|\" in the name \"A|b\": other names go into the fifth column"},
      {"\tplace\n", "list:1: no name"},
      {"--\tplace\n", "list:1: name \"--\" has no letter or digit"},
      {"A b\tplace\nC\tplace\t\t\tX|A b\n", "list:2: \"A b\" is a name in line 1 already"},
      {"U.S.\tplace\nUS\tgroup\n", "list:2: \"US\" is a name in line 1 already"},
      {"a b c d e f g h i j k l m n o p q\twork\n",
       "list:1: name \"a b c d e f g h i j k l m n o p q\" has too many words"},
      {"A\tplace\nB\xFF\tplace\n", "list:2: bytes that are no text, at byte 2 of the line: write the file in UTF-8"},
      {"A\xE2\x80\xA8"
       "b\tplace\n",
       "list:1: a line break inside the name"},
      {"A\tplace\nname\ttype\n", "list:2: unknown type \"type\""}, /* only the first line may be a head */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    wm_error_t err = WM_ERROR_INIT;
    wm_newsroom_t *g = NULL;
    assert_int_equal(wm_newsroom_parse("list", cases[i].text, strlen(cases[i].text), &g, &err), WM_ERR_CONFIG);
    assert_null(g);
    if (strncmp(err.text, cases[i].said, strlen(cases[i].said)))
      fail_msg("\"%s\" is not \"%s\"", err.text, cases[i].said);
  }
  wm_error_t err = WM_ERROR_INIT;
  wm_newsroom_t *g = NULL;
  assert_int_equal(wm_newsroom_parse("list", "A\0b\tplace", 9, &g, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "list:1: a NUL byte"));
  wm_error_clear(&err);
  assert_int_equal(wm_newsroom_open("/nowhere/list.tsv", &g, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "/nowhere/list.tsv: cannot be read"));
  wm_error_clear(&err);
  assert_int_equal(wm_newsroom_open("/", &g, &err), WM_ERR_CONFIG);
  assert_int_equal(wm_error_exit_code(&err), 78);
}

static void limits_hold(void **state) {
  (void)state;
  char line[4096];
  wm_error_t err = WM_ERROR_INIT;
  wm_newsroom_t *g = NULL;
  memset(line, 'a', sizeof line);
  memcpy(line + WM_NEWSROOM_NAME_MAX + 1, "\tplace", 6);
  assert_int_equal(wm_newsroom_parse("list", line, WM_NEWSROOM_NAME_MAX + 7, &g, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "is too long: at most 200 bytes"));
  wm_error_clear(&err);
  assert_int_equal(wm_newsroom_parse("list", line + 1, WM_NEWSROOM_NAME_MAX + 6, &g, &err), WM_OK);
  wm_newsroom_destroy(g);
  size_t n = (size_t)snprintf(line, sizeof line, "A\tplace\t\t\t");
  for (unsigned i = 0; i <= WM_NEWSROOM_ALIASES_MAX; i++)
    n += (size_t)snprintf(line + n, sizeof line - n, "%sb%u", i ? "|" : "", i);
  assert_int_equal(wm_newsroom_parse("list", line, n, &g, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "too many aliases at \"b100\": at most 100"));
}

static void letters_are_as_written_or_all_capitals(void **state) {
  (void)state;
  wm_newsroom_t *g = parse(
      "WHO\torganisation\nKisumu Ferries\torganisation\nde "
      "Standaard\twork\nUs\twork\nXi\tperson\nÖsterreich\tplace\nAcme, "
      "Inc.\torganisation\nWho\twork\nYahoo!\torganisation\nSamuel L.\tperson\neBay\torganisation\n");
  assert_string_equal(found(g, "Who said that the WHO was there?"), "7:Who|0:WHO|");
  assert_string_equal(found(g, "kisumu ferries and Kisumu ferries"), "");
  assert_string_equal(found(g, "De Standaard and de Standaard, not DE standaard"), "2:De Standaard|2:de Standaard|");
  assert_string_equal(found(g, "KISUMU FERRIES SINK AS XI VISITS US"), "1:KISUMU FERRIES|4:XI|3:US|");
  assert_string_equal(found(g, "A KISUMU FERRIES boat: the US and XI agree"), "1:KISUMU FERRIES|");
  assert_string_equal(found(g, "In O\xCC\x88sterreich, in Osterreich, in ÖSTERREICH"),
                      "5:O\xCC\x88sterreich|5:Osterreich|5:ÖSTERREICH|");
  assert_string_equal(found(g, "Acme, Inc. and Acme, Inc"), "6:Acme, Inc.|6:Acme, Inc|");
  assert_string_equal(found(g, "Yahoo! and Yahoo"), "8:Yahoo!|");
  assert_string_equal(found(g, "Samuel L. Odera\nSamuel L"), "9:Samuel L.|9:Samuel L|");
  assert_string_equal(found(g, "eBay, EBay, EBAY, Ebay"), "10:eBay|10:EBay|10:EBAY|");
  wm_newsroom_destroy(g);
}

static void the_longest_name_counts(void **state) {
  (void)state;
  wm_newsroom_t *g = parse(
      "Lagos\tplace\nBank of Lagos\torganisation\nLagos State\tplace\nState House\tplace\nBank of Lagos State House "
      "Trust\torganisation\nHouse\twork\n");
  assert_string_equal(found(g, "Lagos, the Bank of Lagos"), "0:Lagos|1:Bank of Lagos|");
  assert_string_equal(found(g, "Lagos State House"), "2:Lagos State|5:House|");
  assert_string_equal(found(g, "Bank of Lagos State House"), "1:Bank of Lagos|3:State House|");
  assert_string_equal(found(g, "Bank of Lagos State House Trust"), "4:Bank of Lagos State House Trust|");
  assert_string_equal(found(g, "Lagos\nState House"), "0:Lagos|3:State House|"); /* not over the end of a paragraph */
  assert_string_equal(found(g, "Lagos-based, Lagos's, Lagoss"), "0:Lagos|0:Lagos|");
  wm_newsroom_destroy(g);
}

static void write_text(const char *path, const char *text) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  fclose(f);
}

/* Opens the service with a list of this text; the path is for unlink(). */
static void open_list(fixture_t *f, char path[], const char *text) {
  wm_error_t err = WM_ERROR_INIT;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  write_text(path, text);
  if (try_fixture(f, "auto", path, &err)) fail_msg("%s", err.text);
}

static void close_list(fixture_t *f, const char *path) {
  close_fixture(f);
  unlink(path);
}

static const char *member(json_t *entity, const char *name) {
  return json_string_value(json_object_get(entity, name));
}

static size_t n_mentions(json_t *entity) {
  return json_array_size(json_object_get(entity, "mentions"));
}

static void what_the_list_says_goes_before_the_tagger(void **state) {
  (void)state;
  fixture_t f;
  char path[] = "/tmp/wm-newsroom-XXXXXX";
  open_list(&f, path,
            "Kisumu Ferries\torganisation\torg:1\tKE\tKiFerry|Big "
            "Boats\nParis\tperson\tperson:9\nGermany\torganisation\tQ999\tAT\n"
            "Macron\tplace\n");
  json_t *all = enrich(&f, "KIFERRY TO BUY TWO SHIPS",
                       "Kisumu Ferries will buy two ships, Big Boats said in Kenya on Monday. Paris spoke for Germany. "
                       "KiFerry’s plan – “naïve” – is KiFerry’s own. Emmanuel Macron was silent.",
                       "en");
  json_t *e = expect(all, "organisation", "Kisumu Ferries");
  assert_int_equal(n_mentions(e), 5);
  assert_true(mentions(e, "KIFERRY") && mentions(e, "Big Boats") && mentions(e, "KiFerry"));
  assert_string_equal(member(e, "house"), "org:1");
  assert_string_equal(member(e, "country"), "KE");
  assert_null(json_object_get(e, "wikidata"));
  assert_true(json_is_true(json_object_get(e, "listed")));
  assert_int_equal(json_integer_value(json_object_get(e, "confidence")), 100);
  e = expect(all, "person", "Paris");
  assert_string_equal(member(e, "house"), "person:9");
  assert_null(find(all, "place", "Paris"));
  e = expect(all, "organisation", "Germany");
  assert_string_equal(member(e, "wikidata"), "Q999");
  assert_string_equal(member(e, "country"), "AT");
  assert_null(find(all, "place", "Germany"));
  e = expect(all, "person", "Emmanuel Macron"); /* the longer name stands */
  assert_null(json_object_get(e, "listed"));
  assert_null(find(all, "place", "Macron"));
  assert_null(json_object_get(expect(all, "place", "Kenya"), "listed"));
  assert_int_equal(check_offsets(&f, all), 9);
  close_list(&f, path);
}

static void two_things_of_the_list_stay_two(void **state) {
  (void)state;
  fixture_t f;
  char path[] = "/tmp/wm-newsroom-XXXXXX";
  open_list(
      &f, path,
      "Achieng Odhiambo\tperson\tp:1\tKE\nAchieng Mary Odhiambo\tperson\tp:2\nKisumu Water\torganisation\tw:1\nKisumu "
      "Water Board\torganisation\tw:2\nKWB\torganisation\tw:3\n");
  json_t *all = enrich(&f, "",
                       "Achieng Odhiambo met Achieng Mary Odhiambo of the Kisumu Water Board (KWB) in Nairobi. Kisumu "
                       "Water is another company. Odhiambo spoke first.",
                       "en");
  assert_string_equal(member(expect(all, "person", "Achieng Odhiambo"), "house"), "p:1");
  assert_string_equal(member(expect(all, "person", "Achieng Mary Odhiambo"), "house"), "p:2");
  assert_int_equal(n_mentions(expect(all, "organisation", "Kisumu Water")), 1);
  assert_int_equal(n_mentions(expect(all, "organisation", "Kisumu Water Board")), 1);
  assert_int_equal(n_mentions(expect(all, "organisation", "KWB")), 1);
  close_list(&f, path);
}

static void a_listed_person_is_meant_by_the_surname(void **state) {
  (void)state;
  fixture_t f;
  char path[] = "/tmp/wm-newsroom-XXXXXX";
  open_list(&f, path, "Wanjiku Odhiambo\tperson\tp:1\tKE\nAcme\torganisation\tc:1\n");
  json_t *all = enrich(
      &f, "",
      "Wanjiku Odhiambo became head of Acme Inc. in Nairobi on Monday. Odhiambo said that she would stay in Kenya. "
      "The minister thanked Odhiambo.",
      "en");
  json_t *e = expect(all, "person", "Wanjiku Odhiambo");
  assert_int_equal(n_mentions(e), 3);
  assert_string_equal(member(e, "house"), "p:1");
  e = expect(all, "organisation", "Acme");
  assert_true(mentions(e, "Acme Inc."));
  close_list(&f, path);
}

static void listed_names_are_found_in_any_language(void **state) {
  (void)state;
  fixture_t f;
  char path[] = "/tmp/wm-newsroom-XXXXXX";
  open_list(&f, path, "Kisumu Ferries\torganisation\torg:1\n");
  json_t *all =
      enrich(&f, "", "La compagnie Kisumu Ferries a acheté deux bateaux, a dit Emmanuel Macron à Paris.", "fr");
  assert_int_equal(json_array_size(all), 1);
  expect(all, "organisation", "Kisumu Ferries");
  close_list(&f, path);
}

static void a_faulty_list_stops_the_start(void **state) {
  (void)state;
  char path[] = "/tmp/wm-newsroom-XXXXXX";
  wm_error_t err = WM_ERROR_INIT;
  fixture_t f;
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  write_text(path, "Lagos\tplace\nAbuja\ttown\n");
  assert_int_equal(try_fixture(&f, "auto", path, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, ":2: unknown type \"town\""));
  wm_config_destroy(f.config);
  unlink(path);
}

static void many_names_are_found_in_linear_time(void **state) {
  (void)state;
  enum { LINES = 100000, WORDS = 40000, TIMES = 8 };
  char *list = malloc((size_t)LINES * 80), *text = malloc((size_t)WORDS * TIMES * 8);
  assert_true(list && text);
  size_t n = 0;
  for (int i = 0; i < LINES; i++) /* half of them go on alike for 15 words */
    n += (size_t)(i % 2 ? snprintf(list + n, 80, "Name%d House %d\tplace\t\tKE\tN%d\n", i, i, i)
                        : snprintf(list + n, 80, "a a a a a a a a a a a a a a a a%d\twork\n", i));
  wm_newsroom_t *g = parse(list);
  assert_int_equal(wm_newsroom_count(g), LINES);
  assert_int_equal(wm_newsroom_names(g), LINES + LINES / 2);
  assert_string_equal(found(g, "At Name77777 House 77777 by N99999 a a a a a a a a a a a a a a a a40000"),
                      "77777:Name77777 House 77777|99999:N99999|40000:a a a a a a a a a a a a a a a a40000|");
  wm_tokens_t tokens;
  wm_newsroom_hits_t hits = {NULL, 0, 0};
  wm_tokens_init(&tokens, WM_TOKENS_MAX);
  double spent[2];
  for (int k = 0; k < 2; k++) {
    size_t words = k ? (size_t)WORDS * TIMES : WORDS;
    for (size_t i = 0; i < words; i++) memcpy(text + 2 * i, "a ", 2);
    assert_int_equal(wm_text_tokenize(text, 2 * words, &tokens, NULL), WM_OK);
    struct timespec a, b;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    assert_int_equal(wm_newsroom_match(g, text, &tokens, 1000, &hits, NULL), WM_OK);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    assert_int_equal(hits.count, 0);
    spent[k] = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
  }
  assert_true(spent[1] < spent[0] * TIMES * 4);
  wm_newsroom_hits_clear(&hits);
  wm_tokens_clear(&tokens);
  wm_newsroom_destroy(g);
  free(list);
  free(text);
}

static void offsets_hold_with_a_list(void **state) {
  (void)state;
  fixture_t f;
  char path[] = "/tmp/wm-newsroom-XXXXXX", headline[200], body[4000];
  uint64_t seed = 4711;
  size_t listed = 0;
  open_list(&f, path,
            "Angela Merkel\tperson\tp:1\t\tAngela|MERKEL\nBerlin U.S.\tplace\nNguyễn\tperson\nSão Paulo "
            "the\twork\n東京\tplace\tQ1490\tJP\n"
            "النيل\tplace\nIMF-\torganisation\nИМФ\torganisation\nN'Djamena\tplace\n😀 X\twork\n");
  for (int i = 0; i < 200; i++) {
    size_t k;
    json_t *e;
    random_text(&seed, headline, sizeof headline);
    random_text(&seed, body, 100 + next_random(&seed) % 3900);
    json_t *all = enrich(&f, headline, body, "en");
    check_offsets(&f, all);
    json_array_foreach(all, k, e) listed += json_is_true(json_object_get(e, "listed"));
  }
  assert_true(listed > 500);
  close_list(&f, path);
}

/* SIGHUP: the file is read again; one with a mistake, or none at all, is refused, and the old list stays. */
static void reloading(void **state) {
  (void)state;
  fixture_t f;
  char path[] = "/tmp/wm-newsroom-XXXXXX";
  const char *body = "The Zorblax fleet left Kenya.";
  wm_error_t err = WM_ERROR_INIT;
  open_list(&f, path, "Zorblax\torganisation\tz:1\n");
  assert_string_equal(member(expect(enrich(&f, "", body, "en"), "organisation", "Zorblax"), "house"), "z:1");
  write_text(path, "Zorblax\tevent\tz:2\n");
  expect(enrich(&f, "", body, "en"), "organisation", "Zorblax");
  assert_int_equal(wm_entities_service.reload(f.shared, &err), WM_OK);
  assert_string_equal(member(expect(enrich(&f, "", body, "en"), "event", "Zorblax"), "house"), "z:2");
  write_text(path, "Zorblax\tevent\tz:3\nAbuja\ttown\n");
  assert_int_equal(wm_entities_service.reload(f.shared, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, ":2: unknown type \"town\""));
  wm_error_clear(&err);
  assert_string_equal(member(expect(enrich(&f, "", body, "en"), "event", "Zorblax"), "house"), "z:2");
  unlink(path);
  assert_int_equal(wm_entities_service.reload(f.shared, &err), WM_ERR_CONFIG);
  wm_error_clear(&err);
  assert_string_equal(member(expect(enrich(&f, "", body, "en"), "event", "Zorblax"), "house"), "z:2");
  close_list(&f, path);
  open_fixture(&f, "auto"); /* without a list there is nothing to read */
  assert_int_equal(wm_entities_service.reload(f.shared, &err), WM_OK);
  close_fixture(&f);
}

typedef struct {
  const fixture_t *fixture;
  const atomic_bool *stop;
  long runs, wrong;
} runner_t;

static void *run_many(void *data) {
  runner_t *r = data;
  wm_error_t err = WM_ERROR_INIT;
  void *worker = NULL;
  wm_article_t *a = wm_article_new(NULL);
  const char *json = "{\"uri\":\"u\",\"language\":\"en\",\"body_text\":\"The Zorblax fleet left.\"}";
  if (!a || wm_entities_service.worker_open(r->fixture->shared, &worker, &err) != WM_OK) r->wrong++;
  while (worker && !atomic_load(r->stop)) {
    bool ok = wm_article_parse(a, json, strlen(json), NULL, &err) == WM_OK &&
              wm_entities_service.enrich(worker, a, &err) == WM_OK;
    const char *id = ok ? member(json_array_get(wm_article_get(a, "entities"), 0), "house") : NULL;
    if (!id || (strcmp(id, "z:0") && strcmp(id, "z:1"))) r->wrong++;
    r->runs++;
  }
  if (worker) wm_entities_service.worker_close(worker);
  wm_article_destroy(a);
  return NULL;
}

/* Every article is done under one list or the other. */
static void reloading_under_load(void **state) {
  (void)state;
  fixture_t f;
  char path[] = "/tmp/wm-newsroom-XXXXXX";
  atomic_bool stop = false;
  runner_t runners[3];
  pthread_t threads[3];
  wm_error_t err = WM_ERROR_INIT;
  open_list(&f, path, "Zorblax\torganisation\tz:0\n");
  for (int i = 0; i < 3; i++) {
    runners[i] = (runner_t){&f, &stop, 0, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, run_many, &runners[i]), 0);
  }
  for (int i = 0; i < 300; i++) {
    write_text(path, i % 2 ? "Zorblax\torganisation\tz:0\n" : "Zorblax\tevent\tz:1\n");
    assert_int_equal(wm_entities_service.reload(f.shared, &err), WM_OK);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(runners[i].wrong, 0);
  }
  close_list(&f, path);
}

static void the_example_is_good(void **state) {
  (void)state;
  wm_newsroom_t *g = NULL;
  wm_error_t err = WM_ERROR_INIT;
  if (wm_newsroom_open(WM_SOURCE_DIR "/examples/newsroom.tsv", &g, &err)) fail_msg("%s", err.text);
  assert_int_equal(wm_newsroom_count(g), 5);
  wm_newsroom_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_good_list),
      cmocka_unit_test(every_mistake_has_its_line),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(letters_are_as_written_or_all_capitals),
      cmocka_unit_test(the_longest_name_counts),
      cmocka_unit_test(what_the_list_says_goes_before_the_tagger),
      cmocka_unit_test(two_things_of_the_list_stay_two),
      cmocka_unit_test(a_listed_person_is_meant_by_the_surname),
      cmocka_unit_test(listed_names_are_found_in_any_language),
      cmocka_unit_test(a_faulty_list_stops_the_start),
      cmocka_unit_test(many_names_are_found_in_linear_time),
      cmocka_unit_test(offsets_hold_with_a_list),
      cmocka_unit_test(reloading),
      cmocka_unit_test(reloading_under_load),
      cmocka_unit_test(the_example_is_good),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
