#include "services/deliver/bulk.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

wm_err_t wm_bulk_add(wm_buffer_t *out, const char *index, const char *uri, int64_t version, const char *document,
                     size_t len, wm_error_t *err) {
  char id[64];
  wm_json_t j;
  size_t start = out->len;
  if (strlen(uri) > WM_BULK_ID_MAX) {
    XXH128_hash_t h = XXH3_128bits(uri, strlen(uri));
    snprintf(id, sizeof id, "urn:xxh3:%016llx%016llx", (unsigned long long)h.high64, (unsigned long long)h.low64);
    uri = id;
  }
  wm_json_begin(&j, out, err);
  wm_json_open(&j, NULL, '{');
  wm_json_open(&j, document ? "index" : "delete", '{');
  wm_json_string(&j, "_index", index);
  wm_json_string(&j, "_id", uri);
  wm_json_integer(&j, "version", version);
  wm_json_string(&j, "version_type", "external_gte");
  wm_json_close(&j, '}');
  wm_json_close(&j, '}');
  wm_err_t rc = wm_json_end(&j);
  if (rc == WM_OK) rc = wm_buffer_append(out, "\n", 1, err);
  if (rc == WM_OK && document) rc = wm_buffer_append(out, document, len, err);
  if (rc == WM_OK && document) rc = wm_buffer_append(out, "\n", 1, err);
  if (rc != WM_OK && out->data) {
    out->len = start;
    out->data[start] = '\0';
  }
  return rc;
}

wm_err_t wm_bulk_answer_read(const char *text, size_t len, size_t n, wm_bulk_answer_t *out, wm_error_t *err) {
  *out = (wm_bulk_answer_t){.root = json_loadb(text, len, 0, NULL)};
  out->items = json_object_get(out->root, "items");
  if (json_is_array(out->items) && json_array_size(out->items) == n) return WM_OK;
  wm_err_t rc = wm_error_set(err, WM_ERR_HTTP, "the answer to _bulk is not one of OpenSearch: %zu items of %zu",
                             json_array_size(out->items), n);
  wm_bulk_answer_clear(out);
  return rc;
}

void wm_bulk_answer_clear(wm_bulk_answer_t *answer) {
  json_decref(answer->root);
  *answer = (wm_bulk_answer_t){0};
}

/* The index is missing, closed, blocked (by a full disk, say) or not ours to write: that is not the article's fault. */
static bool is_about_index(int64_t status, const char *type) {
  static const char *const types[] = {"index_not_found_exception", "index_closed_exception", "cluster_block_exception",
                                      "security_exception"};
  if (status == 401 || status == 403) return true;
  for (size_t i = 0; type && i < sizeof types / sizeof types[0]; i++)
    if (strcmp(type, types[i]) == 0) return true;
  return false;
}

wm_verdict_t wm_bulk_item(const wm_bulk_answer_t *answer, size_t i, wm_error_t *why) {
  json_t *item = json_array_get(answer->items, i);
  void *first = json_object_iter(item);
  const json_t *result = first ? json_object_iter_value(first) : NULL;
  bool delete = first && strcmp(json_object_iter_key(first), "delete") == 0;
  int64_t status = wm_item_number(result, "status", 0);
  const json_t *error = json_object_get(result, "error");
  const char *type = wm_item_text(error, "type"), *reason = wm_item_text(error, "reason");
  if ((status >= 200 && status < 300) || status == 409 || (delete &&status == 404 && !is_about_index(status, type)))
    return WM_VERDICT_DONE;
  wm_error_set(why, WM_ERR_REFUSED, "status %lld: %.80s: %.250s", (long long)status, type ? type : "no type",
               reason ? reason : "no reason");
  if (status == 0 || status == 408 || status == 429 || status >= 500 || is_about_index(status, type))
    return WM_VERDICT_RETRY;
  return WM_VERDICT_REFUSED;
}
