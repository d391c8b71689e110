/**
 * bench_countries: articles a second of the countries service on one core, entities given.
 *
 *   bench_countries [--seconds N] FILE...
 *
 * Each line of a file is an article with `enrichment.entities` (what `wiremill enrich --services entities` writes). Reading the article is not
 * measured; looking up, deciding and making the JSON is. Prints how long the model takes to load, and the rate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/heap.h"
#include "services/countries/countries.h"

typedef struct {
  char **lines;
  size_t count, capacity;
} texts_t;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int read_texts(const char *path, texts_t *t) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    fprintf(stderr, "bench_countries: %s: cannot be read\n", path);
    return -1;
  }
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, file) > 0) {
    if (t->count == t->capacity) {
      size_t capacity = t->capacity ? t->capacity * 2 : 1024;
      char **lines = realloc(t->lines, capacity * sizeof *lines);
      if (!lines) break;
      t->lines = lines;
      t->capacity = capacity;
    }
    t->lines[t->count++] = line;
    line = NULL;
    room = 0;
  }
  free(line);
  fclose(file);
  return 0;
}

/* What reading the clock twice costs, to be taken off. */
static double clock_cost(void) {
  double best = 1;
  for (int i = 0; i < 1000; i++) {
    double start = now(), d = now() - start;
    if (d < best) best = d;
  }
  return best;
}

static int enrich_all(const wm_service_t *s, void *worker, const texts_t *texts, double seconds) {
  wm_error_t err = WM_ERROR_INIT;
  wm_article_t *a = wm_article_new(NULL);
  double spent = 0, cost = clock_cost(), articles = 0, entities = 0, countries = 0, bytes = 0;
  int rc = a ? 0 : -1;
  while (!rc && spent < seconds) {
    for (size_t i = 0; !rc && i < texts->count; i++) {
      if (wm_article_parse(a, texts->lines[i], strlen(texts->lines[i]), "bench", &err)) {
        wm_error_clear(&err);
        continue;
      }
      double start = now();
      rc = s->enrich(worker, a, &err) ? -1 : 0;
      spent += now() - start - cost;
      articles++;
      entities += (double)json_array_size(wm_article_get(a, "entities"));
      countries += (double)json_array_size(wm_article_get(a, "countries"));
      bytes += (double)wm_article_text(a, WM_FIELD_BODY).len;
    }
    if (articles < 1) rc = -1;
  }
  if (!rc)
    printf("%.0f articles/s (%.2f us each; %.0f bytes, %.1f entities, %.2f countries an article), %.1f s\n",
           articles / spent, 1e6 * spent / articles, bytes / articles, entities / articles, countries / articles,
           spent);
  else fprintf(stderr, "bench_countries: %s\n", err.text[0] ? err.text : "no article could be read");
  wm_article_destroy(a);
  return rc;
}

int main(int argc, char **argv) {
  wm_heap_keep();
  static const wm_config_program_t program = {.program = "bench_countries", .version = WM_VERSION};
  const wm_service_t *s = &wm_countries_service;
  wm_error_t err = WM_ERROR_INIT;
  char *own[] = {argv[0], NULL};
  void *shared = NULL, *worker = NULL;
  texts_t texts = {NULL, 0, 0};
  double seconds = 3;
  int rc = 0;
  for (int i = 1; i < argc && !rc; i++) {
    if (!strcmp(argv[i], "--seconds") && i + 1 < argc) seconds = strtod(argv[++i], NULL);
    else rc = read_texts(argv[i], &texts);
  }
  wm_config_t *config = wm_config_new(&program);
  double start = now();
  if (!rc &&
      (!config || wm_config_add(config, s->options, s->n_options, &err) || wm_config_load(config, 1, own, NULL, &err) ||
       s->open(config, &shared, &err) || s->worker_open(shared, &worker, &err))) {
    fprintf(stderr, "bench_countries: %s\n", err.text);
    rc = -1;
  }
  if (!rc) {
    printf("model loaded in %.0f ms\n", 1e3 * (now() - start));
    rc = enrich_all(s, worker, &texts, seconds);
  }
  if (worker) s->worker_close(worker);
  if (shared) s->close(shared);
  wm_config_destroy(config);
  for (size_t i = 0; i < texts.count; i++) free(texts.lines[i]);
  free(texts.lines);
  return rc ? 1 : 0;
}
