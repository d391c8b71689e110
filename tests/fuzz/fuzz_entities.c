/*
 * The entities service: any text gives entities whose mentions have offsets (in code points) that give back exactly their text, and the same
 * text gives the same entities again. No two mentions overlap, and entities come by relevance. The first line is the headline.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "services/entities/entities.h"

#define TEXT_BYTES_MAX 16384u

static wm_config_t *g_config;
static void *g_shared, *g_worker;
static wm_article_t *g_article;
static uint8_t g_taken[WM_FIELD_COUNT][TEXT_BYTES_MAX + 1]; /* bytes that are part of a mention */

static void set_up(void) {
  static const wm_config_program_t program = {.program = "fuzz", .version = "0"};
  const wm_service_t *s = &wm_entities_service;
  wm_error_t err = WM_ERROR_INIT;
  char name[] = "fuzz";
  char *argv[] = {name, NULL};
  if (g_config) return;
  g_config = wm_config_new(&program);
  FUZZ_CHECK(g_config && !wm_config_add(g_config, s->options, s->n_options, &err));
  FUZZ_CHECK(!wm_config_load(g_config, 1, argv, NULL, &err));
  FUZZ_CHECK(!s->open(g_config, &g_shared, &err));
  FUZZ_CHECK(!s->worker_open(g_shared, &g_worker, &err));
  g_article = wm_article_new(NULL);
  FUZZ_CHECK(g_article);
}

/* Byte offset of code point `point`. */
static size_t byte_of(wm_str_t text, json_int_t point) {
  size_t at = 0, step = 0;
  for (json_int_t p = 0; p < point; p++) {
    FUZZ_CHECK(at < text.len);
    wm_utf8_decode(text.s + at, text.len - at, &step);
    at += step;
  }
  return at;
}

static void check_mention(const json_t *m) {
  const json_t *text = json_object_get(m, "text");
  const char *field = json_string_value(json_object_get(m, "field"));
  FUZZ_CHECK(field && json_string_length(text) > 0);
  wm_field_t f = strcmp(field, wm_field_names[WM_FIELD_HEADLINE]) ? WM_FIELD_BODY : WM_FIELD_HEADLINE;
  wm_str_t all = wm_article_text(g_article, f);
  size_t start = byte_of(all, json_integer_value(json_object_get(m, "start")));
  size_t end = byte_of(all, json_integer_value(json_object_get(m, "end")));
  FUZZ_CHECK(end - start == json_string_length(text));
  FUZZ_CHECK(!memcmp(all.s + start, json_string_value(text), end - start));
  FUZZ_CHECK(end <= TEXT_BYTES_MAX && !memchr(g_taken[f] + start, 1, end - start));
  memset(g_taken[f] + start, 1, end - start);
}

/* Enriches the article and returns its entities as text, which the caller frees. */
static char *enrich(void) {
  wm_error_t err = WM_ERROR_INIT;
  size_t i, k;
  json_t *e, *m;
  json_int_t last = 100;
  memset(g_taken, 0, sizeof g_taken);
  FUZZ_CHECK(!wm_entities_service.enrich(g_worker, g_article, &err));
  json_t *all = wm_article_get(g_article, "entities");
  FUZZ_CHECK(json_is_array(all));
  json_array_foreach(all, i, e) {
    FUZZ_CHECK(json_string_length(json_object_get(e, "name")) > 0);
    FUZZ_CHECK(json_array_size(json_object_get(e, "mentions")) > 0);
    json_int_t relevance = json_integer_value(json_object_get(e, "relevance"));
    FUZZ_CHECK(relevance >= 0 && relevance <= last);
    last = relevance;
    json_array_foreach(json_object_get(e, "mentions"), k, m) check_mention(m);
  }
  char *text = json_dumps(all, JSON_COMPACT);
  FUZZ_CHECK(text);
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  wm_error_t err = WM_ERROR_INIT;
  set_up();
  if (size > TEXT_BYTES_MAX || !wm_utf8_valid(text, size, NULL)) return 0;
  const char *line = memchr(text, '\n', size);
  size_t head = line ? (size_t)(line - text) : 0, body = line ? head + 1 : 0;
  json_t *raw = json_pack("{s:s, s:s, s:s%, s:s%}", "uri", "fuzz", "language", "en", "headline", text, head,
                          "body_text", text + body, size - body);
  char *json = raw ? json_dumps(raw, 0) : NULL;
  json_decref(raw);
  if (!json) return 0; /* jansson takes no NUL */
  if (!wm_article_parse(g_article, json, strlen(json), NULL, &err)) {
    char *first = enrich(), *second = enrich();
    FUZZ_CHECK(!strcmp(first, second));
    free(first);
    free(second);
  }
  free(json);
  return 0;
}
