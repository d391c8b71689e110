/*
 * fetch: the address is looked at when it is connected to. 127.0.0.2 stands for a public address here and 127.0.0.1 for a private one, so that
 * a redirect from one to the other can be tried on one machine; tests/unit/test_address.c tests the real check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <arpa/inet.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/address.h"
#include "services/ingest/fetch.h"

bool __wrap_wm_address_is_public(const struct sockaddr *address, socklen_t len);
bool __wrap_wm_address_is_public(const struct sockaddr *address, socklen_t len) {
  char text[WM_ADDRESS_TEXT_MAX];
  return strcmp(wm_address_text(address, len, text), "127.0.0.2") == 0;
}

/* A name server that tells another address each time, which is how DNS is rebound: libcurl asks this instead of libc's. */
static atomic_int g_asked;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  union {
    void *symbol;
    int (*call)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  } real = {.symbol = dlsym(RTLD_NEXT, "getaddrinfo")};
  if (node && strcmp(node, "rebound.example") == 0)
    node = atomic_fetch_add(&g_asked, 1) == 0 ? "127.0.0.2" : "127.0.0.1";
  return real.call(node, service, hints, out);
}

static struct {
  int fd, port;
  pthread_t thread;
  atomic_int connections;
} g_server;

/* Answers each connection once, by its path. */
static void serve(int fd) {
  char request[4096] = "", answer[1024];
  size_t len = 0;
  for (ssize_t n; !strstr(request, "\r\n\r\n") && (n = recv(fd, request + len, sizeof request - 1 - len, 0)) > 0;)
    request[len += (size_t)n] = '\0';
  const char *body = "hello";
  char head[512] =
      "HTTP/1.1 200 OK\r\nETag: \"e1\"\r\nLast-Modified: Wed, 25 Nov 2026 10:00:00 GMT\r\nContent-Type: text/xml; "
      "charset=\"utf-8\"\r\n";
  if (strncmp(request, "GET /private", 12) == 0)
    snprintf(head, sizeof head, "HTTP/1.1 302 Found\r\nETag: \"no\"\r\nLocation: http://127.0.0.1:%d/ok\r\n",
             g_server.port);
  else if (strncmp(request, "GET /moved", 10) == 0)
    snprintf(head, sizeof head, "HTTP/1.1 301 Gone elsewhere\r\nRetry-After: 5\r\nLocation: http://127.0.0.2:%d/ok\r\n",
             g_server.port);
  else if (strncmp(request, "GET /ftp", 8) == 0)
    snprintf(head, sizeof head, "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.2/x\r\n");
  else if (strncmp(request, "GET /busy", 9) == 0)
    snprintf(head, sizeof head, "HTTP/1.1 429 Slow down\r\nRetry-After: 17\r\n");
  else if (strncmp(request, "GET /date", 9) == 0)
    snprintf(head, sizeof head, "HTTP/1.1 503 No\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n");
  else if (strstr(request, "If-None-Match: \"e1\""))
    snprintf(head, sizeof head, "HTTP/1.1 304 Not Modified\r\n"), body = "";
  int n =
      snprintf(answer, sizeof answer, "%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
  send(fd, answer, (size_t)n, MSG_NOSIGNAL);
  close(fd);
}

static void *accept_all(void *arg) {
  (void)arg;
  for (int fd; (fd = accept(g_server.fd, NULL, NULL)) >= 0;) {
    atomic_fetch_add(&g_server.connections, 1);
    serve(fd);
  }
  return NULL;
}

static int set_up(void **state) {
  (void)state;
  struct sockaddr_in a = {.sin_family = AF_INET};
  socklen_t len = sizeof a;
  g_server.fd = socket(AF_INET, SOCK_STREAM, 0);
  if (g_server.fd < 0 || bind(g_server.fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(g_server.fd, 16) != 0)
    return -1;
  getsockname(g_server.fd, (struct sockaddr *)&a, &len);
  g_server.port = ntohs(a.sin_port);
  return pthread_create(&g_server.thread, NULL, accept_all, NULL);
}

static int tear_down(void **state) {
  (void)state;
  shutdown(g_server.fd, SHUT_RDWR);
  pthread_join(g_server.thread, NULL);
  close(g_server.fd);
  return 0;
}

static const wm_ingest_settings_t g_set = {
    .parallel = 4, .fetch_timeout_ms = 30000, .redirects = 3, .fetch_bytes = 4096};

typedef void (*check_t)(const wm_fetch_result_t *got);

static void fetch(const wm_ingest_settings_t *set, const char *host, const char *path, const char *etag, check_t look) {
  char url[256];
  int mark;
  wm_fetch_result_t got;
  wm_fetcher_t *fetcher = wm_fetcher_new(set);
  snprintf(url, sizeof url, "http://%s:%d/%s", host, g_server.port, path);
  wm_fetch_t *started = wm_fetch_start(fetcher, url, etag, "", &mark), *done = NULL;
  assert_non_null(started);
  while (!(done = wm_fetcher_next(fetcher))) wm_fetcher_work(fetcher, 100);
  assert_ptr_equal(done, started);
  assert_ptr_equal(wm_fetch_context(done), &mark);
  wm_fetch_result(done, &got);
  look(&got);
  wm_fetch_free(done);
  wm_fetcher_destroy(fetcher);
}

static void is_whole(const wm_fetch_result_t *got) {
  assert_int_equal(got->status, 200);
  assert_string_equal(got->body, "hello");
  assert_string_equal(got->etag, "\"e1\"");
  assert_string_equal(got->modified, "Wed, 25 Nov 2026 10:00:00 GMT");
  assert_string_equal(got->charset, "utf-8");
  assert_int_equal(got->retry_ms, -1);
}

static void is_moved(const wm_fetch_result_t *got) {
  is_whole(got);
  assert_non_null(strstr(got->location, "/ok"));
}

static void is_refused(const wm_fetch_result_t *got) {
  assert_int_equal(got->status, 0);
  if (!strstr(got->error, "127.0.0.1 is no public address")) fail_msg("%s", got->error);
}

static void is_unchanged(const wm_fetch_result_t *got) {
  assert_int_equal(got->status, 304);
}

static void is_failed(const wm_fetch_result_t *got) {
  assert_int_equal(got->status, 0);
  assert_true(got->error[0] != '\0');
}

static void is_too_large(const wm_fetch_result_t *got) {
  assert_int_equal(got->status, 0);
  assert_non_null(strstr(got->error, "WM_FETCH_MAX_BYTES"));
}

static void is_busy(const wm_fetch_result_t *got) {
  assert_int_equal(got->status, 429);
  assert_int_equal(got->retry_ms, 17000);
}

static void is_past(const wm_fetch_result_t *got) {
  assert_int_equal(got->status, 503);
  assert_int_equal(got->retry_ms, 0);
}

static void test_good(void **state) {
  (void)state;
  fetch(&g_set, "127.0.0.2", "ok", "", is_whole);
  fetch(&g_set, "127.0.0.2", "ok", "\"e1\"", is_unchanged);
  fetch(&g_set, "127.0.0.2", "moved", "", is_moved); /* what the redirect said of itself is forgotten */
  fetch(&g_set, "127.0.0.2", "busy", "", is_busy);
  fetch(&g_set, "127.0.0.2", "date", "", is_past);
}

static void test_confined(void **state) {
  (void)state;
  int before = atomic_load(&g_server.connections);
  fetch(&g_set, "127.0.0.1", "ok", "", is_refused);
  fetch(&g_set, "localhost", "ok", "", is_failed); /* a name that resolves to a private address */
  assert_int_equal(atomic_load(&g_server.connections), before);
  fetch(&g_set, "127.0.0.2", "private", "", is_refused); /* a redirect */
  assert_int_equal(atomic_load(&g_server.connections), before + 1);
  fetch(&g_set, "127.0.0.2", "ftp", "", is_failed);
  wm_ingest_settings_t open = g_set;
  open.allow_private = true;
  fetch(&open, "127.0.0.2", "private", "", is_whole);
}

static void test_rebound(void **state) {
  (void)state;
  atomic_store(&g_asked, 0);
  fetch(&g_set, "rebound.example", "ok", "", is_whole);
  int before = atomic_load(&g_server.connections);
  fetch(&g_set, "rebound.example", "ok", "", is_refused);
  assert_int_equal(atomic_load(&g_server.connections), before);
  assert_true(atomic_load(&g_asked) >= 2);
}

static void test_bounds(void **state) {
  (void)state;
  wm_ingest_settings_t small = g_set;
  small.fetch_bytes = 4;
  fetch(&small, "127.0.0.2", "ok", "", is_too_large);
  wm_fetcher_t *fetcher = wm_fetcher_new(&g_set);
  wm_fetch_t *cancelled = wm_fetch_start(fetcher, "http://127.0.0.2:1/", "", "", NULL);
  assert_non_null(cancelled);
  wm_fetch_free(cancelled);
  wm_fetch_free(NULL);
  wm_fetcher_destroy(fetcher);
  wm_fetcher_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_confined),
                                     cmocka_unit_test(test_rebound), cmocka_unit_test(test_bounds)};
  curl_global_init(CURL_GLOBAL_DEFAULT);
  int failed = cmocka_run_group_tests(tests, set_up, tear_down);
  curl_global_cleanup();
  return failed;
}
