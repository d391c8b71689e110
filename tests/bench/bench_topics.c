/**
 * bench_topics: articles a second of the topics service on one core.
 *
 *   bench_topics [--seconds N] FILE...
 *
 * A file is one article (as in examples/), or with the ending .jsonl one article a line. Prints how long the model takes to load, then the rate
 * of the whole enricher (words, vectors, network, decision, JSON), of its parts, and of the plain path. Parsing is not counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/heap.h"
#include "services/topics/topics.h"
#include "services/topics/topics_internal.h"

#define TEXTS_MAX 100000u
#define BYTES_MAX (64u << 20)

typedef struct {
  wm_article_t **articles;
  size_t count, bytes;
} set_t;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int add(set_t *set, const char *json, size_t len) {
  wm_error_t err = WM_ERROR_INIT;
  wm_article_t *a = wm_article_new(NULL);
  if (!a || set->count == TEXTS_MAX || wm_article_parse(a, json, len, "bench", &err)) {
    fprintf(stderr, "bench_topics: %s\n", err.text);
    wm_article_destroy(a);
    return -1;
  }
  set->articles[set->count++] = a;
  set->bytes += wm_article_text(a, WM_FIELD_BODY).len;
  return 0;
}

/* The text must outlive the articles: it is given back to the caller. */
static char *read_file(const char *path, set_t *set) {
  FILE *in = fopen(path, "rb");
  char *text = malloc(BYTES_MAX);
  size_t len = in && text ? fread(text, 1, BYTES_MAX - 1, in) : 0, end = strlen(path);
  int failed = len == 0;
  if (in) fclose(in);
  if (failed) fprintf(stderr, "bench_topics: %s: cannot be read\n", path);
  bool lines = end > 6 && strcmp(path + end - 6, ".jsonl") == 0;
  if (!failed && !lines) failed = add(set, text, len);
  for (size_t at = 0; lines && !failed && at < len;) {
    char *stop = memchr(text + at, '\n', len - at);
    size_t n = stop ? (size_t)(stop - text) - at : len - at;
    if (n) failed = add(set, text + at, n);
    at += n + 1;
  }
  if (!failed) return text;
  free(text);
  return NULL;
}

static int run_service(const wm_config_t *config, const set_t *set, double seconds) {
  wm_error_t err = WM_ERROR_INIT;
  const wm_service_t *service = &wm_topics_service;
  void *shared = NULL, *worker = NULL;
  double spent = 0, n = 0, start = now();
  int failed = service->open(config, &shared, &err) != WM_OK;
  if (!failed) printf("model %s: loaded in %.1f ms\n", service->model_info(shared).name, 1000 * (now() - start));
  failed = failed || service->worker_open(shared, &worker, &err) != WM_OK;
  while (!failed && spent < seconds) {
    start = now();
    for (size_t i = 0; i < set->count && !failed; i++)
      failed = service->enrich(worker, set->articles[i], &err) != WM_OK;
    spent += now() - start;
    n += (double)set->count;
  }
  if (!failed) printf("whole enricher: %.0f articles/s, %.1f us each\n", n / spent, 1e6 * spent / n);
  else fprintf(stderr, "bench_topics: %s\n", err.text);
  if (worker) service->worker_close(worker);
  if (shared) service->close(shared);
  return failed;
}

/* Time of words alone, of words and vectors, and of all up to the decision. */
static int run_parts(const set_t *set, double seconds, bool plain) {
  static wm_topics_scratch_t s;
  char path[4096];
  wm_topics_model_t m;
  wm_error_t err = WM_ERROR_INIT;
  wm_topics_given_t given[WM_TOPICS_GIVEN_MAX];
  double spent[3] = {0}, n = 0, words = 0;
  int failed = wm_model_find("topics.wmm", path, sizeof path, &err) || wm_topics_model_open(path, &m, &err);
  if (failed) {
    fprintf(stderr, "bench_topics: %s\n", err.text);
    return failed;
  }
  wm_topics_scratch_init(&s);
  s.plain = plain;
  while (!failed && spent[0] + spent[1] + spent[2] < seconds) {
    for (size_t i = 0; i < set->count && !failed; i++) {
      wm_str_t headline = wm_article_text(set->articles[i], WM_FIELD_HEADLINE);
      wm_str_t body = wm_article_text(set->articles[i], WM_FIELD_BODY);
      double a = now();
      failed = wm_topics_words(&s, headline, body, &err);
      double b = now();
      failed = failed || wm_topics_features(&m, &s, headline, body, &err);
      double c = now();
      wm_topics_score(&m, &s);
      wm_topics_decide(&m, &s, NULL, WM_TOPICS_GIVEN_MAX, given);
      double d = now();
      spent[0] += b - a;
      spent[1] += c - b;
      spent[2] += d - c;
      words += (double)s.n_hashes;
    }
    n += (double)set->count;
  }
  if (!failed)
    printf(
        "%s path: words %.1f us, vectors and lexicon %.1f us, network and decision %.1f us an article of %.0f words\n",
        plain ? "plain" : "fastest", 1e6 * spent[0] / n, 1e6 * (spent[1] - spent[0]) / n, 1e6 * spent[2] / n,
        words / n);
  wm_topics_scratch_clear(&s);
  wm_topics_model_clear(&m);
  return failed;
}

int main(int argc, char **argv) {
  wm_heap_keep();
  static const wm_config_program_t program = {.program = "bench_topics",
                                              .version = WM_VERSION,
                                              .summary = "Measures the topics service on one core.",
                                              .usage = "bench_topics [OPTION...] FILE...",
                                              .takes_operands = true};
  static const wm_config_option_t own[] = {{.key = "seconds",
                                            .group = "Benchmark",
                                            .type = WM_CONFIG_INT,
                                            .min = 1,
                                            .max = 3600,
                                            .def = "3",
                                            .placeholder = "N",
                                            .help = "processor time for each measurement"}};
  wm_error_t err = WM_ERROR_INIT;
  set_t set = {.articles = calloc(TEXTS_MAX, sizeof(wm_article_t *))};
  char *texts[256] = {NULL};
  size_t files = 0;
  int failed = 1;
  wm_config_t *config = wm_config_new(&program);
  if (!set.articles || !config || wm_config_add(config, wm_topics_service.options, wm_topics_service.n_options, &err) ||
      wm_config_add(config, own, 1, &err) || wm_config_load(config, argc, argv, NULL, &err)) {
    fprintf(stderr, "bench_topics: %s\n", err.text);
    goto out;
  }
  const char *const *paths = wm_config_operands(config, &files);
  failed = files == 0 || files > sizeof texts / sizeof *texts;
  if (failed) fprintf(stderr, "bench_topics: name 1 to 256 files of articles\n");
  for (size_t i = 0; !failed && i < files; i++) failed = (texts[i] = read_file(paths[i], &set)) == NULL;
  double seconds = failed ? 0 : (double)wm_config_int(config, "seconds");
  if (!failed) printf("%zu articles of %.1f kB on average\n", set.count, (double)set.bytes / 1e3 / (double)set.count);
  failed =
      failed || run_service(config, &set, seconds) || run_parts(&set, seconds, false) || run_parts(&set, seconds, true);
out:
  for (size_t i = 0; i < set.count; i++) wm_article_destroy(set.articles[i]);
  free(set.articles);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
  wm_config_destroy(config);
  return failed ? 1 : 0;
}
