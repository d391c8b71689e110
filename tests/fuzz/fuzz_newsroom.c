/*
 * The newsroom's list: any bytes are refused as WM_ERR_CONFIG with the file's name, or give a list whose every name is found where it stands
 * alone (or a name that differs only in case). What follows a line "==" is a text to look through.
 */
#include <string.h>

#include "fuzz.h"
#include "services/entities/newsroom.h"

static void check_hits(const wm_newsroom_t *g, const char *text, size_t len, bool whole) {
  static wm_tokens_t tokens;
  static wm_newsroom_hits_t hits;
  static int ready;
  if (!ready) wm_tokens_init(&tokens, WM_TOKENS_MAX);
  ready = 1;
  if (!wm_utf8_valid(text, len, NULL)) return;
  FUZZ_CHECK(wm_text_tokenize(text, len, &tokens, NULL) == WM_OK);
  FUZZ_CHECK(wm_newsroom_match(g, text, &tokens, 1000, &hits, NULL) == WM_OK);
  FUZZ_CHECK(hits.count <= 1000);
  for (size_t i = 0; i < hits.count; i++) {
    const wm_newsroom_hit_t *h = &hits.hits[i];
    FUZZ_CHECK(h->first < h->end && h->end <= tokens.count && h->thing < wm_newsroom_count(g));
    FUZZ_CHECK(i == 0 || h[-1].end <= h->first);
  }
  FUZZ_CHECK(!whole || (hits.count > 0 && hits.hits[0].first == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  const char *cut = memmem(text, size, "\n==\n", 4);
  size_t len = cut ? (size_t)(cut - text) : size;
  wm_newsroom_t *g = NULL;
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_newsroom_parse("file", text, len, &g, &err);
  FUZZ_CHECK((rc == WM_OK) == (g != NULL) && (rc == WM_OK || (rc == WM_ERR_CONFIG && !strncmp(err.text, "file:", 5))));
  if (!g) return 0;
  FUZZ_CHECK(wm_newsroom_names(g) >= wm_newsroom_count(g));
  for (uint32_t i = 0; i < wm_newsroom_count(g); i++) {
    const wm_newsroom_thing_t *t = wm_newsroom_thing(g, i);
    FUZZ_CHECK(strlen(t->name) == t->name_len && t->name_len >= 1 && t->name_len <= WM_NEWSROOM_NAME_MAX);
    FUZZ_CHECK(!t->id || (strlen(t->id) <= WM_NEWSROOM_ID_MAX && !t->wikidata));
    check_hits(g, t->name, t->name_len, true);
  }
  if (cut) check_hits(g, cut + 4, size - len - 4, false);
  wm_newsroom_destroy(g);
  return 0;
}
