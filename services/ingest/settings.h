/**
 * settings: ingest's rows of the configuration table, and their values.
 *
 * Threads: filled at start, then read-only. Ownership: strings belong to the config.
 */
#ifndef WM_INGEST_SETTINGS_H
#define WM_INGEST_SETTINGS_H

#include <stdint.h>

#include "common/config.h"

typedef struct {
  const wm_config_t *config;
  const char *servers, *topic_out, *topic_state, *group;
  const char *token;  /* NULL: none asked for */
  const char *feeds;  /* file, NULL: none */
  const char *listen; /* "": off */
  char instance[256];
  int transaction_timeout_ms, stop_ms;
  size_t article_bytes, post_bytes;
  long long queue_messages, queue_bytes;
  int post_timeout_ms;
  size_t window; /* articles of the index of duplicates; 0: off */
  int64_t window_ms;
  int interval_ms, host_gap_ms, parallel, fetch_timeout_ms, redirects;
  size_t fetch_bytes;
  const char *ca_file; /* NULL: the system's certificates alone */
  bool allow_private;
} wm_ingest_settings_t;

const wm_config_option_t *wm_ingest_options(size_t *n);
/** Fills settings from a loaded config with wm_ingest_options(). WM_ERR_CONFIG (values that contradict each other). */
wm_err_t wm_ingest_settings(const wm_config_t *config, wm_ingest_settings_t *out, wm_error_t *err);

#endif
