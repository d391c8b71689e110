/* http: answers that come later, from another thread, before the handler returns, after the client or the server has gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/http.h"

#define WAIT_MS 60000
#define KEPT_MAX 128

static wm_http_t *g_http;

/* Handles that the handler has put aside. */
static struct {
  pthread_mutex_t lock;
  wm_http_later_t *later[KEPT_MAX];
  size_t n, refused;
} g_kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t kept(void) {
  pthread_mutex_lock(&g_kept.lock);
  size_t n = g_kept.n;
  pthread_mutex_unlock(&g_kept.lock);
  return n;
}

static void wait_kept(size_t n) {
  for (int i = 0; i < WAIT_MS / 10 && kept() < n; i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  assert_true(kept() >= n);
}

static wm_http_later_t *take(void) {
  pthread_mutex_lock(&g_kept.lock);
  wm_http_later_t *later = g_kept.n > 0 ? g_kept.later[--g_kept.n] : NULL;
  pthread_mutex_unlock(&g_kept.lock);
  assert_non_null(later);
  return later;
}

static void answer(wm_http_later_t *later, int status, const char *text) {
  wm_http_response_t response;
  wm_http_response_init(&response);
  response.status = status;
  response.header = "Retry-After";
  snprintf(response.header_value, sizeof response.header_value, "7");
  assert_int_equal(wm_buffer_puts(&response.body, text, NULL), WM_OK);
  wm_http_answer(later, &response);
}

static void put_aside(void *context, const wm_http_request_t *r, wm_http_response_t *response) {
  (void)context;
  wm_http_later_t *later = wm_http_defer(r);
  wm_buffer_puts(&response->body, "never seen", NULL);
  pthread_mutex_lock(&g_kept.lock);
  if (later && g_kept.n < KEPT_MAX) g_kept.later[g_kept.n++] = later;
  else g_kept.refused++;
  pthread_mutex_unlock(&g_kept.lock);
  if (!later) response->status = 503;
}

static void at_once(void *context, const wm_http_request_t *r, wm_http_response_t *response) {
  (void)context;
  (void)response;
  wm_http_later_t *later = wm_http_defer(r);
  assert_non_null(later);
  assert_null(wm_http_defer(r)); /* once a request */
  answer(later, 202, "at once");
}

static int connect_to(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)wm_http_port(g_http))};
  inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
  return fd;
}

static int ask(const char *path, bool close_after) {
  char request[256];
  int fd = connect_to();
  int n = snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: 2\r\n\r\nhi", path,
                   close_after ? "Connection: close\r\n" : "");
  assert_int_equal(send(fd, request, (size_t)n, MSG_NOSIGNAL), n);
  return fd;
}

/* Reads until `end` was seen or the server closes. */
static void expect(int fd, const char *start, const char *end) {
  char text[4096] = "";
  size_t len = 0;
  while (!strstr(text, end)) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);
    if (n <= 0) break;
    text[len += (size_t)n] = '\0';
  }
  if (strncmp(text, start, strlen(start)) != 0 || !strstr(text, end)) fail_msg("not %s ... %s: %s", start, end, text);
  if (strcmp(start, "HTTP/1.1 202") == 0) assert_non_null(strstr(text, "Retry-After: 7\r\n"));
}

static int start_server(void **state) {
  (void)state;
  wm_error_t err = WM_ERROR_INIT;
  const wm_http_route_t routes[] = {{"POST", "/later", put_aside, NULL, 1024}, {"POST", "/now", at_once, NULL, 1024}};
  g_kept.n = g_kept.refused = 0;
  return wm_http_start("127.0.0.1:0", routes, 2, &g_http, &err) == WM_OK ? 0 : -1;
}

static int stop_server(void **state) {
  (void)state;
  wm_http_stop(g_http);
  g_http = NULL;
  return 0;
}

static void test_later(void **state) {
  (void)state;
  int fd = ask("/later", false);
  wait_kept(1);
  int other = ask("/now", true); /* others go on meanwhile */
  expect(other, "HTTP/1.1 202", "at once");
  close(other);
  answer(take(), 202, "first");
  expect(fd, "HTTP/1.1 202", "first");
  const char again[] = "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nho"; /* the connection goes on */
  assert_int_equal(send(fd, again, sizeof again - 1, MSG_NOSIGNAL), sizeof again - 1);
  wait_kept(1);
  answer(take(), 404, "second");
  expect(fd, "HTTP/1.1 404", "second");
  close(fd);
}

static void test_at_once(void **state) {
  (void)state;
  for (int i = 0; i < 50; i++) {
    int fd = ask("/now", true);
    expect(fd, "HTTP/1.1 202", "at once");
    close(fd);
  }
}

static void *answer_all(void *arg) {
  for (size_t i = 0; i < *(size_t *)arg; i++) {
    wait_kept(1);
    answer(take(), 202, "done");
  }
  return NULL;
}

static void test_many(void **state) {
  (void)state;
  int fds[50];
  size_t n = 50;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, answer_all, &n), 0);
  for (size_t i = 0; i < n; i++) fds[i] = ask("/later", i % 2);
  for (size_t i = 0; i < n; i++) {
    expect(fds[i], "HTTP/1.1 202", "done");
    close(fds[i]);
  }
  pthread_join(thread, NULL);
}

static void test_client_gone(void **state) {
  (void)state;
  int fd = ask("/later", false);
  wait_kept(1);
  struct linger reset = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
  answer(take(), 202, "to nobody");
  fd = ask("/now", true);
  expect(fd, "HTTP/1.1 202", "at once");
  close(fd);
}

static void test_server_gone(void **state) {
  int fd = ask("/later", false), other = ask("/later", false);
  wait_kept(2);
  stop_server(state);
  answer(take(), 202, "too late");
  answer(take(), 202, "too late");
  close(fd);
  close(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_later, start_server, stop_server),
      cmocka_unit_test_setup_teardown(test_at_once, start_server, stop_server),
      cmocka_unit_test_setup_teardown(test_many, start_server, stop_server),
      cmocka_unit_test_setup_teardown(test_client_gone, start_server, stop_server),
      cmocka_unit_test_setup_teardown(test_server_gone, start_server, stop_server),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
