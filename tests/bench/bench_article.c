/**
 * bench_article [SECONDS]: what parsing and writing an article costs beside plain jansson, on the same articles of 2.2 kB.
 *
 * Every line is the best of five runs of SECONDS (default 1) each, in microseconds of processor time an article and articles a
 * second, one thread: other work on the machine changes little.
 * `jansson` parses with json_loadb() and prints with json_dumpb(); `wiremill` is wm_article_parse() and wm_article_write().
 * `enriched` is an article with 15 entities, 5 countries and 3 topics, to which one line of `processing` is set.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/article.h"
#include "kit/kit.h"

#define ARTICLES 500u
#define RUNS 5

typedef struct {
  wm_buffer_t texts[ARTICLES];
  wm_article_t *article;
  wm_buffer_t out;
  char *dumped;
  json_t *trees[ARTICLES];
} bench_t;

typedef int (*work_t)(bench_t *b, size_t i);

#define DUMP_BYTES (1u << 20)

static int jansson_load(bench_t *b, size_t i) {
  json_t *root = json_loadb(b->texts[i].data, b->texts[i].len, JSON_REJECT_DUPLICATES, NULL);
  json_decref(root);
  return root ? 0 : -1;
}

static int jansson_dump(bench_t *b, size_t i) {
  return json_dumpb(b->trees[i], b->dumped, DUMP_BYTES, JSON_COMPACT) > 0 ? 0 : -1;
}

static int jansson_both(bench_t *b, size_t i) {
  json_t *root = json_loadb(b->texts[i].data, b->texts[i].len, JSON_REJECT_DUPLICATES, NULL);
  size_t n = root ? json_dumpb(root, b->dumped, DUMP_BYTES, JSON_COMPACT) : 0;
  json_decref(root);
  return n > 0 ? 0 : -1;
}

static int article_parse(bench_t *b, size_t i) {
  return wm_article_parse(b->article, b->texts[i].data, b->texts[i].len, NULL, NULL);
}

/* Of the article that was parsed last. */
static int article_write(bench_t *b, size_t i) {
  (void)i;
  wm_buffer_reset(&b->out);
  return wm_article_write(b->article, &b->out, NULL);
}

static int article_both(bench_t *b, size_t i) {
  int rc = article_parse(b, i);
  return rc ? rc : article_write(b, i);
}

static int article_processed(bench_t *b, size_t i) {
  int rc = article_parse(b, i);
  if (!rc) rc = wm_article_processed(b->article, "topics", "0.1.0", "topics-en", "0", 1767323045678, 0.4, NULL);
  return rc ? rc : article_write(b, i);
}

static int64_t cpu_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int measure(bench_t *b, const char *name, work_t work, double seconds) {
  double best = 0;
  for (int run = 0; run < RUNS; run++) {
    int64_t start = cpu_us(), now = start;
    size_t n = 0;
    do {
      for (size_t i = 0; i < ARTICLES; i++, n++)
        if (work(b, i)) return kit_fail("%s failed on article %zu", name, i);
      now = cpu_us();
    } while ((double)(now - start) < seconds * 1e6);
    double us = (double)(now - start) / (double)n;
    if (run == 0 || us < best) best = us;
  }
  printf("%-34s %8.2f us %10.0f articles/s\n", name, best, 1e6 / best);
  return 0;
}

static json_t *entities(void) {
  json_t *list = json_array();
  for (int i = 0; i < 15; i++)
    json_array_append_new(
        list, json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:[{s:s, s:i, s:i, s:s}, {s:s, s:i, s:i, s:s}]}", "id", "e1",
                        "type", "person", "name", "Amara Lindqvist", "relevance", 96 - i, "confidence", 93, "country",
                        "IR", "mentions", "field", "body_text", "start", 54, "end", 71, "text", "Amara Lindqvist",
                        "field", "body_text", "start", 254, "end", 261, "text", "Lindqvist"));
  return list;
}

/* Puts an enrichment into every article. */
static int enrich_all(bench_t *b) {
  for (size_t i = 0; i < ARTICLES; i++) {
    if (article_parse(b, i)) return -1;
    json_t *countries = json_array(), *topics = json_array();
    for (int k = 0; k < 5; k++)
      json_array_append_new(
          countries, json_pack("{s:s, s:s, s:s, s:i, s:[{s:s, s:s}]}", "code", "RU", "alpha3", "RUS", "name", "Russia",
                               "relevance", 97, "evidence", "text", "Moscow", "kind", "place"));
    for (int k = 0; k < 3; k++)
      json_array_append_new(topics, json_pack("{s:s, s:s, s:i, s:[s, s]}", "qcode", "medtop:20000641", "name", "treaty",
                                              "relevance", 88, "path", "medtop:11000000", "medtop:20000641"));
    if (wm_article_set(b->article, "entities", entities(), NULL) ||
        wm_article_set(b->article, "countries", countries, NULL) ||
        wm_article_set(b->article, "topics", topics, NULL) || article_write(b, i))
      return -1;
    wm_buffer_t text;
    wm_buffer_init(&text, DUMP_BYTES);
    if (wm_buffer_append(&text, b->out.data, b->out.len, NULL)) return -1;
    wm_buffer_clear(&b->texts[i]);
    b->texts[i] = text;
  }
  return 0;
}

static int measure_all(bench_t *b, double seconds) {
  size_t bytes = 0;
  for (size_t i = 0; i < ARTICLES; i++) {
    json_decref(b->trees[i]);
    b->trees[i] = json_loadb(b->texts[i].data, b->texts[i].len, 0, NULL);
    bytes += b->texts[i].len;
  }
  printf("%zu bytes an article\n", bytes / ARTICLES);
  return measure(b, "jansson load", jansson_load, seconds) || measure(b, "jansson dump", jansson_dump, seconds) ||
         measure(b, "jansson load and dump", jansson_both, seconds) ||
         measure(b, "wiremill parse", article_parse, seconds) || measure(b, "wiremill write", article_write, seconds) ||
         measure(b, "wiremill parse and write", article_both, seconds) ||
         measure(b, "wiremill parse, processed, write", article_processed, seconds);
}

int main(int argc, char **argv) {
  double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
  if (argc > 2 || seconds <= 0) return kit_fail("usage: bench_article [SECONDS]");
  bench_t *b = calloc(1, sizeof *b);
  if (!b) return kit_fail("out of memory");
  b->article = wm_article_new(NULL);
  b->dumped = malloc(DUMP_BYTES);
  wm_buffer_init(&b->out, DUMP_BYTES);
  int rc = !b->article || !b->dumped;
  for (size_t i = 0; i < ARTICLES; i++) {
    wm_buffer_init(&b->texts[i], DUMP_BYTES);
    if (!rc) rc = (int)kit_article("bench", 1, i, &b->texts[i]);
  }
  rc = rc || measure_all(b, seconds) || enrich_all(b) || measure_all(b, seconds);
  for (size_t i = 0; i < ARTICLES; i++) {
    json_decref(b->trees[i]);
    wm_buffer_clear(&b->texts[i]);
  }
  wm_buffer_clear(&b->out);
  free(b->dumped);
  wm_article_destroy(b->article);
  free(b);
  return rc ? 1 : 0;
}
