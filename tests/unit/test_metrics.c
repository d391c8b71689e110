/* metrics: the text is read back by a strict reader of the Prometheus format 0.0.4 written for these tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/metrics.h"

#define SAMPLES_MAX 4096

/* One sample line, or one comment. */
typedef struct {
  char name[160], labels[1200];
  double value;
} sample_t;

static sample_t g_samples[SAMPLES_MAX];
static size_t g_n;

/* True if a line "# HELP|TYPE name rest" stands in the text; counts how often. */
static int comments(const char *text, const char *kind, const char *name) {
  char start[200];
  int n = 0;
  size_t len = (size_t)snprintf(start, sizeof start, "# %s %s ", kind, name);
  for (const char *line = text; *line; line = strchr(line, '\n') + 1) n += strncmp(line, start, len) == 0;
  return n;
}

/* Reads label="value" pairs up to the closing brace; returns what follows it. */
static const char *read_labels(const char *s, sample_t *out) {
  const char *start = s;
  while (*s != '}') {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    assert_true(n > 0);
    assert_true(s[n] == '=' && s[n + 1] == '"');
    for (s += n + 2; *s != '"'; s++) {
      assert_true(*s != '\0' && *s != '\n');
      if (*s == '\\') assert_non_null(strchr("\\\"n", *++s));
    }
    s++;
    if (*s == ',') s++;
    else assert_true(*s == '}');
  }
  assert_true(s[-1] != ',');
  snprintf(out->labels, sizeof out->labels, "%.*s", (int)(s - start), start);
  return s + 1;
}

/* Reads every line; the order of HELP, TYPE and samples of a family must be right. */
static void read_text(const char *text) {
  char family[160] = "";
  g_n = 0;
  for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
    assert_non_null(strchr(line, '\n'));
    if (strncmp(line, "# HELP ", 7) == 0) {
      size_t n = strcspn(line + 7, " ");
      snprintf(family, sizeof family, "%.*s", (int)n, line + 7);
      assert_int_equal(comments(text, "HELP", family), 1);
      assert_int_equal(comments(text, "TYPE", family), 1);
      const char *type = strchr(line, '\n') + 1;
      assert_true(strncmp(type, "# TYPE ", 7) == 0 && strncmp(type + 7, family, n) == 0 && type[7 + n] == ' ');
      continue;
    }
    if (*line == '#') continue;
    assert_true(g_n < SAMPLES_MAX);
    sample_t *s = &g_samples[g_n++];
    memset(s, 0, sizeof *s);
    size_t n = strcspn(line, "{ ");
    snprintf(s->name, sizeof s->name, "%.*s", (int)n, line);
    assert_true(strncmp(s->name, family, strlen(family)) == 0);
    const char *rest = line + n;
    if (*rest == '{') rest = read_labels(rest + 1, s);
    assert_true(*rest == ' ');
    char *end;
    s->value = strtod(rest + 1, &end);
    assert_true(end > rest + 1 && *end == '\n');
  }
}

static double value_of(const char *name, const char *labels) {
  for (size_t i = 0; i < g_n; i++)
    if (strcmp(g_samples[i].name, name) == 0 && strcmp(g_samples[i].labels, labels) == 0) return g_samples[i].value;
  fail_msg("no sample %s{%s}", name, labels);
  return 0;
}

/* Renders, reads, and gives the text back; the caller frees it. */
static char *rendered(wm_metrics_t *m) {
  wm_buffer_t out;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&out, 4u << 20);
  assert_int_equal(wm_metrics_render(m, &out, &err), WM_OK);
  char *text = strdup(out.data ? out.data : "");
  wm_buffer_clear(&out);
  assert_non_null(text);
  read_text(text);
  return text;
}

static void test_exact_text(void **state) {
  (void)state;
  wm_metrics_t *m = wm_metrics_new();
  wm_metric_t *c =
      wm_metrics_get(m, WM_METRIC_COUNTER, "wm_articles_total", "worker=\"0\"", "Articles, \\ and\nlines.");
  wm_metric_t *g = wm_metrics_get(m, WM_METRIC_GAUGE, "wm_lag", NULL, "How far behind.");
  wm_metric_t *d = wm_metrics_get(m, WM_METRIC_COUNTER, "wm_articles_total", "worker=\"1\"", "ignored");
  wm_metric_add(c, 3);
  wm_metric_add(d, 4);
  wm_metric_set(g, -5);
  char *text = rendered(m);
  assert_string_equal(text,
                      "# HELP wm_articles_total Articles, \\\\ and\\nlines.\n"
                      "# TYPE wm_articles_total counter\n"
                      "wm_articles_total{worker=\"0\"} 3\n"
                      "wm_articles_total{worker=\"1\"} 4\n"
                      "# HELP wm_lag How far behind.\n"
                      "# TYPE wm_lag gauge\n"
                      "wm_lag -5\n");
  free(text);
  assert_int_equal(wm_metric_value(c), 3);
  assert_int_equal(wm_metric_value(g), -5);
  assert_ptr_equal(wm_metrics_get(m, WM_METRIC_COUNTER, "wm_articles_total", "worker=\"0\"", "again"), c);
  wm_metrics_destroy(m);
}

static void test_histogram(void **state) {
  (void)state;
  wm_metrics_t *m = wm_metrics_new();
  wm_metric_t *h = wm_metrics_get(m, WM_METRIC_HISTOGRAM, "wm_seconds", "stage=\"x\"", "Time.");
  wm_metric_t *bare = wm_metrics_get(m, WM_METRIC_HISTOGRAM, "wm_bare_seconds", "", "Time.");
  static const double k_seen[] = {0, 0.00005, 0.00006, 0.001, 0.5, 60, 61, 1e300, INFINITY};
  for (size_t i = 0; i < sizeof k_seen / sizeof k_seen[0]; i++) wm_metric_observe(h, k_seen[i]);
  wm_metric_observe(h, -1);
  wm_metric_observe(h, NAN);
  wm_metric_observe(bare, 0.25);
  char *text = rendered(m);
  assert_true(value_of("wm_seconds_bucket", "stage=\"x\",le=\"0.00005\"") == 2);
  assert_true(value_of("wm_seconds_bucket", "stage=\"x\",le=\"0.0001\"") == 3);
  assert_true(value_of("wm_seconds_bucket", "stage=\"x\",le=\"0.001\"") == 4);
  assert_true(value_of("wm_seconds_bucket", "stage=\"x\",le=\"0.25\"") == 4);
  assert_true(value_of("wm_seconds_bucket", "stage=\"x\",le=\"0.5\"") == 5);
  assert_true(value_of("wm_seconds_bucket", "stage=\"x\",le=\"60\"") == 6);
  assert_true(value_of("wm_seconds_bucket", "stage=\"x\",le=\"+Inf\"") == 9);
  assert_true(value_of("wm_seconds_count", "stage=\"x\"") == 9);
  assert_true(fabs(value_of("wm_seconds_sum", "stage=\"x\"") - (0.00011 + 0.001 + 0.5 + 121 + 2e6)) < 1e-6);
  assert_true(value_of("wm_bare_seconds_bucket", "le=\"0.25\"") == 1);
  assert_true(value_of("wm_bare_seconds_sum", "") == 0.25);
  assert_true(value_of("wm_bare_seconds_count", "") == 1);
  assert_int_equal(comments(text, "TYPE", "wm_seconds"), 1);
  assert_int_equal(wm_metric_value(h), 9);
  double before = 0; /* bounds ascend, counts never fall */
  double bound = 0, count = 0;
  for (size_t i = 0; i < g_n; i++) {
    const char *le = strstr(g_samples[i].labels, "stage=\"x\",le=\"");
    if (!le) continue;
    bound = strtod(le + 14, NULL);
    assert_true(bound > before && g_samples[i].value >= count);
    before = bound;
    count = g_samples[i].value;
  }
  assert_true(isinf(bound));
  free(text);
  wm_metrics_destroy(m);
}

static void test_labels(void **state) {
  (void)state;
  char labels[64] = "";
  assert_true(wm_metrics_label(labels, sizeof labels, "topic", "a\"b\\c\nd"));
  assert_true(wm_metrics_label(labels, sizeof labels, "worker", ""));
  assert_string_equal(labels, "topic=\"a\\\"b\\\\c\\nd\",worker=\"\"");
  assert_false(wm_metrics_label(labels, sizeof labels, "long", "0123456789012345678901234567890123456789"));
  assert_string_equal(labels, "topic=\"a\\\"b\\\\c\\nd\",worker=\"\"");
  char exact[8] = "", tight[7] = "";
  assert_true(wm_metrics_label(exact, sizeof exact, "a", "123"));
  assert_string_equal(exact, "a=\"123\"");
  assert_false(wm_metrics_label(tight, sizeof tight, "a", "123"));
  assert_string_equal(tight, "");
  wm_metrics_t *m = wm_metrics_new();
  wm_metric_add(wm_metrics_get(m, WM_METRIC_COUNTER, "x_total", labels, "h"), 1);
  char *text = rendered(m);
  assert_true(value_of("x_total", labels) == 1);
  free(text);
  wm_metrics_destroy(m);
}

/* What would spoil the page for every other series is refused, and a refused metric can be used without harm. */
static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *name, *labels;
  } k_bad[] = {{"", NULL},          {"1x", NULL},        {"a-b", NULL},     {"a b", NULL},
               {"x", "a"},          {"x", "a=b"},        {"x", "a=\"b"},    {"x", "a=\"b\\\""},
               {"x", "a=\"b\\x\""}, {"x", "a=\"b\nc\""}, {"x", "a=\"b\","}, {"x", ",a=\"b\""},
               {"x", "a=\"b\" "},   {"x", "le=\"1\""},   {"x", "1=\"b\""},  {"x", "a=\"b\"c=\"d\""}};
  wm_metrics_t *m = wm_metrics_new();
  for (size_t i = 0; i < sizeof k_bad / sizeof k_bad[0]; i++)
    if (wm_metrics_get(m, WM_METRIC_GAUGE, k_bad[i].name, k_bad[i].labels, "h"))
      fail_msg("taken: %s{%s}", k_bad[i].name, k_bad[i].labels ? k_bad[i].labels : "");
  assert_non_null(wm_metrics_get(m, WM_METRIC_COUNTER, "taken", NULL, NULL));
  assert_null(wm_metrics_get(m, WM_METRIC_GAUGE, "taken", NULL, NULL));
  assert_null(wm_metrics_get(m, WM_METRIC_GAUGE, "taken", "a=\"b\"", NULL));
  assert_null(wm_metrics_get(NULL, WM_METRIC_GAUGE, "x", NULL, NULL));
  wm_metric_add(NULL, 1);
  wm_metric_set(NULL, 1);
  wm_metric_observe(NULL, 1);
  assert_int_equal(wm_metric_value(NULL), 0);
  wm_metric_t *c = wm_metrics_get(m, WM_METRIC_COUNTER, "taken", NULL, NULL);
  wm_metric_set(c, 9); /* not a gauge */
  wm_metric_observe(c, 9);
  assert_int_equal(wm_metric_value(c), 0);
  wm_metrics_destroy(m);
  wm_metrics_destroy(NULL);
}

static void test_full(void **state) {
  (void)state;
  wm_metrics_t *m = wm_metrics_new();
  char labels[32];
  for (int i = 0; i < (int)WM_METRICS_MAX; i++) {
    snprintf(labels, sizeof labels, "i=\"%d\"", i);
    assert_non_null(wm_metrics_get(m, WM_METRIC_COUNTER, "many_total", labels, "h"));
  }
  assert_null(wm_metrics_get(m, WM_METRIC_COUNTER, "more_total", NULL, "h"));
  assert_non_null(wm_metrics_get(m, WM_METRIC_COUNTER, "many_total", "i=\"0\"", "h"));
  char *text = rendered(m);
  assert_int_equal(g_n, WM_METRICS_MAX);
  free(text);
  wm_buffer_t small;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&small, 1000);
  wm_buffer_puts(&small, "before", &err);
  assert_int_equal(wm_metrics_render(m, &small, &err), WM_ERR_TOO_LARGE);
  assert_string_equal(small.data, "before");
  assert_int_equal(wm_metrics_render(m, &small, NULL), WM_ERR_TOO_LARGE);
  wm_buffer_clear(&small);
  wm_metrics_destroy(m);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *count(void *context) {
  wm_metrics_t *m = context;
  wm_metric_t *c = wm_metrics_get(m, WM_METRIC_COUNTER, "c_total", NULL, "h");
  wm_metric_t *h = wm_metrics_get(m, WM_METRIC_HISTOGRAM, "h_seconds", NULL, "h");
  for (int i = 0; i < ROUNDS; i++) {
    wm_metric_add(c, 1);
    wm_metric_observe(h, (i % 100) * 0.001);
  }
  return NULL;
}

/* Run under the tsan preset too. While threads count, every page that is rendered is whole. */
static void test_threads(void **state) {
  (void)state;
  wm_metrics_t *m = wm_metrics_new();
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, count, m), 0);
  for (int i = 0; i < 50; i++) {
    free(rendered(m));
    for (size_t k = 0; k < g_n; k++)
      if (strcmp(g_samples[k].name, "h_seconds_count") == 0)
        assert_true(g_samples[k].value == value_of("h_seconds_bucket", "le=\"+Inf\""));
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  char *text = rendered(m);
  assert_true(value_of("c_total", "") == THREADS * ROUNDS);
  assert_true(value_of("h_seconds_count", "") == THREADS * ROUNDS);
  assert_true(fabs(value_of("h_seconds_sum", "") - THREADS * ROUNDS * 0.0495) < 1e-6 * THREADS * ROUNDS);
  free(text);
  wm_metrics_destroy(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exact_text), cmocka_unit_test(test_histogram), cmocka_unit_test(test_labels),
      cmocka_unit_test(test_refused),    cmocka_unit_test(test_full),      cmocka_unit_test(test_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
