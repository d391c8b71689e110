/*
 * bench_sink COUNT: an HTTP/1.1 server that only counts: answers 204 to every request, keeps connections. Writes its port, then, once
 * COUNT requests have come, how many a second from 10 % of them to the last. One thread, epoll.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit/kit.h"

#define BUFFER (256u << 10)
#define EVENTS 256

typedef struct {
  int fd;
  size_t have; /* bytes in data */
  size_t skip; /* bytes of a body that are still to come */
  char data[BUFFER];
} peer_t;

typedef struct {
  long count, seen;
  int64_t begin, end;
} tally_t;

static int serve_failed(peer_t *p) {
  close(p->fd);
  free(p);
  return 0;
}

/* Bytes of the body by the head at `head` (NUL-terminated); -1 if it says nothing. */
static long content_length(const char *head) {
  const char *at = strcasestr(head, "\r\ncontent-length:");
  return at ? strtol(at + 17, NULL, 10) : -1;
}

static void count(tally_t *t) {
  t->seen++;
  if (t->seen == t->count / 10) t->begin = kit_monotonic_us();
  if (t->seen == t->count) t->end = kit_monotonic_us();
}

/* Takes what is in the buffer; returns how many answers are due, -1 for a bad request. */
static int digest(peer_t *p, tally_t *t) {
  size_t at = 0;
  int answers = 0;
  while (at < p->have) {
    if (p->skip > 0) {
      const size_t n = p->have - at < p->skip ? p->have - at : p->skip;
      at += n;
      p->skip -= n;
      if (p->skip > 0) break;
      answers++;
      count(t);
      continue;
    }
    p->data[p->have] = '\0';
    char *end = memmem(p->data + at, p->have - at, "\r\n\r\n", 4);
    if (!end) break;
    *end = '\0';
    const long length = content_length(p->data + at);
    if (length < 0) return -1;
    at = (size_t)(end - p->data) + 4;
    p->skip = (size_t)length;
    if (length == 0) {
      answers++;
      count(t);
    }
  }
  memmove(p->data, p->data + at, p->have - at);
  p->have -= at;
  return answers;
}

static void serve(peer_t *p, tally_t *t) {
  static const char k_answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
  const ssize_t n = read(p->fd, p->data + p->have, BUFFER - 1 - p->have);
  if (n <= 0) {
    serve_failed(p);
    return;
  }
  p->have += (size_t)n;
  int answers = digest(p, t);
  if (answers < 0) serve_failed(p);
  for (; answers > 0; answers--)
    if (write(p->fd, k_answer, sizeof k_answer - 1) < 0) perror("bench_sink");
}

static int listen_on_any(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 256) ||
      getsockname(fd, (struct sockaddr *)&address, &len))
    return -1;
  *port = ntohs(address.sin_port);
  return fd;
}

static void greet(int loop, int door) {
  peer_t *p = calloc(1, sizeof *p);
  if (!p) return;
  p->fd = accept(door, NULL, NULL);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
  if (p->fd < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, p->fd, &e)) free(p);
}

int main(int argc, char **argv) {
  tally_t t = {0};
  int port;
  if (argc != 2 || !kit_number(argv[1], 10, 100000000, &t.count)) {
    fprintf(stderr, "usage: bench_sink COUNT\n");
    return 64;
  }
  const int door = listen_on_any(&port), loop = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN}, events[EVENTS];
  if (door < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, door, &e)) return kit_fail("cannot listen");
  printf("%d\n", port);
  fflush(stdout);
  kit_stop_on_signals();
  while (!kit_stopped() && t.seen < t.count) {
    const int n = epoll_wait(loop, events, EVENTS, 1000);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr) serve(events[i].data.ptr, &t);
      else greet(loop, door);
    }
  }
  if (t.seen < t.count) return 1;
  printf("%.0f\n", (double)(t.count - t.count / 10) * 1e6 / (double)(t.end - t.begin));
  return 0;
}
