/**
 * deliver: all targets of a targets file, each by a thread or a stage of its own.
 *
 * Threads: start, stop and destroy from one thread; state and readiness from any.
 * Ownership: settings and targets are borrowed until wm_deliver_destroy().
 */
#ifndef WM_DELIVER_H
#define WM_DELIVER_H

#include "services/deliver/runner.h"

typedef struct wm_deliver wm_deliver_t;

/** The rows of the config table, and how many. */
const wm_config_option_t *wm_deliver_options(size_t *n);
/** Settings out of a loaded config that has these rows. */
void wm_deliver_settings(const wm_config_t *config, wm_deliver_settings_t *out);
/** Checks that broker and all topics are there. Errors of wm_kafka_check(). */
wm_err_t wm_deliver_check(const wm_deliver_settings_t *settings, const wm_targets_t *targets, int timeout_ms,
                          wm_error_t *err);
/** Starts all targets. `settings->ends` is filled in. WM_ERR_CONFIG, WM_ERR_NOMEM, WM_ERR_INTERNAL. */
wm_err_t wm_deliver_start(wm_deliver_settings_t *settings, const wm_targets_t *targets, wm_deliver_t **out,
                          wm_error_t *err);
/** Asks all to finish what is under way, commit and close. */
void wm_deliver_stop(wm_deliver_t *d);
bool wm_deliver_stopping(const wm_deliver_t *d);
/** True while a target runs. Where one ends by a fatal error all are asked to stop. */
bool wm_deliver_running(wm_deliver_t *d);
bool wm_deliver_ready(const wm_deliver_t *d, char *why, size_t cap);
/** Waits for all, once. WM_OK after an orderly stop, else the first error. */
wm_err_t wm_deliver_join(wm_deliver_t *d, wm_error_t *err);
/** Stops and joins what runs, frees. NULL allowed. */
void wm_deliver_destroy(wm_deliver_t *d);
/** The main() of the service. Returns the exit code. */
int wm_deliver_main(int argc, char **argv);

#endif
