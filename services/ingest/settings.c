#include "services/ingest/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "services/ingest/duplicates.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static const wm_config_option_t k_options[] = {
    {"kafka.bootstrap.servers", "Kafka", WM_CONFIG_STRING, 1, 4096, NULL, "localhost:9092", 0, "HOST:PORT,...",
     "Brokers to start from; the others are learned from them"},
    {"group", "Kafka", WM_CONFIG_STRING, 1, 249, NULL, "wiremill-ingest", WM_CONFIG_REQUIRED, "GROUP",
     "Consumer group by which processes with the same list of feeds divide it among them"},
    {"instance", "Kafka", WM_CONFIG_STRING, 1, 200, NULL, NULL, 0, "NAME",
     "Name of this process, its own in the group and the same after a restart (the name of a pod, say), so that a "
     "transaction which a crash left open ends at once; without it the host name and the process id"},
    {"transaction.timeout.ms", "Kafka", WM_CONFIG_MS, 1000, 900000, NULL, "30s", 0, "MS",
     "The broker aborts a transaction that is open longer (a feed's new items, or one file)"},
    {"topic.out", "Topics", WM_CONFIG_STRING, 1, 249, NULL, "articles.raw", WM_CONFIG_REQUIRED, "TOPIC",
     "Topic that raw articles are written to"},
    {"topic.state", "Topics", WM_CONFIG_STRING, 1, 249, NULL, "articles.ingest.state", WM_CONFIG_REQUIRED, "TOPIC",
     "Compacted topic that keeps what was seen of each feed and the signatures of the newest articles"},
    {"feeds", "Feeds", WM_CONFIG_PATH, 0, 0, NULL, NULL, 0, "FILE",
     "List of feeds, one a line: URL, and if wanted interval=5m source=\"NAME\" language=CODE; read again on SIGHUP"},
    {"feed.interval", "Feeds", WM_CONFIG_MS, 1000, 86400000, NULL, "5m", 0, "TIME",
     "How often a feed is asked that names no interval of its own"},
    {"host.gap", "Feeds", WM_CONFIG_MS, 0, 3600000, NULL, "1s", 0, "TIME",
     "Least time from the end of a request to a host to the next one; there is never more than one at a time"},
    {"fetch.parallel", "Feeds", WM_CONFIG_INT, 1, 256, NULL, "16", 0, "N", "Requests at a time, all hosts together"},
    {"fetch.timeout", "Feeds", WM_CONFIG_MS, 100, 600000, NULL, "60s", 0, "TIME",
     "Longest time of one request, redirects included"},
    {"fetch.max.bytes", "Feeds", WM_CONFIG_BYTES, 1024, 256 << 20, NULL, "16MiB", 0, "BYTES",
     "Largest document of a feed or file, unpacked; a larger one is refused"},
    {"fetch.ca.file", "Feeds", WM_CONFIG_PATH, 0, 0, NULL, NULL, 0, "FILE",
     "Certificates (PEM) to trust beside the system's, for feeds behind a certificate authority of your own"},
    {"fetch.redirects", "Feeds", WM_CONFIG_INT, 0, 20, NULL, "5", 0, "N", "Redirects that are followed"},
    {"allow.private.addresses", "Feeds", WM_CONFIG_BOOL, 0, 0, NULL, "false", 0, NULL,
     "Fetch from loopback, private, link-local and other addresses that are not public too"},
    {"http.token", "POST", WM_CONFIG_STRING, 0, 0, NULL, NULL, WM_CONFIG_SECRET, "TOKEN",
     "Bearer token that POST /articles asks for; without it everybody who reaches the port may post"},
    {"post.max.bytes", "POST", WM_CONFIG_BYTES, 1024, 256 << 20, NULL, "8MiB", 0, "BYTES",
     "Largest body of a request; a larger one is answered 413"},
    {"post.queue.messages", "POST", WM_CONFIG_INT, 1, 1000000, NULL, "50000", 0, "N",
     "Articles that may wait for Kafka; what would go beyond is answered 429"},
    {"post.queue.bytes", "POST", WM_CONFIG_BYTES, 1024, 1 << 30, NULL, "64MiB", 0, "BYTES",
     "Bytes that may wait for Kafka; what would go beyond is answered 429"},
    {"post.timeout", "POST", WM_CONFIG_MS, 100, 50000, NULL, "30s", 0, "TIME",
     "Kafka has so long to take an article, then the answer is 503"},
    {"duplicates.window", "Duplicates", WM_CONFIG_INT, 0, WM_DUPLICATES_WINDOW_MAX, NULL, "100000", 0, "N",
     "Newest articles among which the same story is looked for; 0: none"},
    {"duplicates.hours", "Duplicates", WM_CONFIG_INT, 1, 8760, NULL, "72", 0, "HOURS", "Older articles count no more"},
    {"max.article.bytes", "Work", WM_CONFIG_BYTES, 1024, 64 << 20, NULL, "8MiB", 0, "BYTES",
     "A larger article is refused"},
    {"stop.ms", "Work", WM_CONFIG_MS, 100, 600000, NULL, "10s", 0, "MS",
     "Longest time that a stop takes; keep it below the grace period of your supervisor"},
    {"http.listen", "Watching", WM_CONFIG_LISTEN, 0, 0, NULL, "127.0.0.1:9104", 0, "HOST:PORT",
     "Address of POST /articles, /metrics, /healthz and /readyz; port 0 takes a free one"},
    {"log.level", "Watching", WM_CONFIG_CHOICE, 0, 0, "debug|info|warn|error|off", "info", 0, "LEVEL",
     "Lowest level that is logged (JSON lines on stderr)"},
};

const wm_config_option_t *wm_ingest_options(size_t *n) {
  *n = sizeof k_options / sizeof k_options[0];
  return k_options;
}

static void name_instance(const wm_config_t *config, char *out, size_t cap) {
  const char *given = wm_config_string(config, "instance");
  char host[128] = "host";
  if (given && given[0]) {
    snprintf(out, cap, "%s", given);
    return;
  }
  if (gethostname(host, sizeof host) != 0) snprintf(host, sizeof host, "host");
  host[sizeof host - 1] = '\0';
  snprintf(out, cap, "%s-%ld", host, (long)getpid());
}

wm_err_t wm_ingest_settings(const wm_config_t *config, wm_ingest_settings_t *out, wm_error_t *err) {
  const char *token = wm_config_string(config, "http.token"), *feeds = wm_config_string(config, "feeds"),
             *listen = wm_config_string(config, "http.listen"), *ca = wm_config_string(config, "fetch.ca.file");
  *out = (wm_ingest_settings_t){
      .config = config,
      .servers = wm_config_string(config, "kafka.bootstrap.servers"),
      .topic_out = wm_config_string(config, "topic.out"),
      .topic_state = wm_config_string(config, "topic.state"),
      .group = wm_config_string(config, "group"),
      .token = token && token[0] ? token : NULL,
      .feeds = feeds && feeds[0] ? feeds : NULL,
      .listen = listen ? listen : "",
      .transaction_timeout_ms = (int)wm_config_int(config, "transaction.timeout.ms"),
      .stop_ms = (int)wm_config_int(config, "stop.ms"),
      .article_bytes = (size_t)wm_config_int(config, "max.article.bytes"),
      .post_bytes = (size_t)wm_config_int(config, "post.max.bytes"),
      .queue_messages = wm_config_int(config, "post.queue.messages"),
      .queue_bytes = wm_config_int(config, "post.queue.bytes"),
      .post_timeout_ms = (int)wm_config_int(config, "post.timeout"),
      .window = (size_t)wm_config_int(config, "duplicates.window"),
      .window_ms = (int64_t)(wm_config_int(config, "duplicates.hours") * 3600000LL),
      .interval_ms = (int)wm_config_int(config, "feed.interval"),
      .host_gap_ms = (int)wm_config_int(config, "host.gap"),
      .parallel = (int)wm_config_int(config, "fetch.parallel"),
      .fetch_timeout_ms = (int)wm_config_int(config, "fetch.timeout"),
      .redirects = (int)wm_config_int(config, "fetch.redirects"),
      .ca_file = ca && ca[0] ? ca : NULL,
      .fetch_bytes = (size_t)wm_config_int(config, "fetch.max.bytes"),
      .allow_private = wm_config_bool(config, "allow.private.addresses"),
  };
  name_instance(config, out->instance, sizeof out->instance);
  if (strcmp(out->topic_out, out->topic_state) == 0)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "WM_TOPIC_OUT and WM_TOPIC_STATE are both %s: give the state a topic of its own",
                        out->topic_out);
  if (out->ca_file && access(out->ca_file, R_OK) != 0)
    return wm_error_set(err, WM_ERR_CONFIG, "WM_FETCH_CA_FILE=%s cannot be read: %s", out->ca_file, strerror(errno));
  if (out->queue_bytes < (long long)out->post_bytes)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "WM_POST_QUEUE_BYTES=%lld is less than WM_POST_MAX_BYTES=%zu: the largest request would never "
                        "find room",
                        out->queue_bytes, out->post_bytes);
  return WM_OK;
}
