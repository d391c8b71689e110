#include "common/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_bool armed;

/* What is waited for. Once armed, SIGTERM and SIGINT are the handler's: sigtimedwait would take them away from it. */
static void fill(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGHUP);
  if (atomic_load(&armed)) return;
  sigaddset(set, SIGTERM);
  sigaddset(set, SIGINT);
}

wm_err_t wm_signals_block(wm_error_t *err) {
  sigset_t set;
  fill(&set);
  int rc = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (rc != 0) return wm_error_set(err, WM_ERR_INTERNAL, "cannot block signals: %s", strerror(rc));
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  if (sigaction(SIGPIPE, &ignore, NULL) != 0)
    return wm_error_set(err, WM_ERR_INTERNAL, "cannot ignore SIGPIPE: %s", strerror(errno));
  return WM_OK;
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

wm_signal_t wm_signals_wait(int timeout_ms) {
  sigset_t set;
  fill(&set);
  int64_t end = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
  for (;;) {
    int64_t left = timeout_ms < 0 ? 1000 : end - now_ms();
    if (left < 0) left = 0;
    struct timespec wait = {.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000) * 1000000L};
    int number = sigtimedwait(&set, NULL, &wait);
    if (number == SIGHUP) return WM_SIGNAL_RELOAD;
    if (number > 0) return WM_SIGNAL_STOP;
    if (timeout_ms >= 0 && now_ms() >= end) return WM_SIGNAL_NONE;
  }
}

/* A handler and not SIG_DFL: the kernel ignores the default action of process 1, which a service in a container is. */
static void exit_at_once(int number) {
  _exit(128 + number);
}

void wm_signals_arm_exit(void) {
  struct sigaction action = {.sa_handler = exit_at_once};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  atomic_store(&armed, true);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
