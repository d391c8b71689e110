/* What the tests of ingest's readers share: a sink that keeps what it gets, and files of tests/data/feeds. */
#ifndef WM_TESTS_FEED_SUPPORT_H
#define WM_TESTS_FEED_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "services/ingest/feed.h"

#define KEPT_MAX 64

typedef struct {
  size_t n;
  json_t *json[KEPT_MAX]; /* NULL: withdrawn, or no JSON */
  char uri[KEPT_MAX][256], version[KEPT_MAX][64];
  size_t number[KEPT_MAX];
} kept_t;

static inline wm_err_t keep(void *context, const wm_feed_item_t *item, wm_error_t *err) {
  kept_t *k = context;
  (void)err;
  if (k->n == KEPT_MAX) return wm_error_set(err, WM_ERR_INTERNAL, "too many for the test");
  k->json[k->n] = item->json.s ? json_loadb(item->json.s, item->json.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
  snprintf(k->uri[k->n], sizeof k->uri[0], "%s", item->uri);
  snprintf(k->version[k->n], sizeof k->version[0], "%s", item->version);
  k->number[k->n++] = item->number;
  return WM_OK;
}

static inline void kept_clear(kept_t *k) {
  for (size_t i = 0; i < k->n; i++) json_decref(k->json[i]);
  *k = (kept_t){0};
}

static inline char *feed_file(const char *name, size_t *len) {
  char path[512];
  snprintf(path, sizeof path, "%s/tests/data/feeds/%s", WM_SOURCE_DIR, name);
  FILE *f = fopen(path, "rb");
  if (!f) fail_msg("%s cannot be opened", path);
  char *bytes = malloc(1 << 20);
  assert_non_null(bytes);
  *len = fread(bytes, 1, 1 << 20, f);
  fclose(f);
  return bytes;
}

/* The member of item `i`; "" where it has none. */
static inline const char *part(const kept_t *k, size_t i, const char *name) {
  assert_true(i < k->n);
  const char *s = json_string_value(json_object_get(k->json[i], name));
  return s ? s : "";
}

#endif
