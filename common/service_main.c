/* The main() of every worker executable. */
#include <stdio.h>
#include <time.h>

#include "common/heap.h"
#include "common/html.h"
#include "common/http.h"
#include "common/kafka.h"
#include "common/log.h"
#include "common/signals.h"
#include "common/stage.h"

#define CHECK_MS 5000
#define WATCH_MS 200

typedef struct {
  const wm_service_t *service;
  char program[64], usage[96], group[96];
  wm_config_program_t description;
  wm_config_t *config;
  void *shared; /* the open model */
  bool opened;
  wm_metrics_t *metrics;
  wm_metric_t *ready;
  wm_stage_t *stage;
  wm_http_t *http;
  wm_http_standard_t standard;
  bool abandoned; /* workers still run: nothing that they use may be freed */
} process_t;

static int64_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static wm_err_t configure(process_t *p, int argc, char **argv, wm_error_t *err) {
  extern char **environ;
  const wm_service_t *service = p->service;
  snprintf(p->program, sizeof p->program, "wiremill-%s", service->name);
  snprintf(p->usage, sizeof p->usage, "%s [OPTION...]", p->program);
  snprintf(p->group, sizeof p->group, "wiremill-%s", service->name);
  p->description = (wm_config_program_t){.program = p->program,
                                         .version = WM_VERSION,
                                         .summary = service->summary,
                                         .usage = p->usage,
                                         .takes_kafka = true};
  p->config = wm_config_new(&p->description);
  if (!p->config) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  size_t n;
  const wm_config_option_t *rows = wm_stage_options(&n);
  const wm_config_default_t defaults[] = {{"topic.in", service->topic_in},
                                          {"topic.out", service->topic_out},
                                          {"group", p->group},
                                          {"http.listen", service->http_listen}};
  wm_err_t rc = wm_config_add(p->config, rows, n, err);
  if (rc == WM_OK) rc = wm_config_add(p->config, service->options, service->n_options, err);
  if (rc == WM_OK) rc = wm_config_defaults(p->config, defaults, sizeof defaults / sizeof defaults[0], err);
  return rc == WM_OK ? wm_config_load(p->config, argc, argv, environ, err) : rc;
}

static wm_err_t open_model(process_t *p, wm_error_t *err) {
  wm_err_t rc = p->service->open ? p->service->open(p->config, &p->shared, err) : WM_OK;
  p->opened = rc == WM_OK;
  return rc;
}

static wm_err_t check(process_t *p, wm_error_t *err) {
  wm_stage_settings_t set;
  wm_err_t rc = open_model(p, err);
  wm_stage_settings(p->config, p->service, &set);
  if (rc == WM_OK) rc = wm_stage_check(&set, CHECK_MS, err);
  if (rc == WM_OK)
    printf("%s: the configuration is fine: it reads %s, writes %s and %s on %s\n", p->program, set.topic_in,
           set.topic_out, set.topic_dlq, set.bootstrap_servers);
  return rc;
}

static bool is_ready(void *context, char *why, size_t cap) {
  return wm_stage_ready(context, why, cap);
}

static wm_err_t start_http(process_t *p, wm_error_t *err) {
  const char *listen = wm_config_string(p->config, "http.listen");
  if (!listen || !listen[0]) return WM_OK;
  wm_http_route_t routes[3];
  p->standard = (wm_http_standard_t){.metrics = p->metrics, .ready = is_ready, .context = p->stage};
  wm_http_standard_routes(&p->standard, routes);
  wm_err_t rc = wm_http_start(listen, routes, 3, &p->http, err);
  if (rc == WM_OK)
    wm_log_info("http listening", WM_LOG_STR("listen", listen), WM_LOG_INT("port", wm_http_port(p->http)));
  return rc;
}

static wm_err_t start(process_t *p, wm_error_t *err) {
  wm_html_init();
  wm_err_t rc = open_model(p, err);
  if (rc != WM_OK) return rc;
  p->metrics = wm_metrics_new();
  if (!p->metrics) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  p->ready =
      wm_metrics_get(p->metrics, WM_METRIC_GAUGE, "wm_ready", NULL, "1 when every worker has partitions and a broker");
  wm_stage_settings_t set;
  wm_stage_settings(p->config, p->service, &set);
  set.shared = p->shared;
  set.metrics = p->metrics;
  rc = wm_stage_start(&set, &p->stage, err);
  if (rc == WM_OK) rc = start_http(p, err);
  if (rc == WM_OK)
    wm_log_info("started", WM_LOG_STR("version", WM_VERSION), WM_LOG_STR("librdkafka", rd_kafka_version_str()),
                WM_LOG_STR("brokers", set.bootstrap_servers), WM_LOG_STR("topic_in", set.topic_in),
                WM_LOG_STR("topic_out", set.topic_out), WM_LOG_STR("topic_dlq", set.topic_dlq),
                WM_LOG_STR("group", set.group), WM_LOG_INT("workers", set.workers));
  return rc;
}

static void watch_ready(process_t *p, bool *was) {
  char why[256] = "";
  bool ready = wm_stage_ready(p->stage, why, sizeof why);
  wm_metric_set(p->ready, ready ? 1 : 0);
  if (ready && !*was) wm_log_info("ready");
  if (!ready && *was) wm_log_warn("not ready", WM_LOG_STR("reason", why));
  *was = ready;
}

/* SIGHUP. What cannot be read again leaves all as it was. */
static void reload(process_t *p) {
  wm_error_t err = WM_ERROR_INIT;
  if (!p->service->reload) wm_log_info("SIGHUP: there is nothing to read again; restart to change settings");
  else if (p->service->reload(p->shared, &err) == WM_OK) wm_log_info("SIGHUP: read again");
  else wm_log_error("SIGHUP: what is there cannot be read, so what was in use stays", WM_LOG_STR("reason", err.text));
}

/* Until the workers have ended, or a stop took too long. */
static wm_err_t watch(process_t *p, wm_error_t *err) {
  bool was_ready = false;
  int64_t stop_ms = wm_config_int(p->config, "stop.ms"), give_up = INT64_MAX;
  while (wm_stage_running(p->stage)) {
    wm_signal_t signal = wm_signals_wait(WATCH_MS);
    watch_ready(p, &was_ready);
    if (signal == WM_SIGNAL_RELOAD) reload(p);
    if (signal == WM_SIGNAL_STOP) {
      wm_log_info("stopping", WM_LOG_INT("within_ms", stop_ms));
      wm_signals_arm_exit();
      wm_stage_stop(p->stage);
    }
    if (wm_stage_stopping(p->stage) && give_up == INT64_MAX) give_up = now_ms() + stop_ms;
    if (now_ms() < give_up) continue;
    p->abandoned = true;
    return wm_error_set_class(
        err, WM_ERR_TIMEOUT, WM_CLASS_FATAL,
        "the workers did not end within %lld ms: leaving them; what was not committed is read again",
        (long long)stop_ms);
  }
  return wm_stage_join(p->stage, err);
}

static void cleanup(process_t *p) {
  wm_http_stop(p->http);
  if (p->abandoned) return;
  wm_stage_destroy(p->stage);
  wm_metrics_destroy(p->metrics);
  if (p->opened && p->service->close) p->service->close(p->shared);
  wm_config_destroy(p->config);
  wm_html_cleanup();
}

static wm_err_t run(process_t *p, wm_error_t *err) {
  int level = wm_log_level_parse(wm_config_string(p->config, "log.level"));
  wm_log_init(p->service->name, level < 0 ? WM_LOG_INFO : (wm_log_level_t)level);
  switch (wm_config_action(p->config)) {
    case WM_CONFIG_HELP:
      wm_config_print_help(p->config, stdout);
      return WM_OK;
    case WM_CONFIG_VERSION:
      printf("%s %s (enricher %s, librdkafka %s)\n", p->program, WM_VERSION, p->service->version,
             rd_kafka_version_str());
      return WM_OK;
    case WM_CONFIG_DUMP:
      wm_config_print_dump(p->config, stdout);
      return WM_OK;
    case WM_CONFIG_CHECK:
      return check(p, err);
    case WM_CONFIG_RUN:
      break;
  }
  wm_err_t rc = start(p, err);
  return rc == WM_OK ? watch(p, err) : rc;
}

/* A running service logs its end; before that, and for --check-config, a person reads it. */
static void tell(const process_t *p, const wm_error_t *err) {
  static wm_log_site_t site;
  if (p->stage && wm_log_enabled(WM_LOG_ERROR)) wm_log_failure(&site, WM_LOG_ERROR, "failed", err, NULL, 0);
  else fprintf(stderr, "%s: %s\n", p->program, err->text);
}

int wm_service_main(const wm_service_t *service, int argc, char **argv) {
  wm_heap_keep();
  wm_error_t err = WM_ERROR_INIT;
  process_t p = {.service = service};
  wm_err_t rc = wm_signals_block(&err);
  if (rc == WM_OK) rc = configure(&p, argc, argv, &err);
  if (rc == WM_OK) rc = run(&p, &err);
  if (rc != WM_OK) tell(&p, &err);
  bool started = p.stage != NULL;
  cleanup(&p);
  if (rc == WM_OK && started) wm_log_info("stopped");
  return wm_error_exit_code(&err);
}
