/** dlq_replay: sends dead letters again to where they came from. Threads: one at a time. Ownership: takes nothing. */
#ifndef WM_DLQ_REPLAY_H
#define WM_DLQ_REPLAY_H

#include "cli/dlq.h"

/**
 * Replays what `filter` and the options --all, --new, --to, --dry-run of `config` ask for, without the wm- headers, in
 * transactions of some hundred. Prints how many. WM_ERR_USAGE (nothing chosen), WM_ERR_KAFKA.
 */
wm_err_t wm_dlq_replay(const wm_config_t *config, const wm_dlq_filter_t *filter, wm_error_t *err);

#endif
