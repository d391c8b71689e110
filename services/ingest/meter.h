/** meter: ingest's metrics. Threads: registered once at start, then atomics. */
#ifndef WM_INGEST_METER_H
#define WM_INGEST_METER_H

#include "common/metrics.h"

typedef struct {
  wm_metric_t *posted, *fed, *filed; /* articles that Kafka took */
  wm_metric_t *refused_post, *refused_feed, *refused_file;
  wm_metric_t *withdrawn, *duplicates;
  wm_metric_t *post_seconds;
  wm_metric_t *fetch_new, *fetch_unchanged, *fetch_failed;
  wm_metric_t *feeds; /* that this process asks */
  wm_metric_t *ready;
} wm_meter_t;

/** Registers all; `metrics` NULL gives metrics that count nothing. */
void wm_meter_init(wm_meter_t *meter, wm_metrics_t *metrics);

#endif
