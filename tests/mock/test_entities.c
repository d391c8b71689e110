/* wiremill-entities on the mock cluster: an article comes out in the same bytes (time and duration aside) whatever the number of workers and the size of a batch. */
#include <jansson.h>

#include "tests/mock/process.h"
#include "tests/support/stage/tsan.h"

#define ARTICLES 60
#define PARTITIONS 3

static const char *const k_bodies[] = {
    "Angela Merkel met Emmanuel Macron in Paris. Merkel said that Germany and the IMF would help.",
    "The Lagos State Emergency Management Agency (LASEMA) saved 14 people in Ikeja. LASEMA thanked Bola Ade.",
    "Kenya beat Ghana 2-1 in Nairobi; the goals came from Otieno and Wanyama. Nobody was hurt.",
    "((((((((((((((((",
    "nothing that has a name happened here today, and nobody came",
    "S\xC3\xA3o Paulo \xF0\x9F\x98\x80 e\xCC\x81 N'Djamena",
    "Hillary Clinton and Bill Clinton came to New York. Clinton spoke."};

static void feed_all(service_t *s) {
  for (int i = 0; i < ARTICLES; i++) {
    char key[16];
    size_t k = (size_t)i % (sizeof k_bodies / sizeof k_bodies[0]);
    snprintf(key, sizeof key, "urn:a:%d", i);
    json_t *raw = json_pack("{s:s, s:s, s:s, s:s}", "uri", key, "language", "en", "headline",
                            k_bodies[(size_t)i / 7 % 3], "body_text", k_bodies[k]);
    char *text = json_dumps(raw, JSON_COMPACT);
    assert_non_null(text);
    mock_feed(&s->m, i % PARTITIONS, key, text, strlen(text), NULL, 0);
    free(text);
    json_decref(raw);
  }
}

/* A record without the time and the duration. */
static char *content_of(const rd_kafka_message_t *m) {
  json_t *root = json_loadb(m->payload, m->len, 0, NULL);
  json_t *line = json_array_get(json_object_get(json_object_get(root, "enrichment"), "processing"), 0);
  assert_int_equal(json_object_del(line, "at"), 0);
  assert_int_equal(json_object_del(line, "ms"), 0);
  char *text = json_dumps(root, JSON_COMPACT);
  assert_non_null(text);
  json_decref(root);
  return text;
}

/* Reads what came out until every article is there; its content by number, which the caller frees. */
static void collect(service_t *s, char *contents[ARTICLES]) {
  mock_records_t out;
  size_t seen = 0;
  for (int64_t end = now_ms() + MOCK_WAIT_MS; seen < ARTICLES && now_ms() < end; pause_ms(100)) {
    mock_read(&s->m, "articles.test", &out);
    for (size_t i = 0; i < out.n; i++) {
      long number = strtol((const char *)out.message[i]->key + 6, NULL, 10);
      assert_in_range(number, 0, ARTICLES - 1);
      char *content = content_of(out.message[i]);
      if (contents[number]) { /* done twice: a worker that joined later began anew */
        assert_string_equal(content, contents[number]);
        free(content);
        continue;
      }
      contents[number] = content;
      seen++;
    }
    mock_records_clear(&out);
  }
  assert_int_equal(seen, ARTICLES);
}

static void run_with(const char *workers, const char *batch, char *contents[ARTICLES]) {
  service_t s;
  char *const arguments[] = {"wiremill-entities", "--topic-out",   "articles.test",     "--http-listen", "127.0.0.1:0",
                             "--workers",         (char *)workers, "--commit-messages", (char *)batch,   NULL};
  start_program_on(&s, WM_ENTITIES_PROGRAM, arguments, PARTITIONS);
  wait_log(&s, "\"event\":\"ready\"");
  feed_all(&s);
  collect(&s, contents);
  kill(s.pid, SIGTERM);
  assert_int_equal(wait_end(&s), 0);
  clear(&s);
}

static void workers_and_batches_change_no_byte(void **state) {
  (void)state;
  static const struct { const char *workers, *batch; } ways[] = {{"1", "1"}, {"1", "1000"}, {"3", "7"}};
  char *first[ARTICLES] = {NULL};
  size_t named = 0;
  for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
    char *contents[ARTICLES] = {NULL};
    run_with(ways[way].workers, ways[way].batch, way ? contents : first);
    for (size_t i = 0; way && i < ARTICLES; i++) {
      assert_string_equal(contents[i], first[i]);
      free(contents[i]);
    }
  }
  for (size_t i = 0; i < ARTICLES; i++) {
    named += strstr(first[i], "\"mentions\"") != NULL;
    free(first[i]);
  }
  assert_true(named > ARTICLES / 2);
}

int main(int argc, char **argv) {
  if (tsan_skips()) return TEST_SKIPPED;
  const struct CMUnitTest tests[] = {cmocka_unit_test(workers_and_batches_change_no_byte)};
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
