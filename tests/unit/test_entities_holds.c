/**
 * What holds of the entities service whatever the text: memory is not asked for by the token, names are bounded, time is linear in five megabytes of anything, and
 * workers side by side write what one alone writes. The linker puts __wrap_malloc() and its like in the place of malloc() in wiremill's code.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "entities_support.h"
#include "services/entities/document.h"

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

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Time and mentions of `len` bytes of `part` again and again. */
static double time_of(fixture_t *f, const char *part, size_t len, size_t *mentions) {
  wm_error_t err = WM_ERROR_INIT;
  char *text = malloc(len + 64);
  json_t *e;
  size_t i, n = 0;
  assert_non_null(text);
  while (n < len) {
    memcpy(text + n, part, strlen(part));
    n += strlen(part);
  }
  if (wm_article_from_text(f->article, text, n, "u", &err)) fail_msg("%s", err.text);
  free(text);
  double start = seconds();
  if (wm_entities_service.enrich(f->worker, f->article, &err)) fail_msg("%s", err.text);
  start = seconds() - start;
  *mentions = 0;
  json_array_foreach(wm_article_get(f->article, "entities"), i, e) {
    *mentions += json_array_size(json_object_get(e, "mentions"));
  }
  return start;
}

static void five_megabytes_of_anything_take_linear_time(void **state) {
  static const struct {
    const char *part;
    size_t most; /* bytes */
  } cases[] = {{"a", 5u << 20},
               {"A", 5u << 20},
               {"ABCDEFGHIJKLMNOPQRS ", 5u << 20},
               {"Abcdefghijklm ", 1u << 20},
               {"((((", 1u << 20},
               {"[a](b){c} ", 1u << 20},
               {"Ali Baba met Angela Merkel of the IMF in Paris, ", 2u << 20}}; /* no sentence ends */
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t mentions = 0;
    double part = time_of(*state, cases[i].part, cases[i].most / 8, &mentions);
    double whole = time_of(*state, cases[i].part, cases[i].most, &mentions);
    assert_true(mentions <= WM_DOCUMENT_MENTIONS_MAX);
    /* eight times the text: what is quadratic takes 64 times as long, whatever else the machine does */
    if (whole > 32 * part + 1) fail_msg("\"%s\": %.3f s, then %.3f s", cases[i].part, part, whole);
  }
}

static void names_are_bounded(void **state) {
  size_t mentions = 0;
  time_of(*state, "Angela Merkel met Emmanuel Macron in Paris. ", 1u << 20, &mentions);
  assert_int_equal(mentions, WM_DOCUMENT_MENTIONS_MAX);
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
      cmocka_unit_test(five_megabytes_of_anything_take_linear_time),
      cmocka_unit_test(names_are_bounded),
      cmocka_unit_test(workers_write_what_one_alone_writes),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
