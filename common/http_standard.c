/* The three routes that every service has. */
#include <stdint.h>

#include "common/http.h"

static void get_metrics(void *context, const wm_http_request_t *request, wm_http_response_t *response) {
  const wm_http_standard_t *standard = context;
  (void)request;
  response->content_type = "text/plain; version=0.0.4; charset=utf-8";
  if (standard->metrics && wm_metrics_render(standard->metrics, &response->body, NULL) != WM_OK) response->status = 500;
}

/* Alive is whoever can answer. */
static void get_health(void *context, const wm_http_request_t *request, wm_http_response_t *response) {
  (void)context;
  (void)request;
  wm_buffer_puts(&response->body, "ok\n", NULL);
}

static void get_ready(void *context, const wm_http_request_t *request, wm_http_response_t *response) {
  const wm_http_standard_t *standard = context;
  char why[256] = "";
  (void)request;
  if (!standard->ready || standard->ready(standard->context, why, sizeof why)) {
    wm_buffer_puts(&response->body, "ready\n", NULL);
    return;
  }
  response->status = 503;
  wm_buffer_printf(&response->body, NULL, "not ready: %s\n", why[0] ? why : "starting");
}

void wm_http_standard_routes(const wm_http_standard_t *standard, wm_http_route_t routes[3]) {
  static const struct {
    const char *path;
    wm_http_handler_t handler;
  } k_routes[3] = {{"/metrics", get_metrics}, {"/healthz", get_health}, {"/readyz", get_ready}};
  for (size_t i = 0; i < 3; i++)
    routes[i] = (wm_http_route_t){.method = "GET",
                                  .path = k_routes[i].path,
                                  .handler = k_routes[i].handler,
                                  .context = (void *)(uintptr_t)standard};
}
