/* The treaty: the example of the project, and the shared sample where it is there. */

#include "countries_support.h"

static bench_t g_bench;

/* The whole file, NUL-terminated, or NULL. */
static char *read_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  char *text = calloc(1, 1u << 20);
  size_t n = text ? fread(text, 1, (1u << 20) - 1, f) : 0;
  fclose(f);
  if (text) text[n] = '\0';
  return text;
}

static void check_countries(void) {
  const char *line = bench_line(&g_bench);
  if (strncmp(line, "RU! IR! ", 8) != 0 && strncmp(line, "IR! RU! ", 8) != 0) fail_msg("countries: %s", line);
  static const char *const others[] = {"US", "UA", "SY", "IL", "KP"};
  size_t i;
  json_t *one;
  for (i = 0; i < sizeof others / sizeof *others; i++)
    if (!bench_has(&g_bench, others[i])) fail_msg("no %s: %s", others[i], line);
  json_array_foreach(wm_article_get(g_bench.article, "countries"), i, one) {
    const char *code = json_string_value(json_object_get(one, "code"));
    if (!strstr("RU IR US UA SY IL KP PS LB", code)) fail_msg("absurd: %s in %s", code, line);
    if (i > 1 && json_is_true(json_object_get(one, "focus"))) fail_msg("focus: %s", line);
  }
}

static void test_example(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  char *json = read_file(WM_SOURCE_DIR "/examples/treaty.json");
  if (!json) skip();
  assert_int_equal(wm_article_parse(g_bench.article, json, strlen(json), NULL, &err), WM_OK);
  assert_int_equal(wm_countries_service.enrich(g_bench.worker, g_bench.article, &err), WM_OK);
  check_countries();
  free(json);
}

static void test_sample(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  char *text = read_file(WM_SOURCE_DIR "/../shared/samples/treaty.txt");
  if (!text) {
    fprintf(stderr, "skipped: ../shared/samples/treaty.txt is not there\n");
    skip();
  }
  assert_int_equal(wm_article_from_text(g_bench.article, text, strlen(text), "treaty", &err), WM_OK);
  assert_int_equal(wm_countries_service.enrich(g_bench.worker, g_bench.article, &err), WM_OK);
  check_countries();
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_example), cmocka_unit_test(test_sample)};
  wm_error_t err = WM_ERROR_INIT;
  if (bench_open(&g_bench, NULL, &err) != WM_OK) {
    fprintf(stderr, "%s\n", err.text);
    return 1;
  }
  int rc = cmocka_run_group_tests(tests, NULL, NULL);
  bench_close(&g_bench);
  return rc;
}
