#include "cli/dlq.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/dlq_replay.h"
#include "common/stage.h"
#include "common/text.h"

#define VALUE_SHOWN 4000u /* bytes of a value that are shown unless --full */

static const wm_config_program_t k_program = {
    .program = "wiremill dlq",
    .version = WM_VERSION,
    .summary =
        "Looks after dead letters: the articles that a service refused, kept in their topic with the reason.\n"
        "\n"
        "  list               one line each: position, time, service, error, reason\n"
        "  show POSITION...   one whole: headers and the original bytes\n"
        "  replay POSITION... send them again to the topic they came from, in one transaction a batch",
    .usage = "wiremill dlq list|show|replay [OPTION...] [PARTITION:OFFSET...]",
    .epilog =
        "replay takes positions, or --all (with --error and --service to narrow it down), or --new for those that "
        "came\n"
        "since the last replay --new: its place is committed in the same transaction, so none is sent twice.\n"
        "\n"
        "Examples:\n"
        "  wiremill dlq list --error not_json\n"
        "  wiremill dlq show 0:17\n"
        "  wiremill dlq replay --all --error enricher --dry-run",
    .takes_operands = true,
    .takes_kafka = true,
};

static const wm_config_option_t k_rows[] = {
    {"kafka.bootstrap.servers", "Kafka", WM_CONFIG_STRING, 1, 4096, NULL, "localhost:9092", 0, "HOST:PORT,...",
     "brokers to ask first"},
    {"topic.dlq", "Kafka", WM_CONFIG_STRING, 1, 249, NULL, "articles.dlq", 0, "TOPIC", "topic of the dead letters"},
    {"error", "Which", WM_CONFIG_STRING, 1, 64, NULL, NULL, 0, "WORD", "only those with this wm-error word"},
    {"service", "Which", WM_CONFIG_STRING, 1, 64, NULL, NULL, 0, "NAME", "only those that this service refused"},
    {"max", "Which", WM_CONFIG_INT, 0, 1000000000, NULL, "0", 0, "N", "at most so many (0: all)"},
    {"format", "Output", WM_CONFIG_CHOICE, 0, 0, "table|json", "table", 0, "FORMAT",
     "list as a table for reading or one JSON object a line"},
    {"full", "Output", WM_CONFIG_BOOL, 0, 0, NULL, "false", 0, NULL, "show the whole value, however long"},
    {"all", "Replay", WM_CONFIG_BOOL, 0, 0, NULL, "false", 0, NULL, "replay all that the filters let through"},
    {"new", "Replay", WM_CONFIG_BOOL, 0, 0, NULL, "false", 0, NULL, "replay those since the last replay --new"},
    {"to", "Replay", WM_CONFIG_STRING, 1, 249, NULL, NULL, 0, "TOPIC",
     "replay into this topic, not the one they came from"},
    {"dry.run", "Replay", WM_CONFIG_BOOL, 0, 0, NULL, "false", 0, NULL, "say what would be replayed, send nothing"},
};

typedef struct {
  bool json, full;
  size_t count;
} view_t;

static void set_text(json_t *o, const char *key, const char *s, size_t len) {
  json_object_set_new(o, key, wm_utf8_valid(s, len, NULL) ? json_stringn_nocheck(s, len) : json_null());
}

static json_t *describe(const rd_kafka_message_t *m) {
  char position[48];
  snprintf(position, sizeof position, "%" PRId32 ":%" PRId64, m->partition, m->offset);
  json_t *o = json_pack("{s:s, s:I}", "position", position, "bytes", (json_int_t)m->len);
  static const char *const names[] = {"wm-time",  "wm-service",   "wm-version", "wm-error",    "wm-reason",
                                      "wm-topic", "wm-partition", "wm-offset",  "wm-truncated"};
  for (size_t i = 0; o && i < sizeof names / sizeof names[0]; i++) {
    const char *value = wm_dlq_header(m, names[i]);
    if (*value) set_text(o, names[i] + 3, value, strlen(value));
  }
  if (o && m->key) set_text(o, "key", m->key, m->key_len);
  return o;
}

static wm_err_t visit_list(void *context, const rd_kafka_message_t *m, wm_error_t *err) {
  view_t *v = context;
  (void)err;
  if (v->json) {
    json_t *o = describe(m);
    json_dumpf(o, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(o);
  } else {
    if (v->count == 0)
      printf("%-12s %-20s %-10s %-14s %-18s %s\n", "POSITION", "TIME", "SERVICE", "ERROR", "FROM", "REASON");
    char position[48], from[320];
    snprintf(position, sizeof position, "%" PRId32 ":%" PRId64, m->partition, m->offset);
    snprintf(from, sizeof from, "%s %s:%s", wm_dlq_header(m, "wm-topic"), wm_dlq_header(m, "wm-partition"),
             wm_dlq_header(m, "wm-offset"));
    printf("%-12s %-20.20s %-10s %-14s %-18s %s\n", position, wm_dlq_header(m, "wm-time"),
           wm_dlq_header(m, "wm-service"), wm_dlq_header(m, "wm-error"), from, wm_dlq_header(m, "wm-reason"));
  }
  v->count++;
  return WM_OK;
}

static void show_headers(const rd_kafka_message_t *m) {
  rd_kafka_headers_t *headers;
  const char *name;
  const void *value;
  size_t size;
  if (rd_kafka_message_headers(m, &headers)) return;
  for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
    printf("%-14s %.*s\n", name, value ? (int)size : 0, value ? (const char *)value : "");
}

static wm_err_t visit_show(void *context, const rd_kafka_message_t *m, wm_error_t *err) {
  view_t *v = context;
  (void)err;
  printf("%sposition       %" PRId32 ":%" PRId64 "\nkey            %.*s\n", v->count++ ? "\n" : "", m->partition,
         m->offset, (int)m->key_len, m->key ? (const char *)m->key : "");
  show_headers(m);
  size_t shown = v->full || m->len <= VALUE_SHOWN ? m->len : VALUE_SHOWN;
  printf("value          %zu bytes\n\n", m->len);
  /* On a terminal control bytes could do harm: shown as they are only into a file or pipe. */
  bool raw = !isatty(STDOUT_FILENO);
  for (size_t i = 0; i < shown; i++) {
    unsigned char c = ((const unsigned char *)m->payload)[i];
    if (raw || c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7F)) fputc(c, stdout);
    else printf("\\x%02X", c);
  }
  printf(shown < m->len ? "\n... (--full shows the rest)\n" : "\n");
  return WM_OK;
}

static wm_err_t look(const wm_config_t *config, const wm_dlq_filter_t *filter, bool list, wm_error_t *err) {
  view_t view = {.json = strcmp(wm_config_string(config, "format"), "json") == 0,
                 .full = wm_config_bool(config, "full")};
  rd_kafka_t *consumer;
  int partitions;
  wm_err_t rc = wm_dlq_open(wm_config_string(config, "kafka.bootstrap.servers"), wm_config_string(config, "topic.dlq"),
                            config, false, &consumer, &partitions, err);
  if (rc != WM_OK) return rc;
  size_t max = (size_t)wm_config_int(config, "max");
  if (filter->position_count > 0) max = filter->position_count;
  rc = wm_dlq_read(consumer, partitions, filter, max, list ? visit_list : visit_show, &view, err);
  rd_kafka_destroy(consumer);
  if (rc == WM_OK && list && !view.json && view.count == 0) printf("no dead letters\n");
  if (rc == WM_OK && view.count < filter->position_count)
    rc = wm_error_set(err, WM_ERR_IO, "%zu of %zu positions hold no dead letter", filter->position_count - view.count,
                      filter->position_count);
  return rc;
}

static wm_err_t run(const wm_config_t *config, wm_error_t *err) {
  size_t n;
  const char *const *operands = wm_config_operands(config, &n);
  if (n == 0) return wm_error_set(err, WM_ERR_USAGE, "say list, show or replay (see wiremill dlq --help)");
  wm_dlq_filter_t filter = {.error = wm_config_string(config, "error"),
                            .service = wm_config_string(config, "service"),
                            .positions = operands + 1,
                            .position_count = n - 1};
  wm_err_t rc = wm_dlq_check_positions(&filter, err);
  if (rc != WM_OK) return rc;
  if (strcmp(operands[0], "list") == 0) return look(config, &filter, true, err);
  if (strcmp(operands[0], "show") == 0) {
    if (filter.position_count == 0 && !filter.error && !filter.service)
      return wm_error_set(err, WM_ERR_USAGE, "show which? Give PARTITION:OFFSET, --error or --service");
    return look(config, &filter, false, err);
  }
  if (strcmp(operands[0], "replay") == 0) return wm_dlq_replay(config, &filter, err);
  return wm_error_set(err, WM_ERR_USAGE, "no command '%s'; say list, show or replay", operands[0]);
}

int wm_cli_dlq(int argc, char **argv) {
  return wm_cli_run(&k_program, k_rows, sizeof k_rows / sizeof k_rows[0], run, argc, argv);
}
