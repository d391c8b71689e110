/**
 * What holds of the entities service whatever the text: memory is not asked for by the token, offsets give back the text, and
 * workers side by side write what one alone writes. The linker puts __wrap_malloc() and its like in the place of malloc() in wiremill's code.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "entities_support.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static atomic_size_t g_allocations;

void *__wrap_malloc(size_t size) {
  atomic_fetch_add(&g_allocations, 1);
  return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
  atomic_fetch_add(&g_allocations, 1);
  return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
  atomic_fetch_add(&g_allocations, 1);
  return __real_realloc(p, size);
}

/* Allocations of enriching the article that was parsed. */
static size_t allocations(fixture_t *f, const char *body) {
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_article_from_text(f->article, body, strlen(body), "u", &err), WM_OK);
  size_t before = atomic_load(&g_allocations);
  assert_int_equal(wm_entities_service.enrich(f->worker, f->article, &err), WM_OK);
  return atomic_load(&g_allocations) - before;
}

static void append(char *text, size_t cap, const char *part, size_t times) {
  size_t n = strlen(text), len = strlen(part);
  for (size_t i = 0; i < times; i++, n += len) {
    assert_true(n + len < cap);
    memcpy(text + n, part, len + 1);
  }
}

static void memory_is_not_asked_for_by_the_token(void **state) {
  enum { CAP = 1 << 20 };
  static char text[CAP];
  const char *names = "Angela Merkel met Emmanuel Macron in Paris, the capital of France. ";
  const char *words = "it was said that all of them had been there for a while and that nothing came of it, ";
  size_t counts[3];
  for (int run = 0; run < 2; run++) /* the first one makes room */
    for (size_t i = 0; i < 3; i++) {
      text[0] = '\0';
      append(text, CAP, names, 1);
      append(text, CAP, words, i == 2 ? 4000 : 40);
      append(text, CAP, names, i == 1 ? 10 : 1);
      counts[i] = allocations(*state, text);
    }
  assert_true(counts[0] > 0 && counts[0] < 500);
  assert_true(counts[1] > counts[0]); /* by the mention, of which JSON is made */
  assert_true(counts[1] < 3000);
  assert_int_equal(counts[2], counts[0]); /* a hundred times the words, none more */
}

static void a_text_without_sentence_ends_has_its_names(void **state) {
  enum { CAP = 1 << 20 };
  static char text[CAP];
  text[0] = '\0';
  append(text, CAP, "Angela Merkel met Emmanuel Macron in Paris and ", 1);
  append(text, CAP, "it was said that they had been there for a while, and that ", 5000); /* over several segments */
  append(text, CAP, "the IMF in Washington said the same to Olaf Scholz", 1);
  json_t *all = enrich(*state, "", text, "en");
  check_offsets(*state, all);
  static const char *const people[] = {"Angela Merkel", "Emmanuel Macron", "Olaf Scholz"};
  for (size_t i = 0; i < 3; i++) expect(all, "person", people[i]);
  expect(all, "place", "Paris");
  expect(all, "place", "Washington");
  expect(all, "organisation", "IMF");
}

/* Code points of all planes, marks and line ends among them, with a name now and then. */
static void any_code_points(uint64_t *seed, char *out, size_t cap) {
  static const uint32_t ranges[][2] = {{0x20, 0x7F},     {0xA0, 0x24F},      {0x300, 0x36F},     {0x370, 0x7FF},
                                       {0x800, 0xFFF},   {0x1E00, 0x206F},   {0x3000, 0x30FF},   {0x4E00, 0x5000},
                                       {0xFE00, 0xFFFD}, {0x10000, 0x1FFFF}, {0xE0000, 0xE01EF}, {0x10FF00, 0x10FFFD}};
  size_t n = 0;
  while (n + 32 < cap) {
    const uint32_t *range = ranges[next_random(seed) % (sizeof ranges / sizeof ranges[0])];
    uint32_t cp = range[0] + (uint32_t)(next_random(seed) % (range[1] - range[0]));
    if (next_random(seed) % 40 == 0) cp = '\n';
    n += wm_utf8_encode(cp, out + n);
    if (next_random(seed) % 12 == 0) n += (size_t)snprintf(out + n, 24, " Angela Merkel in Oslo");
  }
  out[n] = '\0';
}

static void offsets_hold_in_any_code_points(void **state) {
  uint64_t seed = 4;
  size_t count = 0;
  char headline[200], body[2500];
  for (int i = 0; i < 300; i++) {
    any_code_points(&seed, headline, sizeof headline);
    any_code_points(&seed, body, 60 + next_random(&seed) % 2400);
    count += check_offsets(*state, enrich(*state, headline, body, "en"));
  }
  assert_true(count > 1000);
}

#define ARTICLES 24

typedef struct {
  const fixture_t *fixture;
  char (*texts)[1500];
  char **alone; /* what one worker wrote */
  size_t from;
  int wrong;
} runner_t;

static char *written(void *worker, wm_article_t *article, const char *text) {
  wm_error_t err = WM_ERROR_INIT;
  if (wm_article_from_text(article, text, strlen(text), "u", &err)) fail_msg("%s", err.text);
  if (wm_entities_service.enrich(worker, article, &err)) fail_msg("%s", err.text);
  return json_dumps(wm_article_get(article, "entities"), JSON_COMPACT);
}

static void *run_beside(void *data) {
  runner_t *r = data;
  void *worker = NULL;
  wm_article_t *article = wm_article_new(NULL);
  if (!article || wm_entities_service.worker_open(r->fixture->shared, &worker, NULL)) r->wrong++;
  for (size_t i = 0; worker && i < 3 * ARTICLES; i++) { /* in another order than the others */
    size_t at = (r->from + i * (2 * r->from + 1)) % ARTICLES;
    char *text = written(worker, article, r->texts[at]);
    r->wrong += !text || strcmp(text, r->alone[at]) != 0;
    free(text);
  }
  if (worker) wm_entities_service.worker_close(worker);
  wm_article_destroy(article);
  return NULL;
}

static void workers_write_what_one_alone_writes(void **state) {
  enum { WORKERS = 3 };
  static char texts[ARTICLES][1500];
  fixture_t *f = *state;
  char *alone[ARTICLES];
  pthread_t threads[WORKERS];
  runner_t runners[WORKERS];
  uint64_t seed = 99;
  for (size_t i = 0; i < ARTICLES; i++) {
    random_text(&seed, texts[i], sizeof texts[i]);
    alone[i] = written(f->worker, f->article, texts[i]);
    assert_non_null(alone[i]);
  }
  for (size_t i = 0; i < WORKERS; i++) {
    runners[i] = (runner_t){f, texts, alone, i, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, run_beside, &runners[i]), 0);
  }
  for (size_t i = 0; i < WORKERS; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(runners[i].wrong, 0);
  }
  for (size_t i = 0; i < ARTICLES; i++) free(alone[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_not_asked_for_by_the_token),
      cmocka_unit_test(a_text_without_sentence_ends_has_its_names),
      cmocka_unit_test(offsets_hold_in_any_code_points),
      cmocka_unit_test(workers_write_what_one_alone_writes),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
