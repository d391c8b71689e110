/* http: the server over real sockets, with good clients and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/http.h"

#define WAIT_MS 60000 /* far longer than anything here takes */
#define ANSWER_MAX (1u << 20)

static wm_http_t *g_http;
static wm_error_t g_err;
static char g_answer[ANSWER_MAX], g_exact[] = "exact", g_prefix[] = "prefix";

static int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
  return fd;
}

/* Sends all it can: the server may close before the end. */
static void send_text(int fd, const char *text, size_t len) {
  while (len > 0) {
    ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
    if (n <= 0) return;
    text += n;
    len -= (size_t)n;
  }
}

/* Reads until the server closes. */
static const char *read_answer(int fd) {
  size_t len = 0;
  for (;;) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    assert_true(len + 1 < sizeof g_answer);
    ssize_t n = recv(fd, g_answer + len, sizeof g_answer - 1 - len, 0);
    if (n <= 0) break;
    len += (size_t)n;
  }
  g_answer[len] = '\0';
  close(fd);
  return g_answer;
}

/* One request from its first line (headers Host and Connection are added) and its body; the answer. */
static const char *ask_with(const char *head, const char *body, size_t len) {
  char request[2048];
  int fd = connect_to(wm_http_port(g_http));
  int n = snprintf(request, sizeof request, "%s\r\nHost: localhost\r\nConnection: close\r\n\r\n", head);
  send_text(fd, request, (size_t)n);
  send_text(fd, body, len);
  return read_answer(fd);
}

static const char *ask(const char *first_line) {
  return ask_with(first_line, "", 0);
}

static void assert_status(const char *answer, int status) {
  char start[32];
  snprintf(start, sizeof start, "HTTP/1.1 %d ", status);
  if (strncmp(answer, start, strlen(start)) != 0) fail_msg("not %d: %.200s", status, answer);
}

static void assert_body(const char *answer, const char *body) {
  const char *end = strstr(answer, "\r\n\r\n");
  assert_non_null(end);
  assert_string_equal(end + 4, body);
}

/* Says back what it got. */
static void echo(void *context, const wm_http_request_t *r, wm_http_response_t *response) {
  const char *name = wm_http_query(r, "name"), *empty = wm_http_query(r, "empty"),
             *header = wm_http_header(r, "X-Test");
  response->status = 201;
  response->content_type = "text/x-echo";
  wm_buffer_printf(&response->body, NULL, "%s %s %s %s %s %s [", (const char *)context, r->method, r->path,
                   name ? name : "-", empty ? empty : "-", header ? header : "-");
  if (r->body) wm_buffer_append(&response->body, r->body, r->body_len, NULL);
  wm_buffer_puts(&response->body, "]", NULL);
}

static void bad_status(void *context, const wm_http_request_t *r, wm_http_response_t *response) {
  (void)context;
  (void)r;
  response->status = 7;
  wm_buffer_puts(&response->body, "never seen", NULL);
}

static void nothing(void *context, const wm_http_request_t *r, wm_http_response_t *response) {
  (void)context;
  (void)r;
  response->status = 204;
}

static void large(void *context, const wm_http_request_t *r, wm_http_response_t *response) {
  (void)context;
  (void)r;
  for (int i = 0; i < 8000; i++) wm_buffer_printf(&response->body, NULL, "line %06d of the large answer\n", i);
}

static atomic_bool g_ready;

static bool is_ready(void *context, char *why, size_t cap) {
  (void)context;
  snprintf(why, cap, "no partition assigned yet");
  return atomic_load(&g_ready);
}

static wm_http_standard_t g_standard = {.ready = is_ready};

/* A server with the standard routes and some of ours, with short times, on a free port. */
static int start_server(void **state) {
  static const wm_http_limits_t limits = {.connections_max = 8, .timeout_s = 20, .request_s = 2};
  (void)state;
  wm_http_route_t routes[8] = {{0}};
  g_standard.metrics = wm_metrics_new();
  wm_metric_add(wm_metrics_get(g_standard.metrics, WM_METRIC_COUNTER, "wm_test_total", NULL, "Tests."), 5);
  wm_http_standard_routes(&g_standard, routes);
  routes[3] = (wm_http_route_t){"POST", "/echo", echo, g_exact, 1000};
  routes[4] = (wm_http_route_t){"GET", "/echo/*", echo, g_prefix, 0};
  routes[5] = (wm_http_route_t){"GET", "/bad", bad_status, NULL, 0};
  routes[6] = (wm_http_route_t){"PUT", "/echo", nothing, NULL, 0};
  routes[7] = (wm_http_route_t){"GET", "/large", large, NULL, 0};
  wm_error_clear(&g_err);
  if (wm_http_start_limited("127.0.0.1:0", routes, 8, &limits, &g_http, &g_err) == WM_OK) return 0;
  print_error("%s\n", g_err.text);
  return -1;
}

static int stop_server(void **state) {
  (void)state;
  wm_http_stop(g_http);
  wm_metrics_destroy(g_standard.metrics);
  g_http = NULL;
  return 0;
}

static void test_standard_routes(void **state) {
  (void)state;
  const char *answer = ask("GET /healthz HTTP/1.1");
  assert_status(answer, 200);
  assert_body(answer, "ok\n");
  answer = ask("GET /metrics HTTP/1.1");
  assert_status(answer, 200);
  assert_non_null(strcasestr(answer, "Content-Type: text/plain; version=0.0.4"));
  assert_body(answer, "# HELP wm_test_total Tests.\n# TYPE wm_test_total counter\nwm_test_total 5\n");
  atomic_store(&g_ready, false);
  answer = ask("GET /readyz HTTP/1.1");
  assert_status(answer, 503);
  assert_body(answer, "not ready: no partition assigned yet\n");
  atomic_store(&g_ready, true);
  answer = ask("GET /readyz HTTP/1.1");
  assert_status(answer, 200);
  assert_body(answer, "ready\n");
}

static void test_routing(void **state) {
  (void)state;
  const char *answer = ask("GET /echo/a%20b?name=caf%C3%A9&empty= HTTP/1.1\r\nX-Test: yes");
  assert_status(answer, 201);
  assert_non_null(strcasestr(answer, "Content-Type: text/x-echo"));
  assert_non_null(strcasestr(answer, "X-Content-Type-Options: nosniff"));
  assert_body(answer, "prefix GET /echo/a b caf\xC3\xA9  yes []");
  assert_body(ask("GET /echo/?empty HTTP/1.1"), "prefix GET /echo/ -  - []");
  assert_status(ask("GET /nothing HTTP/1.1"), 404);
  assert_status(ask("GET / HTTP/1.1"), 404);
  assert_status(ask("GET /healthz/ HTTP/1.1"), 404);
  assert_status(ask_with("POST /nothing HTTP/1.1\r\nContent-Length: 3", "abc", 3), 404);
  assert_status(ask("POST /nothing HTTP/1.1\r\nContent-Length: 9999999"), 404);
  answer = ask("GET /echo HTTP/1.1");
  assert_status(answer, 405);
  assert_non_null(strcasestr(answer, "Allow: POST, PUT\r\n"));
  answer = ask("DELETE /healthz HTTP/1.1");
  assert_status(answer, 405);
  assert_non_null(strcasestr(answer, "Allow: GET, HEAD\r\n"));
  assert_status(ask("PUT /echo HTTP/1.1\r\nContent-Length: 0"), 204);
  assert_status(ask("GET /bad HTTP/1.1"), 500);
  answer = ask("HEAD /healthz HTTP/1.1");
  assert_status(answer, 200);
  assert_non_null(strcasestr(answer, "Content-Length: 3"));
  assert_body(answer, "");
  assert_status(ask("HEAD /nothing HTTP/1.1"), 404);
}

static void test_bodies(void **state) {
  (void)state;
  char body[1002], head[128];
  memset(body, 'b', sizeof body);
  assert_body(ask_with("POST /echo HTTP/1.1\r\nContent-Length: 5",
                       "a\0c\xFF"
                       "e",
                       5),
              "exact POST /echo - - - [a");
  const char *answer = ask_with("POST /echo HTTP/1.1\r\nContent-Length: 1000", body, 1000);
  assert_status(answer, 201);
  assert_non_null(strcasestr(answer, "Content-Length: 1025\r\n"));
  answer = ask_with("POST /echo HTTP/1.1\r\nContent-Length: 1001", body, 1001);
  assert_status(answer, 413);
  assert_body(answer, "body too large\n");
  answer = ask_with("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked", "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", 22);
  assert_body(answer, "exact POST /echo - - - [abcdefg]");
  snprintf(head, sizeof head, "%x\r\n", 1001);
  char chunked[1100];
  int n = snprintf(chunked, sizeof chunked, "%s%.*s\r\n0\r\n\r\n", head, 1001, body);
  assert_status(ask_with("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked", chunked, (size_t)n), 413);
  assert_status(ask_with("PUT /echo HTTP/1.1\r\nContent-Length: 4", "body", 4), 413);
  /* one that waits for leave to send is refused without sending, however large */
  answer = ask("POST /echo HTTP/1.1\r\nContent-Length: 99999999999\r\nExpect: 100-continue");
  assert_status(answer, 413);
  assert_null(strstr(answer, "100 Continue"));
  /* whether it is told to go on when its body is there already is the server's choice (RFC 9110, 10.1.1): libmicrohttpd 1 does not */
  answer = ask_with("POST /echo HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue", "ok", 2);
  assert_non_null(strstr(answer, "[ok]"));
}

/* A client that pushes a body far over the limit is cut off, and the server goes on. */
static void test_endless_bodies(void **state) {
  (void)state;
  static const char *const k_heads[] = {
      "POST /echo HTTP/1.1\r\nContent-Length: 50000000\r\nHost: x\r\n\r\n",
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n2faf080\r\n"};
  char *block = malloc(1 << 16);
  assert_non_null(block);
  memset(block, 'x', 1 << 16);
  for (size_t i = 0; i < 2; i++) {
    int fd = connect_to(wm_http_port(g_http));
    send_text(fd, k_heads[i], strlen(k_heads[i]));
    size_t sent = 0;
    ssize_t n;
    while (sent < 50000000 && (n = send(fd, block, 1 << 16, MSG_NOSIGNAL)) > 0) sent += (size_t)n;
    assert_true(sent < 50000000);
    close(fd);
    assert_status(ask("GET /healthz HTTP/1.1"), 200);
  }
  free(block);
}

static void test_bad_requests(void **state) {
  (void)state;
  static const char *const k_requests[] = {
      "\r\n\r\n",
      "nonsense\r\n\r\n",
      "GET\r\n\r\n",
      "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: soon\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
  for (size_t i = 0; i < sizeof k_requests / sizeof k_requests[0]; i++) {
    int fd = connect_to(wm_http_port(g_http));
    send_text(fd, k_requests[i], strlen(k_requests[i]));
    shutdown(fd, SHUT_WR);
    const char *answer = read_answer(fd);
    if (strncmp(answer, "HTTP/1.1 2", 10) == 0) fail_msg("request %zu was taken: %.100s", i, answer);
  }
  size_t len = 100000; /* a head larger than the limit */
  char *head = malloc(len);
  assert_non_null(head);
  int n = snprintf(head, len, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ");
  memset(head + n, 'h', len - (size_t)n);
  int fd = connect_to(wm_http_port(g_http));
  send_text(fd, head, len);
  assert_true(strncmp(read_answer(fd), "HTTP/1.1 2", 10) != 0);
  free(head);
  assert_status(ask("GET /healthz HTTP/1.1"), 200);
}

static void test_keep_alive(void **state) {
  (void)state;
  static const char k_two[] =
      "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  int fd = connect_to(wm_http_port(g_http));
  send_text(fd, k_two, sizeof k_two - 1);
  const char *answer = read_answer(fd), *second = strstr(answer + 1, "HTTP/1.1 ");
  assert_status(answer, 200);
  assert_non_null(second);
  assert_status(second, 200);
}

/* More clients than connections: those above the limit wait their turn, all are answered. */
static void test_many_clients(void **state) {
  (void)state;
  enum { CLIENTS = 60 };
  static const char k_get[] = "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  int fds[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    fds[i] = connect_to(wm_http_port(g_http));
    send_text(fds[i], k_get, sizeof k_get - 1);
  }
  for (int i = 0; i < CLIENTS; i++) {
    const char *answer = read_answer(fds[i]);
    assert_status(answer, 200);
    assert_non_null(strstr(answer, "line 007999 of the large answer\n"));
  }
}

/* As many clients as there are connections send a byte now and then, for ever: the time of a request ends them all. */
static void test_slow_clients(void **state) {
  (void)state;
  enum { CLIENTS = 8 };
  int fds[CLIENTS];
  for (int i = 0; i < CLIENTS; i++) {
    fds[i] = connect_to(wm_http_port(g_http));
    send_text(fds[i], "GET /healthz HTTP/1.1\r\nX-Slow: ", 31);
  }
  int closed = 0;
  for (int round = 0; round < 600 && closed < CLIENTS; round++) {
    usleep(100000);
    closed = 0;
    for (int i = 0; i < CLIENTS; i++) closed += send(fds[i], "x", 1, MSG_NOSIGNAL) < 0;
  }
  for (int i = 0; i < CLIENTS; i++) close(fds[i]);
  assert_int_equal(closed, CLIENTS);
  assert_status(ask("GET /healthz HTTP/1.1"), 200);
}

static void test_clients_that_vanish(void **state) {
  (void)state;
  static const char *const k_starts[] = {"", "GET /lar", "GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
                                         "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf"};
  struct linger hard = {.l_onoff = 1, .l_linger = 0}; /* close() sends a reset */
  for (int i = 0; i < 40; i++) {
    int fd = connect_to(wm_http_port(g_http));
    const char *start = k_starts[i % 4];
    send_text(fd, start, strlen(start));
    if (i % 8 >= 4) setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
  }
  assert_status(ask("GET /healthz HTTP/1.1"), 200);
}

/* Stopping with clients in every state neither hangs nor leaks (the asan preset looks). */
static void test_stop_with_clients(void **state) {
  int fds[3];
  for (int i = 0; i < 3; i++) fds[i] = connect_to(wm_http_port(g_http));
  send_text(fds[1], "GET /large", 10);
  send_text(fds[2], "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf", 58);
  assert_status(ask("GET /healthz HTTP/1.1"), 200); /* so that it has seen them */
  stop_server(state);
  for (int i = 0; i < 3; i++) close(fds[i]);
  assert_int_equal(start_server(state), 0);
}

static void expect_refusal(const char *listen_on, wm_err_t code, const char *words) {
  wm_http_t *h = NULL;
  wm_error_clear(&g_err);
  wm_err_t rc = wm_http_start(listen_on, NULL, 0, &h, &g_err);
  if (rc != code || !strstr(g_err.text, words) || !strstr(g_err.text, listen_on))
    fail_msg("%s: %s: %s", listen_on, wm_err_word(rc), g_err.text);
  assert_null(h);
}

static void test_refusals(void **state) {
  (void)state;
  char used[32];
  snprintf(used, sizeof used, "127.0.0.1:%d", wm_http_port(g_http));
  expect_refusal(used, WM_ERR_HTTP, "in use");
  expect_refusal("192.0.2.1:0", WM_ERR_HTTP, "not an address of this machine");
  expect_refusal("name.invalid:0", WM_ERR_HTTP, "not known");
  expect_refusal("9101", WM_ERR_CONFIG, "has no port");
  expect_refusal("", WM_ERR_CONFIG, "has no port");
  wm_http_t *h;
  assert_int_equal(wm_http_start("127.0.0.1:0", NULL, WM_HTTP_ROUTES_MAX + 1, &h, NULL), WM_ERR_INTERNAL);
  wm_http_stop(NULL);
}

static bool ipv6_works(void) {
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  bool works = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
  if (fd >= 0) close(fd);
  return works;
}

static void test_ipv6(void **state) {
  (void)state;
  if (!ipv6_works()) {
    print_message("skipped: no IPv6 on this machine\n");
    skip();
  }
  wm_http_route_t routes[3];
  wm_http_t *v4 = g_http;
  static const wm_http_standard_t k_standard = {0};
  wm_http_standard_routes(&k_standard, routes);
  assert_int_equal(wm_http_start("[::1]:0", routes, 3, &g_http, &g_err), WM_OK);
  struct sockaddr_in6 a = {
      .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)wm_http_port(g_http)), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
  send_text(fd, "GET /readyz HTTP/1.0\r\n\r\n", 24);
  assert_non_null(strstr(read_answer(fd), "\r\n\r\nready\n"));
  wm_http_stop(g_http);
  assert_int_equal(wm_http_start("[::]:0", routes, 3, &g_http, &g_err), WM_OK); /* every address, IPv4 too */
  assert_status(ask("GET /healthz HTTP/1.1"), 200);
  assert_body(ask("GET /metrics HTTP/1.1"), "");
  wm_http_stop(g_http);
  g_http = v4;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_standard_routes),
      cmocka_unit_test(test_routing),
      cmocka_unit_test(test_bodies),
      cmocka_unit_test(test_endless_bodies),
      cmocka_unit_test(test_bad_requests),
      cmocka_unit_test(test_keep_alive),
      cmocka_unit_test(test_many_clients),
      cmocka_unit_test(test_slow_clients),
      cmocka_unit_test(test_clients_that_vanish),
      cmocka_unit_test(test_stop_with_clients),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_ipv6),
  };
  return cmocka_run_group_tests(tests, start_server, stop_server);
}
