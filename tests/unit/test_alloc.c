/*
 * Every allocation fails once: each scenario is run with its first allocation failing, then its second, and so on until none is left that
 * fails; first with that one failing alone, then with all later ones failing too. What comes out is WM_ERR_NOMEM, or the right result;
 * under ASan no leak, no crash.
 *
 * The linker puts __wrap_malloc() and its like in the place of malloc() in wiremill's own code (jansson allocates through article.c);
 * other shared libraries keep theirs.
 */
#include "article_support.h"
#include "common/config.h"
#include "common/model.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static struct {
  bool on, later; /* `later`: all after the one that fails */
  size_t count, fail_at, failed;
} g_alloc;

static bool fails(void) {
  if (!g_alloc.on) return false;
  size_t i = g_alloc.count++;
  if (i != g_alloc.fail_at && !(g_alloc.later && i > g_alloc.fail_at)) return false;
  g_alloc.failed++;
  return true;
}

void *__wrap_malloc(size_t size) {
  return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
  return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
  return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *s) {
  return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n) {
  return fails() ? NULL : __real_strndup(s, n);
}

/* Does the whole of it, from nothing to nothing, and checks the result where it is WM_OK. */
typedef wm_err_t (*scenario_t)(const void *input, wm_error_t *err);

/* How many allocations the scenario makes. */
static size_t fail_each(scenario_t scenario, const void *input, bool later) {
  for (size_t n = 0;; n++) {
    wm_error_t err = WM_ERROR_INIT;
    g_alloc.fail_at = n;
    g_alloc.later = later;
    g_alloc.count = g_alloc.failed = 0;
    g_alloc.on = true;
    wm_err_t rc = scenario(input, &err);
    g_alloc.on = false;
    if (g_alloc.failed == 0) {
      if (rc != WM_OK) fail_msg("%s: %s", wm_err_word(rc), err.text);
      return n;
    }
    if (rc != WM_OK && rc != WM_ERR_NOMEM) fail_msg("allocation %zu: %s: %s", n, wm_err_word(rc), err.text);
    assert_int_equal(rc, err.code);
    if (rc != WM_OK) assert_true(strlen(err.text) > 0);
  }
}

static void fail_all(scenario_t scenario, const void *input, size_t least) {
  assert_true(fail_each(scenario, input, false) >= least);
  assert_true(fail_each(scenario, input, true) >= least);
}

/* An article and what must come out. */
typedef struct {
  const char *in, *out;
  bool enrich;
} article_case_t;

static wm_err_t enrich(wm_article_t *a, wm_error_t *err) {
  wm_err_t rc = wm_article_set(a, "language", json_pack("{s:s, s:i}", "code", "en", "confidence", 99), err);
  if (rc == WM_OK)
    rc = wm_article_set(
        a, "entities",
        json_pack("[{s:s, s:[{s:i, s:i}]}]", "name", "Anna Berg of Oslo", "mentions", "start", 0, "end", 9), err);
  if (rc == WM_OK) rc = wm_article_processed(a, "entities", "0.1.0", "entities-en", "ab", 1000, 0.4, err);
  if (rc == WM_OK) rc = wm_article_processed(a, "topics", "0.1.0", NULL, NULL, 1000, 0.4, err);
  return rc;
}

static wm_err_t article_scenario(const void *input, wm_error_t *err) {
  const article_case_t *c = input;
  wm_article_t *a = wm_article_new(NULL);
  if (!a) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_buffer_t out;
  wm_buffer_init(&out, 1u << 20);
  wm_err_t rc = wm_article_parse(a, c->in, strlen(c->in), NULL, err);
  if (rc == WM_OK && c->enrich) rc = enrich(a, err);
  if (rc == WM_OK) rc = wm_article_write(a, &out, err);
  if (rc == WM_OK && strcmp(out.data, c->out) != 0) rc = wm_error_set(err, WM_ERR_INTERNAL, "written: %s", out.data);
  wm_buffer_clear(&out);
  wm_article_destroy(a);
  return rc;
}

static void test_article(void **state) {
  (void)state;
  static const article_case_t cases[] = {
      {"{\"uri\":\"u\",\"n\":1234567890123456789,\"headline\":\"The council met on Monday\"}",
       "{\"uri\":\"u\",\"n\":1234567890123456789,\"headline\":\"The council met on Monday\"," EMPTY_ENRICHMENT "}",
       false},
      {"{\"\":1.234567890123456789012345678901234567890123456789e1,\"uri\":\"u\",\"headline\":\"H\"}",
       "{\"\":1.234567890123456789012345678901234567890123456789e1,\"uri\":\"u\",\"headline\":\"H\"," EMPTY_ENRICHMENT
       "}",
       false},
      {"{\"id\":7,\"title\":\"T \\u00e9\",\"text\":\"Anna Berg met Tom Hill in Oslo, the capital of Norway, on "
       "Monday.\","
       "\"a\":[1,[2,[3]],{\"b\":{\"c\":null}}]}",
       "{\"id\":7,\"title\":\"T \\u00e9\",\"text\":\"Anna Berg met Tom Hill in Oslo, the capital of Norway, on "
       "Monday.\","
       "\"a\":[1,[2,[3]],{\"b\":{\"c\":null}}],\"uri\":\"7\",\"headline\":\"T \xC3\xA9\","
       "\"body_text\":\"Anna Berg met Tom Hill in Oslo, the capital of Norway, on Monday.\"," EMPTY_ENRICHMENT "}",
       false},
      {"{\"guid\":\"g\",\"body_html\":\"<p>Anna &amp; <b>Berg</b></p><p>Oslo</p>\"}",
       "{\"guid\":\"g\",\"body_html\":\"<p>Anna &amp; <b>Berg</b></p><p>Oslo</p>\",\"uri\":\"g\","
       "\"body_text\":\"Anna & Berg\\nOslo\"," EMPTY_ENRICHMENT "}",
       false},
      {"{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"x\":1.10,\"entities\":[],\"processing\":[{\"service\":"
       "\"topics\"}]}}",
       "{\"uri\":\"u\",\"headline\":\"H\",\"enrichment\":{\"schema\":\"1.0\",\"x\":1.10,\"language\":{\"code\":\"en\","
       "\"confidence\":"
       "99},\"entities\":[{\"name\":\"Anna Berg of "
       "Oslo\",\"mentions\":[{\"start\":0,\"end\":9}]}],\"processing\":[{\"service\":"
       "\"topics\",\"version\":\"0.1.0\",\"at\":\"1970-01-01T00:00:01.000Z\",\"ms\":0.4},{\"service\":\"entities\","
       "\"version\":"
       "\"0.1.0\",\"model\":\"entities-en\",\"model_sha256\":\"ab\",\"at\":\"1970-01-01T00:00:01.000Z\",\"ms\":0.4}]}}",
       true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) fail_all(article_scenario, &cases[i], 15);
}

static wm_err_t text_scenario(const void *input, wm_error_t *err) {
  wm_article_t *a = wm_article_new(NULL);
  if (!a) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = wm_article_from_text(a, input, strlen(input), "u", err);
  wm_str_t body = wm_article_text(a, WM_FIELD_BODY);
  if (rc == WM_OK && (body.len != strlen(input) || memcmp(body.s, input, body.len) != 0))
    rc = wm_error_set(err, WM_ERR_INTERNAL, "the text is not what went in");
  wm_article_destroy(a);
  return rc;
}

static void test_text(void **state) {
  (void)state;
  fail_all(text_scenario, "Anna Berg met \"Tom Hill\" in Oslo.\nThe capital of Norway.", 10);
}

static const wm_config_option_t k_rows[] = {
    {"topic.in", "Topics", WM_CONFIG_STRING, 1, 249, NULL, "articles.raw", 0, "TOPIC", "Topic to read"},
    {"workers", "Work", WM_CONFIG_INT, 1, 64, NULL, "1", 0, "N", "Worker threads"},
    {"commit.ms", "Work", WM_CONFIG_MS, 1, 60000, NULL, "200", 0, "MS", "Commit after so long"},
    {"http.listen", "HTTP", WM_CONFIG_LISTEN, 0, 0, NULL, "127.0.0.1:9101", 0, "HOST:PORT", "Metrics and health"},
    {"api.key", "HTTP", WM_CONFIG_STRING, 0, 0, NULL, NULL, WM_CONFIG_SECRET, "KEY", "Key"},
};
static const wm_config_default_t k_defaults[] = {{"topic.in", "articles.entities"}};
static const wm_config_program_t k_program = {"wiremill-test", "0.1.0", "A test.", "wiremill-test", NULL, true, true};

static wm_err_t config_scenario(const void *input, wm_error_t *err) {
  (void)input;
  char *argv[] = {"wiremill-test", "--workers=4", "--commit-ms", "1s", "--kafka", "linger.ms=20", "one", "two", NULL};
  char *envp[] = {"WM_TOPIC_IN=x", "WM_API_KEY=secret", "WM_KAFKA_ACKS=all", "HOME=/", NULL};
  wm_config_t *c = wm_config_new(&k_program);
  if (!c) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = wm_config_add(c, k_rows, sizeof k_rows / sizeof *k_rows, err);
  if (rc == WM_OK) rc = wm_config_defaults(c, k_defaults, 1, err);
  if (rc == WM_OK) rc = wm_config_load(c, 8, argv, envp, err);
  size_t n = 0;
  if (rc == WM_OK) (void)wm_config_operands(c, &n);
  if (rc == WM_OK && (n != 2 || wm_config_int(c, "workers") != 4 || strcmp(wm_config_string(c, "topic.in"), "x") != 0 ||
                      strcmp(wm_config_string(c, "api.key"), "secret") != 0))
    rc = wm_error_set(err, WM_ERR_INTERNAL, "a value is not what was set");
  wm_config_destroy(c);
  return rc;
}

static void test_config(void **state) {
  (void)state;
  fail_all(config_scenario, NULL, 10);
}

static wm_err_t model_scenario(const void *input, wm_error_t *err) {
  wm_model_t *m = NULL;
  wm_err_t rc = wm_model_open(input, "entities", &m, err);
  if (rc != WM_OK) {
    assert_null(m);
    return rc;
  }
  const void *data;
  size_t len = 0;
  rc = wm_model_section(m, "text", 1, &data, &len, err);
  if (rc == WM_OK && (len != 5 || memcmp(data, "hello", 5) != 0))
    rc = wm_error_set(err, WM_ERR_INTERNAL, "the section is not what is in the file");
  wm_model_close(m);
  return rc;
}

static void test_model(void **state) {
  (void)state;
  fail_all(model_scenario, WM_SOURCE_DIR "/tests/data/model/tiny.wmm", 2);
}

int main(void) {
  wm_html_init();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_article),
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_config),
      cmocka_unit_test(test_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
