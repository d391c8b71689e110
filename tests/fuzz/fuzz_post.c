/*
 * POST /articles: the first line is the Content-Type, the rest the body. Any bytes are refused with a word of class poison (and nothing is left),
 * or every article has a uri and its bytes read again give the same one, also when it is marked as a duplicate.
 */
#include <jansson.h>
#include <string.h>

#include "common/html.h"
#include "fuzz.h"
#include "services/ingest/post_body.h"

#define BYTES_MAX (64u << 10)

static wm_raw_reader_t *g_reader, *g_second;

static void look(const wm_post_article_t *a) {
  wm_raw_t again;
  wm_str_t marked;
  wm_error_t err = WM_ERROR_INIT;
  FUZZ_CHECK(a->uri[0] && strlen(a->uri) <= WM_ARTICLE_URI_MAX);
  FUZZ_CHECK(wm_raw_read(g_second, a->value, a->len, &again, &err) == WM_OK);
  FUZZ_CHECK(!strcmp(again.uri, a->uri) && again.value.len == a->len && !memcmp(again.value.s, a->value, a->len));
  FUZZ_CHECK(again.signature.usable == a->signature.usable);
  if (a->signature.usable) FUZZ_CHECK(wm_signature_alike(&again.signature, &a->signature) == WM_SIGNATURE_BINS);
  FUZZ_CHECK(wm_raw_mark(g_second, (wm_str_t){a->value, a->len}, "urn:first", &marked, &err) == WM_OK);
  json_t *json = json_loadb(marked.s, marked.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
  const char *first = json_string_value(json_object_get(json_object_get(json, "enrichment"), "duplicate_of"));
  FUZZ_CHECK(first && !strcmp(first, "urn:first") && !strcmp(wm_raw_uri(g_second), a->uri));
  json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char kind[256];
  if (!g_reader) {
    wm_html_init();
    g_reader = wm_raw_reader_new(BYTES_MAX, true);
    g_second = wm_raw_reader_new(2 * BYTES_MAX, true);
    FUZZ_CHECK(g_reader && g_second);
  }
  const uint8_t *newline = size > 0 ? memchr(data, '\n', size) : NULL;
  size_t n = newline ? (size_t)(newline - data) : 0;
  if (!newline || n >= sizeof kind) return 0;
  memcpy(kind, data, n);
  kind[n] = '\0';
  wm_post_type_t type = wm_post_type(kind);
  if (type == WM_POST_UNKNOWN) return 0;
  wm_post_body_t body;
  wm_error_t err = WM_ERROR_INIT;
  size_t line;
  wm_err_t rc = wm_post_body_read(g_reader, type, (const char *)newline + 1, size - n - 1, &body, &line, &err);
  FUZZ_CHECK(rc == err.code);
  if (rc != WM_OK) {
    FUZZ_CHECK(err.cls == WM_CLASS_POISON && body.n == 0 && !body.articles);
    FUZZ_CHECK(line == 0 || type == WM_POST_LINES);
    return 0;
  }
  FUZZ_CHECK(body.n > 0 && (type == WM_POST_LINES || body.n == 1));
  for (size_t i = 0; i < body.n; i++) look(&body.articles[i]);
  wm_post_body_clear(&body);
  return 0;
}
