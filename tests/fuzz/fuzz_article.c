/*
 * The article reader and writer: any bytes are refused with a word of class poison, or they are written so that reading them again gives
 * the same texts, the same foreign members, and, written again, the same bytes.
 */
#include <string.h>

#include "common/article.h"
#include "common/html.h"
#include "fuzz.h"

#define OUT_BYTES_MAX (4u << 20)

static wm_article_t *g_first, *g_second;
static wm_buffer_t g_out, g_again;

static void set_up(void) {
  if (g_first) return;
  wm_html_init();
  g_first = wm_article_new(&(wm_article_limits_t){.bytes_max = 64u << 10, .depth_max = 32});
  g_second = wm_article_new(&(wm_article_limits_t){.bytes_max = OUT_BYTES_MAX, .depth_max = 34});
  FUZZ_CHECK(g_first && g_second);
  wm_buffer_init(&g_out, OUT_BYTES_MAX);
  wm_buffer_init(&g_again, OUT_BYTES_MAX);
}

static void check_refused(wm_err_t rc, const wm_error_t *err) {
  FUZZ_CHECK(rc == err->code && err->cls == WM_CLASS_POISON && err->text[0]);
  FUZZ_CHECK(wm_utf8_valid(err->text, strlen(err->text), NULL));
  FUZZ_CHECK(!wm_article_json(g_first) && wm_article_text(g_first, WM_FIELD_BODY).len == 0);
}

static int is_ours(const char *name) {
  return !strcmp(name, "uri") || !strcmp(name, "headline") || !strcmp(name, "body_text") || !strcmp(name, "enrichment");
}

static void check_foreign(const json_t *a, const json_t *b) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)a, name, value) if (!is_ours(name))
      FUZZ_CHECK(json_equal(value, json_object_get(b, name)));
}

static void check_same(const wm_article_t *a, const wm_article_t *b) {
  FUZZ_CHECK(!strcmp(wm_article_uri(a), wm_article_uri(b)));
  FUZZ_CHECK(!strcmp(wm_article_language(a), wm_article_language(b)));
  for (int i = 0; i < WM_FIELD_COUNT; i++) {
    wm_str_t x = wm_article_text(a, (wm_field_t)i), y = wm_article_text(b, (wm_field_t)i);
    FUZZ_CHECK(x.len == y.len && !memcmp(x.s, y.s, x.len));
    FUZZ_CHECK(wm_utf8_valid(x.s, x.len, NULL));
  }
  check_foreign(wm_article_json(a), wm_article_json(b));
  check_foreign(wm_article_json(b), wm_article_json(a));
}

static void write(const wm_article_t *a, wm_buffer_t *out) {
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_reset(out);
  FUZZ_CHECK(wm_article_write(a, out, &err) == WM_OK);
}

static void reread(void) {
  wm_error_t err = WM_ERROR_INIT;
  FUZZ_CHECK(wm_article_parse(g_second, g_out.data, g_out.len, NULL, &err) == WM_OK);
}

static void round_trip(void) {
  write(g_first, &g_out);
  reread();
  check_same(g_first, g_second);
  write(g_second, &g_again);
  FUZZ_CHECK(g_out.len == g_again.len && !memcmp(g_out.data, g_again.data, g_out.len));
}

/* What a service does to it. */
static void enrich(void) {
  static const char *const names[] = {"language", "entities", "countries", "topics"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) (void)wm_article_get(g_first, names[i]);
  FUZZ_CHECK(wm_article_set(g_first, "topics", json_pack("[{s:s}]", "qcode", "medtop:1"), NULL) == WM_OK);
  FUZZ_CHECK(wm_article_processed(g_first, "topics", "1", "m", NULL, 1, 0.1, NULL) == WM_OK);
  round_trip();
}

/* Who is sure without parsing is right. */
static void check_skim(const char *json, size_t len) {
  char uri[WM_ARTICLE_URI_MAX + 1];
  if (!wm_article_skim(json, len, NULL, uri)) return;
  json_t *root = json_loadb(json, len, JSON_ALLOW_NUL, NULL);
  FUZZ_CHECK(root && !strcmp(json_string_value(json_object_get(root, "uri")), uri));
  json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  set_up();
  check_skim((const char *)data, size);
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_article_parse(g_first, (const char *)data, size, "fallback", &err);
  if (rc != WM_OK) {
    check_refused(rc, &err);
    wm_error_clear(&err);
    rc = wm_article_from_text(g_first, (const char *)data, size, NULL, &err);
  }
  if (rc != WM_OK) {
    check_refused(rc, &err);
    return 0;
  }
  round_trip();
  enrich();
  return 0;
}
