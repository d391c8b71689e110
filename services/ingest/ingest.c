#include "services/ingest/ingest.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/heap.h"
#include "common/html.h"
#include "common/http.h"
#include "common/kafka.h"
#include "common/log.h"
#include "common/signals.h"
#include "services/ingest/files.h"
#include "services/ingest/follow.h"
#include "services/ingest/poller.h"
#include "services/ingest/post.h"

#define CHECK_MS 5000
#define WATCH_MS 200
#define LOOK_MS 2000 /* between two questions whether the brokers answer */
#define INDEX_MS 60000

static const wm_config_program_t k_program = {
    .program = "wiremill-ingest",
    .version = WM_VERSION,
    .summary =
        "Takes raw articles in: by HTTP (POST /articles), from feeds that it asks again and again\n"
        "(RSS, Atom, RDF, NewsML-G2, NITF, ninjs, NDJSON), and from files. With FILE it sends what\n"
        "is in the files and ends.",
    .usage = "wiremill-ingest [OPTION...] [FILE...]",
    .epilog =
        "FILE is a feed, a document or NDJSON; - is standard input.\n"
        "\n"
        "Examples:\n"
        "  wiremill-ingest --feeds feeds.txt\n"
        "  wiremill-ingest examples/*.json\n"
        "  curl -H 'Content-Type: application/json' --data-binary @examples/treaty.json http://127.0.0.1:9104/articles",
    .takes_operands = true,
    .takes_kafka = true,
};

typedef struct {
  wm_config_t *config;
  wm_ingest_settings_t set;
  wm_metrics_t *metrics;
  wm_meter_t meter;
  wm_duplicates_t *index;
  wm_follow_t *follow;
  wm_post_t *post;
  wm_poller_t *poller;
  wm_http_t *http;
  wm_http_standard_t standard;
  bool started;
  atomic_bool kafka; /* brokers answered lately */
  char why[256];     /* why not; written by the main thread before `kafka` is */
} process_t;

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static wm_err_t configure(process_t *p, int argc, char **argv, wm_error_t *err) {
  extern char **environ;
  size_t n;
  const wm_config_option_t *rows = wm_ingest_options(&n);
  p->config = wm_config_new(&k_program);
  if (!p->config) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = wm_config_add(p->config, rows, n, err);
  return rc == WM_OK ? wm_config_load(p->config, argc, argv, environ, err) : rc;
}

/* --- files --- */

static wm_err_t check_kafka(const process_t *p, wm_error_t *err) {
  const char *topics[] = {p->set.topic_out, p->set.topic_state};
  bool state = p->set.window > 0 || p->set.feeds;
  return wm_kafka_check(p->set.servers, p->config, topics, state ? 2 : 1, CHECK_MS, err);
}

static wm_err_t start_index(process_t *p, wm_error_t *err) {
  if (p->set.window == 0) return WM_OK;
  p->index = wm_duplicates_new(p->set.window, p->set.window_ms);
  if (!p->index) return wm_error_set(err, WM_ERR_NOMEM, "out of memory: lower WM_DUPLICATES_WINDOW");
  return wm_follow_start(&p->set, p->index, &p->follow, err);
}

static wm_err_t wait_index(const process_t *p, wm_error_t *err) {
  char why[256] = "";
  for (int64_t end = now_ms() + INDEX_MS; !wm_follow_ready(p->follow, why, sizeof why);) {
    if (now_ms() > end) return wm_error_set_class(err, WM_ERR_TIMEOUT, WM_CLASS_RETRIABLE, "%s", why);
    if (wm_signals_wait(20) == WM_SIGNAL_STOP) return wm_error_set(err, WM_ERR_TIMEOUT, "stopped");
  }
  return WM_OK;
}

static bool stop_asked(void *context) {
  (void)context;
  return wm_signals_wait(0) == WM_SIGNAL_STOP;
}

static wm_err_t send_files(process_t *p, const char *const *names, size_t n, wm_error_t *err) {
  wm_files_count_t count = {0};
  wm_err_t rc = check_kafka(p, err);
  if (rc == WM_OK) rc = start_index(p, err);
  if (rc == WM_OK) rc = wait_index(p, err);
  if (rc != WM_OK) return rc;
  if (!wm_config_is_set(p->config, "transaction.timeout.ms"))
    p->set.transaction_timeout_ms = 900000; /* a file may be long */
  const wm_outlet_options_t options = {
      .set = &p->set, .role = "files", .index = p->index, .meter = &p->meter, .stopping = stop_asked};
  wm_outlet_t *outlet = wm_outlet_new(&options);
  if (!outlet) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  size_t failed = 0;
  wm_error_t last = WM_ERROR_INIT;
  for (size_t i = 0; i < n && (rc == WM_OK || rc == WM_ERR_IO || wm_err_class(rc) == WM_CLASS_POISON); i++) {
    wm_error_t why = WM_ERROR_INIT;
    rc = wm_files_send(outlet, &p->set, names[i], wm_follow_partitions(p->follow), &count, &why);
    if (rc == WM_OK) continue;
    failed++;
    fprintf(stderr, "wiremill-ingest: %s\n", why.text);
    if (failed == 1) last = why;
  }
  wm_outlet_destroy(outlet);
  printf("%zu articles from %zu files are in %s", count.taken, n - failed, p->set.topic_out);
  if (count.withdrawn) printf(", %zu withdrawn", count.withdrawn);
  printf("\n");
  if (failed) return wm_error_set_class(err, last.code, last.cls, "%zu of %zu files were not sent", failed, n);
  if (count.refused == 0) return WM_OK;
  return wm_error_set(err, WM_ERR_NOT_JSON, "%zu articles were refused", count.refused);
}

/* --- the service --- */

static bool is_ready(void *context, char *why, size_t cap) {
  const process_t *p = context;
  if (!atomic_load(&p->kafka)) {
    snprintf(why, cap, "%s", p->why);
    return false;
  }
  return wm_follow_ready(p->follow, why, cap) && wm_poller_ready(p->poller, why, cap);
}

static wm_err_t start_http(process_t *p, wm_error_t *err) {
  if (!p->set.listen[0]) return WM_OK;
  wm_http_route_t routes[4];
  p->standard = (wm_http_standard_t){.metrics = p->metrics, .ready = is_ready, .context = p};
  wm_http_standard_routes(&p->standard, routes);
  routes[3] = (wm_http_route_t){"POST", "/articles", wm_post_handle, p->post, p->set.post_bytes};
  const wm_http_limits_t limits = {.connections_max = 256};
  wm_err_t rc = wm_http_start_limited(p->set.listen, routes, 4, &limits, &p->http, err);
  if (rc == WM_OK)
    wm_log_info("http listening", WM_LOG_STR("listen", p->set.listen), WM_LOG_INT("port", wm_http_port(p->http)));
  return rc;
}

static wm_err_t start(process_t *p, wm_error_t *err) {
  if (!p->set.listen[0] && !p->set.feeds)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "nothing to do: WM_HTTP_LISTEN is off, WM_FEEDS is not set, no FILE is named");
  snprintf(p->why, sizeof p->why, "starting");
  wm_err_t rc = start_index(p, err);
  if (rc == WM_OK) rc = wm_post_start(&p->set, p->index, p->follow, &p->meter, &p->post, err);
  if (rc == WM_OK && p->set.feeds) rc = wm_poller_start(&p->set, p->index, p->follow, &p->meter, &p->poller, err);
  if (rc == WM_OK) rc = start_http(p, err);
  if (rc != WM_OK) return rc;
  p->started = true;
  wm_log_info("started", WM_LOG_STR("version", WM_VERSION), WM_LOG_STR("librdkafka", rd_kafka_version_str()),
              WM_LOG_STR("brokers", p->set.servers), WM_LOG_STR("topic_out", p->set.topic_out),
              WM_LOG_STR("topic_state", p->set.topic_state), WM_LOG_STR("feeds", p->set.feeds),
              WM_LOG_BOOL("token", p->set.token != NULL));
  return WM_OK;
}

static void look(process_t *p, bool *was) {
  char why[256] = "";
  bool kafka = wm_post_ready(p->post, why, sizeof why);
  if (!kafka) snprintf(p->why, sizeof p->why, "%s", why);
  atomic_store(&p->kafka, kafka);
  bool ready = is_ready(p, why, sizeof why);
  wm_metric_set(p->meter.ready, ready ? 1 : 0);
  if (ready && !*was) wm_log_info("ready");
  if (!ready && *was) wm_log_warn("not ready", WM_LOG_STR("reason", why));
  *was = ready;
}

static void reload(process_t *p) {
  wm_error_t err = WM_ERROR_INIT;
  if (!p->poller) wm_log_info("SIGHUP: there is no list of feeds to read again");
  else if (wm_poller_reload(p->poller, &err) != WM_OK)
    wm_log_failed(WM_LOG_ERROR, &err, "the list of feeds stays as it was");
}

static wm_err_t watch(process_t *p, wm_error_t *err) {
  bool was = false;
  int64_t next = 0;
  for (;;) {
    if (now_ms() >= next) {
      look(p, &was);
      next = now_ms() + (was ? LOOK_MS : WATCH_MS);
    }
    if (p->poller && !wm_poller_running(p->poller)) return wm_poller_result(p->poller, err);
    wm_signal_t signal = wm_signals_wait(WATCH_MS);
    if (signal == WM_SIGNAL_RELOAD) reload(p);
    if (signal != WM_SIGNAL_STOP) continue;
    wm_log_info("stopping", WM_LOG_INT("within_ms", p->set.stop_ms));
    wm_signals_arm_exit();
    return WM_OK;
  }
}

static void stop(process_t *p) {
  wm_poller_stop(p->poller);
  if (p->post && p->started) wm_post_drain(p->post, p->set.stop_ms / 2);
  wm_http_stop(p->http);
  wm_post_stop(p->post);
  wm_follow_stop(p->follow);
  wm_duplicates_destroy(p->index);
  wm_metrics_destroy(p->metrics);
  wm_config_destroy(p->config);
}

static wm_err_t check(process_t *p, wm_error_t *err) {
  size_t feeds = 0;
  wm_err_t rc = p->set.feeds ? wm_poller_check(&p->set, &feeds, err) : WM_OK;
  if (rc == WM_OK) rc = check_kafka(p, err);
  if (rc == WM_OK)
    printf("wiremill-ingest: the configuration is fine: %zu feeds, into %s on %s\n", feeds, p->set.topic_out,
           p->set.servers);
  return rc;
}

static wm_err_t work(process_t *p, wm_error_t *err) {
  size_t n;
  const char *const *names = wm_config_operands(p->config, &n);
  wm_html_init();
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) return wm_error_set(err, WM_ERR_INTERNAL, "libcurl does not start");
  p->metrics = wm_metrics_new();
  if (!p->metrics) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_meter_init(&p->meter, p->metrics);
  if (n > 0) {
    if (!wm_config_is_set(p->config, "log.level")) wm_log_init("ingest", WM_LOG_ERROR); /* a person is looking */
    return send_files(p, names, n, err);
  }
  wm_err_t rc = start(p, err);
  return rc == WM_OK ? watch(p, err) : rc;
}

static wm_err_t run(process_t *p, wm_error_t *err) {
  int level = wm_log_level_parse(wm_config_string(p->config, "log.level"));
  wm_log_init("ingest", level < 0 ? WM_LOG_INFO : (wm_log_level_t)level);
  wm_config_action_t action = wm_config_action(p->config);
  if (action == WM_CONFIG_HELP) wm_config_print_help(p->config, stdout);
  if (action == WM_CONFIG_VERSION)
    printf("wiremill-ingest %s (librdkafka %s, %s)\n", WM_VERSION, rd_kafka_version_str(), curl_version());
  if (action == WM_CONFIG_DUMP) wm_config_print_dump(p->config, stdout);
  if (action != WM_CONFIG_RUN && action != WM_CONFIG_CHECK) return WM_OK;
  wm_err_t rc = wm_ingest_settings(p->config, &p->set, err);
  if (rc != WM_OK) return rc;
  return action == WM_CONFIG_CHECK ? check(p, err) : work(p, err);
}

int wm_ingest_main(int argc, char **argv) {
  wm_heap_keep();
  wm_error_t err = WM_ERROR_INIT;
  process_t p = {.started = false};
  wm_err_t rc = wm_signals_block(&err);
  if (rc == WM_OK) rc = configure(&p, argc, argv, &err);
  if (rc == WM_OK) rc = run(&p, &err);
  if (rc != WM_OK && p.started) wm_log_failed(WM_LOG_ERROR, &err, "failed");
  else if (rc != WM_OK) fprintf(stderr, "wiremill-ingest: %s\n", err.text);
  bool started = p.started;
  stop(&p);
  if (rc == WM_OK && started) wm_log_info("stopped");
  return wm_error_exit_code(&err);
}
