/**
 * bench_entities: tokens a second of the entities service on one core.
 *
 *   bench_entities [--simd auto|avx512vnni|avx2|plain] [--seconds N] [--measure all|network|enricher] [--once] FILE...
 *
 * Each line of a file is one text (a line that begins with { is an article). Prints how long the model takes to load, then two rates: tokens
 * and network alone, and the whole enricher with joining and JSON. `entities` is the whole benchmark, with peers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/heap.h"
#include "services/entities/entities.h"
#include "services/entities/tagger.h"

typedef struct {
  char **lines;
  size_t count, capacity, bytes;
} texts_t;

static bool g_once; /* every text once, however long that takes */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int read_texts(const char *path, texts_t *t) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    fprintf(stderr, "bench_entities: %s: cannot be read\n", path);
    return -1;
  }
  char *line = NULL;
  size_t room = 0;
  ssize_t n;
  while ((n = getline(&line, &room, file)) > 0) {
    if (n < 3) continue;
    if (t->count == t->capacity) {
      size_t capacity = t->capacity ? t->capacity * 2 : 1024;
      char **lines = realloc(t->lines, capacity * sizeof *lines);
      if (!lines) break;
      t->lines = lines;
      t->capacity = capacity;
    }
    t->lines[t->count++] = line;
    t->bytes += (size_t)n;
    line = NULL;
    room = 0;
  }
  free(line);
  fclose(file);
  return 0;
}

/** Reads every text as an article; the articles' bodies are what is measured. */
static wm_err_t parse(wm_article_t *a, const char *line, wm_error_t *err) {
  size_t len = strlen(line);
  return *line == '{' ? wm_article_parse(a, line, len, "bench", err) : wm_article_from_text(a, line, len, "bench", err);
}

/* Whether the next text is to be measured. */
static bool more(double spent, double seconds, double count) {
  return g_once || count < 1 || spent < seconds;
}

static int tag_all(const wm_tagger_t *tagger, const texts_t *texts, double seconds) {
  wm_error_t err = WM_ERROR_INIT;
  wm_article_t *a = wm_article_new(NULL);
  wm_tagger_scratch_t *scratch = wm_tagger_scratch_new();
  wm_tokens_t tokens;
  wm_tokens_init(&tokens, WM_TOKENS_MAX);
  double spent = 0, count = 0, names = 0;
  int rc = a && scratch ? 0 : -1;
  while (!rc && (count < 1 || (!g_once && spent < seconds))) {
    for (size_t i = 0; !rc && i < texts->count && more(spent, seconds, count); i++) {
      if (parse(a, texts->lines[i], &err)) {
        wm_error_clear(&err); /* no article: not measured */
        continue;
      }
      wm_str_t body = wm_article_text(a, WM_FIELD_BODY);
      const wm_span_t *spans = NULL;
      size_t found = 0;
      double start = now();
      if (wm_text_tokenize(body.s, body.len, &tokens, &err) ||
          wm_tagger_run(tagger, scratch, body.s, &tokens, &spans, &found, &err))
        rc = -1;
      spent += now() - start;
      count += (double)tokens.count;
      names += (double)found;
    }
    if (count < 1) rc = -1;
  }
  if (!rc)
    printf("tokens and network (%s): %.0f tokens/s, %.1f names in 1000 tokens, %.0f tokens in %.2f s\n",
           tagger->path->name, count / spent, 1000 * names / count, count, spent);
  wm_tokens_clear(&tokens);
  wm_tagger_scratch_destroy(scratch);
  wm_article_destroy(a);
  return rc;
}

static int enrich_all(const wm_config_t *config, const texts_t *texts, double seconds) {
  wm_error_t err = WM_ERROR_INIT;
  const wm_service_t *s = &wm_entities_service;
  void *shared = NULL, *worker = NULL;
  wm_tokens_t tokens;
  wm_tokens_init(&tokens, WM_TOKENS_MAX);
  wm_article_t *a = wm_article_new(NULL);
  int rc = s->open(config, &shared, &err) || s->worker_open(shared, &worker, &err) || !a ? -1 : 0;
  double spent = 0, count = 0, articles = 0;
  while (!rc && (count < 1 || (!g_once && spent < seconds))) {
    for (size_t i = 0; !rc && i < texts->count && more(spent, seconds, count); i++) {
      if (parse(a, texts->lines[i], &err)) {
        wm_error_clear(&err);
        continue;
      }
      double start = now();
      if (s->enrich(worker, a, &err)) rc = -1;
      spent += now() - start;
      wm_str_t body = wm_article_text(a, WM_FIELD_BODY);
      if (!rc && wm_text_tokenize(body.s, body.len, &tokens, &err)) rc = -1;
      count += (double)tokens.count;
      articles++;
    }
    if (count < 1) rc = -1;
  }
  if (!rc)
    printf("whole enricher (%s): %.0f tokens/s, %.0f articles/s, %.0f tokens in %.2f s\n",
           wm_config_string(config, "simd"), count / spent, articles / spent, count, spent);
  else fprintf(stderr, "bench_entities: %s\n", err.text);
  wm_tokens_clear(&tokens);
  wm_article_destroy(a);
  if (worker) s->worker_close(worker);
  if (shared) s->close(shared);
  return rc;
}

static int measure(const wm_config_t *config, const texts_t *texts, double seconds) {
  wm_error_t err = WM_ERROR_INIT;
  char found[4096];
  wm_model_t *model = NULL;
  wm_tagger_t tagger = {0};
  const char *path = wm_config_string(config, "model");
  const char *simd = wm_config_string(config, "simd");
  wm_err_t rc = path ? WM_OK : wm_model_find("entities.wmm", found, sizeof found, &err);
  double start = now();
  if (!rc) rc = wm_model_open(path ? path : found, "entities", &model, &err);
  if (!rc) rc = wm_tagger_open(model, strcmp(simd, "auto") ? simd : NULL, &tagger, &err);
  if (rc) {
    fprintf(stderr, "bench_entities: %s\n", err.text);
    wm_tagger_close(&tagger);
    wm_model_close(model);
    return -1;
  }
  printf("model %s: loaded and checked in %.1f ms\n", wm_model_name(model), 1000 * (now() - start));
  printf("%zu texts, %.1f MB\n", texts->count, (double)texts->bytes / 1e6);
  const char *what = wm_config_string(config, "measure");
  int failed = 0;
  if (strcmp(what, "enricher")) failed = tag_all(&tagger, texts, seconds);
  if (!failed && strcmp(what, "network")) failed = enrich_all(config, texts, seconds);
  wm_tagger_close(&tagger);
  wm_model_close(model);
  return failed;
}

int main(int argc, char **argv) {
  wm_heap_keep();
  static const wm_config_program_t program = {.program = "bench_entities",
                                              .version = WM_VERSION,
                                              .summary = "Measures the entities service on one core.",
                                              .usage = "bench_entities [OPTION...] FILE...",
                                              .takes_operands = true};
  static const wm_config_option_t own[] = {
      {.key = "seconds",
       .group = "Benchmark",
       .type = WM_CONFIG_INT,
       .min = 1,
       .max = 3600,
       .def = "5",
       .placeholder = "N",
       .help = "processor time for each measurement"},
      {.key = "measure",
       .group = "Benchmark",
       .type = WM_CONFIG_CHOICE,
       .choices = "all|network|enricher",
       .def = "all",
       .placeholder = "WHAT",
       .help = "what is measured: tokens and network, the whole enricher, or both"},
      {.key = "once",
       .group = "Benchmark",
       .type = WM_CONFIG_BOOL,
       .def = "false",
       .help = "every text once, however long that takes"}};
  wm_error_t err = WM_ERROR_INIT;
  texts_t texts = {0};
  size_t files = 0;
  int failed = -1;
  wm_config_t *config = wm_config_new(&program);
  if (!config || wm_config_add(config, wm_entities_service.options, wm_entities_service.n_options, &err) ||
      wm_config_add(config, own, sizeof own / sizeof own[0], &err) || wm_config_load(config, argc, argv, NULL, &err)) {
    fprintf(stderr, "bench_entities: %s\n", err.text);
    goto out;
  }
  const char *const *paths = wm_config_operands(config, &files);
  failed = files ? 0 : -1;
  if (!files) fprintf(stderr, "bench_entities: name files of texts, one a line\n");
  for (size_t i = 0; !failed && i < files; i++) failed = read_texts(paths[i], &texts);
  g_once = !failed && wm_config_bool(config, "once");
  if (!failed) failed = measure(config, &texts, (double)wm_config_int(config, "seconds"));
out:
  for (size_t i = 0; i < texts.count; i++) free(texts.lines[i]);
  free(texts.lines);
  wm_config_destroy(config);
  return failed ? 1 : 0;
}
