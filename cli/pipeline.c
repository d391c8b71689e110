#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/chain.h"
#include "cli/cli.h"
#include "cli/embedded.h"
#include "cli/input.h"
#include "cli/show.h"
#include "common/html.h"
#include "common/kafka.h"
#include "common/log.h"

#define WINDOW 256u             /* articles in flight, and how far one may overtake another */
#define WINDOW_BYTES (2u << 20) /* bytes in flight (one larger article goes alone) */
#define QUIET_SECONDS 60        /* nothing came out for so long: something is lost */

static const wm_config_program_t k_program = {
    .program = "wiremill pipeline",
    .version = WM_VERSION,
    .summary =
        "Sends articles through the whole chain - topics, workers, transactions - in this one process: librdkafka's "
        "mock\n"
        "cluster stands in for the Kafka brokers, the code of the three services does the work over the Kafka "
        "protocol.\n"
        "Prints the enriched articles in input order and fails loudly if one is missing or comes twice.",
    .usage = "wiremill pipeline [OPTION...] [FILE...]",
    .epilog =
        "Input as for wiremill enrich. A refused article gives an error object on standard error with the reason from\n"
        "the dead-letter topic, and the exit code is 1.\n"
        "\n"
        "Examples:\n"
        "  wiremill pipeline --format pretty examples/*.json\n"
        "  wiremill pipeline --workers 2 articles.ndjson > enriched.ndjson",
    .takes_operands = true,
};

static const wm_config_option_t k_rows[] = {
    {"services", "Pipeline", WM_CONFIG_STRING, 0, 0, NULL, "entities,countries,topics", 0, "LIST",
     "which services run, in this order, separated by commas"},
    {"format", "Pipeline", WM_CONFIG_CHOICE, 0, 0, "json|pretty", "json", 0, "FORMAT",
     "json: one article a line; pretty: for reading, with the entities marked in the text"},
    {"color", "Pipeline", WM_CONFIG_CHOICE, 0, 0, "auto|always|never", "auto", 0, "WHEN",
     "colours in the pretty format: auto means on a terminal"},
    {"workers", "Pipeline", WM_CONFIG_INT, 1, 16, NULL, "1", 0, "N", "workers of each service"},
    {"commit.ms", "Pipeline", WM_CONFIG_MS, 1, 10000, NULL, "20ms", 0, "TIME",
     "how long a worker gathers articles before it commits"},
    {"max.article.bytes", "Pipeline", WM_CONFIG_BYTES, 1024, 64 << 20, NULL, "8MiB", 0, "BYTES",
     "largest article that is read"},
    {"log.level", "Pipeline", WM_CONFIG_CHOICE, 0, 0, "debug|info|warn|error|off", "error", 0, "LEVEL",
     "lowest level of what the services log to standard error"},
};

typedef struct {
  bool waiting, arrived, dead;
  size_t bytes, line;
  const char *file;
  rd_kafka_message_t *message;
} slot_t;

typedef struct {
  wm_chain_t chain;
  wm_embedded_t kafka;
  wm_article_t *article; /* for text input and the pretty form */
  wm_buffer_t out;
  wm_show_t show;
  bool pretty;
  slot_t slots[WINDOW];
  uint64_t fed, printed; /* sequence numbers: next to feed, next to print */
  size_t in_flight, in_flight_bytes, enriched, refused;
  time_t last_arrival;
} pipeline_t;

static time_t now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec;
}

static wm_err_t print_slot(pipeline_t *p, const slot_t *s, wm_error_t *err) {
  if (s->dead) {
    const char *word = wm_kafka_header(s->message, "wm-error"), *why = wm_kafka_header(s->message, "wm-reason");
    fprintf(stderr, "{\"error\":\"%s\",\"reason\":", word ? word : "internal");
    json_t *reason = json_string(why ? why : "");
    json_dumpf(reason, stderr, JSON_ENCODE_ANY);
    json_decref(reason);
    fprintf(stderr, ",\"file\":");
    json_t *file = json_string(s->file);
    json_dumpf(file, stderr, JSON_ENCODE_ANY);
    json_decref(file);
    fprintf(stderr, ",\"line\":%zu}\n", s->line);
    p->refused++;
    return WM_OK;
  }
  wm_buffer_reset(&p->out);
  wm_err_t rc;
  if (p->pretty) {
    rc = wm_article_parse(p->article, s->message->payload, s->message->len, NULL, err);
    if (rc == WM_OK) rc = wm_show_article(&p->show, p->article, &p->out, err);
  } else {
    rc = wm_buffer_append(&p->out, s->message->payload, s->message->len, err);
    if (rc == WM_OK) rc = wm_buffer_append(&p->out, "\n", 1, err);
  }
  if (rc != WM_OK) return rc;
  p->enriched++;
  if (fwrite(p->out.data, 1, p->out.len, stdout) != p->out.len)
    return wm_error_set(err, WM_ERR_IO, "cannot write to standard output");
  return WM_OK;
}

/* Prints whatever is next in order. */
static wm_err_t print_arrived(pipeline_t *p, wm_error_t *err) {
  for (slot_t *s = &p->slots[p->printed % WINDOW]; p->printed < p->fed && s->arrived;
       s = &p->slots[p->printed % WINDOW]) {
    wm_err_t rc = s->message ? print_slot(p, s, err) : WM_OK;
    if (s->message) rd_kafka_message_destroy(s->message);
    *s = (slot_t){0};
    if (rc != WM_OK) return rc;
    p->printed++;
  }
  return WM_OK;
}

/* Takes what came out, waiting up to `timeout_ms` for the first. */
static wm_err_t take(pipeline_t *p, int timeout_ms, wm_error_t *err) {
  uint64_t seq;
  bool dead;
  rd_kafka_message_t *m;
  while ((m = wm_embedded_next(&p->kafka, timeout_ms, &seq, &dead))) {
    timeout_ms = 0;
    slot_t *s = &p->slots[seq % WINDOW];
    if (seq >= p->fed || seq < p->printed || !s->waiting) {
      rd_kafka_message_destroy(m);
      if (seq < p->fed && wm_embedded_aborted(&p->kafka) > 0) continue; /* the mock shows aborted records */
      return wm_error_set(err, WM_ERR_INTERNAL, "article %llu came out twice", (unsigned long long)seq + 1);
    }
    p->in_flight--;
    p->in_flight_bytes -= s->bytes;
    s->waiting = false;
    s->arrived = true;
    s->dead = dead;
    s->message = m;
    p->last_arrival = now_s();
  }
  return print_arrived(p, err);
}

static wm_err_t wait_for_room(pipeline_t *p, size_t bytes, wm_error_t *err) {
  p->last_arrival = now_s();
  while (p->fed - p->printed >= WINDOW || (p->in_flight > 0 && p->in_flight_bytes + bytes > WINDOW_BYTES)) {
    wm_err_t rc = take(p, 100, err);
    if (rc == WM_OK) rc = wm_embedded_check(&p->kafka, err);
    if (rc != WM_OK) return rc;
    if (now_s() - p->last_arrival > QUIET_SECONDS)
      return wm_error_set(
          err, WM_ERR_TIMEOUT, "nothing came out for %d s; %zu articles are missing, the first is %s line %zu",
          QUIET_SECONDS, p->in_flight, p->slots[p->printed % WINDOW].file, p->slots[p->printed % WINDOW].line);
  }
  return WM_OK;
}

static wm_err_t drain(pipeline_t *p, wm_error_t *err) {
  p->last_arrival = now_s();
  while (p->printed < p->fed) {
    wm_err_t rc = take(p, 100, err);
    if (rc == WM_OK) rc = wm_embedded_check(&p->kafka, err);
    if (rc != WM_OK) return rc;
    if (p->printed < p->fed && now_s() - p->last_arrival > QUIET_SECONDS)
      return wm_error_set(
          err, WM_ERR_TIMEOUT, "nothing came out for %d s; %zu articles are missing, the first is %s line %zu",
          QUIET_SECONDS, p->in_flight, p->slots[p->printed % WINDOW].file, p->slots[p->printed % WINDOW].line);
  }
  return WM_OK;
}

static wm_err_t feed_item(pipeline_t *p, const wm_input_t *in, const wm_input_item_t *item, wm_error_t *err) {
  const char *bytes = item->bytes;
  size_t len = item->len;
  wm_err_t rc;
  if (item->error)
    return wm_error_set(err, WM_ERR_TOO_LARGE, "%s of %zu bytes (--max-article-bytes)", item->error, in->max);
  if (item->text) {
    rc = wm_article_from_text(p->article, item->bytes, item->len, in->name, err);
    wm_buffer_reset(&p->out);
    if (rc == WM_OK) rc = wm_article_write(p->article, &p->out, err);
    if (rc != WM_OK) return rc;
    bytes = p->out.data;
    len = p->out.len;
  }
  /* Waiting prints, and printing uses p->out: so text is fed from a copy that librdkafka makes only afterwards. */
  char *copy = item->text ? malloc(len ? len : 1) : NULL;
  if (item->text && !copy) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (copy) bytes = memcpy(copy, bytes, len);
  rc = wait_for_room(p, len, err);
  if (rc == WM_OK) rc = wm_embedded_feed(&p->kafka, bytes, len, p->fed, err);
  free(copy);
  if (rc != WM_OK) return rc;
  p->slots[p->fed % WINDOW] = (slot_t){.waiting = true, .bytes = len, .line = item->line, .file = in->name};
  p->fed++;
  p->in_flight++;
  p->in_flight_bytes += len;
  return take(p, 0, err);
}

static wm_err_t feed_input(pipeline_t *p, wm_input_t *in, wm_error_t *err) {
  wm_input_item_t item;
  while (wm_input_next(in, &item, err)) {
    wm_error_t why = WM_ERROR_INIT;
    wm_err_t rc = feed_item(p, in, &item, &why);
    if (rc != WM_OK && why.cls != WM_CLASS_POISON) {
      *err = why;
      return rc;
    }
    if (rc != WM_OK) {
      p->refused++;
      wm_cli_report(&why, in->name, item.line, NULL);
    }
    if (!wm_input_ready(in) && (rc = drain(p, err)) != WM_OK) return rc; /* standard input may pause here for long */
  }
  return err->code;
}

static wm_err_t feed_files(pipeline_t *p, const char *const *files, size_t n, size_t max, wm_error_t *err) {
  static const char *const k_stdin[] = {"-"};
  wm_err_t rc = WM_OK;
  if (n == 0) files = k_stdin, n = 1;
  for (size_t i = 0; i < n && rc == WM_OK; i++) {
    wm_input_t in;
    wm_error_t why = WM_ERROR_INIT;
    rc = wm_input_open(&in, files[i], max, &why);
    if (rc == WM_OK) {
      rc = feed_input(p, &in, &why);
      wm_input_close(&in);
    }
    if (rc == WM_ERR_IO && !ferror(stdout)) { /* this file only: the others still go through */
      p->refused++;
      wm_cli_report(&why, files[i], 0, NULL);
      rc = WM_OK;
    } else if (rc != WM_OK) {
      *err = why;
    }
  }
  return rc == WM_OK ? drain(p, err) : rc;
}

/* Messages must go before the consumer that they came from. */
static void drop_messages(pipeline_t *p) {
  for (size_t i = 0; i < WINDOW; i++) {
    if (p->slots[i].message) rd_kafka_message_destroy(p->slots[i].message);
    p->slots[i] = (slot_t){0};
  }
}

static wm_err_t run(pipeline_t *p, const wm_config_t *config, wm_error_t *err) {
  wm_embedded_settings_t settings = {.workers = (int)wm_config_int(config, "workers"),
                                     .partitions = 2,
                                     .commit_ms = (int)wm_config_int(config, "commit.ms"),
                                     .limits.bytes_max = (size_t)wm_config_int(config, "max.article.bytes")};
  wm_log_init("pipeline", (wm_log_level_t)wm_log_level_parse(wm_config_string(config, "log.level")));
  wm_err_t rc = wm_chain_open(&p->chain, config, wm_config_string(config, "services"), err);
  if (rc != WM_OK) return rc;
  p->article = wm_article_new(NULL);
  if (!p->article) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  p->pretty = strcmp(wm_config_string(config, "format"), "pretty") == 0;
  wm_show_init(&p->show, wm_config_string(config, "color"));
  wm_buffer_init(&p->out, SIZE_MAX / 4);
  rc = wm_embedded_start(&p->kafka, &p->chain, &settings, err);
  size_t n;
  const char *const *files = wm_config_operands(config, &n);
  if (rc == WM_OK) rc = feed_files(p, files, n, settings.limits.bytes_max, err);
  drop_messages(p);
  wm_err_t stopped = wm_embedded_stop(&p->kafka, rc == WM_OK ? err : NULL);
  if (rc == WM_OK) rc = stopped;
  if (fflush(stdout) != 0 && rc == WM_OK) rc = wm_error_set(err, WM_ERR_IO, "cannot write to standard output");
  return rc;
}

static void clear(pipeline_t *p) {
  wm_buffer_clear(&p->out);
  wm_article_destroy(p->article);
  wm_chain_clear(&p->chain);
}

int wm_cli_pipeline(int argc, char **argv) {
  wm_error_t err = WM_ERROR_INIT;
  pipeline_t p = {0};
  int code = 1;
  wm_config_t *config = wm_config_new(&k_program);
  if (!config) return wm_cli_fail(&(wm_error_t){WM_ERR_NOMEM, WM_CLASS_FATAL, "out of memory"});
  if (wm_config_add(config, k_rows, sizeof k_rows / sizeof k_rows[0], &err) != WM_OK ||
      wm_chain_init(&p.chain, config, &err) != WM_OK) {
    code = wm_cli_fail(&err);
    goto out;
  }
  code = wm_cli_load(config, argc, argv);
  if (code >= 0) goto out;
  wm_html_init();
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  wm_err_t rc = run(&p, config, &err);
  clock_gettime(CLOCK_MONOTONIC, &b);
  fprintf(stderr, "wiremill: %zu articles enriched, %zu refused, in %.1f s through %s\n", p.enriched, p.refused,
          (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, wm_config_string(config, "services"));
  code = rc == WM_OK ? (p.refused > 0 ? 1 : 0) : wm_cli_fail(&err);
  wm_html_cleanup();
out:
  clear(&p);
  wm_config_destroy(config);
  return code;
}
