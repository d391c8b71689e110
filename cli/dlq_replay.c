#include "cli/dlq_replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/dead_letter.h"
#include "common/kafka.h"

#define BATCH 500u
#define BATCH_BYTES (32u << 20)
#define TRANSACTION_MS 60000
#define RETRIES 20

typedef struct {
  const char *to;                     /* NULL: where it came from */
  bool dry_run, commit_offsets, open; /* open: a transaction has begun */
  rd_kafka_t *consumer, *producer;
  rd_kafka_topic_partition_list_t *offsets; /* next offset by partition of what this transaction holds */
  size_t pending, pending_bytes, replayed, left;
} replay_t;

static wm_err_t from_error(rd_kafka_error_t *error, const char *what, wm_error_t *err) {
  if (!error) return WM_OK;
  wm_error_set_class(err, WM_ERR_KAFKA, rd_kafka_error_is_retriable(error) ? WM_CLASS_RETRIABLE : WM_CLASS_FATAL,
                     "%s: %s", what, rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  return WM_ERR_KAFKA;
}

static wm_err_t open_producer(replay_t *r, const char *servers, const wm_config_t *config, wm_error_t *err) {
  char id[128], host[64] = "host", text[256];
  gethostname(host, sizeof host - 1);
  snprintf(id, sizeof id, "wiremill-dlq-replay-%s-%ld", host, (long)getpid());
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_PRODUCER, servers, config, err);
  if (!conf) return WM_ERR_CONFIG;
  if (wm_kafka_set(conf, "transactional.id", id, err) != WM_OK ||
      wm_kafka_set(conf, "message.max.bytes", "134217728", err) != WM_OK) {
    rd_kafka_conf_destroy(conf);
    return WM_ERR_CONFIG;
  }
  r->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
  if (!r->producer) {
    rd_kafka_conf_destroy(conf);
    return wm_error_set(err, WM_ERR_CONFIG, "librdkafka: %s", text);
  }
  return from_error(rd_kafka_init_transactions(r->producer, TRANSACTION_MS), "init_transactions", err);
}

/* Sends the offsets along, if they count, and commits; retries what can be retried. */
static wm_err_t commit(replay_t *r, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  if (!r->open) return WM_OK;
  r->open = false;
  if (r->commit_offsets && r->offsets->cnt > 0) {
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(r->consumer);
    rd_kafka_error_t *error = NULL;
    for (int i = 0; i < RETRIES; i++) {
      error = rd_kafka_send_offsets_to_transaction(r->producer, r->offsets, group, TRANSACTION_MS);
      if (!error || !rd_kafka_error_is_retriable(error) || i + 1 == RETRIES) break;
      rd_kafka_error_destroy(error);
      rd_kafka_poll(r->producer, 200);
    }
    rd_kafka_consumer_group_metadata_destroy(group);
    rc = from_error(error, "send_offsets_to_transaction", err);
  }
  rd_kafka_error_t *error = NULL;
  for (int i = 0; rc == WM_OK && i < RETRIES; i++) {
    error = rd_kafka_commit_transaction(r->producer, TRANSACTION_MS);
    if (!error || !rd_kafka_error_is_retriable(error) || i + 1 == RETRIES) break;
    rd_kafka_error_destroy(error);
    rd_kafka_poll(r->producer, 200);
  }
  if (rc == WM_OK) rc = from_error(error, "commit_transaction", err);
  if (rc != WM_OK) {
    rd_kafka_error_t *ignored = rd_kafka_abort_transaction(r->producer, TRANSACTION_MS);
    if (ignored) rd_kafka_error_destroy(ignored);
    return rc;
  }
  r->replayed += r->pending;
  r->pending = r->pending_bytes = 0;
  return WM_OK;
}

static wm_err_t produce(replay_t *r, const rd_kafka_message_t *m, const char *topic, wm_error_t *err) {
  rd_kafka_resp_err_t code;
  rd_kafka_timestamp_type_t type;
  int64_t timestamp = rd_kafka_message_timestamp(m, &type);
  do {
    rd_kafka_headers_t *headers = wm_dead_letter_original_headers(m);
    if (!headers) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    code = rd_kafka_producev(r->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_VALUE(m->payload, m->len),
                             RD_KAFKA_V_KEY(m->key, m->key_len), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_TIMESTAMP(timestamp > 0 ? timestamp : 0),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (code) rd_kafka_headers_destroy(headers);
    rd_kafka_poll(r->producer, code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 50 : 0);
  } while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL);
  return code ? wm_error_set(err, WM_ERR_KAFKA, "%s: %s", topic, rd_kafka_err2str(code)) : WM_OK;
}

static void note_offset(replay_t *r, const rd_kafka_message_t *m) {
  const char *topic = rd_kafka_topic_name(m->rkt);
  rd_kafka_topic_partition_t *at = rd_kafka_topic_partition_list_find(r->offsets, topic, m->partition);
  if (!at) at = rd_kafka_topic_partition_list_add(r->offsets, topic, m->partition);
  at->offset = m->offset + 1;
}

static wm_err_t visit(void *context, const rd_kafka_message_t *m, wm_error_t *err) {
  replay_t *r = context;
  const char *topic = r->to ? r->to : wm_dlq_header(m, "wm-topic");
  const char *why = NULL;
  if (!*topic) why = "it does not say which topic it came from; use --to";
  if (*wm_dlq_header(m, "wm-truncated"))
    why = "it was too large for the dead-letter topic; its bytes are only where it came from";
  if (why) printf("%" PRId32 ":%" PRId64 " left: %s\n", m->partition, m->offset, why);
  if (r->dry_run && !why) printf("%" PRId32 ":%" PRId64 " would go to %s\n", m->partition, m->offset, topic);
  if (why) r->left++;
  if (r->dry_run) {
    r->pending += why ? 0 : 1;
    return WM_OK;
  }
  wm_err_t rc = WM_OK;
  if (!r->open) {
    rc = from_error(rd_kafka_begin_transaction(r->producer), "begin_transaction", err);
    if (rc == WM_OK) r->open = true;
  }
  if (rc == WM_OK && !why) rc = produce(r, m, topic, err);
  if (rc != WM_OK) return rc;
  note_offset(r, m);
  r->pending += why ? 0 : 1;
  r->pending_bytes += m->len;
  return r->pending >= BATCH || r->pending_bytes >= BATCH_BYTES ? commit(r, err) : WM_OK;
}

wm_err_t wm_dlq_replay(const wm_config_t *config, const wm_dlq_filter_t *filter, wm_error_t *err) {
  bool all = wm_config_bool(config, "all"), since = wm_config_bool(config, "new");
  if ((filter->position_count > 0) + all + since != 1)
    return wm_error_set(err, WM_ERR_USAGE, "replay which? Give positions, or --all, or --new");
  if (since && (filter->error || filter->service || wm_config_int(config, "max") > 0))
    return wm_error_set(err, WM_ERR_USAGE, "--new takes all that came since: leave out --error, --service and --max");
  const char *servers = wm_config_string(config, "kafka.bootstrap.servers");
  replay_t r = {
      .to = wm_config_string(config, "to"), .dry_run = wm_config_bool(config, "dry.run"), .commit_offsets = since};
  int partitions;
  wm_err_t rc =
      wm_dlq_open(servers, wm_config_string(config, "topic.dlq"), config, since, &r.consumer, &partitions, err);
  if (rc != WM_OK) return rc;
  r.offsets = rd_kafka_topic_partition_list_new(partitions);
  if (!r.dry_run) rc = open_producer(&r, servers, config, err);
  size_t max = filter->position_count > 0 ? filter->position_count : (size_t)wm_config_int(config, "max");
  if (rc == WM_OK) rc = wm_dlq_read(r.consumer, partitions, filter, max, visit, &r, err);
  if (rc == WM_OK && !r.dry_run) rc = commit(&r, err);
  printf("%zu dead letters %s, %zu left\n", r.dry_run ? r.pending : r.replayed,
         r.dry_run ? "would be replayed" : "replayed", r.left);
  if (r.producer) rd_kafka_destroy(r.producer);
  rd_kafka_topic_partition_list_destroy(r.offsets);
  rd_kafka_destroy(r.consumer);
  return rc;
}
