/**
 * stage_service: an enricher for tests of the worker loop. It adds the member "test" and does as the article's headline says:
 * "refuse" (poison), "break" (an internal error), "slow" (takes 50 ms), "snore" (2 s), "hang" (10 minutes), "grow" (adds a member of 2 MB).
 *
 * Threads: the counters are atomic.
 */
#ifndef WM_TEST_STAGE_SERVICE_H
#define WM_TEST_STAGE_SERVICE_H

#include "common/service.h"

extern const wm_service_t stage_test_service;

/** A service that reads and writes the article and adds nothing but its line in `processing`. */
extern const wm_service_t stage_passthrough_service;

/** How often enrich was called in this process. */
long stage_test_calls(void);

#endif
