/** process: a whole service process on the mock cluster, what it logs, and its end. Threads: one. Ownership: clear() frees. */
#ifndef WM_TEST_PROCESS_H
#define WM_TEST_PROCESS_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/mock/mock.h"

#define LOG_MAX (1u << 20)

typedef struct {
  mock_t m;
  const char *program; /* its path */
  pid_t pid;
  char log[64];
  wm_buffer_t text; /* what it logged so far */
} service_t;

static inline void pause_ms(int ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}, NULL);
}

static inline int64_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline void run(service_t *s, char *const *arguments) {
  char bootstrap[512];
  snprintf(bootstrap, sizeof bootstrap, "WM_KAFKA_BOOTSTRAP_SERVERS=%s", s->m.bootstrap);
  char *envp[] = {bootstrap, "WM_COMMIT_MS=200", "WM_STOP_MS=1500", NULL};
  s->pid = fork();
  assert_true(s->pid >= 0);
  if (s->pid > 0) return;
  int fd = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) _exit(126);
  execve(s->program, arguments, envp);
  _exit(127);
}

static inline void start_program_on(service_t *s, const char *program, char *const *arguments, int partitions) {
  memset(s, 0, sizeof *s);
  s->program = program;
  wm_buffer_init(&s->text, LOG_MAX);
  mock_open(&s->m, 1, partitions);
  snprintf(s->log, sizeof s->log, "/tmp/wiremill-test-XXXXXX");
  int fd = mkstemp(s->log);
  assert_true(fd >= 0);
  close(fd);
  run(s, arguments);
}

static inline void start_program(service_t *s, const char *program, char *const *arguments) {
  start_program_on(s, program, arguments, 1);
}

static inline void read_log(service_t *s) {
  char bytes[4096];
  ssize_t n;
  wm_buffer_reset(&s->text);
  int fd = open(s->log, O_RDONLY);
  assert_true(fd >= 0);
  while ((n = read(fd, bytes, sizeof bytes)) > 0)
    assert_int_equal(wm_buffer_append(&s->text, bytes, (size_t)n, NULL), WM_OK);
  close(fd);
}

static inline bool logged(service_t *s, const char *words) {
  read_log(s);
  return s->text.data && strstr(s->text.data, words);
}

static inline void wait_log(service_t *s, const char *words) {
  for (int64_t end = now_ms() + MOCK_WAIT_MS; now_ms() < end && !logged(s, words);) pause_ms(20);
  if (!logged(s, words)) fail_msg("\"%s\" is not in the log: %s", words, s->text.data ? s->text.data : "");
}

/* Waits for the end; the exit code, or minus the signal. */
static inline int wait_end(service_t *s) {
  int status = 0;
  for (int64_t end = now_ms() + MOCK_WAIT_MS; now_ms() < end; pause_ms(10)) {
    if (waitpid(s->pid, &status, WNOHANG) != s->pid) continue;
    s->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  kill(s->pid, SIGKILL);
  waitpid(s->pid, &status, 0);
  fail_msg("it did not end");
  return -1;
}

static inline void clear(service_t *s) {
  unlink(s->log);
  wm_buffer_clear(&s->text);
  mock_close(&s->m);
}

#endif
