/*
 * wm-test-feed BROKERS TOPIC PREFIX [SEED]: feeds a topic as told on stdin, one command a line:
 *   wave FIRST COUNT EVERY     articles PREFIX:FIRST and on; after every EVERY-th (0: none) a poison record PREFIX:poison:N
 *   rate FIRST COUNT A_SECOND  the same without poison, evenly spaced
 *   probe PARTITION FIRST COUNT
 *   lines COUNT FILE           the lines of FILE in turn, COUNT records in all, without keys
 *   record JSON                {"id", "key", "value" | "file" | neither: no value, "headers": [[name, value]], "timestamp", "partition"}
 * Each is answered with "done" once the broker has acknowledged every record of it. An idempotent producer that waits for an
 * absent broker: what it was told is in the topic once. Every tenth article has no key.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/kit.h"

typedef struct {
  rd_kafka_t *rk;
  const char *topic, *prefix;
  uint64_t seed;
  wm_buffer_t value;
  long sent, acknowledged, failed;
} feed_t;

typedef struct {
  const char *id, *key; /* key NULL: none */
  const void *value;    /* NULL: none */
  size_t key_len, value_len;
  int64_t timestamp_ms; /* 0: now */
  int partition;        /* -1: by key */
} record_t;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  feed_t *f = opaque;
  (void)rk;
  if (message->err) {
    f->failed++;
    kit_fail("a record was not taken: %s", rd_kafka_err2str(message->err));
  }
  f->acknowledged++;
}

/* Sends one record; takes `headers`. */
static int send_record(feed_t *f, const record_t *r, rd_kafka_headers_t *headers) {
  char sent[32];
  snprintf(sent, sizeof sent, "%lld", (long long)kit_now_us());
  rd_kafka_header_add(headers, KIT_ID_HEADER, -1, r->id, -1);
  rd_kafka_header_add(headers, KIT_SENT_HEADER, -1, sent, -1);
  for (;;) {
    const rd_kafka_resp_err_t e = rd_kafka_producev(
        f->rk, RD_KAFKA_V_TOPIC(f->topic), RD_KAFKA_V_PARTITION(r->partition), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(r->key, r->key_len),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)r->value, r->value_len), RD_KAFKA_V_TIMESTAMP(r->timestamp_ms),
        RD_KAFKA_V_END);
    if (!e) break;
    if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_headers_destroy(headers);
      return kit_fail("%s: %s", r->id, rd_kafka_err2str(e));
    }
    rd_kafka_poll(f->rk, 100);
  }
  f->sent++;
  rd_kafka_poll(f->rk, 0);
  return 0;
}

static rd_kafka_headers_t *trace_headers(uint64_t n) {
  char trace[64];
  rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
  snprintf(trace, sizeof trace, "00-%032llx-%016llx-01", (unsigned long long)(n + 1), (unsigned long long)(n + 1));
  rd_kafka_header_add(headers, "traceparent", -1, trace, -1);
  return headers;
}

static int send_article(feed_t *f, long n, int partition) {
  char id[256], key[32];
  if (kit_article(f->prefix, f->seed, (uint64_t)n, &f->value)) return kit_fail("out of memory");
  snprintf(id, sizeof id, "%s:%ld", f->prefix, n);
  snprintf(key, sizeof key, "key-%ld", n % 997);
  const bool keyed = n % 10 != 0;
  const record_t r = {id, keyed ? key : NULL, f->value.data, keyed ? strlen(key) : 0, f->value.len, 0, partition};
  return send_record(f, &r, trace_headers((uint64_t)n));
}

/* An article cut off in the middle: not JSON, and like no other. */
static int send_poison(feed_t *f, long n) {
  char id[256];
  if (kit_article(f->prefix, f->seed, (uint64_t)n, &f->value)) return kit_fail("out of memory");
  snprintf(id, sizeof id, "%s:poison:%ld", f->prefix, n);
  const record_t r = {id, id, f->value.data, strlen(id), f->value.len / 2, 0, RD_KAFKA_PARTITION_UA};
  return send_record(f, &r, trace_headers((uint64_t)n));
}

static int send_many(feed_t *f, long first, long count, long every, int partition) {
  for (long i = 0; i < count; i++) {
    if (send_article(f, first + i, partition)) return 1;
    if (every && (i + 1) % every == 0 && send_poison(f, first + i)) return 1;
  }
  return 0;
}

static int send_rate(feed_t *f, long first, long count, long a_second) {
  const int64_t begin = kit_monotonic_us();
  for (long i = 0; i < count; i++) {
    const int64_t due = begin + i * 1000000 / a_second;
    for (int64_t now = kit_monotonic_us(); now < due; now = kit_monotonic_us())
      if (due - now >= 1000) rd_kafka_poll(f->rk, (int)((due - now) / 1000));
      else usleep((useconds_t)(due - now));
    if (send_article(f, first + i, RD_KAFKA_PARTITION_UA)) return 1;
  }
  return 0;
}

static int send_lines(feed_t *f, long count, const char *path) {
  FILE *in = fopen(path, "r");
  char *line = NULL;
  size_t capacity = 0;
  ssize_t len;
  int failed = in ? 0 : kit_fail("%s: cannot be opened", path);
  for (long i = 0; !failed && i < count; i++) {
    char id[32];
    if ((len = getline(&line, &capacity, in)) <= 0) {
      rewind(in);
      len = getline(&line, &capacity, in);
    }
    if (len <= 1) failed = kit_fail("%s: an empty line, or none", path);
    snprintf(id, sizeof id, "line:%ld", i);
    const record_t r = {id, NULL, line, 0, len > 1 ? (size_t)len - 1 : 0, 0, RD_KAFKA_PARTITION_UA};
    if (!failed) failed = send_record(f, &r, rd_kafka_headers_new(2));
  }
  free(line);
  if (in) fclose(in);
  return failed;
}

static int read_file(const char *path, wm_buffer_t *out) {
  FILE *in = fopen(path, "rb");
  char chunk[65536];
  size_t n;
  wm_err_t e = WM_OK;
  if (!in) return kit_fail("%s: cannot be opened", path);
  wm_buffer_reset(out);
  while (!e && (n = fread(chunk, 1, sizeof chunk, in)) > 0) e = wm_buffer_append(out, chunk, n, NULL);
  const int broken = ferror(in);
  fclose(in);
  return e || broken ? kit_fail("%s: cannot be read, or over %u bytes", path, KIT_RECORD_BYTES_MAX) : 0;
}

static int send_json(feed_t *f, const char *text) {
  int failed = 0;
  size_t i;
  json_t *pair, *j = json_loads(text, JSON_ALLOW_NUL, NULL);
  const json_t *key = json_object_get(j, "key"), *value = json_object_get(j, "value"),
               *partition = json_object_get(j, "partition");
  const char *id = json_string_value(json_object_get(j, "id")), *file = json_string_value(json_object_get(j, "file"));
  if (!id) {
    json_decref(j);
    return kit_fail("record: expected a JSON object with an id");
  }
  record_t r = {id,
                json_string_value(key),
                json_string_value(value),
                json_string_length(key),
                json_string_length(value),
                json_integer_value(json_object_get(j, "timestamp")),
                json_is_integer(partition) ? (int)json_integer_value(partition) : -1};
  if (file) {
    failed = read_file(file, &f->value);
    r.value = f->value.data ? f->value.data : "";
    r.value_len = f->value.len;
  }
  rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
  json_array_foreach(json_object_get(j, "headers"), i, pair) {
    const json_t *content = json_array_get(pair, 1);
    rd_kafka_header_add(headers, json_string_value(json_array_get(pair, 0)), -1, json_string_value(content),
                        (ssize_t)json_string_length(content));
  }
  if (failed) rd_kafka_headers_destroy(headers);
  else failed = send_record(f, &r, headers);
  json_decref(j);
  return failed;
}

static int obey(feed_t *f, char *line) {
  char verb[16];
  long a, b, c;
  int at = 0;
  line[strcspn(line, "\n")] = '\0';
  if (!strncmp(line, "record ", 7)) return send_json(f, line + 7);
  if (sscanf(line, "lines %ld %n", &a, &at) == 1 && at > 0 && a > 0) return send_lines(f, a, line + at);
  if (sscanf(line, "%15s %ld %ld %ld", verb, &a, &b, &c) != 4 || a < 0 || b < 0 || c < 0)
    return kit_fail("no such command: %s", line);
  if (!strcmp(verb, "wave")) return send_many(f, a, b, c, RD_KAFKA_PARTITION_UA);
  if (!strcmp(verb, "probe")) return send_many(f, b, c, 0, (int)a);
  if (!strcmp(verb, "rate") && c > 0) return send_rate(f, a, b, c);
  return kit_fail("no such command: %s", line);
}

static int run(feed_t *f) {
  char *line = NULL;
  size_t capacity = 0;
  int failed = 0;
  while (!failed && getline(&line, &capacity, stdin) > 0) {
    failed = obey(f, line);
    while (!failed && f->acknowledged < f->sent) rd_kafka_poll(f->rk, 100);
    if (!failed) failed = f->failed != 0;
    if (!failed) {
      puts("done");
      fflush(stdout);
    }
  }
  free(line);
  return failed;
}

int main(int argc, char **argv) {
  static const kit_property_t properties[] = {
      {"enable.idempotence", "true"},     {"message.timeout.ms", "300000"},
      {"message.max.bytes", "33554432"},  {"linger.ms", "2"},
      {"partitioner", "murmur2_random"},  {"sticky.partitioning.linger.ms", "0"},
      {"reconnect.backoff.max.ms", "500"}};
  long seed = 1;
  if (argc < 4 || argc > 5 || (argc == 5 && !kit_number(argv[4], 0, 1L << 40, &seed))) {
    fprintf(stderr, "usage: wm-test-feed BROKERS TOPIC PREFIX [SEED]   (commands on stdin)\n");
    return 64;
  }
  feed_t f = {.topic = argv[2], .prefix = argv[3], .seed = (uint64_t)seed};
  rd_kafka_conf_t *conf = kit_conf(argv[1], properties, sizeof properties / sizeof properties[0]);
  if (!conf) return 1;
  rd_kafka_conf_set_opaque(conf, &f);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  if (!(f.rk = kit_client(RD_KAFKA_PRODUCER, conf))) return 1;
  wm_buffer_init(&f.value, KIT_RECORD_BYTES_MAX);
  const int failed = run(&f);
  wm_buffer_clear(&f.value);
  rd_kafka_destroy(f.rk);
  return failed;
}
