/*
 * The countries service. The first byte chooses:
 *   even: the rest is a gazetteer (a model file, sealed beforehand): refused as WM_ERR_MODEL, or whole, and then an article is resolved by it;
 *   odd: the second byte's bits mark words of the rest as entities, whose offsets may be wrong; the article is resolved twice by the real
 *   gazetteer, with the same result, and what is written is in order.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "fuzz.h"
#include "services/countries/countries.h"
#include "services/countries/resolver.h"

#define INPUT_BYTES_MAX 65536u
#define TEXT_BYTES_MAX 8192u

static wm_article_t *g_article;
static const char *const k_types[] = {"place", "person", "organisation", "group", "event", "work", "comet", "place"};

static void put_u64(uint8_t *p, uint64_t value) {
  for (int i = 0; i < 8; i++) p[i] = (uint8_t)(value >> (8 * i));
}

static void resolve_by(const wm_gazetteer_t *g) {
  static const char json[] =
      "{\"uri\":\"u\",\"body_text\":\"Aa, Bb and Cc in Dd. "
      "US\",\"enrichment\":{\"entities\":[{\"type\":\"place\",\"name\":\"Aa\",\"mentions\":"
      "[{\"start\":0,\"end\":2,\"text\":\"Aa\"}]},{\"type\":\"place\",\"name\":\"Bb\",\"mentions\":[{\"start\":4,"
      "\"end\":6,\"text\":\"Bb\"}]},"
      "{\"type\":\"group\",\"name\":\"Cc\",\"mentions\":[{\"start\":11,\"end\":13,\"text\":\"Cc\"}]},{\"type\":"
      "\"organisation\",\"name\":"
      "\"Cc of Dd\",\"mentions\":[]},{\"type\":\"person\",\"name\":\"Dd Aa\",\"mentions\":[]}]}}";
  wm_error_t err = WM_ERROR_INIT;
  wm_policy_t *policy = wm_policy_new();
  wm_resolver_t *r = wm_resolver_new(g);
  wm_str_t text = wm_gazetteer_policy(g);
  FUZZ_CHECK(policy && r);
  wm_err_t rc = wm_policy_add(policy, g, "policy", text.s, text.len, &err);
  FUZZ_CHECK(rc == WM_OK || rc == WM_ERR_CONFIG);
  wm_error_clear(&err);
  FUZZ_CHECK(!wm_article_parse(g_article, json, sizeof json - 1, NULL, &err));
  FUZZ_CHECK(!wm_resolver_run(r, policy, g_article, &err));
  FUZZ_CHECK(!wm_article_from_text(g_article, "Aa Bb met Cc in Dd Aa, US.", 26, "u", &err));
  FUZZ_CHECK(!wm_resolver_run(r, policy, g_article, &err));
  wm_resolver_destroy(r);
  wm_policy_destroy(policy);
}

static void read_gazetteer(const uint8_t *data, size_t size) {
  static int fd = -1;
  static char path[64];
  static uint8_t file[INPUT_BYTES_MAX];
  if (fd < 0) {
    fd = memfd_create("fuzz_countries", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  }
  FUZZ_CHECK(fd >= 0);
  if (size < 128 || size > sizeof file) return;
  memcpy(file, data, size);
  put_u64(file + 16, size);
  put_u64(file + 24, 0);
  put_u64(file + 24, XXH3_64bits(file, size));
  FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, file, size, 0) == (ssize_t)size);
  wm_gazetteer_t *g = NULL;
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_gazetteer_open(path, &g, &err);
  FUZZ_CHECK(rc == WM_OK || (rc == WM_ERR_MODEL && !g && err.text[0]));
  if (rc == WM_OK && wm_resolver_check(g, &err) == WM_OK) resolve_by(g);
  wm_gazetteer_close(g);
}

/* The article as JSON, with every second run of letters an entity by the bits of `marks`. */
static char *article_of(const char *text, size_t len, unsigned marks) {
  json_t *entities = json_array();
  size_t i = 0, point = 0;
  unsigned n = 0;
  while (i < len) {
    size_t start = i, from = point, step = 1;
    while (i < len && (unsigned char)text[i] > ' ' && text[i] != ',') {
      wm_utf8_decode(text + i, len - i, &step);
      i += step;
      point++;
    }
    if (i > start && (marks >> (n % 7) & 1u)) {
      long long skew = n % 5 == 4 ? (long long)marks * 1000 : 0;
      json_array_append_new(
          entities,
          json_pack("{s:s%,s:s,s:s%,s:[{s:s,s:I,s:I,s:s%}]}", "id", "e", (size_t)1, "type", k_types[(n + marks) % 8],
                    "name", text + start, i - start, "mentions", "field", n % 3 ? "body_text" : "headline", "start",
                    (json_int_t)from + skew, "end", (json_int_t)point + skew, "text", text + start, i - start));
    }
    n++;
    if (i < len) {
      wm_utf8_decode(text + i, len - i, &step);
      i += step;
      point++;
    }
  }
  json_t *raw = json_pack("{s:s,s:s%,s:s%,s:{s:o}}", "uri", "u", "headline", text, len, "body_text", text, len,
                          "enrichment", "entities", entities);
  char *json = raw ? json_dumps(raw, JSON_COMPACT) : NULL;
  json_decref(raw);
  return json;
}

/* What was written: countries once each, most relevant first. */
static char *checked(void) {
  size_t i;
  json_t *one;
  long long last = 100;
  json_t *list = wm_article_get(g_article, "countries");
  FUZZ_CHECK(json_is_array(list));
  json_array_foreach(list, i, one) {
    long long relevance = json_integer_value(json_object_get(one, "relevance"));
    long long confidence = json_integer_value(json_object_get(one, "confidence"));
    FUZZ_CHECK(relevance <= last && relevance >= 0 && confidence >= 50 && confidence <= 99);
    FUZZ_CHECK(json_string_length(json_object_get(one, "code")) == 2 &&
               json_array_size(json_object_get(one, "evidence")) > 0);
    last = relevance;
  }
  wm_buffer_t out;
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_init(&out, 64u << 20);
  FUZZ_CHECK(!wm_article_write(g_article, &out, &err));
  return out.data;
}

static void resolve(const uint8_t *data, size_t size) {
  static wm_config_t *config;
  static void *shared, *worker;
  const wm_service_t *s = &wm_countries_service;
  wm_error_t err = WM_ERROR_INIT;
  if (!config) {
    static const wm_config_program_t program = {.program = "fuzz", .version = "0"};
    char name[] = "fuzz";
    char *argv[] = {name, NULL};
    config = wm_config_new(&program);
    FUZZ_CHECK(config && !wm_config_add(config, s->options, s->n_options, &err));
    FUZZ_CHECK(!wm_config_load(config, 1, argv, NULL, &err));
    FUZZ_CHECK(!s->open(config, &shared, &err) && !s->worker_open(shared, &worker, &err));
  }
  const char *text = (const char *)data + 1;
  if (size < 2 || size > TEXT_BYTES_MAX || !wm_utf8_valid(text, size - 1, NULL) || memchr(text, '\0', size - 1)) return;
  char *json = article_of(text, size - 1, data[0]);
  if (!json) return;
  char *results[2];
  for (int i = 0; i < 2; i++) {
    if (wm_article_parse(g_article, json, strlen(json), NULL, &err) != WM_OK) { /* no visible text */
      free(json);
      if (i == 1) free(results[0]);
      return;
    }
    FUZZ_CHECK(!s->enrich(worker, g_article, &err));
    results[i] = checked();
  }
  FUZZ_CHECK(strcmp(results[0], results[1]) == 0);
  free(results[0]);
  free(results[1]);
  free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!g_article) g_article = wm_article_new(NULL);
  FUZZ_CHECK(g_article);
  if (size < 2) return 0;
  if (data[0] % 2 == 0) read_gazetteer(data + 1, size - 1);
  else resolve(data + 1, size - 1);
  return 0;
}
