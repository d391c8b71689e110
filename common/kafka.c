#include "common/kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"

enum {
  ROLE_CONSUMER = 1 << WM_KAFKA_CONSUMER,
  ROLE_PRODUCER = 1 << WM_KAFKA_PRODUCER,
  ROLE_ADMIN = 1 << WM_KAFKA_ADMIN
};
enum { ROLE_ALL = ROLE_CONSUMER | ROLE_PRODUCER | ROLE_ADMIN };

typedef struct {
  unsigned roles;
  const char *name, *value;
} property_t;

/* Defaults that a passed-through property may change. docs/internals/stage.md says why each has its value. */
static const property_t k_defaults[] = {
    {ROLE_ALL, "log.connection.close", "false"},
    {ROLE_ALL, "reconnect.backoff.ms", "50"},
    {ROLE_ALL, "reconnect.backoff.max.ms", "2000"},
    {ROLE_CONSUMER, "socket.timeout.ms", "30000"}, /* a transactional producer's follows its transaction.timeout.ms */
    {ROLE_ALL, "socket.nagle.disable", "true"},
    {ROLE_ALL, "topic.metadata.refresh.interval.ms", "10000"}, /* how late new partitions are seen */
    {ROLE_CONSUMER, "session.timeout.ms", "10000"},
    {ROLE_CONSUMER, "heartbeat.interval.ms", "500"},
    {ROLE_CONSUMER, "max.poll.interval.ms", "300000"},
    {ROLE_CONSUMER, "fetch.wait.max.ms", "500"},
    {ROLE_CONSUMER, "fetch.error.backoff.ms", "100"},
    {ROLE_CONSUMER, "fetch.queue.backoff.ms", "20"}, /* librdkafka 2.2 and later */
    {ROLE_CONSUMER, "queued.min.messages", "5000"},
    {ROLE_CONSUMER, "queued.max.messages.kbytes", "16384"},
    {ROLE_CONSUMER, "fetch.message.max.bytes", "1048576"}, /* a larger record comes all the same, alone */
    {ROLE_CONSUMER, "fetch.max.bytes", "16777216"},
    {ROLE_CONSUMER, "receive.message.max.bytes", "1000000000"},
    {ROLE_PRODUCER, "linger.ms", "5"},
    {ROLE_PRODUCER, "compression.type", "lz4"},
    {ROLE_PRODUCER, "retry.backoff.ms", "50"},
    {ROLE_PRODUCER, "queue.buffering.max.messages", "100000"},
    {ROLE_PRODUCER, "queue.buffering.max.kbytes", "131072"},
    {ROLE_PRODUCER, "partitioner", "murmur2_random"}, /* the same partition for a key as Java producers choose */
};

/*
 * Until 2.2 librdkafka stops fetching for a whole second once its queue is full (later: fetch.queue.backoff.ms), so that a worker faster than
 * queued.min.messages a second stands still for the rest of it: measured 6,000 articles a second with the above, 16,000 with these.
 */
static const property_t k_before_2_2[] = {
    {ROLE_CONSUMER, "queued.min.messages", "20000"},
    {ROLE_CONSUMER, "queued.max.messages.kbytes", "65536"},
};

/* What the loop stands on. */
static const property_t k_fixed[] = {
    {ROLE_CONSUMER, "enable.auto.commit", "false"},       {ROLE_CONSUMER, "enable.auto.offset.store", "false"},
    {ROLE_CONSUMER, "isolation.level", "read_committed"}, {ROLE_CONSUMER, "auto.offset.reset", "earliest"},
    {ROLE_CONSUMER, "enable.partition.eof", "false"},     {ROLE_PRODUCER, "enable.idempotence", "true"},
};

/* Properties that are refused when passed through, and why. */
static const struct {
  const char *name, *why;
} k_refused[] = {
    {"bootstrap.servers", "set WM_KAFKA_BOOTSTRAP_SERVERS"},
    {"metadata.broker.list", "set WM_KAFKA_BOOTSTRAP_SERVERS"},
    {"group.id", "set WM_GROUP"},
    {"client.id", "set WM_INSTANCE"},
    {"group.instance.id", "workers of one group would share it"},
    {"group.protocol", "the worker loop is written for the classic protocol"},
    {"transactional.id", "set WM_INSTANCE"},
    {"transaction.timeout.ms", "set WM_TRANSACTION_TIMEOUT_MS"},
    {"enable.auto.commit", "offsets are committed in the transaction, or articles would be lost or doubled"},
    {"auto.commit.enable", "offsets are committed in the transaction, or articles would be lost or doubled"},
    {"auto.commit.interval.ms", "offsets are committed in the transaction"},
    {"enable.auto.offset.store", "offsets are committed in the transaction, or articles would be lost or doubled"},
    {"isolation.level", "articles of aborted transactions must not be read"},
    {"auto.offset.reset",
     "articles would be skipped; to skip some on purpose move the group with kafka-consumer-groups.sh"},
    {"enable.partition.eof", "wiremill does not use it"},
    {"enable.idempotence", "transactions need it"},
    {"enable.gapless.guarantee", "transactions need an abort instead"},
    {"acks", "transactions need acks=all"},
    {"request.required.acks", "transactions need acks=all"},
    {"delivery.report.only.error", "wiremill sets it"},
    {"allow.auto.create.topics", "a misspelt topic must be told, not made"},
    {"statistics.interval.ms", "readiness stands on it"},
    {"message.max.bytes", "wiremill sets it; the topic's max.message.bytes decides"},
    {"log.queue", "wiremill does not read it"},
    {"enable.random.seed", "wiremill sets it"},
};

static wm_log_level_t log_level(int syslog_level) {
  if (syslog_level <= 3) return WM_LOG_ERROR;
  if (syslog_level == 4) return WM_LOG_WARN;
  return syslog_level <= 6 ? WM_LOG_INFO : WM_LOG_DEBUG;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
  static wm_log_site_t site;
  wm_log_level_t l = log_level(level);
  /* One set of passed-through properties serves consumers and producers; librdkafka has no switch for this before 2.1. */
  if (strcmp(facility, "CONFWARN") == 0 && strstr(text, " property and will be ignored by this ")) return;
  if (!wm_log_enabled(l)) return;
  const wm_log_field_t fields[] = {WM_LOG_STR("client", rd_kafka_name(rk)), WM_LOG_STR("facility", facility),
                                   WM_LOG_STR("text", text)};
  wm_log_event(&site, l, "librdkafka", fields, sizeof fields / sizeof fields[0]);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
  (void)opaque;
  wm_log_warn("kafka error", WM_LOG_STR("client", rd_kafka_name(rk)),
              WM_LOG_STR("code", rd_kafka_err2name((rd_kafka_resp_err_t)code)), WM_LOG_STR("reason", reason));
}

wm_err_t wm_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value, wm_error_t *err) {
  char text[256] = "";
  if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK) return WM_OK;
  return wm_error_set(err, WM_ERR_CONFIG, "%s=%s: %s", name, value, text);
}

wm_err_t wm_kafka_set_int(rd_kafka_conf_t *conf, const char *name, long long value, wm_error_t *err) {
  char text[32];
  snprintf(text, sizeof text, "%lld", value);
  return wm_kafka_set(conf, name, text, err);
}

static wm_err_t set_all(rd_kafka_conf_t *conf, wm_kafka_role_t role, const property_t *list, size_t n,
                        wm_error_t *err) {
  for (size_t i = 0; i < n; i++) {
    if (!(list[i].roles & (1u << role))) continue;
    char text[256] = "";
    rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, list[i].name, list[i].value, text, sizeof text);
    if (res == RD_KAFKA_CONF_INVALID) return wm_error_set(err, WM_ERR_INTERNAL, "%s: %s", list[i].name, text);
  } /* RD_KAFKA_CONF_UNKNOWN: a default that this librdkafka does not have yet */
  return WM_OK;
}

static wm_err_t refuse(const char *name, const char *value, const char *origin, wm_error_t *err) {
  for (size_t i = 0; i < sizeof k_refused / sizeof k_refused[0]; i++)
    if (strcmp(name, k_refused[i].name) == 0)
      return wm_error_set(err, WM_ERR_CONFIG, "%s: the property %s cannot be passed through: %s", origin, name,
                          k_refused[i].why);
  if (strcmp(name, "partition.assignment.strategy") == 0 && strstr(value, "cooperative") &&
      strstr(wm_kafka_assignor(), "cooperative") == NULL)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "%s: cooperative rebalancing has known faults in librdkafka %s; it is allowed from 2.10 on",
                        origin, rd_kafka_version_str());
  return WM_OK;
}

static wm_err_t pass_through(rd_kafka_conf_t *conf, const wm_config_t *config, wm_error_t *err) {
  const char *name, *value, *origin;
  for (size_t i = 0; (name = wm_config_kafka(config, i, &value, &origin)) != NULL; i++) {
    wm_err_t rc = refuse(name, value, origin, err);
    if (rc != WM_OK) return rc;
    char text[256] = "";
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
      return wm_error_set(err, WM_ERR_CONFIG, "%s: %s", origin, text);
  }
  return WM_OK;
}

rd_kafka_conf_t *wm_kafka_conf(wm_kafka_role_t role, const char *bootstrap_servers, const wm_config_t *config,
                               wm_error_t *err) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  if (!conf) {
    wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    return NULL;
  }
  rd_kafka_conf_set_log_cb(conf, on_log);
  rd_kafka_conf_set_error_cb(conf, on_error);
  if (set_all(conf, role, k_defaults, sizeof k_defaults / sizeof k_defaults[0], err) != WM_OK) goto fail;
  if (rd_kafka_version() < 0x02020000 &&
      set_all(conf, role, k_before_2_2, sizeof k_before_2_2 / sizeof k_before_2_2[0], err) != WM_OK)
    goto fail;
  if (role == WM_KAFKA_CONSUMER &&
      wm_kafka_set(conf, "partition.assignment.strategy", wm_kafka_assignor(), err) != WM_OK)
    goto fail;
  if (role == WM_KAFKA_PRODUCER && wm_kafka_set_int(conf, "message.max.bytes", WM_KAFKA_RECORD_BYTES_MAX, err) != WM_OK)
    goto fail;
  if (config && pass_through(conf, config, err) != WM_OK) goto fail;
  if (set_all(conf, role, k_fixed, sizeof k_fixed / sizeof k_fixed[0], err) != WM_OK) goto fail;
  if (wm_kafka_set(conf, "bootstrap.servers", bootstrap_servers, err) != WM_OK) goto fail;
  return conf;
fail:
  rd_kafka_conf_destroy(conf);
  return NULL;
}

rd_kafka_t *wm_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, wm_error_t *err) {
  char text[256] = "";
  rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
  if (rk) return rk;
  rd_kafka_conf_destroy(conf);
  wm_error_set(err, WM_ERR_CONFIG, "librdkafka refused its configuration: %s", text);
  return NULL;
}

const char *wm_kafka_assignor(void) {
  return rd_kafka_version() >= 0x020a0000 ? "cooperative-sticky" : "range,roundrobin";
}

/* What the error callback of a check's handle heard last: the reason behind a time-out. */
typedef struct {
  char text[256];
} heard_t;

static void on_check_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
  (void)rk;
  heard_t *heard = opaque;
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || heard->text[0] == '\0')
    snprintf(heard->text, sizeof heard->text, "%s", reason);
}

static int64_t now_ms(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Asks for `topic` until a broker answers or the time is over. `*found` is the topic's own error code. */
static rd_kafka_resp_err_t ask(rd_kafka_t *rk, rd_kafka_topic_t *topic, int64_t deadline, rd_kafka_resp_err_t *found) {
  rd_kafka_resp_err_t rc = RD_KAFKA_RESP_ERR__TIMED_OUT;
  *found = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int64_t left = deadline - now_ms(); left > 0; left = deadline - now_ms()) {
    const struct rd_kafka_metadata *metadata = NULL;
    rc = rd_kafka_metadata(rk, 0, topic, &metadata, left > 1000 ? 1000 : (int)left);
    rd_kafka_poll(rk, 0);
    if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (metadata->topic_cnt > 0) *found = metadata->topics[0].err;
    rd_kafka_metadata_destroy(metadata);
    if (*found != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) return rc;
    nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
  }
  return rc;
}

static wm_err_t check_topic(rd_kafka_t *rk, const char *name, const char *servers, const heard_t *heard,
                            int64_t deadline, wm_error_t *err) {
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
  if (!topic) return wm_error_set(err, WM_ERR_CONFIG, "%s is no name for a topic", name);
  rd_kafka_resp_err_t found, rc = ask(rk, topic, deadline, &found);
  rd_kafka_topic_destroy(topic);
  if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
    return wm_error_set_class(err, WM_ERR_KAFKA, WM_CLASS_RETRIABLE,
                              "no broker answers at %s (%s): start it, or set WM_KAFKA_BOOTSTRAP_SERVERS", servers,
                              heard->text[0] ? heard->text : rd_kafka_err2str(rc));
  if (found == RD_KAFKA_RESP_ERR_NO_ERROR || found == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) return WM_OK;
  if (found == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    return wm_error_set(err, WM_ERR_CONFIG,
                        "topic %s does not exist on %s: create it (deploy/ has the commands), or name another by "
                        "WM_TOPIC_IN, WM_TOPIC_OUT or WM_TOPIC_DLQ",
                        name, servers);
  return wm_error_set(err, WM_ERR_CONFIG, "topic %s on %s cannot be used: %s", name, servers, rd_kafka_err2str(found));
}

wm_err_t wm_kafka_check(const char *bootstrap_servers, const wm_config_t *config, const char *const *topics, size_t n,
                        int timeout_ms, wm_error_t *err) {
  heard_t heard = {""};
  int64_t deadline = now_ms() + timeout_ms;
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_ADMIN, bootstrap_servers, config, err);
  if (!conf) return WM_ERR_CONFIG;
  rd_kafka_conf_set_error_cb(conf, on_check_error);
  rd_kafka_conf_set_opaque(conf, &heard);
  rd_kafka_t *rk = wm_kafka_new(RD_KAFKA_CONSUMER, conf, err);
  if (!rk) return WM_ERR_CONFIG;
  wm_err_t rc = WM_OK;
  for (size_t i = 0; i < n && rc == WM_OK; i++)
    rc = check_topic(rk, topics[i], bootstrap_servers, &heard, deadline, err);
  rd_kafka_destroy(rk);
  return rc;
}

const char *wm_kafka_header(const rd_kafka_message_t *message, const char *name) {
  rd_kafka_headers_t *headers;
  const void *value;
  size_t size;
  if (rd_kafka_message_headers(message, &headers) || rd_kafka_header_get_last(headers, name, &value, &size))
    return NULL;
  return value;
}
