/**
 * tsan: Debian's librdkafka starts its threads through C11's thrd_create(), which ThreadSanitizer does not know: any
 * program with a librdkafka handle crashes under it. One that was configured with --disable-c11threads works: put it on
 * LD_LIBRARY_PATH and set WM_TSAN_KAFKA=1.
 *
 * Threads: no state.
 */
#ifndef WM_TEST_STAGE_TSAN_H
#define WM_TEST_STAGE_TSAN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST_SKIPPED 77

/** True, after a line that says so, if tests with librdkafka handles cannot run here. */
static inline bool tsan_skips(void) {
#ifdef __SANITIZE_THREAD__
  if (getenv("WM_TSAN_KAFKA")) return false;
  fputs("skipped: ThreadSanitizer needs a librdkafka of --disable-c11threads (then set WM_TSAN_KAFKA=1)\n", stderr);
  return true;
#else
  return false;
#endif
}

#endif
