/**
 * signals: SIGTERM, SIGINT and SIGHUP are blocked in every thread and taken by one thread through sigwait.
 *
 * Call wm_signals_block() in main() before any other thread exists (librdkafka's and libmicrohttpd's threads inherit the
 * mask), then wm_signals_wait() from the main thread. SIGPIPE is ignored.
 */
#ifndef WM_SIGNALS_H
#define WM_SIGNALS_H

#include "common/error.h"

typedef enum { WM_SIGNAL_NONE = 0, WM_SIGNAL_STOP, WM_SIGNAL_RELOAD } wm_signal_t;

/** Blocks SIGTERM, SIGINT, SIGHUP in the calling thread and all that it will create; ignores SIGPIPE. WM_ERR_INTERNAL. */
wm_err_t wm_signals_block(wm_error_t *err);
/** Waits up to `timeout_ms` (negative: for ever) for a signal. STOP for SIGTERM or SIGINT, RELOAD for SIGHUP, NONE when the time is over. */
wm_signal_t wm_signals_wait(int timeout_ms);
/**
 * After a first STOP, from the thread that took it: from now on another SIGTERM or SIGINT ends the process at once with exit code 143
 * or 130, also as process 1 of a container, while the orderly stop is still under way.
 */
void wm_signals_arm_exit(void);

#endif
