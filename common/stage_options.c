/* The rows of the config table that every stage has, settings out of them, and --check-config. */
#include <limits.h>
#include <string.h>

#include "common/stage_internal.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static const wm_config_option_t k_options[] = {
    {.key = "kafka.bootstrap.servers",
     .group = "Kafka",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 4096,
     .def = "localhost:9092",
     .placeholder = "HOST:PORT,...",
     .help = "Brokers to start from; the others are learned from them"},
    {.key = "group",
     .group = "Kafka",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 249,
     .flags = WM_CONFIG_REQUIRED,
     .placeholder = "GROUP",
     .help = "Consumer group; the processes of one service share it and divide the partitions between them"},
    {.key = "instance",
     .group = "Kafka",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 200,
     .placeholder = "NAME",
     .help =
         "Name of this process, its own in the group and the same after a restart (the name of a pod, say), so that a "
         "transaction which a crash left open ends at once; without it the host name and the process id"},
    {.key = "transaction.timeout.ms",
     .group = "Kafka",
     .type = WM_CONFIG_MS,
     .min = 1000,
     .max = 900000,
     .def = TEXT(WM_STAGE_TRANSACTION_TIMEOUT_MS),
     .placeholder = "MS",
     .help = "The broker aborts a transaction that is open longer; until then readers wait behind what a killed "
             "process left"},
    {.key = "topic.in",
     .group = "Topics",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 249,
     .flags = WM_CONFIG_REQUIRED,
     .placeholder = "TOPIC",
     .help = "Topic that articles are read from"},
    {.key = "topic.out",
     .group = "Topics",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 249,
     .flags = WM_CONFIG_REQUIRED,
     .placeholder = "TOPIC",
     .help = "Topic that enriched articles are written to"},
    {.key = "topic.dlq",
     .group = "Topics",
     .type = WM_CONFIG_STRING,
     .min = 1,
     .max = 249,
     .def = "articles.dlq",
     .placeholder = "TOPIC",
     .help = "Topic for what cannot be processed (dead letters)"},
    {.key = "workers",
     .group = "Work",
     .type = WM_CONFIG_INT,
     .min = 1,
     .max = WM_STAGE_WORKERS_MAX,
     .def = "1",
     .placeholder = "N",
     .help = "Threads, each with a consumer and a producer of its own; more than there are partitions stay idle"},
    {.key = "commit.messages",
     .group = "Work",
     .type = WM_CONFIG_INT,
     .min = 1,
     .max = 100000,
     .def = TEXT(WM_STAGE_COMMIT_MESSAGES),
     .placeholder = "N",
     .help = "Commit after so many articles"},
    {.key = "commit.ms",
     .group = "Work",
     .type = WM_CONFIG_MS,
     .min = 1,
     .max = 60000,
     .def = TEXT(WM_STAGE_COMMIT_MS),
     .placeholder = "MS",
     .help =
         "Commit at the latest so long after the first article of a batch; smaller is sooner, larger is more a second"},
    {.key = "max.article.bytes",
     .group = "Work",
     .type = WM_CONFIG_BYTES,
     .min = 1024,
     .max = 64 << 20,
     .def = "8MiB",
     .placeholder = "BYTES",
     .help = "A larger article becomes a dead letter"},
    {.key = "stop.ms",
     .group = "Work",
     .type = WM_CONFIG_MS,
     .min = 100,
     .max = 600000,
     .def = TEXT(WM_STAGE_STOP_MS),
     .placeholder = "MS",
     .help = "Longest time that a stop takes to commit and close; keep it below the grace period of your supervisor"},
    {.key = "http.listen",
     .group = "Watching",
     .type = WM_CONFIG_LISTEN,
     .placeholder = "HOST:PORT",
     .help = "Address of /metrics, /healthz and /readyz; port 0 takes a free one"},
    {.key = "log.level",
     .group = "Watching",
     .type = WM_CONFIG_CHOICE,
     .choices = "debug|info|warn|error|off",
     .def = "info",
     .placeholder = "LEVEL",
     .help = "Lowest level that is logged (JSON lines on stderr)"},
};

const wm_config_option_t *wm_stage_options(size_t *n) {
  *n = sizeof k_options / sizeof k_options[0];
  return k_options;
}

void wm_stage_settings(const wm_config_t *config, const wm_service_t *service, wm_stage_settings_t *out) {
  *out = (wm_stage_settings_t){
      .service = service,
      .config = config,
      .bootstrap_servers = wm_config_string(config, "kafka.bootstrap.servers"),
      .topic_in = wm_config_string(config, "topic.in"),
      .topic_out = wm_config_string(config, "topic.out"),
      .topic_dlq = wm_config_string(config, "topic.dlq"),
      .group = wm_config_string(config, "group"),
      .instance = wm_config_string(config, "instance"),
      .workers = (int)wm_config_int(config, "workers"),
      .commit_messages = (int)wm_config_int(config, "commit.messages"),
      .commit_ms = (int)wm_config_int(config, "commit.ms"),
      .transaction_timeout_ms = (int)wm_config_int(config, "transaction.timeout.ms"),
      .stop_ms = (int)wm_config_int(config, "stop.ms"),
      .limits = {.bytes_max = (size_t)wm_config_int(config, "max.article.bytes")},
  };
}

static void or_default(int *value, int def) {
  if (*value == 0) *value = def;
}

wm_err_t wm_stage_normalise(wm_stage_settings_t *set, wm_error_t *err) {
  if (!set->service || (!set->service->enrich && !set->service->render))
    return wm_error_set(err, WM_ERR_INTERNAL, "a stage without a service");
  if (!set->bootstrap_servers) set->bootstrap_servers = "localhost:9092";
  if (!set->topic_in) set->topic_in = set->service->topic_in;
  if (!set->topic_out) set->topic_out = set->service->topic_out;
  if (!set->topic_dlq) set->topic_dlq = "articles.dlq";
  or_default(&set->workers, 1);
  or_default(&set->commit_messages, WM_STAGE_COMMIT_MESSAGES);
  or_default(&set->commit_ms, WM_STAGE_COMMIT_MS);
  or_default(&set->transaction_timeout_ms, WM_STAGE_TRANSACTION_TIMEOUT_MS);
  or_default(&set->stop_ms, WM_STAGE_STOP_MS);
  if (!set->topic_in || !set->topic_out || !set->group || !set->group[0])
    return wm_error_set(err, WM_ERR_CONFIG,
                        "a stage needs a topic to read, one to write, and a group: set WM_TOPIC_IN, "
                        "WM_TOPIC_OUT and WM_GROUP");
  if (set->workers < 1 || set->workers > WM_STAGE_WORKERS_MAX)
    return wm_error_set(err, WM_ERR_CONFIG, "%d workers: 1 to %d are possible", set->workers, WM_STAGE_WORKERS_MAX);
  if (set->commit_messages < 1 || set->commit_ms < 1 || set->transaction_timeout_ms < 1000 || set->stop_ms < 1)
    return wm_error_set(err, WM_ERR_CONFIG, "a commit interval or time-out is out of range");
  if (set->commit_ms > set->transaction_timeout_ms / 2)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "WM_COMMIT_MS=%d is more than half of WM_TRANSACTION_TIMEOUT_MS=%d: the broker would abort "
                        "batches before they are committed",
                        set->commit_ms, set->transaction_timeout_ms);
  if (strcmp(set->topic_in, set->topic_out) == 0)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "WM_TOPIC_IN and WM_TOPIC_OUT are both %s: the service would read what it wrote, for ever",
                        set->topic_in);
  if (strcmp(set->topic_in, set->topic_dlq) == 0)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "WM_TOPIC_IN and WM_TOPIC_DLQ are both %s: the service would read its own dead letters, for "
                        "ever; wiremill dlq replay puts them back into the flow",
                        set->topic_in);
  if (strcmp(set->topic_out, set->topic_dlq) == 0)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "WM_TOPIC_OUT and WM_TOPIC_DLQ are both %s: give dead letters a topic of their own",
                        set->topic_out);
  return WM_OK;
}

wm_err_t wm_stage_check(const wm_stage_settings_t *settings, int timeout_ms, wm_error_t *err) {
  wm_stage_settings_t set = *settings;
  wm_err_t rc = wm_stage_normalise(&set, err);
  if (rc != WM_OK) return rc;
  const char *topics[] = {set.topic_in, set.topic_out, set.topic_dlq};
  return wm_kafka_check(set.bootstrap_servers, set.config, topics, 3, timeout_ms, err);
}
