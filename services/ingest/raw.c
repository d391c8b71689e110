#include "services/ingest/raw.h"

#include <stdlib.h>
#include <string.h>

struct wm_raw_reader {
  wm_article_t *article;
  wm_buffer_t out;
  bool signatures;
};

wm_raw_reader_t *wm_raw_reader_new(size_t bytes_max, bool signatures) {
  wm_raw_reader_t *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  r->article = wm_article_new(&(wm_article_limits_t){.bytes_max = bytes_max});
  r->signatures = signatures;
  wm_buffer_init(&r->out, 16 * bytes_max + 65536);
  if (r->article) return r;
  free(r);
  return NULL;
}

void wm_raw_reader_destroy(wm_raw_reader_t *r) {
  if (!r) return;
  wm_article_destroy(r->article);
  wm_buffer_clear(&r->out);
  free(r);
}

/* The object's bytes with "uri" as their first member. */
static wm_err_t put_uri(wm_raw_reader_t *r, const char *uri, const char *object, size_t len, wm_error_t *err) {
  json_t *string = json_string(uri);
  char *text = json_dumps(string, JSON_ENCODE_ANY);
  json_decref(string);
  if (!text) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (uri)");
  wm_buffer_reset(&r->out);
  wm_err_t rc = wm_buffer_printf(&r->out, err, "{\"uri\":%s,", text);
  if (rc == WM_OK) rc = wm_buffer_append(&r->out, object + 1, len - 1, err);
  free(text);
  return rc;
}

wm_err_t wm_raw_read(wm_raw_reader_t *r, const char *json, size_t len, wm_raw_t *out, wm_error_t *err) {
  *out = (wm_raw_t){.uri = ""};
  wm_err_t rc = wm_article_parse(r->article, json, len, NULL, err);
  if (rc != WM_OK) return rc;
  const char *object = memchr(json, '{', len); /* behind a byte order mark and white space */
  size_t n = len - (size_t)(object - json);
  out->uri = wm_article_uri(r->article);
  out->value = (wm_str_t){object, n};
  if (!json_object_get(wm_article_json(r->article), "uri")) {
    rc = put_uri(r, out->uri, object, n, err);
    if (rc == WM_OK) out->value = (wm_str_t){r->out.data, r->out.len};
  }
  if (rc == WM_OK && r->signatures) wm_signature_make(wm_article_text(r->article, WM_FIELD_BODY), &out->signature);
  return rc;
}

wm_err_t wm_raw_mark(wm_raw_reader_t *r, wm_str_t value, const char *first, wm_str_t *out, wm_error_t *err) {
  wm_err_t rc = wm_article_parse(r->article, value.s, value.len, NULL, err);
  if (rc == WM_OK) rc = wm_article_set(r->article, "duplicate_of", json_string(first), err);
  if (rc != WM_OK) return rc;
  wm_buffer_t old = r->out; /* value may lie in it */
  wm_buffer_init(&r->out, old.max);
  rc = wm_article_write(r->article, &r->out, err);
  wm_buffer_clear(&old);
  *out = (wm_str_t){r->out.data, r->out.len};
  return rc;
}

const char *wm_raw_uri(const wm_raw_reader_t *r) {
  return wm_article_uri(r->article);
}
