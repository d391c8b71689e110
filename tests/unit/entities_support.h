/** For the tests of the entities enricher: an open service, articles, and looking entities up. */
#ifndef WM_TESTS_ENTITIES_SUPPORT_H
#define WM_TESTS_ENTITIES_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/entities/entities.h"

typedef struct {
  wm_config_t *config;
  void *shared, *worker;
  wm_article_t *article;
} fixture_t;

/** `list`: the newsroom's list, NULL for none. Returns what open() does; then nothing but close_fixture() may be done. */
static inline wm_err_t try_fixture(fixture_t *f, const char *simd, const char *list, wm_error_t *err) {
  static const wm_config_program_t program = {.program = "test", .version = "0"};
  const wm_service_t *s = &wm_entities_service;
  memset(f, 0, sizeof *f);
  f->config = wm_config_new(&program);
  assert_non_null(f->config);
  assert_int_equal(wm_config_add(f->config, s->options, s->n_options, err), WM_OK);
  const wm_config_default_t defaults[] = {{"simd", simd}, {"gazetteer", list}};
  assert_int_equal(wm_config_defaults(f->config, defaults, list ? 2 : 1, err), WM_OK);
  char name[] = "test";
  char *argv[] = {name, NULL};
  assert_int_equal(wm_config_load(f->config, 1, argv, NULL, err), WM_OK);
  wm_err_t rc = s->open(f->config, &f->shared, err);
  if (rc) return rc;
  assert_int_equal(s->worker_open(f->shared, &f->worker, err), WM_OK);
  f->article = wm_article_new(NULL);
  assert_non_null(f->article);
  return WM_OK;
}

static inline void open_fixture(fixture_t *f, const char *simd) {
  wm_error_t err = WM_ERROR_INIT;
  if (try_fixture(f, simd, NULL, &err)) fail_msg("%s", err.text);
}

static inline void close_fixture(fixture_t *f) {
  wm_article_destroy(f->article);
  wm_entities_service.worker_close(f->worker);
  wm_entities_service.close(f->shared);
  wm_config_destroy(f->config);
}

static inline int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  if (!f) return -1;
  open_fixture(f, "auto");
  *state = f;
  return 0;
}

static inline int teardown(void **state) {
  if (*state) close_fixture(*state);
  free(*state);
  return 0;
}

/** Parses an article into the fixture. `language` may be NULL: to be detected. */
static inline void prepare(fixture_t *f, const char *headline, const char *body, const char *language) {
  wm_error_t err = WM_ERROR_INIT;
  json_t *raw = json_pack("{s:s, s:s, s:s}", "uri", "test:1", "headline", headline, "body_text", body);
  if (language) json_object_set_new(raw, "language", json_string(language));
  char *text = json_dumps(raw, 0);
  json_decref(raw);
  assert_non_null(text);
  if (wm_article_parse(f->article, text, strlen(text), NULL, &err)) fail_msg("%s", err.text);
  free(text); /* the raw bytes are not needed any more: nothing is written */
}

/** Enriches what was prepared; its entities (borrowed). */
static inline json_t *enrich_prepared(fixture_t *f) {
  wm_error_t err = WM_ERROR_INIT;
  if (wm_entities_service.enrich(f->worker, f->article, &err)) fail_msg("%s", err.text);
  json_t *entities = wm_article_get(f->article, "entities");
  assert_true(json_is_array(entities));
  return entities;
}

static inline json_t *enrich(fixture_t *f, const char *headline, const char *body, const char *language) {
  prepare(f, headline, body, language);
  return enrich_prepared(f);
}

static inline json_t *find(json_t *entities, const char *type, const char *name) {
  size_t i;
  json_t *e, *found = NULL;
  json_array_foreach(entities, i, e) {
    if (strcmp(json_string_value(json_object_get(e, "name")), name)) continue;
    if (strcmp(json_string_value(json_object_get(e, "type")), type)) continue;
    if (found) fail_msg("two entities %s", name);
    found = e;
  }
  return found;
}

static inline bool mentions(json_t *entity, const char *text) {
  size_t i;
  json_t *m;
  json_array_foreach(json_object_get(entity, "mentions"), i, m) {
    if (!strcmp(json_string_value(json_object_get(m, "text")), text)) return true;
  }
  return false;
}

static inline json_t *expect(json_t *entities, const char *type, const char *name) {
  json_t *e = find(entities, type, name);
  if (!e) {
    char *all = json_dumps(entities, JSON_INDENT(1));
    fail_msg("no %s %s in %s", type, name, all);
  }
  return e;
}

static inline void expect_no_mention(json_t *entities, const char *text) {
  size_t i;
  json_t *e;
  json_array_foreach(entities, i, e) {
    if (mentions(e, text)) fail_msg("\"%s\" is a mention", text);
  }
}

/** Every mention's offsets, in code points, give back exactly its text. */
static inline size_t check_offsets(fixture_t *f, json_t *entities) {
  size_t i, k, count = 0;
  json_t *e, *m;
  json_array_foreach(entities, i, e) {
    assert_true(json_array_size(json_object_get(e, "mentions")) > 0);
    json_array_foreach(json_object_get(e, "mentions"), k, m) {
      const char *field = json_string_value(json_object_get(m, "field"));
      const char *text = json_string_value(json_object_get(m, "text"));
      bool head = !strcmp(field, wm_field_names[WM_FIELD_HEADLINE]);
      wm_str_t all = wm_article_text(f->article, head ? WM_FIELD_HEADLINE : WM_FIELD_BODY);
      json_int_t start = json_integer_value(json_object_get(m, "start"));
      json_int_t end = json_integer_value(json_object_get(m, "end"));
      assert_true(start < end);
      size_t byte = 0, step = 0, from = 0;
      for (json_int_t p = 0; p < end; p++) {
        if (p == start) from = byte;
        assert_true(byte < all.len);
        wm_utf8_decode(all.s + byte, all.len - byte, &step);
        byte += step;
      }
      assert_int_equal(byte - from, strlen(text));
      assert_memory_equal(all.s + from, text, byte - from);
      count++;
    }
  }
  return count;
}

static inline uint64_t next_random(uint64_t *seed) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return *seed >> 33;
}

/** Words, names, marks and letters of many scripts in random order. */
static inline void random_text(uint64_t *seed, char *out, size_t cap) {
  static const char *const parts[] = {"Angela Merkel ",
                                      "said ",
                                      "in ",
                                      "Berlin",
                                      ", ",
                                      "Зеленский ",
                                      "東京",
                                      "U.S. ",
                                      "\n",
                                      "e\xCC\x81",
                                      "😀",
                                      "النيل ",
                                      "’s ",
                                      "'s",
                                      ".\n\n",
                                      "São Paulo ",
                                      "N'Djamena ",
                                      "(",
                                      ") ",
                                      "\xE2\x80\x8B",
                                      "the ",
                                      "The ",
                                      "IMF",
                                      "Nguyễn ",
                                      "–",
                                      "“",
                                      "” ",
                                      "UN ",
                                      "X",
                                      "ÅÄÖ ",
                                      "Ltd. ",
                                      "-",
                                      "ไทย",
                                      "Mr. ",
                                      "Şırnak ",
                                      "\t",
                                      "1,234 ",
                                      "Ọyọ ",
                                      "𝔘𝔫𝔦 ",
                                      "é"};
  size_t n = 0;
  while (n + 32 < cap) {
    uint64_t r = next_random(seed);
    if (r % 7 == 0) {
      uint32_t cp = (uint32_t)(next_random(seed) % 0x11000);
      if (cp < 0x20 || (cp >= 0xD800 && cp < 0xE000)) continue;
      n += wm_utf8_encode(cp, out + n);
      continue;
    }
    const char *part = parts[r % (sizeof parts / sizeof parts[0])];
    memcpy(out + n, part, strlen(part));
    n += strlen(part);
  }
  out[n] = '\0';
}

#endif
