/**
 * metrics: counters, gauges and histograms, written out in the Prometheus text format 0.0.4.
 *
 * Threads: registration from one thread before the others start (or under the registry's lock, at start of a worker);
 * add, set and observe are wait-free relaxed atomics from any thread; render from any thread.
 * Ownership: the registry owns the metrics; names, help and labels are copied.
 */
#ifndef WM_METRICS_H
#define WM_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"

typedef struct wm_metrics wm_metrics_t;
typedef struct wm_metric wm_metric_t;

typedef enum { WM_METRIC_COUNTER, WM_METRIC_GAUGE, WM_METRIC_HISTOGRAM } wm_metric_type_t;

#define WM_METRICS_MAX 1024 /* series of one registry */

wm_metrics_t *wm_metrics_new(void);
void wm_metrics_destroy(wm_metrics_t *m);
/**
 * The series `name` with `labels` (`worker="0",topic="x"` or NULL), made where it is not there yet. Histograms count seconds in
 * fixed buckets from 50 µs to 60 s. NULL when out of memory or full, if the name has another type, or if name or labels are not as
 * Prometheus wants them (values escaped: wm_metrics_label(); `le` is taken): every function below ignores NULL, so a caller need not check.
 */
wm_metric_t *wm_metrics_get(wm_metrics_t *m, wm_metric_type_t type, const char *name, const char *labels,
                            const char *help);
/** Appends `name="value"`, the value escaped, to `labels` (a string in `cap` bytes, "" at first). False, and nothing appended, if it does not fit. */
bool wm_metrics_label(char *labels, size_t cap, const char *name, const char *value);
/** Counters and gauges. */
void wm_metric_add(wm_metric_t *c, uint64_t n);
void wm_metric_set(wm_metric_t *g, int64_t value);
void wm_metric_observe(wm_metric_t *h, double seconds);
/** The value; of a histogram how many observations. */
int64_t wm_metric_value(const wm_metric_t *c);
/** Appends the exposition text of all series, or nothing on an error. WM_ERR_NOMEM, WM_ERR_TOO_LARGE. */
wm_err_t wm_metrics_render(wm_metrics_t *m, wm_buffer_t *out, wm_error_t *err);

#endif
