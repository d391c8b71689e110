/*
 * wm-test-read [--values] [--headers] [--raw] [--tally] [--expect FILE --timeout SECONDS] BROKERS TOPIC...
 * Reads all partitions of the topics from their beginning, read_committed (--raw: uncommitted), without a consumer group, and writes one JSON line a record:
 *   {"topic", "partition", "offset", "id" (header wm-test-id), "uri", "key", "timestamp" (ms), "at" (µs, when it was read), "bytes"
 *    (-1: no value), "headers": [[name, value]] (--headers), "value": base64 (--values)}
 * until SIGTERM. With --tally: no record is looked at, only {"at", "total"}, at most ten times a second. With --expect: until every uri (or id) of FILE, one a line, has come from each topic; exit 1 and a line for
 * each that is missing when the time is over, or that came twice.
 */
#include <getopt.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"

#define READ_TOPICS_MAX 16
#define READ_POLL_MS 100

typedef struct {
  char *text;     /* the file; ids point into it */
  char **ids;     /* sorted */
  unsigned *seen; /* [topic * n + id] */
  size_t n, topics, missing;
} expect_t;

typedef struct {
  bool values, headers, tally;
  int64_t total, last, told; /* of a tally: records, when the last came, when it was last written */
  char **topics;
  size_t n_topics;
  expect_t expect; /* ids NULL: none */
} read_t;

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int expect_load(expect_t *x, const char *path, size_t topics) {
  FILE *in = fopen(path, "rb");
  size_t capacity = 0;
  if (!in) return kit_fail("%s: cannot be opened", path);
  const ssize_t length = getdelim(&x->text, &capacity, '\0', in);
  fclose(in);
  if (length <= 0) return kit_fail("%s: holds no uri", path);
  for (char *s = x->text; *s; s++) x->n += *s == '\n';
  x->ids = calloc(x->n + 1, sizeof *x->ids);
  x->seen = calloc((x->n + 1) * topics, sizeof *x->seen);
  if (!x->ids || !x->seen) return kit_fail("out of memory");
  x->n = 0;
  char *rest = x->text;
  for (char *line; (line = strsep(&rest, "\n"));)
    if (*line) x->ids[x->n++] = line;
  qsort(x->ids, x->n, sizeof *x->ids, by_text);
  x->topics = topics;
  x->missing = x->n * topics;
  return 0;
}

static void expect_saw(expect_t *x, size_t topic, const char *id) {
  char **at = x->ids && id ? bsearch(&id, x->ids, x->n, sizeof *x->ids, by_text) : NULL;
  if (at && x->seen[topic * x->n + (size_t)(at - x->ids)]++ == 0) x->missing--;
}

static int expect_judge(const expect_t *x, char *const *topics) {
  int failed = 0;
  for (size_t t = 0; x->ids && t < x->topics; t++)
    for (size_t i = 0; i < x->n; i++)
      if (x->seen[t * x->n + i] != 1)
        failed =
            kit_fail("%s: %s %s", topics[t], x->ids[i], x->seen[t * x->n + i] ? "came more than once" : "is missing");
  return failed;
}

static void put_text(const char *name, const void *bytes, size_t len) {
  json_t *j = bytes ? json_stringn(bytes, len) : json_null();
  if (!j) j = json_string("(not UTF-8)");
  printf(",\"%s\":", name);
  json_dumpf(j, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
  json_decref(j);
}

static void put_value(const rd_kafka_message_t *m) {
  unsigned char *text = malloc(m->len / 3 * 4 + 8);
  if (!text) return;
  const int n = EVP_EncodeBlock(text, m->payload, (int)m->len);
  printf(",\"value\":\"%.*s\"", n, text);
  free(text);
}

static void put_headers(const rd_kafka_message_t *m) {
  rd_kafka_headers_t *headers;
  const char *name;
  const void *bytes;
  size_t len;
  fputs(",\"headers\":[", stdout);
  if (!rd_kafka_message_headers(m, &headers))
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &bytes, &len); i++) {
      json_t *content = bytes ? json_stringn(bytes, len) : json_null();
      json_t *pair = json_pack("[s, o?]", name, content);
      if (i) putchar(',');
      json_dumpf(pair, stdout, JSON_COMPACT);
      json_decref(pair);
    }
  putchar(']');
}

static void put_record(read_t *r, const rd_kafka_message_t *m) {
  const char *topic = rd_kafka_topic_name(m->rkt);
  rd_kafka_headers_t *headers;
  const void *id = NULL;
  size_t id_len = 0, t = 0;
  if (!rd_kafka_message_headers(m, &headers)) rd_kafka_header_get_last(headers, KIT_ID_HEADER, &id, &id_len);
  json_t *value = m->payload ? json_loadb(m->payload, m->len, 0, NULL) : NULL;
  const char *uri = json_string_value(json_object_get(value, "uri"));
  printf("{\"topic\":\"%s\",\"partition\":%d,\"offset\":%lld,\"timestamp\":%lld,\"at\":%lld,\"bytes\":%lld", topic,
         m->partition, (long long)m->offset, (long long)rd_kafka_message_timestamp(m, NULL), (long long)kit_now_us(),
         m->payload ? (long long)m->len : -1LL);
  put_text("id", id, id_len);
  put_text("uri", uri, uri ? strlen(uri) : 0);
  put_text("key", m->key, m->key_len);
  if (r->headers) put_headers(m);
  if (r->values && m->payload) put_value(m);
  puts("}");
  while (t < r->n_topics && strcmp(r->topics[t], topic) != 0) t++;
  if (t < r->n_topics) expect_saw(&r->expect, t, uri ? uri : id);
  json_decref(value);
}

/* Counts a record and says so now and then; m NULL: nothing has come for a moment. */
static void put_tally(read_t *r, const rd_kafka_message_t *m) {
  const int64_t now = kit_now_us();
  if (m) {
    r->total++;
    r->last = now;
  }
  if (r->last <= r->told || (m && now - r->told < READ_POLL_MS * 1000)) return;
  printf("{\"at\":%lld,\"total\":%lld}\n", (long long)r->last, (long long)r->total);
  r->told = now;
}

/* Assigns all partitions of all topics from their beginning. */
static int assign(rd_kafka_t *rk, const read_t *r) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
  int failed = 0;
  for (size_t i = 0; !failed && i < r->n_topics; i++) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, r->topics[i], NULL);
    if (!topic || rd_kafka_metadata(rk, 0, topic, &metadata, 30000)) {
      failed = kit_fail("%s: no metadata", r->topics[i]);
    } else {
      for (int p = 0; p < metadata->topics[0].partition_cnt; p++)
        rd_kafka_topic_partition_list_add(list, r->topics[i], p)->offset = RD_KAFKA_OFFSET_BEGINNING;
      if (!metadata->topics[0].partition_cnt) failed = kit_fail("%s: no such topic", r->topics[i]);
      rd_kafka_metadata_destroy(metadata);
    }
    if (topic) rd_kafka_topic_destroy(topic);
  }
  if (!failed && rd_kafka_assign(rk, list)) failed = kit_fail("cannot assign the partitions");
  rd_kafka_topic_partition_list_destroy(list);
  return failed;
}

static void follow(rd_kafka_t *rk, read_t *r, long timeout_s) {
  const int64_t limit = kit_monotonic_us() + timeout_s * 1000000;
  const bool expecting = r->expect.ids != NULL;
  while (!kit_stopped() && !ferror(stdout) && !(expecting && (!r->expect.missing || kit_monotonic_us() > limit))) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 0);
    if (!m) {
      fflush(stdout);
      m = rd_kafka_consumer_poll(rk, READ_POLL_MS);
    }
    if (r->tally) put_tally(r, m && !m->err ? m : NULL);
    else if (m && !m->err) put_record(r, m);
    if (m) rd_kafka_message_destroy(m);
  }
  fflush(stdout);
}

static int run(rd_kafka_t *rk, read_t *r, const char *expected, long timeout_s) {
  int failed = expected ? expect_load(&r->expect, expected, r->n_topics) : 0;
  if (!failed) failed = assign(rk, r);
  if (!failed) {
    follow(rk, r, timeout_s);
    failed = expect_judge(&r->expect, r->topics);
  }
  free(r->expect.text);
  free(r->expect.ids);
  free(r->expect.seen);
  return failed;
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"values", 0, NULL, 'v'},
                                          {"headers", 0, NULL, 'h'},
                                          {"raw", 0, NULL, 'r'},
                                          {"tally", 0, NULL, 'c'},
                                          {"expect", 1, NULL, 'e'},
                                          {"timeout", 1, NULL, 't'},
                                          {0}};
  read_t r = {0};
  const char *expected = NULL, *isolation = "read_committed";
  long timeout_s = 60;
  bool good = true;
  for (int o; (o = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
    if (o == 'v') r.values = true;
    else if (o == 'h') r.headers = true;
    else if (o == 'r') isolation = "read_uncommitted";
    else if (o == 'c') r.tally = true;
    else if (o == 'e') expected = optarg;
    else good = good && o == 't' && kit_number(optarg, 1, 86400, &timeout_s);
  }
  if (!good || argc - optind < 2 || argc - optind > READ_TOPICS_MAX) {
    fprintf(stderr,
            "usage: wm-test-read [--values] [--headers] [--raw] [--tally] [--expect FILE --timeout SECONDS] BROKERS "
            "TOPIC...\n");
    return 64;
  }
  const kit_property_t properties[] = {{"group.id", "wm-test-read"},
                                       {"enable.auto.commit", "false"},
                                       {"isolation.level", isolation},
                                       {"auto.offset.reset", "earliest"},
                                       {"fetch.wait.max.ms", "20"},
                                       {"fetch.error.backoff.ms", "20"},
                                       {"reconnect.backoff.max.ms", "500"},
                                       {"fetch.message.max.bytes", "33554432"},
                                       {"receive.message.max.bytes", "134217728"}};
  r.topics = argv + optind + 1;
  r.n_topics = (size_t)(argc - optind - 1);
  kit_stop_on_signals();
  rd_kafka_t *rk =
      kit_client(RD_KAFKA_CONSUMER, kit_conf(argv[optind], properties, sizeof properties / sizeof properties[0]));
  if (!rk) return 1;
  const int failed = run(rk, &r, expected, timeout_s);
  rd_kafka_consumer_close(rk);
  rd_kafka_destroy(rk);
  return failed;
}
