/*
 * bench_post URL COUNT IN_FLIGHT FILE: the bare loop that deliver's HTTP targets are measured against: libcurl's multi interface, one easy
 * handle a slot, the lines of FILE in turn from memory, nothing else.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit/kit.h"

#define LINES_MAX 10000
#define SLOTS_MAX 256

typedef struct {
  wm_buffer_t lines[LINES_MAX];
  long n;
} bodies_t;

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

static void post(CURLM *multi, CURL *e, const wm_buffer_t *body) {
  curl_easy_setopt(e, CURLOPT_POSTFIELDS, body->data);
  curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
  curl_multi_add_handle(multi, e);
}

static int run(CURLM *multi, CURL **slots, long n, const bodies_t *bodies, long count) {
  long sent = 0, done = 0;
  for (; sent < n && sent < count; sent++) post(multi, slots[sent], &bodies->lines[sent % bodies->n]);
  while (done < count) {
    const long before = done;
    int running, left;
    curl_multi_perform(multi, &running);
    for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
      CURL *e = m->easy_handle;
      if (m->data.result != CURLE_OK) return kit_fail("%s", curl_easy_strerror(m->data.result));
      curl_multi_remove_handle(multi, e);
      done++;
      if (sent < count) post(multi, e, &bodies->lines[sent++ % bodies->n]);
    }
    if (done == before) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  return 0;
}

static int read_lines(const char *path, bodies_t *out) {
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
  if (argc != 5 || !kit_number(argv[2], 1, 100000000, &count) || !kit_number(argv[3], 1, SLOTS_MAX, &n)) {
    fprintf(stderr, "usage: bench_post URL COUNT IN_FLIGHT FILE\n");
    return 64;
  }
  static bodies_t bodies;
  static CURL *slots[SLOTS_MAX];
  if (read_lines(argv[4], &bodies)) return 1;
  curl_global_init(CURL_GLOBAL_ALL);
  struct curl_slist *headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
  CURLM *multi = curl_multi_init();
  for (long i = 0; i < n; i++) slots[i] = slot(argv[1], headers);
  const int failed = run(multi, slots, n, &bodies, count);
  for (long i = 0; i < n; i++) curl_easy_cleanup(slots[i]);
  curl_multi_cleanup(multi);
  curl_slist_free_all(headers);
  for (long i = 0; i < bodies.n; i++) wm_buffer_clear(&bodies.lines[i]);
  return failed;
}
