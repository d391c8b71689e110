/*
 * bench_post URL COUNT IN_FLIGHT FILE: the bare loop that deliver's HTTP targets are measured against: libcurl's multi interface, one easy
 * handle a slot, the lines of FILE in turn from memory, nothing else.
 * bench_post URL COUNT IN_FLIGHT BROKERS TOPIC: the same with the records of TOPIC, each as it comes from librdkafka's consumer; offsets are
 * committed every second without a look at what was delivered.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit/kit.h"

#define LINES_MAX 10000
#define SLOTS_MAX 256

typedef struct {
  wm_buffer_t lines[LINES_MAX];
  long n, next;
  rd_kafka_t *consumer; /* NULL: lines */
} source_t;

static size_t ignore(char *bytes, size_t size, size_t n, void *context) {
  (void)bytes;
  (void)context;
  return size * n;
}

static CURL *slot(const char *url, struct curl_slist *headers) {
  CURL *e = curl_easy_init();
  if (!e) return NULL;
  curl_easy_setopt(e, CURLOPT_URL, url);
  curl_easy_setopt(e, CURLOPT_POST, 1L);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, ignore);
  return e;
}

/* Starts a request with the next body; waits for one. */
static int post(CURLM *multi, CURL *e, source_t *s) {
  const void *body = NULL;
  size_t len = 0;
  rd_kafka_message_t *m = NULL;
  while (s->consumer && !m) {
    m = rd_kafka_consumer_poll(s->consumer, 1000);
    if (!m || !m->err) continue;
    rd_kafka_message_destroy(m);
    m = NULL;
  }
  if (m) {
    body = m->payload;
    len = m->len;
  } else {
    const wm_buffer_t *line = &s->lines[s->next++ % s->n];
    body = line->data;
    len = line->len;
  }
  curl_easy_setopt(e, CURLOPT_PRIVATE, m);
  curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
  return curl_multi_add_handle(multi, e) == CURLM_OK ? 0 : kit_fail("libcurl takes no request");
}

static int run(CURLM *multi, CURL **slots, long n, source_t *source, long count) {
  long sent = 0, done = 0;
  for (; sent < n && sent < count; sent++)
    if (post(multi, slots[sent], source)) return 1;
  while (done < count) {
    const long before = done;
    int running, left;
    curl_multi_perform(multi, &running);
    for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
      CURL *e = m->easy_handle;
      char *message = NULL;
      if (m->data.result != CURLE_OK) return kit_fail("%s", curl_easy_strerror(m->data.result));
      curl_easy_getinfo(e, CURLINFO_PRIVATE, &message);
      curl_multi_remove_handle(multi, e);
      if (message) rd_kafka_message_destroy((rd_kafka_message_t *)(void *)message);
      done++;
      if (sent++ < count && post(multi, e, source)) return 1;
    }
    if (done == before) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  return 0;
}

static int open_topic(const char *brokers, const char *topic, source_t *out) {
  char group[64];
  snprintf(group, sizeof group, "bare-%lld", (long long)kit_now_us());
  const kit_property_t properties[] = {{"group.id", group},
                                       {"auto.offset.reset", "earliest"},
                                       {"isolation.level", "read_committed"},
                                       {"auto.commit.interval.ms", "1000"},
                                       {"queued.min.messages", "20000"}};
  out->consumer =
      kit_client(RD_KAFKA_CONSUMER, kit_conf(brokers, properties, sizeof properties / sizeof properties[0]));
  if (!out->consumer) return 1;
  rd_kafka_poll_set_consumer(out->consumer);
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t e = rd_kafka_subscribe(out->consumer, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  return e ? kit_fail("subscribe: %s", rd_kafka_err2str(e)) : 0;
}

static int read_lines(const char *path, source_t *out) {
  FILE *in = fopen(path, "r");
  char *line = NULL;
  size_t capacity = 0;
  if (!in) return kit_fail("%s: cannot be opened", path);
  for (ssize_t len; out->n < LINES_MAX && (len = getline(&line, &capacity, in)) > 0; out->n++) {
    wm_buffer_init(&out->lines[out->n], KIT_RECORD_BYTES_MAX);
    if (wm_buffer_append(&out->lines[out->n], line, (size_t)len - 1, NULL)) return kit_fail("a line is too long");
  }
  free(line);
  fclose(in);
  return out->n > 0 ? 0 : kit_fail("%s: has no lines", path);
}

int main(int argc, char **argv) {
  long count, n;
  if (argc < 5 || argc > 6 || !kit_number(argv[2], 1, 100000000, &count) || !kit_number(argv[3], 1, SLOTS_MAX, &n)) {
    fprintf(stderr, "usage: bench_post URL COUNT IN_FLIGHT FILE|BROKERS TOPIC\n");
    return 64;
  }
  static source_t source;
  static CURL *slots[SLOTS_MAX];
  if (argc == 6 ? open_topic(argv[4], argv[5], &source) : read_lines(argv[4], &source)) return 1;
  curl_global_init(CURL_GLOBAL_ALL);
  struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
  CURLM *multi = curl_multi_init();
  for (long i = 0; i < n; i++) slots[i] = slot(argv[1], headers);
  const int failed = run(multi, slots, n, &source, count);
  for (long i = 0; i < n; i++) curl_easy_cleanup(slots[i]);
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
  for (long i = 0; i < source.n; i++) wm_buffer_clear(&source.lines[i]);
  if (source.consumer) rd_kafka_destroy(source.consumer);
  return failed;
}
