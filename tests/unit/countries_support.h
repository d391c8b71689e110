/* For the tests of the countries enricher: articles written with their entities marked in the text, and countries as one short line. */
#ifndef WM_TESTS_COUNTRIES_SUPPORT_H
#define WM_TESTS_COUNTRIES_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/countries/countries.h"

typedef struct {
  void *shared, *worker;
  wm_config_t *config;
  wm_article_t *article;
} bench_t;

static inline wm_err_t bench_open(bench_t *b, const char *policy, wm_error_t *err) {
  static const wm_config_program_t program = {.program = "test", .version = WM_VERSION};
  char *argv[] = {(char *)"test", (char *)"--policy", (char *)policy, NULL};
  memset(b, 0, sizeof *b);
  b->config = wm_config_new(&program);
  assert_non_null(b->config);
  wm_err_t rc = wm_config_add(b->config, wm_countries_service.options, wm_countries_service.n_options, err);
  if (rc == WM_OK) rc = wm_config_load(b->config, policy ? 3 : 1, argv, NULL, err);
  if (rc == WM_OK) rc = wm_countries_service.open(b->config, &b->shared, err);
  if (rc == WM_OK) rc = wm_countries_service.worker_open(b->shared, &b->worker, err);
  b->article = wm_article_new(NULL);
  assert_non_null(b->article);
  return rc;
}

static inline void bench_close(bench_t *b) {
  wm_article_destroy(b->article);
  if (b->worker) wm_countries_service.worker_close(b->worker);
  if (b->shared) wm_countries_service.close(b->shared);
  wm_config_destroy(b->config);
}

/* Letters of the types in marked text: {P:name} and so on. */
static const char *type_of(char letter) {
  switch (letter) {
    case 'P':
      return "person";
    case 'O':
      return "organisation";
    case 'L':
      return "place";
    case 'N':
      return "group";
    case 'E':
      return "event";
    default:
      return "work";
  }
}

static void add_mention(json_t *entities, const char *field, char letter, const char *name, size_t start, size_t end) {
  json_t *entity = NULL, *one;
  size_t i;
  json_array_foreach(entities, i, one) {
    if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0 &&
        strcmp(json_string_value(json_object_get(one, "type")), type_of(letter)) == 0)
      entity = one;
  }
  if (!entity) {
    char id[16];
    snprintf(id, sizeof id, "e%zu", json_array_size(entities) + 1);
    entity = json_pack("{s:s,s:s,s:s,s:i,s:i,s:[]}", "id", id, "type", type_of(letter), "name", name, "relevance", 50,
                       "confidence", 90, "mentions");
    json_array_append_new(entities, entity);
  }
  json_array_append_new(
      json_object_get(entity, "mentions"),
      json_pack("{s:s,s:I,s:I,s:s}", "field", field, "start", (json_int_t)start, "end", (json_int_t)end, "text", name));
}

/* "{L:Paris} is {N:French}" to its text, its marks to entities. */
static void unmark(const char *marked, const char *field, char *text, json_t *entities) {
  size_t n = 0, points = 0;
  for (const char *p = marked; *p;) {
    if (*p == '{' && p[1] && p[2] == ':') {
      const char *end = strchr(p, '}');
      char name[256];
      size_t len = (size_t)(end - p - 3), start = points;
      memcpy(name, p + 3, len);
      name[len] = '\0';
      memcpy(text + n, name, len);
      n += len;
      points += wm_utf8_points(name, len);
      if (entities) add_mention(entities, field, p[1], name, start, points);
      p = end + 1;
    } else {
      if (((unsigned char)*p & 0xC0u) != 0x80u) points++;
      text[n++] = *p++;
    }
  }
  text[n] = '\0';
}

/* Enriches a marked article; `entities` false: the text alone. The article is in b->article. */
static inline wm_err_t bench_run(bench_t *b, const char *headline, const char *body, bool entities, wm_error_t *err) {
  static char text[2][65536];
  json_t *list = entities ? json_array() : NULL;
  unmark(headline, "headline", text[0], list);
  unmark(body, "body_text", text[1], list);
  json_t *raw = json_pack("{s:s,s:s,s:s}", "uri", "test:1", "headline", text[0], "body_text", text[1]);
  if (list) json_object_set_new(raw, "enrichment", json_pack("{s:s,s:o}", "schema", "1.0", "entities", list));
  char *json = json_dumps(raw, 0);
  json_decref(raw);
  wm_err_t rc = wm_article_parse(b->article, json, strlen(json), NULL, err);
  if (rc == WM_OK) rc = wm_countries_service.enrich(b->worker, b->article, err);
  static char *kept; /* the article borrows its bytes */
  free(kept);
  kept = json;
  return rc;
}

/* "RU! IR! US": codes in order, those in focus with an exclamation mark. */
static inline const char *bench_line(const bench_t *b) {
  static char line[2048];
  size_t n = 0, i;
  json_t *one;
  line[0] = '\0';
  json_array_foreach(wm_article_get(b->article, "countries"), i, one) {
    n += (size_t)snprintf(line + n, sizeof line - n, "%s%s%s", i ? " " : "",
                          json_string_value(json_object_get(one, "code")),
                          json_is_true(json_object_get(one, "focus")) ? "!" : "");
  }
  return line;
}

/* True if `code` is among the countries. */
static inline bool bench_has(const bench_t *b, const char *code) {
  size_t i;
  json_t *one;
  json_array_foreach(wm_article_get(b->article, "countries"), i, one) {
    if (strcmp(json_string_value(json_object_get(one, "code")), code) == 0) return true;
  }
  return false;
}

static inline int bench_confidence(const bench_t *b, const char *code) {
  size_t i;
  json_t *one;
  json_array_foreach(wm_article_get(b->article, "countries"), i, one) {
    if (strcmp(json_string_value(json_object_get(one, "code")), code) == 0)
      return (int)json_integer_value(json_object_get(one, "confidence"));
  }
  return 0;
}

/* `country` of the entity called `name`, "" if it has none. */
static inline const char *bench_entity(const bench_t *b, const char *name, long long *geonames) {
  size_t i;
  json_t *one;
  json_array_foreach(wm_article_get(b->article, "entities"), i, one) {
    if (strcmp(json_string_value(json_object_get(one, "name")), name) != 0) continue;
    if (geonames) *geonames = json_integer_value(json_object_get(one, "geonames"));
    const char *country = json_string_value(json_object_get(one, "country"));
    return country ? country : "";
  }
  return "no such entity";
}

#endif
