/* signals: taken by sigwait, in a process of its own for each test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/signals.h"

#define LONG_MS 60000 /* far longer than anything here takes */

/* Runs `body` in a child; its exit code, or 1000 + the signal that killed it. `number` is sent once the child says it is ready. */
static int in_child(int (*body)(int ready), int number) {
  int ends[2];
  char byte;
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    close(ends[0]);
    alarm(60);
    _exit(body(ends[1]));
  }
  close(ends[1]);
  if (number != 0) {
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(kill(pid, number), 0);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  close(ends[0]);
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void say_ready(int ready) {
  if (write(ready, "r", 1) != 1) _exit(99);
}

static int wait_for_one(int ready) {
  if (wm_signals_block(NULL) != WM_OK) return 90;
  say_ready(ready);
  return (int)wm_signals_wait(LONG_MS);
}

static int wait_for_ever(int ready) {
  if (wm_signals_block(NULL) != WM_OK) return 90;
  say_ready(ready);
  return (int)wm_signals_wait(-1);
}

static void test_stop_and_reload(void **state) {
  (void)state;
  assert_int_equal(in_child(wait_for_one, SIGTERM), WM_SIGNAL_STOP);
  assert_int_equal(in_child(wait_for_one, SIGINT), WM_SIGNAL_STOP);
  assert_int_equal(in_child(wait_for_one, SIGHUP), WM_SIGNAL_RELOAD);
  assert_int_equal(in_child(wait_for_ever, SIGTERM), WM_SIGNAL_STOP);
}

static void *spin(void *context) {
  say_ready(*(int *)context);
  for (int i = 0; i < 60; i++) sleep(1);
  return NULL;
}

/* A thread made afterwards has the signals blocked too: were it not so, its default action would end the process. */
static int wait_with_thread(int ready) {
  pthread_t thread;
  if (wm_signals_block(NULL) != WM_OK || pthread_create(&thread, NULL, spin, &ready) != 0) return 90;
  return (int)wm_signals_wait(LONG_MS);
}

static void test_threads_inherit(void **state) {
  (void)state;
  assert_int_equal(in_child(wait_with_thread, SIGTERM), WM_SIGNAL_STOP);
}

static int broken_pipe(int ready) {
  int ends[2];
  (void)ready;
  if (wm_signals_block(NULL) != WM_OK || pipe(ends) != 0) return 90;
  close(ends[0]);
  return write(ends[1], "x", 1) < 0 ? 0 : 91;
}

static void test_sigpipe_is_ignored(void **state) {
  (void)state;
  assert_int_equal(in_child(broken_pipe, 0), 0);
}

static int nothing_comes(int ready) {
  struct timespec a, b;
  (void)ready;
  if (wm_signals_block(NULL) != WM_OK) return 90;
  clock_gettime(CLOCK_MONOTONIC, &a);
  wm_signal_t got = wm_signals_wait(50);
  clock_gettime(CLOCK_MONOTONIC, &b);
  if (got != WM_SIGNAL_NONE || wm_signals_wait(0) != WM_SIGNAL_NONE) return 91;
  return (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 49 ? 0 : 92;
}

static void test_timeout(void **state) {
  (void)state;
  assert_int_equal(in_child(nothing_comes, 0), 0);
}

static void nothing(int number) {
  (void)number;
}

/* Another signal with a handler (a profiler's, say) does not end the wait. */
static int interrupted(int ready) {
  struct sigaction action = {.sa_handler = nothing};
  if (wm_signals_block(NULL) != WM_OK || sigaction(SIGUSR1, &action, NULL) != 0) return 90;
  pid_t parent = getpid(), pid = fork();
  if (pid < 0) return 93;
  if (pid == 0) {
    for (int i = 0; i < 20; i++) {
      usleep(5000);
      kill(parent, SIGUSR1);
    }
    kill(parent, SIGHUP);
    _exit(0);
  }
  (void)ready;
  wm_signal_t got = wm_signals_wait(LONG_MS);
  waitpid(pid, NULL, 0);
  return (int)got;
}

static void test_interruption(void **state) {
  (void)state;
  assert_int_equal(in_child(interrupted, 0), WM_SIGNAL_RELOAD);
}

static int second_one(int ready) {
  if (wm_signals_block(NULL) != WM_OK) return 90;
  if (kill(getpid(), SIGTERM) != 0 || wm_signals_wait(LONG_MS) != WM_SIGNAL_STOP) return 91;
  wm_signals_arm_exit();
  say_ready(ready);
  sleep(60); /* a slow orderly stop */
  return 92;
}

/* The main thread of a service goes on waiting for signals while its workers stop. */
static int second_one_while_waiting(int ready) {
  if (wm_signals_block(NULL) != WM_OK) return 90;
  if (kill(getpid(), SIGTERM) != 0 || wm_signals_wait(LONG_MS) != WM_SIGNAL_STOP) return 91;
  wm_signals_arm_exit();
  say_ready(ready);
  return 80 + (int)wm_signals_wait(LONG_MS);
}

static void test_second_stop_exits(void **state) {
  (void)state;
  assert_int_equal(in_child(second_one_while_waiting, SIGTERM), 143);
  assert_int_equal(in_child(second_one_while_waiting, SIGINT), 130);
  assert_int_equal(in_child(second_one, SIGTERM), 143);
  assert_int_equal(in_child(second_one, SIGINT), 130);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_stop_and_reload),    cmocka_unit_test(test_threads_inherit),
      cmocka_unit_test(test_sigpipe_is_ignored), cmocka_unit_test(test_timeout),
      cmocka_unit_test(test_interruption),       cmocka_unit_test(test_second_stop_exits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
