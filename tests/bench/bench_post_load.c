/*
 * bench_post_load PORT PATH CONNECTIONS SECONDS LINES: posts articles of 2.2 kB (LINES of them in a request; 1: application/json) over so many
 * connections that are kept open, each with one request under way, and writes {"articles", "seconds", "p50_ms", "p99_ms", "failed"}.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit/kit.h"

#define SAMPLES_MAX 2000000

typedef struct {
  int fd;
  char answer[4096];
  size_t len;
  int64_t since;
} client_t;

typedef struct {
  const char *path;
  long port, lines;
  uint64_t next; /* number of the next article */
  wm_buffer_t article, body, request;
  uint64_t articles, failed;
  uint32_t *samples; /* µs */
  size_t n_samples;
} load_t;

static int build(load_t *l) {
  wm_buffer_reset(&l->body);
  wm_buffer_reset(&l->request);
  for (long i = 0; i < l->lines; i++)
    if (kit_article("post", 7, l->next++, &l->article) != WM_OK ||
        wm_buffer_append(&l->body, l->article.data, l->article.len, NULL) != WM_OK ||
        wm_buffer_append(&l->body, "\n", 1, NULL) != WM_OK)
      return kit_fail("out of memory");
  wm_buffer_printf(&l->request, NULL,
                   "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/%s\r\nContent-Length: %zu\r\n\r\n",
                   l->path, l->lines > 1 ? "x-ndjson" : "json", l->body.len);
  return wm_buffer_append(&l->request, l->body.data, l->body.len, NULL) == WM_OK ? 0 : kit_fail("out of memory");
}

static int post(load_t *l, client_t *c) {
  if (build(l)) return 1;
  c->len = 0;
  c->since = kit_monotonic_us();
  for (size_t at = 0; at < l->request.len;) {
    const ssize_t n = send(c->fd, l->request.data + at, l->request.len - at, MSG_NOSIGNAL);
    if (n <= 0) return kit_fail("send: %s", strerror(errno));
    at += (size_t)n;
  }
  return 0;
}

/* Reads; when the answer is whole, counts it and posts again. */
static int take(load_t *l, client_t *c, bool again) {
  const ssize_t n = recv(c->fd, c->answer + c->len, sizeof c->answer - 1 - c->len, 0);
  if (n <= 0) return kit_fail("recv: the server closed");
  c->answer[c->len += (size_t)n] = '\0';
  const char *end = strstr(c->answer, "\r\n\r\n"), *length = end ? strcasestr(c->answer, "Content-Length: ") : NULL;
  if (!end) return 0;
  const size_t whole = (size_t)(end + 4 - c->answer) + (length ? strtoul(length + 16, NULL, 10) : 0);
  if (c->len < whole && c->len < sizeof c->answer - 1) return 0;
  if (strncmp(c->answer, "HTTP/1.1 202", 12) == 0) l->articles += (uint64_t)l->lines;
  else l->failed++;
  if (l->n_samples < SAMPLES_MAX) l->samples[l->n_samples++] = (uint32_t)(kit_monotonic_us() - c->since);
  return again ? post(l, c) : 0;
}

static int by_value(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static int connect_all(load_t *l, client_t *clients, size_t n, int epoll) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->port)};
  inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
  for (size_t i = 0; i < n; i++) {
    int on = 1;
    clients[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &clients[i]};
    if (clients[i].fd < 0 || connect(clients[i].fd, (struct sockaddr *)&a, sizeof a) ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &e))
      return kit_fail("connect: %s", strerror(errno));
    setsockopt(clients[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return 0;
}

static int run(load_t *l, client_t *clients, size_t n, long seconds) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  int failed = connect_all(l, clients, n, epoll);
  const int64_t begin = kit_monotonic_us(), end = begin + seconds * 1000000;
  for (size_t i = 0; !failed && i < n; i++) failed = post(l, &clients[i]);
  while (!failed && kit_monotonic_us() < end) {
    struct epoll_event events[64];
    const int ready = epoll_wait(epoll, events, 64, 100);
    for (int i = 0; !failed && i < ready; i++) failed = take(l, events[i].data.ptr, true);
  }
  if (failed) return 1;
  qsort(l->samples, l->n_samples, sizeof *l->samples, by_value);
  printf("{\"articles\":%llu,\"seconds\":%.3f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"failed\":%llu}\n",
         (unsigned long long)l->articles, (double)(kit_monotonic_us() - begin) / 1e6,
         l->n_samples ? l->samples[l->n_samples / 2] / 1e3 : 0,
         l->n_samples ? l->samples[l->n_samples * 99 / 100] / 1e3 : 0, (unsigned long long)l->failed);
  return 0;
}

int main(int argc, char **argv) {
  load_t l = {0};
  long connections, seconds;
  if (argc != 6 || !kit_number(argv[1], 1, 65535, &l.port) || !kit_number(argv[3], 1, 1000, &connections) ||
      !kit_number(argv[4], 1, 3600, &seconds) || !kit_number(argv[5], 1, 10000, &l.lines)) {
    fprintf(stderr, "usage: bench_post_load PORT PATH CONNECTIONS SECONDS LINES\n");
    return 64;
  }
  l.path = argv[2];
  wm_buffer_init(&l.article, 1 << 20);
  wm_buffer_init(&l.body, 64 << 20);
  wm_buffer_init(&l.request, 64 << 20);
  l.samples = malloc(SAMPLES_MAX * sizeof *l.samples);
  client_t *clients = calloc((size_t)connections, sizeof *clients);
  return l.samples && clients ? run(&l, clients, (size_t)connections, seconds) : kit_fail("out of memory");
}
