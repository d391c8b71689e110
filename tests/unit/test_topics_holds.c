/* topics: what holds of the answer whatever the text. The words and sentences were written for this test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topics_support.h"

enum { TEXTS = 1500, TEXT_BYTES = 8192 };

static int set_up(void **state) {
  return fixture_open(state, "--subject-codes");
}

static uint32_t next(uint32_t *seed) {
  *seed = *seed * 1664525 + 1013904223;
  return *seed >> 8;
}

/* Sentences out of words of all sections, names of concepts, numbers, bytes of other scripts; the same for the same seed. */
static size_t make_text(const wm_topics_model_t *m, uint32_t seed, char *out) {
  static const char *const words[] = {
      "the",       "of",      "and",    "in",       "to",       "a",        "said",  "on",     "minister",
      "striker",   "album",   "shares", "vaccine",  "hospital", "election", "court", "rebels", "phone",
      "school",    "bishop",  "storm",  "union",    "oil",      "goal",     "film",  "police", "protest",
      "budget",    "malaria", "treaty", "internet", "rain",     "recipe",   "wages", "killed", "profit",
      "orchestra", "2,300",   "1.5",    "été",      "Übung",    "министр",  "政府",  "😀"};
  uint32_t n = next(&seed) % 400, which = next(&seed) % 4;
  size_t len = 0;
  for (uint32_t i = 0; i < n && len < TEXT_BYTES - 200; i++) {
    uint32_t r = next(&seed);
    const char *word = which == 0 && r % 3 == 0 ? m->names + m->concepts[r / 3 % m->params->n_concepts].name
                                                : words[r % (which == 1 ? 12 : sizeof words / sizeof *words)];
    len += (size_t)snprintf(out + len, TEXT_BYTES - len, "%s%s", word, r % 11 == 0 ? ". " : " ");
  }
  out[len] = 0;
  return len;
}

/* The vector path and the plain path give the same logits and topics. */
static void check_paths_agree(fixture_t *f, const char *text, size_t len) {
  static int32_t logits[WM_TOPICS_CONCEPTS_MAX + 64];
  wm_topics_given_t a[WM_TOPICS_GIVEN_MAX], b[WM_TOPICS_GIVEN_MAX];
  size_t n = (size_t)f->model.params->n_concepts + f->model.params->n_tops, given[2];
  wm_str_t headline = {text, len < 60 ? 0 : 60}, body = {text, len};
  while (headline.len && ((unsigned char)text[headline.len] & 0xC0) == 0x80) headline.len--;
  for (int plain = 0; plain < 2; plain++) {
    f->scratch.plain = plain;
    assert_int_equal(wm_topics_features(&f->model, &f->scratch, headline, body, NULL), WM_OK);
    wm_topics_score(&f->model, &f->scratch);
    if (plain) assert_memory_equal(logits, f->scratch.logits, n * sizeof *logits);
    else memcpy(logits, f->scratch.logits, n * sizeof *logits);
    given[plain] = wm_topics_decide(&f->model, &f->scratch, NULL, WM_TOPICS_GIVEN_MAX, plain ? b : a);
  }
  assert_int_equal(given[0], given[1]);
  for (size_t i = 0; i < given[0]; i++) assert_memory_equal(&a[i], &b[i], sizeof a[i]);
}

static void test_vector_and_plain_paths_agree(void **state) {
  fixture_t *f = *state;
  static char text[TEXT_BYTES];
  for (uint32_t seed = 1; seed <= TEXTS; seed++) check_paths_agree(f, text, make_text(&f->model, seed, text));
}

/* The index of a concept, "medtop:" and eight digits. */
static int concept_of(const wm_topics_model_t *m, const char *qcode) {
  assert_int_equal(strlen(qcode), 15);
  assert_memory_equal(qcode, "medtop:", 7);
  uint32_t code = (uint32_t)strtoul(qcode + 7, NULL, 10);
  for (int i = 0; i < (int)m->params->n_concepts; i++)
    if (m->concepts[i].code == code) return i;
  fail_msg("%s is not in the release", qcode);
  return -1;
}

/* From level 1 down to the concept itself, each under the one before it. */
static int check_path(const wm_topics_model_t *m, json_t *topic) {
  json_t *path = json_object_get(topic, "path");
  int last = -1;
  assert_true(json_array_size(path) >= 1);
  for (size_t i = 0; i < json_array_size(path); i++) {
    int c = concept_of(m, json_string_value(json_array_get(path, i)));
    assert_int_equal(m->concepts[c].parent, last);
    assert_int_equal(m->concepts[c].level, i + 1);
    last = c;
  }
  assert_int_equal(last, concept_of(m, json_string_value(json_object_get(topic, "qcode"))));
  assert_string_equal(json_string_value(json_object_get(topic, "name")), m->names + m->concepts[last].name);
  return last;
}

/* The Subject Code is that of the concept or of the nearest broader one that has one. */
static void check_subject(const wm_topics_model_t *m, json_t *topic, int c) {
  char expected[32];
  const char *subject = json_string_value(json_object_get(topic, "subject"));
  while (c >= 0 && !m->concepts[c].subject) c = m->concepts[c].parent;
  if (c < 0) {
    assert_null(subject);
    return;
  }
  snprintf(expected, sizeof expected, "subj:%08u", m->concepts[c].subject);
  assert_non_null(subject);
  assert_string_equal(subject, expected);
}

static bool is_broader(const wm_topics_model_t *m, int a, int b) {
  while (b >= 0 && b != a) b = m->concepts[b].parent;
  return b == a;
}

static void check_topics(const wm_topics_model_t *m, json_t *topics) {
  int seen[WM_TOPICS_GIVEN_MAX];
  json_int_t last = 100;
  size_t n = json_array_size(topics);
  assert_true(n <= WM_TOPICS_GIVEN_MAX);
  for (size_t i = 0; i < n; i++) {
    json_t *topic = json_array_get(topics, i);
    json_int_t relevance = json_integer_value(json_object_get(topic, "relevance")),
               confidence = json_integer_value(json_object_get(topic, "confidence"));
    seen[i] = check_path(m, topic);
    check_subject(m, topic, seen[i]);
    assert_true(relevance >= 0 && relevance <= last && confidence >= 0 && confidence <= 100);
    last = relevance;
    for (size_t k = 0; k < i; k++) assert_false(is_broader(m, seen[i], seen[k]) || is_broader(m, seen[k], seen[i]));
  }
}

static json_t *topics_of(fixture_t *f, const char *text, size_t len) {
  wm_error_t err = WM_ERROR_INIT;
  if (wm_article_from_text(f->article, text, len, "urn:test", &err)) fail_msg("%s", err.text);
  if (wm_topics_service.enrich(f->worker, f->article, &err)) fail_msg("%s", err.text);
  return wm_article_get(f->article, "topics");
}

/* Active concepts only, paths as the release has them, no topic beside a broader one of its own; the same again for the same text. */
static void test_whatever_the_text(void **state) {
  fixture_t *f = *state;
  static char text[TEXT_BYTES];
  size_t given = 0;
  for (uint32_t seed = 1; seed <= TEXTS; seed++) {
    size_t len = make_text(&f->model, seed, text);
    if (!len) continue;
    json_t *first = json_deep_copy(topics_of(f, text, len));
    check_topics(&f->model, first);
    given += json_array_size(first);
    if (seed % 10 == 0) assert_true(json_equal(first, topics_of(f, text, len)));
    json_decref(first);
  }
  assert_true(given > TEXTS / 2); /* the test is not empty */
}

/* Where nobody has said which language it is, other languages of newsrooms get nothing. */
static void test_other_languages(void **state) {
  static const char *const bodies[] = {
      "Serikali ya Kenya ilitangaza Alhamisi kwamba walimu wote watapata nyongeza ya mishahara kuanzia mwezi ujao "
      "baada "
      "ya mazungumzo na chama chao. Waziri wa elimu alisema kwamba shule zitafunguliwa Jumatatu.",
      "El presidente anunció el jueves que el gobierno presentará una nueva ley de pensiones al congreso, pese a las "
      "protestas de los sindicatos que han llenado las calles de la capital durante semanas.",
      "Die regering het Donderdag aangekondig dat die nuwe begroting nie voor die einde van die jaar voorgelê sal word "
      "nie, en die opposisie het gesê dat hulle na die hof sal gaan.",
      "Gwamnatin jihar Kano ta sanar da cewa za a bude makarantu ranar Litinin bayan da malamai suka amince da sabon "
      "albashi. Shugaban kungiyar malamai ya ce sun yi farin ciki.",
      "Rząd ogłosił w czwartek nowy budżet na przyszły rok, a opozycja zapowiedziała, że zaskarży go do trybunału.",
      "Правительство в четверг объявило о новом бюджете, а оппозиция обещала обратиться в суд.",
      "أعلنت الحكومة يوم الخميس عن ميزانية جديدة وقالت المعارضة إنها ستلجأ إلى المحكمة.",
  };
  fixture_t *f = *state;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    json_t *topics = topics_of(f, bodies[i], strlen(bodies[i]));
    if (json_array_size(topics))
      fail_msg("\"%.40s\" was given %s", bodies[i],
               json_string_value(json_object_get(json_array_get(topics, 0), "name")));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vector_and_plain_paths_agree),
      cmocka_unit_test(test_whatever_the_text),
      cmocka_unit_test(test_other_languages),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
