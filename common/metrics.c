#include "common/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Upper bounds of the histogram's buckets in nanoseconds, and how Prometheus reads them. */
static const struct {
  uint64_t ns;
  const char *le;
} k_buckets[] = {
    {50000, "0.00005"},  {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},  {1000000, "0.001"},
    {2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},  {25000000, "0.025"}, {50000000, "0.05"},
    {100000000, "0.1"},  {250000000, "0.25"}, {500000000, "0.5"},  {1000000000, "1"},   {2500000000, "2.5"},
    {5000000000, "5"},   {10000000000, "10"}, {30000000000, "30"}, {60000000000, "60"},
};
#define N_BUCKETS (sizeof k_buckets / sizeof k_buckets[0])

#define NAME_MAX_BYTES 128
#define LABELS_MAX_BYTES 1024
#define HELP_MAX_BYTES 512
#define CACHE_LINE 64

/* Starts at a cache line of its own, so that the series of one worker do not slow down those of another. */
struct wm_metric {
  _Alignas(CACHE_LINE) _Atomic int64_t value; /* counter, gauge */
  _Atomic uint64_t sum_ns;                    /* histogram */
  _Atomic uint64_t buckets[N_BUCKETS + 1];    /* not cumulative; the last one is above every bound */
  wm_metric_type_t type;
  struct wm_metric *family, *next_in_family, *last_in_family; /* the first series of a name leads its family */
  char *name, *labels, *help;
};

struct wm_metrics {
  pthread_mutex_t lock; /* guards the array and the family lists, never the values */
  wm_metric_t *series[WM_METRICS_MAX];
  size_t n;
};

wm_metrics_t *wm_metrics_new(void) {
  wm_metrics_t *m = calloc(1, sizeof *m);
  if (m && pthread_mutex_init(&m->lock, NULL) != 0) {
    free(m);
    m = NULL;
  }
  return m;
}

static void metric_destroy(wm_metric_t *s) {
  if (!s) return;
  free(s->name);
  free(s->labels);
  free(s->help);
  free(s);
}

void wm_metrics_destroy(wm_metrics_t *m) {
  if (!m) return;
  for (size_t i = 0; i < m->n; i++) metric_destroy(m->series[i]);
  pthread_mutex_destroy(&m->lock);
  free(m);
}

static bool name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Length of the metric or label name at `s`, 0 if there is none. */
static size_t name_length(const char *s, bool colons) {
  size_t n = 0;
  while (name_start(s[n]) || (n > 0 && s[n] >= '0' && s[n] <= '9') || (colons && s[n] == ':')) n++;
  return n;
}

/* True if `s` is name="value",... as the format wants it; what is not would spoil the whole page for the scraper. */
static bool labels_valid(const char *s) {
  if (strlen(s) > LABELS_MAX_BYTES) return false;
  while (*s) {
    size_t n = name_length(s, false);
    if (n == 0 || (n == 2 && strncmp(s, "le", 2) == 0) || s[n] != '=' || s[n + 1] != '"') return false;
    for (s += n + 2; *s != '"'; s++) {
      if (*s == '\0' || *s == '\n') return false;
      if (*s == '\\') {
        s++;
        if (*s != '\\' && *s != '"' && *s != 'n') return false;
      }
    }
    s++;
    if (*s == ',') {
      if (s[1] == '\0') return false;
      s++;
    } else if (*s != '\0') {
      return false;
    }
  }
  return true;
}

static wm_metric_t *metric_new(wm_metric_type_t type, const char *name, const char *labels, const char *help) {
  wm_metric_t *s = aligned_alloc(CACHE_LINE, (sizeof *s + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
  if (!s) return NULL;
  memset(s, 0, sizeof *s);
  s->type = type;
  s->name = strdup(name);
  s->labels = strdup(labels);
  s->help = strndup(help ? help : "", HELP_MAX_BYTES);
  if (s->name && s->labels && s->help) return s;
  metric_destroy(s);
  return NULL;
}

/* Looks for the series, and for the first one of its name. */
static wm_metric_t *find(const wm_metrics_t *m, const char *name, const char *labels, wm_metric_t **family) {
  *family = NULL;
  for (size_t i = 0; i < m->n; i++) {
    wm_metric_t *s = m->series[i];
    if (strcmp(s->name, name) != 0) continue;
    *family = s->family;
    if (strcmp(s->labels, labels) == 0) return s;
  }
  return NULL;
}

wm_metric_t *wm_metrics_get(wm_metrics_t *m, wm_metric_type_t type, const char *name, const char *labels,
                            const char *help) {
  if (!m || !name) return NULL;
  if (!labels) labels = "";
  size_t n = name_length(name, true);
  if (n == 0 || n > NAME_MAX_BYTES || name[n] != '\0' || !labels_valid(labels)) return NULL;
  wm_metric_t *family;
  pthread_mutex_lock(&m->lock);
  wm_metric_t *s = find(m, name, labels, &family);
  if (!s && m->n < WM_METRICS_MAX && (!family || family->type == type)) {
    s = metric_new(type, name, labels, help);
    if (s) {
      m->series[m->n++] = s;
      s->family = family ? family : s;
      if (family) family->last_in_family->next_in_family = s;
      s->family->last_in_family = s;
    }
  }
  pthread_mutex_unlock(&m->lock);
  return s && s->type == type ? s : NULL;
}

bool wm_metrics_label(char *labels, size_t cap, const char *name, const char *value) {
  size_t start = strnlen(labels, cap), at = start, n = strlen(name);
  if (start + n + 5 > cap) return false;
  if (start > 0) labels[at++] = ',';
  memcpy(labels + at, name, n);
  at += n;
  labels[at++] = '=';
  labels[at++] = '"';
  for (; *value; value++) {
    bool escape = *value == '\\' || *value == '"' || *value == '\n';
    if (at + (escape ? 2 : 1) + 2 > cap) {
      labels[start] = '\0';
      return false;
    }
    if (escape) labels[at++] = '\\';
    labels[at++] = *value == '\n' ? 'n' : *value;
  }
  labels[at++] = '"';
  labels[at] = '\0';
  return true;
}

void wm_metric_add(wm_metric_t *c, uint64_t n) {
  if (c && c->type != WM_METRIC_HISTOGRAM) atomic_fetch_add_explicit(&c->value, (int64_t)n, memory_order_relaxed);
}

void wm_metric_set(wm_metric_t *g, int64_t value) {
  if (g && g->type == WM_METRIC_GAUGE) atomic_store_explicit(&g->value, value, memory_order_relaxed);
}

void wm_metric_observe(wm_metric_t *h, double seconds) {
  if (!h || h->type != WM_METRIC_HISTOGRAM || !(seconds >= 0)) return;
  if (seconds > 1e6) seconds = 1e6; /* eleven days: more is a broken clock, and would overflow the sum */
  uint64_t ns = (uint64_t)(seconds * 1e9 + 0.5);
  size_t i = 0;
  while (i < N_BUCKETS && ns > k_buckets[i].ns) i++;
  atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&h->sum_ns, ns, memory_order_relaxed);
}

int64_t wm_metric_value(const wm_metric_t *c) {
  if (!c) return 0;
  if (c->type != WM_METRIC_HISTOGRAM) return atomic_load_explicit(&c->value, memory_order_relaxed);
  uint64_t n = 0;
  for (size_t i = 0; i <= N_BUCKETS; i++) n += atomic_load_explicit(&c->buckets[i], memory_order_relaxed);
  return (int64_t)n;
}

static void render_head(const wm_metric_t *family, wm_buffer_t *out, wm_error_t *err) {
  static const char *const k_types[] = {"counter", "gauge", "histogram"};
  wm_buffer_printf(out, err, "# HELP %s ", family->name);
  for (const char *s = family->help; *s; s++) {
    if (*s == '\\' || *s == '\n') wm_buffer_puts(out, *s == '\n' ? "\\n" : "\\\\", err);
    else wm_buffer_append(out, s, 1, err);
  }
  wm_buffer_printf(out, err, "\n# TYPE %s %s\n", family->name, k_types[family->type]);
}

/* The count is the sum of the buckets that were read, so that it always agrees with the bucket of +Inf. */
static void render_histogram(const wm_metric_t *s, wm_buffer_t *out, wm_error_t *err) {
  const char *comma = s->labels[0] ? "," : "", *open = s->labels[0] ? "{" : "", *close = s->labels[0] ? "}" : "";
  uint64_t n = 0;
  for (size_t i = 0; i <= N_BUCKETS; i++) {
    n += atomic_load_explicit(&s->buckets[i], memory_order_relaxed);
    wm_buffer_printf(out, err, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", s->name, s->labels, comma,
                     i < N_BUCKETS ? k_buckets[i].le : "+Inf", n);
  }
  uint64_t sum = atomic_load_explicit(&s->sum_ns, memory_order_relaxed);
  wm_buffer_printf(out, err, "%s_sum%s%s%s %" PRIu64 ".%09" PRIu64 "\n", s->name, open, s->labels, close,
                   sum / 1000000000, sum % 1000000000);
  wm_buffer_printf(out, err, "%s_count%s%s%s %" PRIu64 "\n", s->name, open, s->labels, close, n);
}

wm_err_t wm_metrics_render(wm_metrics_t *m, wm_buffer_t *out, wm_error_t *err) {
  wm_error_t local = WM_ERROR_INIT; /* so that a failure half-way is seen whether or not the caller wants the text */
  if (!err) err = &local;
  size_t start = out->len;
  pthread_mutex_lock(&m->lock);
  for (size_t i = 0; i < m->n && err->code == WM_OK; i++) {
    if (m->series[i]->family != m->series[i]) continue;
    render_head(m->series[i], out, err);
    for (const wm_metric_t *s = m->series[i]; s && err->code == WM_OK; s = s->next_in_family) {
      if (s->type == WM_METRIC_HISTOGRAM) render_histogram(s, out, err);
      else if (s->labels[0]) wm_buffer_printf(out, err, "%s{%s} %" PRId64 "\n", s->name, s->labels, wm_metric_value(s));
      else wm_buffer_printf(out, err, "%s %" PRId64 "\n", s->name, wm_metric_value(s));
    }
  }
  pthread_mutex_unlock(&m->lock);
  if (err->code != WM_OK && out->data) {
    out->len = start;
    out->data[start] = '\0';
  }
  return err->code;
}
