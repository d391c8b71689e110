/** From spans to entities, whatever network found the spans: they are marked in the text. Sentences written for the project. */
#include "entities_support.h"
#include "services/entities/publish.h"

#define SPANS_MAX 64

static wm_model_t *g_model;
static wm_knowledge_t g_knowledge;
static wm_document_t g_document;
static wm_tokens_t g_tokens[WM_FIELD_COUNT];
static char g_text[WM_FIELD_COUNT][4096];
static json_t *g_all;

static int open_model(void **state) {
  char path[4096];
  (void)state;
  if (wm_model_find("entities.wmm", path, sizeof path, NULL) || wm_model_open(path, "entities", &g_model, NULL) ||
      wm_knowledge_open(g_model, &g_knowledge, NULL))
    return -1;
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_tokens_init(&g_tokens[f], WM_TOKENS_MAX);
  wm_document_init(&g_document, &g_knowledge);
  return 0;
}

static int close_model(void **state) {
  (void)state;
  json_decref(g_all);
  wm_document_clear(&g_document);
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_tokens_clear(&g_tokens[f]);
  wm_model_close(g_model);
  return 0;
}

typedef struct {
  uint32_t start, end; /* bytes */
  uint8_t type, other;
  float sure, rest; /* that it is of `type`, of `other` */
} mark_t;

static float two_digits(const char *s) {
  return (float)((s[0] - '0') * 10 + s[1] - '0') / 100;
}

/*
 * Copies `marked` without its marks: "{L80:Lagos}" is a place of which the tagger is sure by 0.8 (two digits may be left out: 0.95), "{L60+O30:Lagos}" one that may be
 * an organisation. Returns how many.
 */
static size_t unmark(const char *marked, char *text, mark_t *marks) {
  static const char letters[] = "POLNEW";
  size_t n = 0, count = 0;
  for (const char *s = marked; *s; s++) {
    if (*s == '{') {
      const char *letter = strchr(letters, *++s);
      assert_true(letter && count < SPANS_MAX);
      marks[count] = (mark_t){.start = (uint32_t)n, .type = (uint8_t)(letter - letters), .sure = 0.95f};
      if (*++s != ':') {
        marks[count].sure = two_digits(s);
        s += 2;
      }
      if (*s == '+') {
        letter = strchr(letters, s[1]);
        assert_non_null(letter);
        marks[count].other = (uint8_t)(letter - letters);
        marks[count].rest = two_digits(s + 2);
        s += 4;
      }
      assert_int_equal(*s, ':');
    } else if (*s == '}') {
      marks[count++].end = (uint32_t)n;
    } else {
      text[n++] = *s;
    }
  }
  text[n] = '\0';
  return count;
}

static void add_field(wm_field_t field, const char *marked) {
  mark_t marks[SPANS_MAX];
  wm_span_t spans[SPANS_MAX];
  char *text = g_text[field];
  size_t count = unmark(marked, text, marks);
  assert_int_equal(wm_text_tokenize(text, strlen(text), &g_tokens[field], NULL), WM_OK);
  for (size_t i = 0; i < count; i++) {
    spans[i] = (wm_span_t){.type = marks[i].type, .sure = marks[i].sure};
    spans[i].types[marks[i].type] = marks[i].sure;
    spans[i].types[marks[i].other] += marks[i].rest;
    for (uint32_t t = 0; t < g_tokens[field].count; t++) {
      if (g_tokens[field].tokens[t].start == marks[i].start) spans[i].first = t;
      if (g_tokens[field].tokens[t].end == marks[i].end) spans[i].end = t + 1;
    }
    assert_true(spans[i].first < spans[i].end);
  }
  const wm_str_t all = {text, strlen(text)};
  wm_document_field(&g_document, field, all, all, &g_tokens[field]);
  assert_int_equal(wm_document_add(&g_document, field, spans, count, NULL), WM_OK);
}

/* The entities (borrowed until the next call). */
static json_t *entities_of(const char *headline, const char *body) {
  json_decref(g_all);
  wm_document_reset(&g_document, NULL);
  add_field(WM_FIELD_HEADLINE, headline);
  add_field(WM_FIELD_BODY, body);
  assert_int_equal(wm_document_resolve(&g_document, NULL), WM_OK);
  g_all = wm_document_publish(&g_document);
  assert_non_null(g_all);
  return g_all;
}

static size_t count_of(json_t *entity) {
  return json_array_size(json_object_get(entity, "mentions"));
}

static void a_dateline_is_no_part_of_the_text(void **state) {
  (void)state;
  json_t *all = entities_of("", "{L:WINNIPEG}, {L:Manitoba - Nurses} in {L:Manitoba} go back to work.");
  expect_no_mention(all, "Manitoba - Nurses");
  assert_int_equal(count_of(expect(all, "place", "Manitoba")), 2);
  all = entities_of("", "{L:KHARTOUM}, {L:Sudan – Rebels} took a town.");
  expect(all, "place", "Sudan");
  all = entities_of(
      "", "They saw {W:Road - A Film} in {L:Lagos}, and after that went on to the {L:Ikeja – Lekki} road on foot.");
  expect(all, "work", "Road - A Film"); /* elsewhere a dash may be part of a name */
  expect(all, "place", "Ikeja – Lekki");
}

static void a_dateline_begins_with_a_place(void **state) {
  (void)state;
  json_t *all = entities_of("", "{O:Tokyo - Umi Motor} and {O:Sora Group} build a plant, said {P:Ken Ito}.");
  expect(all, "place", "Tokyo");
  expect(all, "organisation", "Umi Motor");
  all = entities_of("", "{O:QARNOVO — Zelta Mining} cut jobs."); /* in capitals, whatever lists know */
  expect(all, "place", "Qarnovo");
  expect(all, "organisation", "Zelta Mining");
  all = entities_of("", "{O:Fern - Holloway} cut jobs in {L:Tokyo}."); /* no place */
  expect(all, "organisation", "Fern - Holloway");
  all = entities_of("", "{O60+L30:Sirowa}, {L:Kenya} ({O:AP}) - Rain fell."); /* the tagger is not sure */
  expect(all, "place", "Sirowa");
  all = entities_of("", "{O60+L30:Sirowa} – the company that sells tea – cut jobs."); /* no sentence follows */
  expect(all, "organisation", "Sirowa");
  all = entities_of("", "{O:Sirowa} - Rain fell."); /* it is sure */
  expect(all, "organisation", "Sirowa");
}

static void parts_of_words_and_numbers_are_no_names(void **state) {
  (void)state;
  json_t *all = entities_of(
      "",
      "The {N60:pro}-{N:Turkish} fighters met {N60:anti}-{L:Sudan} crowds and a {N60:neo}-fascist. {N60:ex}-Nordic.");
  expect(all, "group", "pro-Turkish");
  expect(all, "group", "ex-Nordic");
  expect(all, "place", "Sudan");
  expect_no_mention(all, "Turkish");
  expect_no_mention(all, "anti");
  expect_no_mention(all, "neo");
  all =
      entities_of("", "The {E60:31st} games of {E60:2026} cost {O60:0.745} of it on {E:9/11}, and {W:25} is an album.");
  assert_int_equal(json_array_size(all), 2);
  expect(all, "event", "9/11");
  expect(all, "work", "25");
}

static void adjectives_of_countries_are_groups(void **state) {
  (void)state;
  json_t *all = entities_of(
      "",
      "The {O49:Malaysian} {O70:River Council} met {E41:Sudanese} farmers near {L57:Nigerian} fields with {P:French}.");
  expect(all, "group", "Malaysian");
  expect(all, "group", "Sudanese");
  expect(all, "group", "Nigerian");
  expect(all, "person", "French");
  expect(all, "organisation", "River Council");
  all = entities_of("", "The {O60:Houthis} and {O60:Texans} lost."); /* no other name follows */
  expect(all, "organisation", "Houthis");
  expect(all, "organisation", "Texans");
  all = entities_of("", "{O95:Malaysian} flies to {L60:Jordan}."); /* the tagger is sure; a place */
  expect(all, "organisation", "Malaysian");
  expect(all, "place", "Jordan");
}

static void names_neither_begin_nor_end_with_small_words_and_counts(void **state) {
  (void)state;
  json_t *all = entities_of(
      "",
      "{O:Tenth Circuit Court of Appeals by 52} votes, said the {O:Group of 77}. {E:Revolution of 2011}. {P:Fern 4}");
  expect(all, "organisation", "Tenth Circuit Court of Appeals");
  expect(all, "organisation", "Group of 77");
  expect(all, "event", "Revolution of 2011");
  all = entities_of(
      "", "The Duke {P:and Duchess of Sirowa} came, and the Earl {P:of Umia} with {P:van Holm} and {P:Ana de Luz}.");
  expect(all, "place", "Sirowa");
  expect(all, "place", "Umia");
  expect(all, "person", "van Holm");
  expect(all, "person", "Ana de Luz");
}

static void a_family_is_of_people(void **state) {
  (void)state;
  json_t *all = entities_of(
      "",
      "Two {O60+P30:Fernlocks} came: {P:Ana Fernlock} and {P:Ben Fernlock}. The {O:Holms} lost to {O60+P30:Lakers}.");
  expect(all, "person", "Fernlocks");
  expect(all, "organisation", "Lakers");
  assert_int_equal(count_of(expect(all, "person", "Ana Fernlock")), 1);
}

static void first_words_may_be_common_words(void **state) {
  (void)state;
  json_t *all =
      entities_of("{L60:Lake} mud from {L:Ethiopia}", "The mud of a lake in {L:Ethiopia}. {L60:Nile} water is clear.");
  expect_no_mention(all, "Lake");
  expect(all, "place", "Nile");
  all = entities_of("{L:Lake} mud", "The mud of a lake."); /* the tagger is sure */
  expect(all, "place", "Lake");
  all = entities_of("", "He went to {L60:Lake} by a lake.");
  expect(all, "place", "Lake");
  all = entities_of("", "{P60:Rice} spoke of rice.");
  expect(all, "person", "Rice");
}

static void common_words_behind_a_place_are_no_event(void **state) {
  (void)state;
  json_t *all = entities_of("", "Walls fell in {L:Iquique}. Rosa Huanca of the {E45:Iquique fire} brigade came.");
  assert_int_equal(count_of(expect(all, "place", "Iquique")), 2);
  expect_no_mention(all, "Iquique fire");
  all = entities_of("", "People met in {L:Cairo}. The {E:Cairo summit} was short.");
  expect(all, "event", "Cairo summit");
  all = entities_of("", "The {E45:Iquique fire} was short."); /* a place of which the article says nothing */
  expect(all, "event", "Iquique fire");
}

static void words_of_titles_are_no_names(void **state) {
  (void)state;
  json_t *all =
      entities_of("", "It left {L:Kraków}. The sheet, \"Woman at the {L70:Harbour}\", will hang in {L:Kraków}.");
  expect_no_mention(all, "Harbour");
  all = entities_of("", "The song “{L70:Paris} When It Sizzles” is old.");
  expect_no_mention(all, "Paris");
  all = entities_of("", "\"We love {L70:Paris}\", he said. \"{L70:Lyon}\" was all.");
  expect(all, "place", "Paris");
  expect(all, "place", "Lyon");
}

static void capitals_are_calmed(void **state) {
  (void)state;
  json_t *all = entities_of("{L:MALMÖ} AND {P:AMINA BELLO}",
                            "{L:WARSAW} - The {L:USSR} and the {L:UAE} and {L:NEW YORK} and {L:U.S. VIRGIN ISLANDS}, "
                            "said {O:NATO FORCE}; {L:US HOUSE}, {L:ΑΘΗΝΑ}, {L:GUINEA-BISSAU}, {L:OSLO}. In {L:Oslo}");
  expect(all, "place", "Malmö");
  expect(all, "person", "Amina Bello");
  assert_true(mentions(expect(all, "place", "Warsaw"), "WARSAW"));
  expect(all, "place", "USSR");
  expect(all, "place", "UAE");
  expect(all, "place", "New York");
  expect(all, "place", "U.S. VIRGIN ISLANDS");
  expect(all, "organisation", "NATO FORCE");
  expect(all, "place", "US HOUSE");
  expect(all, "place", "Αθηνα");
  expect(all, "place", "Guinea-Bissau");
  assert_int_equal(count_of(expect(all, "place", "Oslo")), 2);
}

static void namesakes_stay_two(void **state) {
  (void)state;
  json_t *all = entities_of("", "{P:Kim Jong Un} met {P:Kim Yo Jong}. {P:Kim} smiled.");
  assert_int_equal(json_array_size(all), 3);
  assert_int_equal(count_of(expect(all, "person", "Kim")), 1);
  all = entities_of("", "{P:Hillary Clinton} came with {P:Bill Clinton}. {P:Clinton} smiled, and {P:Bill} did.");
  assert_int_equal(count_of(expect(all, "person", "Hillary Clinton")), 1);
  assert_int_equal(count_of(expect(all, "person", "Bill Clinton")), 2);
  expect(all, "person", "Clinton");
}

static void forms_of_one_thing_join(void **state) {
  (void)state;
  json_t *all =
      entities_of("{L:US} and {O:IMF} talk",
                  "The {L:United States} and the {O:International Monetary Fund} ({O:IMF}) met. {L:U.S.} officials "
                  "and the {O:Fund}. {L:America} too.");
  json_t *us = expect(all, "place", "United States");
  assert_true(mentions(us, "US") && mentions(us, "U.S."));
  json_t *imf = expect(all, "organisation", "International Monetary Fund");
  assert_int_equal(count_of(imf), 4);
  assert_true(mentions(imf, "IMF"));
  all = entities_of(
      "", "{P:Kwame Okafor} headed in. {O60:Okafor} ran. {P:Chief Okafor}."); /* a surname of the article is a person */
  assert_int_equal(count_of(expect(all, "person", "Kwame Okafor")), 3);
  assert_null(find(all, "organisation", "Okafor"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_dateline_is_no_part_of_the_text),
      cmocka_unit_test(a_dateline_begins_with_a_place),
      cmocka_unit_test(parts_of_words_and_numbers_are_no_names),
      cmocka_unit_test(adjectives_of_countries_are_groups),
      cmocka_unit_test(names_neither_begin_nor_end_with_small_words_and_counts),
      cmocka_unit_test(a_family_is_of_people),
      cmocka_unit_test(first_words_may_be_common_words),
      cmocka_unit_test(common_words_behind_a_place_are_no_event),
      cmocka_unit_test(words_of_titles_are_no_names),
      cmocka_unit_test(capitals_are_calmed),
      cmocka_unit_test(namesakes_stay_two),
      cmocka_unit_test(forms_of_one_thing_join),
  };
  return cmocka_run_group_tests(tests, open_model, close_model);
}
