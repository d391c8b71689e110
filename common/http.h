/**
 * http: the small HTTP server of every service (libmicrohttpd): /metrics, /healthz, /readyz, and what a service adds.
 *
 * Threads: one thread of libmicrohttpd calls all handlers of a server, one at a time: they must be quick, and safe beside the threads of
 * the program; one that has to wait for something defers its answer. A second thread closes connections that have been open too long.
 * Bounded: connections, header and body bytes, bytes of an answer, time without a byte, time of a whole request.
 * HEAD is answered where GET is; an unknown path with 404, an unknown method of a known path with 405 and `Allow`.
 */
#ifndef WM_HTTP_H
#define WM_HTTP_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/metrics.h"

typedef struct wm_http wm_http_t;

typedef struct {
  const char *method, *path; /* as asked, without the query */
  const char *body;          /* complete request body, NULL if none */
  size_t body_len;
  void *connection; /* libmicrohttpd's handle, for headers and query: wm_http_header(), wm_http_query() */
  void *exchange;   /* the server's own, for wm_http_defer() */
} wm_http_request_t;

typedef struct {
  int status;               /* preset to 200 */
  const char *content_type; /* preset to "text/plain; charset=utf-8"; static string */
  wm_buffer_t body;         /* empty; taken over by the server after the handler */
  const char *header;       /* one further header ("Retry-After", static string); preset to NULL */
  char header_value[96];
} wm_http_response_t;

typedef void (*wm_http_handler_t)(void *context, const wm_http_request_t *request, wm_http_response_t *response);

typedef struct {
  const char *method, *path; /* exact path, or a prefix that ends in '*' */
  wm_http_handler_t handler;
  void *context;
  size_t body_max; /* bytes; a larger body is answered 413; 0: no body is taken */
} wm_http_route_t;

#define WM_HTTP_CONNECTIONS_MAX 64u
#define WM_HTTP_TIMEOUT_S 30u     /* without a byte */
#define WM_HTTP_REQUEST_S 60u     /* from connecting, or from the end of the request before, to the end of the answer */
#define WM_HTTP_HEADER_MAX 32768u /* bytes of memory for the head of a request and of its answer */
#define WM_HTTP_RESPONSE_MAX (8u << 20) /* bytes of an answer's body */
#define WM_HTTP_ROUTES_MAX 32u

/** Limits of one server; 0 is the default above. */
typedef struct {
  unsigned connections_max; /* further ones wait in the kernel's queue */
  unsigned timeout_s, request_s;
} wm_http_limits_t;

/**
 * Listens on `listen` ("127.0.0.1:9101", "[::1]:0", "[::]:9101" for every address) and serves `routes` (copied; the strings are
 * borrowed; the first that matches is taken). WM_ERR_HTTP with address and reason (in use, not local),
 * WM_ERR_CONFIG (no address), WM_ERR_NOMEM.
 */
wm_err_t wm_http_start(const char *listen, const wm_http_route_t *routes, size_t n, wm_http_t **out, wm_error_t *err);
/** As wm_http_start() with other limits. */
wm_err_t wm_http_start_limited(const char *listen, const wm_http_route_t *routes, size_t n,
                               const wm_http_limits_t *limits, wm_http_t **out, wm_error_t *err);
/** The port that is listened on. */
int wm_http_port(const wm_http_t *h);
/** Closes all connections (what is deferred gets 503 if its client still reads), waits for a handler that runs, frees. NULL allowed. */
void wm_http_stop(wm_http_t *h);
/** A header or an argument of the query ("" if it has no value), NULL if absent; borrowed until the handler returns. */
const char *wm_http_header(const wm_http_request_t *r, const char *name);
const char *wm_http_query(const wm_http_request_t *r, const char *name);

/**
 * For a handler that cannot answer yet: the request waits, others go on meanwhile, and the thread of the server is free. What the handler
 * leaves in its response is dropped. The caller owns the handle until it gives it to wm_http_answer(), which it must, once. NULL, and nothing
 * has changed, when out of memory or while the server stops: then the handler answers itself. Method, path and body of the request
 * are gone when the handler returns.
 */
typedef struct wm_http_later wm_http_later_t;
wm_http_later_t *wm_http_defer(const wm_http_request_t *request);
/** A response to fill for wm_http_answer(): 200, plain text, empty. */
void wm_http_response_init(wm_http_response_t *response);
/** Answers; takes `response->body` and frees `later`. From any thread, also when the client has gone or the server has stopped: then the answer is dropped. */
void wm_http_answer(wm_http_later_t *later, wm_http_response_t *response);

/** Says whether the service is ready; writes why not into `why`. */
typedef bool (*wm_http_ready_t)(void *context, char *why, size_t cap);
/** The three standard routes, for wm_http_start(): fills routes[3]. The structs behind must outlive the server. */
typedef struct {
  wm_metrics_t *metrics;
  wm_http_ready_t ready;
  void *context;
} wm_http_standard_t;
void wm_http_standard_routes(const wm_http_standard_t *standard, wm_http_route_t routes[3]);

#endif
