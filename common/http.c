#include "common/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/listen.h"
#include "common/log.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"
#define BACKLOG 128
#define DRAIN_MAX \
  (4u << 20) /* bytes of an unwanted body that are read and thrown away, so that the client gets to see the answer */

/* A connection of libmicrohttpd: in the list from its start to its end, where the watcher finds it. */
typedef struct connection {
  int fd;
  int64_t since; /* monotonic seconds: when it began to wait for an answer */
  bool shut;
  struct connection *next, *previous;
} connection_t;

struct wm_http {
  struct MHD_Daemon *daemon;
  wm_http_route_t routes[WM_HTTP_ROUTES_MAX];
  size_t n_routes;
  wm_http_limits_t limits;
  int port;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t wake;
  connection_t *connections;
  bool stopping, watching;
  pthread_t watcher;
  wm_http_later_t *laters; /* what waits for its answer; guarded by g_later, as is `closed` */
  bool closed;             /* nothing is deferred any more */
};

/* A request under way, from its head to its end. */
typedef struct {
  wm_http_t *server;
  wm_http_later_t *later; /* its answer comes later; guarded by g_later, as are the next three */
  bool answered, suspended;
  wm_http_response_t answer;
  const wm_http_route_t *route; /* NULL: answered with `status` */
  wm_buffer_t body;
  unsigned status;
  size_t drained;
  const char *allow; /* for 405 */
  char allowed[128];
} exchange_t;

/*
 * A deferred answer. `exchange` is valid while it is in the server's list; wm_http_stop() takes it out. One lock for all servers, because
 * the answering thread may come when the server is gone.
 */
struct wm_http_later {
  exchange_t *exchange; /* NULL: nobody waits any more */
  struct MHD_Connection *connection;
  wm_http_later_t *next, *previous;
};

static pthread_mutex_t g_later = PTHREAD_MUTEX_INITIALIZER;

static int64_t now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

/* --- answering --- */

static enum MHD_Result send_body(struct MHD_Connection *connection, unsigned status, const char *content_type,
                                 wm_buffer_t *body, const char *header, const char *value) {
  static char nothing[1];
  struct MHD_Response *response = body->len > 0
                                      ? MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE)
                                      : MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
  if (!response || body->len == 0) wm_buffer_clear(body);
  else wm_buffer_init(body, body->max); /* the response owns the bytes */
  if (!response) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  if (header && value) MHD_add_response_header(response, header, value);
  enum MHD_Result rc = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return rc;
}

/* A short answer of the server's own. */
static enum MHD_Result send_status(struct MHD_Connection *connection, unsigned status, const char *allow) {
  const char *text = status == MHD_HTTP_NOT_FOUND            ? "not found\n"
                     : status == MHD_HTTP_METHOD_NOT_ALLOWED ? "method not allowed\n"
                     : status == 413                         ? "body too large\n"
                                                             : "internal error\n";
  wm_buffer_t body;
  wm_buffer_init(&body, 64);
  wm_buffer_puts(&body, text, NULL);
  return send_body(connection, status, TEXT_PLAIN, &body, MHD_HTTP_HEADER_ALLOW, allow);
}

static enum MHD_Result send_response(struct MHD_Connection *connection, wm_http_response_t *response) {
  if (response->status < 200 || response->status > 599) {
    wm_buffer_clear(&response->body);
    return send_status(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, NULL);
  }
  return send_body(connection, (unsigned)response->status, response->content_type, &response->body, response->header,
                   response->header_value);
}

static enum MHD_Result call_handler(struct MHD_Connection *connection, exchange_t *x, const char *method,
                                    const char *path) {
  wm_http_request_t request = {.method = method,
                               .path = path,
                               .body = x->body.data,
                               .body_len = x->body.len,
                               .connection = connection,
                               .exchange = x};
  wm_http_response_t response;
  wm_http_response_init(&response);
  x->route->handler(x->route->context, &request, &response);
  pthread_mutex_lock(&g_later);
  bool waits = x->later != NULL, deferred = waits || x->answered;
  if (waits) {
    MHD_suspend_connection(connection);
    x->suspended = true;
  }
  pthread_mutex_unlock(&g_later);
  if (!deferred) return send_response(connection, &response);
  wm_buffer_clear(&response.body);
  wm_buffer_clear(&x->body);
  return waits ? MHD_YES : send_response(connection, &x->answer);
}

/* --- answering later --- */

void wm_http_response_init(wm_http_response_t *response) {
  *response = (wm_http_response_t){.status = 200, .content_type = TEXT_PLAIN};
  wm_buffer_init(&response->body, WM_HTTP_RESPONSE_MAX);
}

wm_http_later_t *wm_http_defer(const wm_http_request_t *request) {
  exchange_t *x = request->exchange;
  wm_http_later_t *later = calloc(1, sizeof *later);
  if (!later) return NULL;
  pthread_mutex_lock(&g_later);
  wm_http_t *h = x->server;
  bool possible = !h->closed && !x->later && !x->answered;
  if (possible) {
    *later = (wm_http_later_t){.exchange = x, .connection = request->connection, .next = h->laters};
    if (later->next) later->next->previous = later;
    h->laters = later;
    x->later = later;
  }
  pthread_mutex_unlock(&g_later);
  if (possible) return later;
  free(later);
  return NULL;
}

/* Under g_later: hands the answer to the thread of the server. */
static void settle(wm_http_later_t *later, const wm_http_response_t *response) {
  exchange_t *x = later->exchange;
  if (later->previous) later->previous->next = later->next;
  else x->server->laters = later->next;
  if (later->next) later->next->previous = later->previous;
  x->answer = *response;
  x->answered = true;
  x->later = NULL;
  later->exchange = NULL;
  if (x->suspended) MHD_resume_connection(later->connection);
}

void wm_http_answer(wm_http_later_t *later, wm_http_response_t *response) {
  pthread_mutex_lock(&g_later);
  bool taken = later->exchange != NULL;
  if (taken) settle(later, response);
  pthread_mutex_unlock(&g_later);
  if (!taken) wm_buffer_clear(&response->body);
  free(later);
}

/* Nothing is deferred from now on, and what was gets 503. */
static void close_laters(wm_http_t *h) {
  pthread_mutex_lock(&g_later);
  h->closed = true;
  while (h->laters) {
    wm_http_response_t response;
    wm_http_response_init(&response);
    response.status = 503;
    settle(h->laters, &response);
  }
  pthread_mutex_unlock(&g_later);
}

/* --- routing --- */

static bool path_matches(const char *pattern, const char *path) {
  size_t len = strlen(pattern);
  if (len > 0 && pattern[len - 1] == '*') return strncmp(pattern, path, len - 1) == 0;
  return strcmp(pattern, path) == 0;
}

static bool method_matches(const char *pattern, const char *method) {
  return strcmp(pattern, method) == 0 || (strcmp(pattern, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The route, or NULL with the status; for 405 the methods that there are. */
static void find_route(const wm_http_t *h, const char *method, const char *path, exchange_t *x) {
  x->status = MHD_HTTP_NOT_FOUND;
  for (size_t i = 0; i < h->n_routes; i++) {
    const wm_http_route_t *route = &h->routes[i];
    if (!path_matches(route->path, path)) continue;
    if (method_matches(route->method, method)) {
      x->route = route;
      x->status = MHD_HTTP_OK;
      return;
    }
    x->status = MHD_HTTP_METHOD_NOT_ALLOWED;
    size_t len = strlen(x->allowed);
    snprintf(x->allowed + len, sizeof x->allowed - len, "%s%s%s", len > 0 ? ", " : "", route->method,
             strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
    x->allow = x->allowed;
  }
}

/* The declared length of the body: 0 if there is none, UINT64_MAX if only its end will tell. */
static uint64_t declared_length(struct MHD_Connection *connection) {
  if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING)) return UINT64_MAX;
  const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return text ? strtoull(text, NULL, 10) : 0; /* libmicrohttpd has checked that it is a number */
}

/* First call of a request, with its head. Answers at once where the body need not be read. */
static enum MHD_Result begin(wm_http_t *h, struct MHD_Connection *connection, const char *method, const char *path,
                             void **state) {
  exchange_t *x = calloc(1, sizeof *x);
  if (!x) return MHD_NO;
  *state = x; /* freed by completed() */
  x->server = h;
  find_route(h, method, path, x);
  size_t max = x->route ? x->route->body_max : 0;
  wm_buffer_init(&x->body, max);
  uint64_t length = declared_length(connection);
  if (x->route && length != UINT64_MAX && length > max) {
    x->route = NULL;
    x->status = 413;
  }
  bool waits = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT) != NULL;
  bool small = length != UINT64_MAX && length <= DRAIN_MAX;
  if (x->route || length == 0 || (!waits && (small || length == UINT64_MAX))) return MHD_YES;
  return send_status(connection, x->status, x->allow); /* refuses the body; the connection is closed */
}

/* Takes a part of the body; what is too large, or for nobody, is thrown away up to a limit. */
static enum MHD_Result take_body(exchange_t *x, const char *bytes, size_t len) {
  if (x->route) {
    wm_error_t err = WM_ERROR_INIT;
    if (wm_buffer_append(&x->body, bytes, len, &err) == WM_OK) return MHD_YES;
    x->route = NULL;
    x->status = err.code == WM_ERR_TOO_LARGE ? 413 : MHD_HTTP_INTERNAL_SERVER_ERROR;
    wm_buffer_clear(&x->body);
  }
  x->drained += len;
  return x->drained <= DRAIN_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *bytes, size_t *len,
                                  void **state) {
  exchange_t *x = *state;
  (void)version;
  if (!x) return begin(context, connection, method, path, state);
  pthread_mutex_lock(&g_later);
  bool answered = x->answered;
  pthread_mutex_unlock(&g_later);
  if (answered) return send_response(connection, &x->answer);
  if (*len > 0) {
    enum MHD_Result rc = take_body(x, bytes, *len);
    *len = 0;
    return rc;
  }
  if (!x->route) return send_status(connection, x->status, x->allow);
  return call_handler(connection, x, method, path);
}

/* --- connections and their time --- */

static connection_t *connection_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
  wm_http_t *h = context;
  exchange_t *x = *state;
  (void)how;
  if (x) wm_buffer_clear(&x->body);
  if (x) wm_buffer_clear(&x->answer.body);
  free(x);
  *state = NULL;
  connection_t *c = connection_of(connection);
  if (!c) return;
  pthread_mutex_lock(&h->lock);
  c->since = now_s();
  pthread_mutex_unlock(&h->lock);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what) {
  wm_http_t *h = context;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    connection_t *c = calloc(1, sizeof *c);
    *socket_context = c;
    if (!c || !info) return; /* without it the time of the request is not watched, that without a byte is */
    c->fd = info->connect_fd;
    c->since = now_s();
    pthread_mutex_lock(&h->lock);
    c->next = h->connections;
    if (c->next) c->next->previous = c;
    h->connections = c;
    pthread_mutex_unlock(&h->lock);
    return;
  }
  connection_t *c = *socket_context;
  if (!c) return;
  pthread_mutex_lock(&h->lock); /* the socket is closed after this, so the watcher never meets one that is not ours */
  if (c->previous) c->previous->next = c->next;
  else if (h->connections == c) h->connections = c->next;
  if (c->next) c->next->previous = c->previous;
  pthread_mutex_unlock(&h->lock);
  free(c);
  *socket_context = NULL;
}

/* A client that sends or takes a byte now and then never runs into the time without a byte: this ends it. */
static void *watch(void *context) {
  wm_http_t *h = context;
  pthread_mutex_lock(&h->lock);
  while (!h->stopping) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    for (connection_t *c = h->connections; c; c = c->next) {
      if (c->shut || until.tv_sec - c->since <= (int64_t)h->limits.request_s) continue;
      c->shut = true;
      shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd sees the end and closes */
    }
    until.tv_sec += 1;
    pthread_cond_timedwait(&h->wake, &h->lock, &until);
  }
  pthread_mutex_unlock(&h->lock);
  return NULL;
}

/* --- start and stop --- */

static wm_err_t refused(const char *listen_on, int why, wm_error_t *err) {
  const char *remedy =
      why == EADDRINUSE      ? " (does another service run there? give another port, or port 0 for any free one)"
      : why == EADDRNOTAVAIL ? " (it is not an address of this machine; 0.0.0.0 stands for all of them)"
      : why == EACCES        ? " (ports below 1024 are for the administrator)"
                             : "";
  return wm_error_set(err, WM_ERR_HTTP, "cannot listen on %s: %s%s", listen_on, strerror(why), remedy);
}

/* A listening socket at one address, or -1 with errno. */
static int listen_at(const struct addrinfo *a) {
  int on = 1, off = 0;
  int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); /* [::] is every address */
  if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

static wm_err_t open_socket(const char *listen_on, int *fd, int *port, wm_error_t *err) {
  wm_listen_t address;
  wm_error_t why = WM_ERROR_INIT;
  char service[8];
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *list = NULL;
  if (wm_listen_parse(listen_on, &address, &why) != WM_OK)
    return wm_error_set(err, WM_ERR_CONFIG, "the address \"%s\" %s", listen_on, why.text);
  snprintf(service, sizeof service, "%d", address.port);
  int rc = getaddrinfo(address.host, service, &hints, &list);
  if (rc != 0)
    return wm_error_set(err, WM_ERR_HTTP, "cannot listen on %s: the host is not known: %s", listen_on,
                        gai_strerror(rc));
  *fd = -1;
  errno = EADDRNOTAVAIL;
  for (const struct addrinfo *a = list; a && *fd < 0; a = a->ai_next) *fd = listen_at(a);
  int saved = errno;
  freeaddrinfo(list);
  if (*fd < 0) return refused(listen_on, saved, err);
  struct sockaddr_storage bound;
  socklen_t len = sizeof bound;
  if (getsockname(*fd, (struct sockaddr *)&bound, &len) != 0) {
    saved = errno;
    close(*fd);
    return refused(listen_on, saved, err);
  }
  *port = ntohs(bound.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&bound)->sin6_port
                                            : ((const struct sockaddr_in *)&bound)->sin_port);
  return WM_OK;
}

__attribute__((format(printf, 2, 0))) static void on_log(void *context, const char *format, va_list args) {
  char text[256];
  (void)context;
  vsnprintf(text, sizeof text, format, args);
  text[strcspn(text, "\n")] = '\0';
  wm_log_debug("http server", WM_LOG_STR("message", text));
}

static struct MHD_Daemon *start_daemon(wm_http_t *h, int fd) {
  return MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME,
                          0, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
                          MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, h->limits.connections_max,
                          MHD_OPTION_CONNECTION_TIMEOUT, h->limits.timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                          (size_t)WM_HTTP_HEADER_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
                          MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
}

static wm_http_t *http_new(const wm_http_route_t *routes, size_t n, const wm_http_limits_t *limits) {
  wm_http_t *h = calloc(1, sizeof *h);
  if (!h) return NULL;
  for (size_t i = 0; i < n; i++) h->routes[i] = routes[i];
  h->n_routes = n;
  if (limits) h->limits = *limits;
  if (h->limits.connections_max == 0) h->limits.connections_max = WM_HTTP_CONNECTIONS_MAX;
  if (h->limits.timeout_s == 0) h->limits.timeout_s = WM_HTTP_TIMEOUT_S;
  if (h->limits.request_s == 0) h->limits.request_s = WM_HTTP_REQUEST_S;
  pthread_condattr_t attr;
  pthread_condattr_init(&attr);
  pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  pthread_mutex_init(&h->lock, NULL);
  pthread_cond_init(&h->wake, &attr);
  pthread_condattr_destroy(&attr);
  return h;
}

wm_err_t wm_http_start_limited(const char *listen_on, const wm_http_route_t *routes, size_t n,
                               const wm_http_limits_t *limits, wm_http_t **out, wm_error_t *err) {
  *out = NULL;
  if (n > WM_HTTP_ROUTES_MAX) return wm_error_set(err, WM_ERR_INTERNAL, "more than %u routes", WM_HTTP_ROUTES_MAX);
  wm_http_t *h = http_new(routes, n, limits);
  if (!h) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  int fd = -1;
  wm_err_t rc = open_socket(listen_on, &fd, &h->port, err);
  if (rc != WM_OK) goto out;
  h->daemon = start_daemon(h, fd);
  if (!h->daemon) { /* it has closed the socket or not, by version; to close it twice could hit another thread's */
    rc = wm_error_set(err, WM_ERR_HTTP, "cannot start the HTTP server on %s: out of memory, threads or files",
                      listen_on);
    goto out;
  }
  h->watching = pthread_create(&h->watcher, NULL, watch, h) == 0;
  if (!h->watching)
    rc = wm_error_set(err, WM_ERR_HTTP, "cannot start the HTTP server on %s: no further thread", listen_on);
out:
  if (rc != WM_OK) wm_http_stop(h);
  else *out = h;
  return rc;
}

wm_err_t wm_http_start(const char *listen_on, const wm_http_route_t *routes, size_t n, wm_http_t **out,
                       wm_error_t *err) {
  return wm_http_start_limited(listen_on, routes, n, NULL, out, err);
}

int wm_http_port(const wm_http_t *h) {
  return h->port;
}

void wm_http_stop(wm_http_t *h) {
  if (!h) return;
  if (h->watching) {
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->watcher, NULL);
  }
  close_laters(h);
  if (h->daemon) MHD_stop_daemon(h->daemon);
  pthread_cond_destroy(&h->wake);
  pthread_mutex_destroy(&h->lock);
  free(h);
}

const char *wm_http_header(const wm_http_request_t *r, const char *name) {
  return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result find_argument(void *context, enum MHD_ValueKind kind, const char *key, const char *value) {
  const char **pair = context;
  (void)kind;
  if (strcmp(key, pair[0]) != 0) return MHD_YES;
  pair[1] = value ? value : "";
  return MHD_NO;
}

const char *wm_http_query(const wm_http_request_t *r, const char *name) {
  const char *pair[2] = {name, NULL};
  MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, find_argument, pair);
  return pair[1];
}
