#include "services/ingest/post.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <xxhash.h>

#include "common/kafka.h"
#include "common/log.h"
#include "services/ingest/post_body.h"
#include "services/ingest/state.h"

#define POLL_MS 100
#define JSON_TYPE "application/json"

struct wm_post {
  const wm_ingest_settings_t *set;
  wm_duplicates_t *index;
  const wm_follow_t *follow;
  const wm_meter_t *meter;
  rd_kafka_t *producer;
  rd_kafka_topic_t *out, *state;
  wm_raw_reader_t *reader; /* the server's thread */
  wm_buffer_t record;
  pthread_t thread;
  atomic_bool stopping, draining;
  atomic_llong messages, bytes; /* on their way to Kafka */
  unsigned char token[SHA256_DIGEST_LENGTH];
};

/* The articles of one request, until all are acknowledged. The last reference answers and frees. */
typedef struct {
  wm_post_t *post;
  wm_http_later_t *later;
  wm_buffer_t answer; /* {"uris":[...]} */
  atomic_size_t open;
  atomic_size_t failed;
  atomic_int why; /* rd_kafka_resp_err_t */
  size_t n, bytes;
  struct timespec since;
} batch_t;

/* --- answers --- */

static void set_header(wm_http_response_t *response, const char *name, const char *value) {
  response->header = name;
  snprintf(response->header_value, sizeof response->header_value, "%s", value);
}

static void refuse(wm_http_response_t *response, int status, const char *word, size_t line, const char *reason) {
  response->status = status;
  response->content_type = JSON_TYPE;
  json_t *json = json_pack("{s:s, s:s}", "error", word, "reason", reason);
  if (json && line > 0) json_object_set_new(json, "line", json_integer((json_int_t)line));
  char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
  if (text) wm_buffer_printf(&response->body, NULL, "%s\n", text);
  free(text);
  json_decref(json);
}

static void answer(batch_t *b) {
  wm_http_response_t response;
  struct timespec now;
  size_t failed = atomic_load(&b->failed);
  char reason[256];
  wm_http_response_init(&response);
  if (failed == 0) {
    response.status = 202;
    response.content_type = JSON_TYPE;
    response.body = b->answer;
    wm_buffer_init(&b->answer, 0);
    wm_metric_add(b->post->meter->posted, b->n);
  } else {
    snprintf(reason, sizeof reason,
             "Kafka did not take %zu of %zu articles (%s): send all of them again with the same uris", failed, b->n,
             rd_kafka_err2str((rd_kafka_resp_err_t)atomic_load(&b->why)));
    refuse(&response, 503, "kafka", 0, reason);
    set_header(&response, "Retry-After", "5");
    wm_log_warn("posted articles not taken", WM_LOG_INT("failed", failed), WM_LOG_INT("articles", b->n),
                WM_LOG_STR("reason", rd_kafka_err2name((rd_kafka_resp_err_t)atomic_load(&b->why))));
  }
  clock_gettime(CLOCK_MONOTONIC, &now);
  wm_metric_observe(b->post->meter->post_seconds,
                    (double)(now.tv_sec - b->since.tv_sec) + (double)(now.tv_nsec - b->since.tv_nsec) / 1e9);
  atomic_fetch_sub(&b->post->messages, (long long)b->n);
  atomic_fetch_sub(&b->post->bytes, (long long)b->bytes);
  wm_http_answer(b->later, &response);
  wm_buffer_clear(&b->answer);
  free(b);
}

/* One article is through, or not. */
static void settle(batch_t *b, rd_kafka_resp_err_t why) {
  if (why != RD_KAFKA_RESP_ERR_NO_ERROR) {
    atomic_store(&b->why, (int)why);
    atomic_fetch_add(&b->failed, 1);
  }
  if (atomic_fetch_sub(&b->open, 1) == 1) answer(b);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
  (void)rk;
  (void)opaque;
  if (m->_private) settle(m->_private, m->err); /* records of the state have none: they are there or not */
}

/* --- sending --- */

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Keeps the signature for other processes and the time after a restart; that it may get lost hurts nothing but a mark. */
static void keep_signature(wm_post_t *p, const wm_post_article_t *a, const char *first, int64_t at_ms, int64_t slot) {
  char key[32];
  int partitions = wm_follow_partitions(p->follow);
  if (slot < 0 || partitions <= 0) return;
  if (wm_state_write_signature(a->uri, first, at_ms, &a->signature, &p->record, NULL) != WM_OK) return;
  wm_duplicates_wrote(p->index, slot, XXH3_64bits(p->record.data, p->record.len));
  int n = snprintf(key, sizeof key, "%s%lld", WM_STATE_SIGNATURE, (long long)slot);
  rd_kafka_produce(p->state, (int32_t)(slot % partitions), RD_KAFKA_MSG_F_COPY, p->record.data, p->record.len, key,
                   (size_t)n, NULL);
}

/* Marks the article where it repeats another: then `a` holds the marked bytes. */
static void mark(wm_post_t *p, wm_post_article_t *a) {
  char first[WM_ARTICLE_URI_MAX + 1];
  int64_t slot, at_ms = now_ms();
  wm_str_t marked;
  wm_error_t err = WM_ERROR_INIT;
  if (!p->index) return;
  if (wm_duplicates_check(p->index, &a->signature, a->uri, at_ms, first, &slot) &&
      wm_raw_mark(p->reader, (wm_str_t){a->value, a->len}, first, &marked, &err) == WM_OK) {
    char *copy = malloc(marked.len);
    if (copy) {
      memcpy(copy, marked.s, marked.len);
      free(a->value);
      a->value = copy;
      a->len = marked.len;
      wm_metric_add(p->meter->duplicates, 1);
    }
  }
  keep_signature(p, a, first, at_ms, slot);
}

/* Takes the bytes of `a`. */
static void send_article(wm_post_t *p, batch_t *b, wm_post_article_t *a) {
  mark(p, a);
  if (rd_kafka_produce(p->out, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_FREE, a->value, a->len, a->uri, strlen(a->uri),
                       b) == 0) {
    a->value = NULL;
    return;
  }
  settle(b, rd_kafka_last_error());
}

static batch_t *new_batch(wm_post_t *p, const wm_post_body_t *body) {
  batch_t *b = calloc(1, sizeof *b);
  if (!b) return NULL;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&b->answer, WM_HTTP_RESPONSE_MAX);
  wm_buffer_puts(&b->answer, "{\"uris\":[", &err);
  for (size_t i = 0; i < body->n && err.code == WM_OK; i++) {
    json_t *uri = json_string(body->articles[i].uri);
    char *text = json_dumps(uri, JSON_ENCODE_ANY);
    if (text) wm_buffer_printf(&b->answer, &err, "%s%s", i ? "," : "", text);
    else wm_error_set(&err, WM_ERR_NOMEM, "out of memory");
    free(text);
    json_decref(uri);
  }
  wm_buffer_puts(&b->answer, "]}\n", &err);
  b->post = p;
  b->n = body->n;
  b->bytes = body->bytes;
  atomic_store(&b->open, body->n);
  clock_gettime(CLOCK_MONOTONIC, &b->since);
  if (err.code == WM_OK) return b;
  wm_buffer_clear(&b->answer);
  free(b);
  return NULL;
}

/* Room for the whole request, or none of it is taken. Only this thread adds. */
static bool reserve(wm_post_t *p, const wm_post_body_t *body) {
  if (atomic_load(&p->messages) + (long long)body->n > p->set->queue_messages && atomic_load(&p->messages) > 0)
    return false;
  if (atomic_load(&p->bytes) + (long long)body->bytes > p->set->queue_bytes) return false;
  atomic_fetch_add(&p->messages, (long long)body->n);
  atomic_fetch_add(&p->bytes, (long long)body->bytes);
  return true;
}

static void release(wm_post_t *p, const wm_post_body_t *body) {
  atomic_fetch_sub(&p->messages, (long long)body->n);
  atomic_fetch_sub(&p->bytes, (long long)body->bytes);
}

static void send_body(wm_post_t *p, const wm_http_request_t *request, wm_post_body_t *body,
                      wm_http_response_t *response) {
  if (!reserve(p, body)) {
    refuse(response, 429, "busy", 0, "too much waits for Kafka: try again later");
    set_header(response, "Retry-After", "1");
    return;
  }
  batch_t *b = new_batch(p, body);
  if (b) b->later = wm_http_defer(request);
  if (!b || !b->later) {
    if (b) wm_buffer_clear(&b->answer);
    free(b);
    release(p, body);
    refuse(response, 503, "stopping", 0, "the service stops or has no memory: try again");
    set_header(response, "Retry-After", "5");
    return;
  }
  size_t n = body->n; /* the last one may free the batch */
  for (size_t i = 0; i < n; i++) send_article(p, b, &body->articles[i]);
}

/* --- the handler --- */

/* Hashes are compared, so the time says nothing of the token, its length included. */
static bool is_allowed(const wm_post_t *p, const char *header) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  if (!p->set->token) return true;
  if (!header || strncasecmp(header, "Bearer ", 7) != 0) return false;
  header += 7 + strspn(header + 7, " ");
  SHA256((const unsigned char *)header, strlen(header), hash);
  return CRYPTO_memcmp(hash, p->token, sizeof hash) == 0;
}

void wm_post_handle(void *context, const wm_http_request_t *request, wm_http_response_t *response) {
  wm_post_t *p = context;
  if (!is_allowed(p, wm_http_header(request, "Authorization"))) {
    refuse(response, 401, "unauthorized", 0, "this needs the header Authorization: Bearer TOKEN");
    set_header(response, "WWW-Authenticate", "Bearer");
    return;
  }
  if (atomic_load(&p->draining)) {
    refuse(response, 503, "stopping", 0, "the service stops: try again");
    set_header(response, "Retry-After", "5");
    return;
  }
  wm_post_type_t type = wm_post_type(wm_http_header(request, "Content-Type"));
  const char *encoding = wm_http_header(request, "Content-Encoding");
  if (type == WM_POST_UNKNOWN || (encoding && strcasecmp(encoding, "identity") != 0)) {
    refuse(response, 415, "media_type", 0,
           "the Content-Type must be application/json (one article) or application/x-ndjson (one a line), in UTF-8, "
           "not encoded");
    return;
  }
  wm_post_body_t body;
  wm_error_t err = WM_ERROR_INIT;
  size_t line;
  wm_err_t rc =
      wm_post_body_read(p->reader, type, request->body ? request->body : "", request->body_len, &body, &line, &err);
  if (rc != WM_OK) {
    wm_metric_add(p->meter->refused_post, 1);
    refuse(response,
           err.cls != WM_CLASS_POISON ? 503
           : rc == WM_ERR_TOO_LARGE   ? 413
                                      : 400,
           wm_err_word(rc), line, err.text);
    return;
  }
  send_body(p, request, &body, response);
  wm_post_body_clear(&body);
}

/* --- start and stop --- */

static void *run(void *arg) {
  wm_post_t *p = arg;
  while (!atomic_load(&p->stopping)) rd_kafka_poll(p->producer, POLL_MS);
  return NULL;
}

static wm_err_t open_producer(wm_post_t *p, wm_error_t *err) {
  const wm_ingest_settings_t *set = p->set;
  char client[300];
  snprintf(client, sizeof client, "%s-post-%s", set->group, set->instance);
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_PRODUCER, set->servers, set->config, err);
  if (!conf) return WM_ERR_CONFIG;
  /* Beyond what is reserved for articles there must be room for as many records of the state, so that the queue is never full. */
  wm_err_t rc = wm_kafka_set(conf, "client.id", client, err);
  if (rc == WM_OK) rc = wm_kafka_set_int(conf, "message.timeout.ms", set->post_timeout_ms, err);
  if (rc == WM_OK)
    rc = wm_kafka_set_int(conf, "queue.buffering.max.messages", 2 * set->queue_messages + WM_POST_ARTICLES_MAX, err);
  if (rc == WM_OK) rc = wm_kafka_set_int(conf, "queue.buffering.max.kbytes", 2 * set->queue_bytes / 1024 + 65536, err);
  if (rc != WM_OK) {
    rd_kafka_conf_destroy(conf);
    return rc;
  }
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  p->producer = wm_kafka_new(RD_KAFKA_PRODUCER, conf, err);
  if (!p->producer) return WM_ERR_CONFIG;
  p->out = rd_kafka_topic_new(p->producer, set->topic_out, NULL);
  p->state = rd_kafka_topic_new(p->producer, set->topic_state, NULL);
  return p->out && p->state ? WM_OK : wm_error_set(err, WM_ERR_CONFIG, "a topic's name is not valid");
}

wm_err_t wm_post_start(const wm_ingest_settings_t *set, wm_duplicates_t *index, const wm_follow_t *follow,
                       const wm_meter_t *meter, wm_post_t **out, wm_error_t *err) {
  wm_post_t *p = calloc(1, sizeof *p);
  if (!p) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  p->set = set;
  p->index = index;
  p->follow = follow;
  p->meter = meter;
  wm_buffer_init(&p->record, 65536);
  if (set->token) SHA256((const unsigned char *)set->token, strlen(set->token), p->token);
  p->reader = wm_raw_reader_new(set->article_bytes, index != NULL);
  wm_err_t rc = p->reader ? open_producer(p, err) : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (rc == WM_OK && pthread_create(&p->thread, NULL, run, p) != 0)
    rc = wm_error_set(err, WM_ERR_INTERNAL, "no further thread");
  if (rc == WM_OK) {
    *out = p;
    return WM_OK;
  }
  atomic_store(&p->stopping, true);
  if (p->out) rd_kafka_topic_destroy(p->out);
  if (p->state) rd_kafka_topic_destroy(p->state);
  if (p->producer) rd_kafka_destroy(p->producer);
  wm_raw_reader_destroy(p->reader);
  free(p);
  return rc;
}

bool wm_post_drain(wm_post_t *p, int ms) {
  atomic_store(&p->draining, true);
  /* The queue holds records of the state too, which nobody waits for: without them a restart would not know the latest articles. */
  for (int waited = 0; waited < ms && (atomic_load(&p->messages) > 0 || rd_kafka_outq_len(p->producer) > 0);
       waited += 10)
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  return atomic_load(&p->messages) == 0;
}

bool wm_post_ready(wm_post_t *p, char *why, size_t cap) {
  const struct rd_kafka_metadata *metadata;
  rd_kafka_resp_err_t rc = rd_kafka_metadata(p->producer, 0, p->out, &metadata, 1000);
  if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
    snprintf(why, cap, "no broker answers at %s: %s", p->set->servers, rd_kafka_err2str(rc));
    return false;
  }
  rd_kafka_resp_err_t topic = metadata->topic_cnt > 0 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_metadata_destroy(metadata);
  if (topic != RD_KAFKA_RESP_ERR_NO_ERROR)
    snprintf(why, cap, "topic %s: %s", p->set->topic_out, rd_kafka_err2str(topic));
  return topic == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void wm_post_stop(wm_post_t *p) {
  if (!p) return;
  atomic_store(&p->draining, true);
  rd_kafka_purge(p->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  atomic_store(&p->stopping, true);
  pthread_join(p->thread, NULL);
  rd_kafka_flush(p->producer, 1000); /* serves the reports of what was purged */
  rd_kafka_topic_destroy(p->out);
  rd_kafka_topic_destroy(p->state);
  rd_kafka_destroy(p->producer);
  wm_raw_reader_destroy(p->reader);
  wm_buffer_clear(&p->record);
  free(p);
}
