/* The process: configuration, log, signals, metrics, targets, stop. */
#include <stdio.h>
#include <time.h>

#include "common/heap.h"
#include "common/html.h"
#include "common/http.h"
#include "common/kafka.h"
#include "common/log.h"
#include "common/signals.h"
#include "services/deliver/deliver.h"
#include "services/deliver/post.h"

#define CHECK_MS 5000
#define WATCH_MS 200

static const wm_config_program_t k_program = {
    .program = "wiremill-deliver",
    .version = WM_VERSION,
    .summary =
        "Delivers enriched articles to the targets of a file: Kafka topics of ninjs 3.1, Superdesk Newsroom, "
        "webhooks,\n"
        "OpenSearch and files. Each target has its own consumer group, filter and pace.",
    .usage = "wiremill-deliver --targets FILE [OPTION...]",
    .epilog =
        "Example of a targets file:\n"
        "  {\"targets\": [\n"
        "    {\"name\": \"archive\", \"type\": \"file\", \"path\": \"/var/lib/wiremill/articles.ndjson\"},\n"
        "    {\"name\": \"cms\", \"type\": \"webhook\", \"url\": \"https://cms.example/hook\", \"secret_env\": "
        "\"CMS_SECRET\",\n"
        "     \"filter\": {\"topics\": [\"medtop:11000000\"], \"languages\": [\"en\"]}}]}",
    .takes_kafka = true,
};

typedef struct {
  wm_config_t *config;
  wm_targets_t targets;
  wm_deliver_settings_t set;
  wm_metrics_t *metrics;
  wm_metric_t *ready;
  wm_deliver_t *deliver;
  wm_http_t *http;
  wm_http_standard_t standard;
  bool curl, abandoned;
} process_t;

static int64_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static wm_err_t configure(process_t *p, int argc, char **argv, wm_error_t *err) {
  extern char **environ;
  p->config = wm_config_new(&k_program);
  if (!p->config) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  size_t n;
  const wm_config_option_t *rows = wm_deliver_options(&n);
  const wm_config_default_t defaults[] = {{"topic.in", "articles.enriched"}, {"http.listen", "127.0.0.1:9105"}};
  wm_err_t rc = wm_config_add(p->config, rows, n, err);
  if (rc == WM_OK) rc = wm_config_defaults(p->config, defaults, sizeof defaults / sizeof defaults[0], err);
  return rc == WM_OK ? wm_config_load(p->config, argc, argv, environ, err) : rc;
}

static wm_err_t read_targets(process_t *p, wm_error_t *err) {
  wm_deliver_settings(p->config, &p->set);
  return wm_targets_read(wm_config_string(p->config, "targets"), p->set.topic_in, wm_config_string(p->config, "group"),
                         &p->targets, err);
}

static wm_err_t check(process_t *p, wm_error_t *err) {
  wm_err_t rc = read_targets(p, err);
  if (rc == WM_OK) rc = wm_deliver_check(&p->set, &p->targets, CHECK_MS, err);
  if (rc == WM_OK)
    printf("%s: the configuration is fine: it reads %s on %s and has %zu targets\n", k_program.program, p->set.topic_in,
           p->set.bootstrap_servers, p->targets.n);
  return rc;
}

static bool is_ready(void *context, char *why, size_t cap) {
  return wm_deliver_ready(context, why, cap);
}

static wm_err_t start_http(process_t *p, wm_error_t *err) {
  const char *listen = wm_config_string(p->config, "http.listen");
  if (!listen || !listen[0]) return WM_OK;
  wm_http_route_t routes[3];
  p->standard = (wm_http_standard_t){.metrics = p->metrics, .ready = is_ready, .context = p->deliver};
  wm_http_standard_routes(&p->standard, routes);
  wm_err_t rc = wm_http_start(listen, routes, 3, &p->http, err);
  if (rc == WM_OK)
    wm_log_info("http listening", WM_LOG_STR("listen", listen), WM_LOG_INT("port", wm_http_port(p->http)));
  return rc;
}

static wm_err_t start(process_t *p, wm_error_t *err) {
  wm_html_init();
  wm_err_t rc = wm_post_init(err);
  p->curl = rc == WM_OK;
  if (rc == WM_OK) rc = read_targets(p, err);
  if (rc != WM_OK) return rc;
  p->metrics = wm_metrics_new();
  if (!p->metrics) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  p->ready =
      wm_metrics_get(p->metrics, WM_METRIC_GAUGE, "wm_ready", NULL, "1 when every target has partitions and a broker");
  p->set.metrics = p->metrics;
  rc = wm_deliver_start(&p->set, &p->targets, &p->deliver, err);
  if (rc == WM_OK) rc = start_http(p, err);
  if (rc == WM_OK)
    wm_log_info("started", WM_LOG_STR("version", WM_VERSION), WM_LOG_STR("librdkafka", rd_kafka_version_str()),
                WM_LOG_STR("brokers", p->set.bootstrap_servers), WM_LOG_STR("topic_in", p->set.topic_in),
                WM_LOG_INT("targets", p->targets.n));
  return rc;
}

static void watch_ready(process_t *p, bool *was) {
  char why[256] = "";
  bool ready = wm_deliver_ready(p->deliver, why, sizeof why);
  wm_metric_set(p->ready, ready ? 1 : 0);
  if (ready && !*was) wm_log_info("ready");
  if (!ready && *was) wm_log_warn("not ready", WM_LOG_STR("reason", why));
  *was = ready;
}

/* Until all targets have ended, or a stop took too long. */
static wm_err_t watch(process_t *p, wm_error_t *err) {
  bool was_ready = false;
  int64_t give_up = INT64_MAX;
  while (wm_deliver_running(p->deliver)) {
    wm_signal_t signal = wm_signals_wait(WATCH_MS);
    watch_ready(p, &was_ready);
    if (signal == WM_SIGNAL_RELOAD) wm_log_info("SIGHUP: the targets are read at start; restart to change them");
    if (signal == WM_SIGNAL_STOP) {
      wm_log_info("stopping", WM_LOG_INT("within_ms", p->set.stop_ms));
      wm_signals_arm_exit();
      wm_deliver_stop(p->deliver);
    }
    if (wm_deliver_stopping(p->deliver) && give_up == INT64_MAX) give_up = now_ms() + p->set.stop_ms;
    if (now_ms() < give_up) continue;
    p->abandoned = true;
    return wm_error_set_class(
        err, WM_ERR_TIMEOUT, WM_CLASS_FATAL,
        "the targets did not end within %d ms: leaving them; what was not committed is delivered again",
        p->set.stop_ms);
  }
  return wm_deliver_join(p->deliver, err);
}

static void cleanup(process_t *p) {
  wm_http_stop(p->http);
  if (p->abandoned) return;
  wm_deliver_destroy(p->deliver);
  wm_metrics_destroy(p->metrics);
  wm_targets_clear(&p->targets);
  wm_config_destroy(p->config);
  if (p->curl) wm_post_cleanup();
  wm_html_cleanup();
}

static wm_err_t run(process_t *p, wm_error_t *err) {
  int level = wm_log_level_parse(wm_config_string(p->config, "log.level"));
  wm_log_init("deliver", level < 0 ? WM_LOG_INFO : (wm_log_level_t)level);
  switch (wm_config_action(p->config)) {
    case WM_CONFIG_HELP:
      wm_config_print_help(p->config, stdout);
      return WM_OK;
    case WM_CONFIG_VERSION:
      printf("%s %s (librdkafka %s, libcurl %s)\n", k_program.program, WM_VERSION, rd_kafka_version_str(),
             curl_version_info(CURLVERSION_NOW)->version);
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
  if (p->deliver && wm_log_enabled(WM_LOG_ERROR)) wm_log_failure(&site, WM_LOG_ERROR, "failed", err, NULL, 0);
  else fprintf(stderr, "%s: %s\n", k_program.program, err->text);
}

int wm_deliver_main(int argc, char **argv) {
  wm_heap_keep();
  wm_error_t err = WM_ERROR_INIT;
  process_t p = {0};
  wm_err_t rc = wm_signals_block(&err);
  if (rc == WM_OK) rc = configure(&p, argc, argv, &err);
  if (rc == WM_OK) rc = run(&p, &err);
  if (rc != WM_OK) tell(&p, &err);
  bool started = p.deliver != NULL;
  cleanup(&p);
  if (rc == WM_OK && started) wm_log_info("stopped");
  return wm_error_exit_code(&err);
}
