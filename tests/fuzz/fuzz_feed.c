/*
 * The readers of feeds: any bytes are refused with a word of class poison, or every item is one JSON object with its uri in it, the same in a
 * second reading. The first byte chooses what is known beside the document.
 */
#include <jansson.h>
#include <string.h>
#include <xxhash.h>

#include "common/html.h"
#include "fuzz.h"
#include "services/ingest/feed.h"

typedef struct {
  size_t items;
  uint64_t hash;
} seen_t;

static wm_err_t look(void *context, const wm_feed_item_t *item, wm_error_t *err) {
  seen_t *seen = context;
  (void)err;
  seen->items++;
  FUZZ_CHECK(item->number > 0 && item->uri && item->version);
  FUZZ_CHECK(wm_utf8_valid(item->uri, strlen(item->uri), NULL));
  seen->hash = XXH3_64bits_withSeed(item->uri, strlen(item->uri), seen->hash);
  if (!item->json.s) {
    FUZZ_CHECK(item->uri[0]);
    return WM_OK;
  }
  seen->hash = XXH3_64bits_withSeed(item->json.s, item->json.len, seen->hash);
  if (!item->uri[0]) return WM_OK; /* of JSON nothing is promised */
  json_t *json = json_loadb(item->json.s, item->json.len, JSON_REJECT_DUPLICATES, NULL);
  FUZZ_CHECK(json_is_object(json));
  const char *uri = json_string_value(json_object_get(json, "uri"));
  FUZZ_CHECK(uri && !strcmp(uri, item->uri));
  json_decref(json);
  return WM_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int ready;
  if (!ready) wm_html_init();
  ready = 1;
  static const wm_feed_hints_t hints[] = {
      {0},
      {.base = "https://a.example/x/feed"},
      {.charset = "iso-8859-1", .source = "S", .language = "en"},
      {.charset = "utf-16", .bytes_max = 4096},
  };
  const wm_feed_hints_t *h = &hints[size > 0 && data[0] < 4 ? data[0] : 0];
  size_t skip = size > 0 && data[0] < 4;
  seen_t first = {0}, second = {0};
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_feed_read((const char *)data + skip, size - skip, h, look, &first, &err);
  FUZZ_CHECK(rc == err.code);
  if (rc != WM_OK) FUZZ_CHECK(err.cls == WM_CLASS_POISON && wm_utf8_valid(err.text, strlen(err.text), NULL));
  FUZZ_CHECK(wm_feed_read((const char *)data + skip, size - skip, h, look, &second, NULL) == rc);
  FUZZ_CHECK(first.items == second.items && first.hash == second.hash);
  return 0;
}
