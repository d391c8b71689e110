/* topics: a newsroom's own vocabulary. The texts were written for this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/topics/topics.h"
#include "services/topics/vocabulary.h"

static wm_topics_model_t model;
static wm_topics_scratch_t scratch;

static int set_up(void **state) {
  char path[4096];
  wm_error_t err = WM_ERROR_INIT;
  (void)state;
  if (wm_model_find("topics.wmm", path, sizeof path, &err) || wm_topics_model_open(path, &model, &err))
    fail_msg("%s", err.text);
  wm_topics_scratch_init(&scratch);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  wm_topics_scratch_clear(&scratch);
  wm_topics_model_clear(&model);
  return 0;
}

static wm_topics_vocabulary_t *parse(const char *text) {
  wm_topics_vocabulary_t *v = NULL;
  wm_error_t err = WM_ERROR_INIT;
  if (wm_topics_vocabulary_parse("test", text, strlen(text), &model, &v, &err)) fail_msg("%s", err.text);
  return v;
}

static uint32_t index_of(uint32_t code) {
  uint32_t i = 0;
  while (i < model.params->n_concepts && model.concepts[i].code != code) i++;
  assert_true(i < model.params->n_concepts);
  return i;
}

static void test_codes_are_inherited(void **state) {
  (void)state;
  wm_topics_vocabulary_t *v = parse(
      "# house codes\r\n"
      "\r\n"
      "map medtop:11000000 POL\r\n"
      "  map\tmedtop:20000641   POL/TREATY-1.a_b  \n"
      "off medtop:15000000");
  assert_string_equal(wm_topics_vocabulary_code(v, index_of(11000000)), "POL");
  assert_string_equal(wm_topics_vocabulary_code(v, index_of(20000639)), "POL");
  assert_string_equal(wm_topics_vocabulary_code(v, index_of(20000641)), "POL/TREATY-1.a_b");
  assert_null(wm_topics_vocabulary_code(v, index_of(15000000)));
  assert_true(wm_topics_vocabulary_off(v)[index_of(15000000)]);
  assert_true(wm_topics_vocabulary_off(v)[index_of(20001065)]);
  assert_false(wm_topics_vocabulary_off(v)[index_of(11000000)]);
  wm_topics_vocabulary_destroy(v);
}

static void test_empty(void **state) {
  (void)state;
  wm_topics_vocabulary_t *v = parse("");
  wm_topics_house_t out[WM_TOPICS_GIVEN_MAX];
  assert_int_equal(wm_topics_vocabulary_match(v, &scratch, 5, out), 0);
  wm_topics_vocabulary_destroy(v);
}

static size_t match(const wm_topics_vocabulary_t *v, const char *headline, const char *body, wm_topics_house_t *out) {
  wm_str_t h = {headline, strlen(headline)}, b = {body, strlen(body)};
  assert_int_equal(wm_topics_words(&scratch, h, b, NULL), WM_OK);
  return wm_topics_vocabulary_match(v, &scratch, 5, out);
}

static void test_house_topics(void **state) {
  (void)state;
  wm_topics_house_t out[WM_TOPICS_GIVEN_MAX];
  wm_topics_vocabulary_t *v = parse(
      "topic RIVER \"River levels\" : river level; flood warning; flood-warning; Wye\n"
      "topic BUDGET-26 \"Budget 2026\" 2: budget statement ; chancellor\n"
      "topic CAFE \"Caf\xc3\xa9s\": CAF\xc3\x89; caf\xc3\xa9s");
  assert_int_equal(match(v, "Nothing of the kind", "A quiet day in the village.", out), 0);
  assert_int_equal(match(v, "", "The chancellor had nothing to say.", out), 0);
  assert_int_equal(match(v, "", "The chancellor read his budget statement.", out), 1);
  assert_string_equal(out[0].code, "BUDGET-26");
  assert_string_equal(out[0].name, "Budget 2026");
  assert_int_equal(match(v, "Flood warning on the WYE",
                         "The river level rose. A flood-warning came late. A caf\xc3\xa9 closed.", out),
                   2);
  assert_string_equal(out[0].code, "RIVER");
  assert_string_equal(out[1].code, "CAFE");
  assert_true(out[0].relevance > out[1].relevance && out[0].relevance <= 100);
  wm_topics_vocabulary_destroy(v);
}

/* Each fault names the line and what is wrong. */
static void test_faults(void **state) {
  static const struct {
    const char *text, *says;
  } faults[] = {
      {"map medtop:20000641 A\nmap medtop:20000641 B", "test:2: medtop:20000641 is mapped twice"},
      {"# x\n\nmap medtop:2000064 A", "test:3: expected a concept"},
      {"map medtop:99999999 A", "test:1: medtop:99999999 is no active concept of release"},
      {"map 20000641 A", "expected a concept"},
      {"map medtop:20000641", "expected a house code"},
      {"map medtop:20000641 A B", "unexpected 'B'"},
      {"map medtop:20000641 A:B", "expected a house code"},
      {"map medtop:20000641 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
       "expected a house code"},
      {"off", "expected a concept"},
      {"off medtop:15000000 now", "unexpected 'now'"},
      {"switch medtop:15000000", "a line begins with map, off, topic or #, not 'switch'"},
      {"topic A name: x", "in double quotes"},
      {"topic A \"name: x", "in double quotes"},
      {"topic A \" \": x", "in double quotes"},
      {"topic A \"name\" x", "expected a colon"},
      {"topic A \"name\"", "expected a colon"},
      {"topic A \"name\" 0: x", "1 to 100 mentions"},
      {"topic A \"name\" 101: x", "1 to 100 mentions"},
      {"topic A \"name\" 99999: x", "expected a colon"},
      {"topic A \"name\":", "has no phrases"},
      {"topic A \"name\": x;; y", "a phrase has 1 to 4 words"},
      {"topic A \"name\": one two three four five", "a phrase has 1 to 4 words"},
      {"topic A \"name\": x\ntopic A \"other\": y", "test:2: house topic A is there twice"},
      {"topic A \"name\": \xff", "test:1: bytes that are no text, at byte 17 of the line"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    wm_topics_vocabulary_t *v = NULL;
    wm_error_t err = WM_ERROR_INIT;
    assert_int_equal(wm_topics_vocabulary_parse("test", faults[i].text, strlen(faults[i].text), &model, &v, &err),
                     WM_ERR_CONFIG);
    assert_null(v);
    if (!strstr(err.text, faults[i].says)) fail_msg("\"%s\" does not say \"%s\"", err.text, faults[i].says);
  }
}

static void test_limits(void **state) {
  (void)state;
  wm_topics_vocabulary_t *v = NULL;
  wm_error_t err = WM_ERROR_INIT;
  size_t len = WM_VOCABULARY_BYTES_MAX + 1;
  char *text = malloc(len);
  assert_non_null(text);
  memset(text, '\n', len);
  assert_int_equal(wm_topics_vocabulary_parse("test", text, len, &model, &v, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "at most"));
  wm_error_clear(&err);
  memset(text, '#', len - 1);
  assert_int_equal(wm_topics_vocabulary_parse("test", text, len - 1, &model, &v, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "test:1: a line has at most"));
  wm_error_clear(&err);
  size_t at = 0;
  for (int i = 0; i <= WM_VOCABULARY_TOPICS_MAX; i++)
    at += (size_t)snprintf(text + at, len - at, "topic T%d \"t\": x\n", i);
  assert_int_equal(wm_topics_vocabulary_parse("test", text, at, &model, &v, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "test:1001: more than 1000 house topics"));
  free(text);
}

/* The topics that the service gives with a vocabulary, through its own configuration. */
static json_t *through_service(const char *vocabulary, const char *body) {
  static const wm_config_program_t program = {.program = "unit_topics", .version = WM_VERSION};
  char path[] = "/tmp/unit_vocabulary_XXXXXX", name[] = "unit", flag[] = "--vocabulary", subjects[] = "--subject-codes";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, vocabulary, strlen(vocabulary)), (ssize_t)strlen(vocabulary));
  close(fd);
  char *argv[] = {name, flag, path, subjects, NULL};
  wm_error_t err = WM_ERROR_INIT;
  void *shared = NULL, *worker = NULL;
  wm_config_t *config = wm_config_new(&program);
  wm_article_t *article = wm_article_new(NULL);
  assert_int_equal(wm_config_add(config, wm_topics_service.options, wm_topics_service.n_options, &err), WM_OK);
  if (wm_config_load(config, 4, argv, NULL, &err) || wm_topics_service.open(config, &shared, &err))
    fail_msg("%s", err.text);
  assert_int_equal(wm_topics_service.worker_open(shared, &worker, &err), WM_OK);
  assert_int_equal(wm_article_from_text(article, body, strlen(body), "test", &err), WM_OK);
  assert_int_equal(wm_topics_service.enrich(worker, article, &err), WM_OK);
  json_t *topics = json_deep_copy(wm_article_get(article, "topics"));
  wm_topics_service.worker_close(worker);
  wm_topics_service.close(shared);
  wm_article_destroy(article);
  wm_config_destroy(config);
  unlink(path);
  return topics;
}

static const char body[] =
    "The striker scored twice on Saturday as the club won the football match 3-1 in front of forty thousand "
    "supporters. The "
    "goalkeeper was sent off after half-time, and the coach said that the referee had been right.";

static void test_service_maps(void **state) {
  (void)state;
  json_t *topics = through_service("map medtop:15000000 SPO\ntopic FANS \"Supporters\": supporters", body);
  bool mapped = false, house = false;
  for (size_t i = 0; i < json_array_size(topics); i++) {
    json_t *t = json_array_get(topics, i);
    const char *qcode = json_string_value(json_object_get(t, "qcode")),
               *code = json_string_value(json_object_get(t, "house"));
    assert_non_null(qcode);
    if (strcmp(qcode, "house:FANS") == 0) {
      house = true;
      assert_string_equal(code, "FANS");
    } else if (strcmp(json_string_value(json_array_get(json_object_get(t, "path"), 0)), "medtop:15000000") == 0) {
      mapped = true;
      assert_string_equal(code, "SPO");
      assert_int_equal(strncmp(json_string_value(json_object_get(t, "subject")), "subj:15", 7), 0);
    }
  }
  assert_true(mapped && house);
  json_decref(topics);
}

static void test_service_switches_off(void **state) {
  (void)state;
  json_t *topics = through_service("off medtop:15000000", body);
  for (size_t i = 0; i < json_array_size(topics); i++)
    assert_string_not_equal(json_string_value(json_array_get(json_object_get(json_array_get(topics, i), "path"), 0)),
                            "medtop:15000000");
  json_decref(topics);
}

static void write_file(const char *path, const char *text) {
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  assert_true(fputs(text, out) >= 0);
  assert_int_equal(fclose(out), 0);
}

/* SIGHUP: a good file is taken, a faulty one changes nothing. */
static void test_reload(void **state) {
  static const wm_config_program_t program = {.program = "unit_topics", .version = WM_VERSION};
  (void)state;
  char path[] = "/tmp/unit_vocabulary_XXXXXX", name[] = "unit", flag[] = "--vocabulary";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  write_file(path, "topic A \"first\": striker");
  char *argv[] = {name, flag, path, NULL};
  wm_error_t err = WM_ERROR_INIT;
  void *shared = NULL, *worker = NULL;
  wm_config_t *config = wm_config_new(&program);
  wm_article_t *article = wm_article_new(NULL);
  assert_int_equal(wm_config_add(config, wm_topics_service.options, wm_topics_service.n_options, &err), WM_OK);
  assert_int_equal(wm_config_load(config, 3, argv, NULL, &err), WM_OK);
  assert_int_equal(wm_topics_service.open(config, &shared, &err), WM_OK);
  assert_int_equal(wm_topics_service.worker_open(shared, &worker, &err), WM_OK);
  static const struct {
    const char *text, *name;
    wm_err_t rc;
  } steps[] = {{"topic B \"second\": striker", "second", WM_OK},
               {"tropic C", "second", WM_ERR_CONFIG},
               {"topic D \"third\": striker", "third", WM_OK}};
  for (size_t i = 0; i < 3; i++) {
    write_file(path, steps[i].text);
    wm_error_clear(&err);
    assert_int_equal(wm_topics_service.reload(shared, &err), steps[i].rc);
    assert_int_equal(wm_article_from_text(article, "The striker.", 12, "test", NULL), WM_OK);
    assert_int_equal(wm_topics_service.enrich(worker, article, NULL), WM_OK);
    json_t *topic = json_array_get(wm_article_get(article, "topics"), 0);
    assert_string_equal(json_string_value(json_object_get(topic, "name")), steps[i].name);
  }
  wm_topics_service.worker_close(worker);
  wm_topics_service.close(shared);
  wm_article_destroy(article);
  wm_config_destroy(config);
  unlink(path);
}

static void test_missing_file(void **state) {
  (void)state;
  wm_topics_vocabulary_t *v = NULL;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_topics_vocabulary_open("/nowhere/at/all", &model, &v, &err), WM_ERR_CONFIG);
  assert_non_null(strstr(err.text, "/nowhere/at/all"));
  wm_topics_vocabulary_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_codes_are_inherited),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_house_topics),
      cmocka_unit_test(test_faults),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_service_maps),
      cmocka_unit_test(test_service_switches_off),
      cmocka_unit_test(test_reload),
      cmocka_unit_test(test_missing_file),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
