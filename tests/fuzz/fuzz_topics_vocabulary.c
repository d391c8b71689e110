/*
 * The vocabulary file: any bytes are refused as WM_ERR_CONFIG with a line number, or give a vocabulary that can be asked about every concept
 * and matched against a text. A small model of three concepts stands in for the real one.
 */
#include <string.h>

#include "fuzz.h"
#include "services/topics/vocabulary.h"

static const wm_topics_params_t params = {
    .format = WM_TOPICS_FORMAT, .n_concepts = 3, .n_tops = 2, .release = "2025-10-09"};
static const wm_topics_concept_t concepts[3] = {{.code = 11000000, .parent = -1, .level = 1},
                                                {.code = 15000000, .parent = -1, .level = 1},
                                                {.code = 20000638, .parent = 0, .level = 2}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static wm_topics_scratch_t scratch;
  static int ready;
  const wm_topics_model_t m = {.params = &params, .concepts = concepts};
  const char *text = (const char *)data;
  wm_topics_vocabulary_t *v = NULL;
  wm_topics_house_t out[WM_TOPICS_GIVEN_MAX];
  wm_error_t err = WM_ERROR_INIT;
  if (!ready) {
    static const char words[] = "flood warning on the river level: budget statement and x y z";
    wm_topics_scratch_init(&scratch);
    FUZZ_CHECK(wm_topics_words(&scratch, (wm_str_t){"", 0}, (wm_str_t){words, sizeof words - 1}, NULL) == WM_OK);
    ready = 1;
  }
  wm_err_t rc = wm_topics_vocabulary_parse("file", text, size, &m, &v, &err);
  FUZZ_CHECK((rc == WM_OK) == (v != NULL) &&
             (rc == WM_OK || (rc == WM_ERR_CONFIG && strncmp(err.text, "file", 4) == 0)));
  if (!v) return 0;
  for (uint32_t i = 0; i < 3; i++) {
    const char *code = wm_topics_vocabulary_code(v, i);
    FUZZ_CHECK(!code || (strlen(code) >= 1 && strlen(code) <= WM_VOCABULARY_CODE_MAX));
  }
  const bool *off = wm_topics_vocabulary_off(v);
  FUZZ_CHECK(!off[0] || off[2]);
  size_t n = wm_topics_vocabulary_match(v, &scratch, WM_TOPICS_GIVEN_MAX, out);
  FUZZ_CHECK(n <= WM_TOPICS_GIVEN_MAX);
  for (size_t i = 0; i < n; i++) {
    FUZZ_CHECK(strlen(out[i].code) <= WM_VOCABULARY_CODE_MAX && strlen(out[i].name) <= WM_VOCABULARY_NAME_MAX);
    FUZZ_CHECK(out[i].relevance >= 0 && out[i].relevance <= 100 && (!i || out[i - 1].relevance >= out[i].relevance));
  }
  wm_topics_vocabulary_destroy(v);
  return 0;
}
