/**
 * publish: the target kafka: a stage (common/stage.h) that publishes ninjs 3.1 in the transaction that commits its offsets.
 *
 * Threads and ownership: as of a stage; the target is borrowed while it runs.
 */
#ifndef WM_DELIVER_PUBLISH_H
#define WM_DELIVER_PUBLISH_H

#include "common/stage.h"
#include "services/deliver/runner.h"

/** The settings of the stage for `target`. */
void wm_publish_settings(const wm_deliver_settings_t *set, const wm_target_t *target, const char *labels,
                         wm_stage_settings_t *out);

#endif
