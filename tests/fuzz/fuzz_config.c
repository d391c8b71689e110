/*
 * The configuration: lines that begin with "WM_" are variables, the others are arguments; any of them is refused with a reason, or every
 * value can be read and printed.
 */
#include <string.h>

#include "common/config.h"
#include "fuzz.h"

#define LINES_MAX 64u
#define INPUT_BYTES_MAX 16384u

static const wm_config_option_t k_rows[] = {
    {"topic.in", "Topics", WM_CONFIG_STRING, 1, 249, NULL, "articles.raw", 0, "TOPIC", "Topic to read"},
    {"workers", "Work", WM_CONFIG_INT, 1, 64, NULL, "1", 0, "N", "Worker threads"},
    {"verbose", "Work", WM_CONFIG_BOOL, 0, 0, NULL, "false", 0, NULL, "More words"},
    {"commit.ms", "Work", WM_CONFIG_MS, 1, 60000, NULL, "200", 0, "MS", "Commit after so long"},
    {"article.bytes.max", "Limits", WM_CONFIG_BYTES, 1024, 64 << 20, NULL, "8MiB", 0, "BYTES", "Largest article"},
    {"model", "Model", WM_CONFIG_PATH, 0, 0, NULL, NULL, 0, "FILE", "Model file"},
    {"log.level", "Log", WM_CONFIG_CHOICE, 0, 0, "debug|info|error", "info", 0, "LEVEL", "How much is logged"},
    {"http.listen", "HTTP", WM_CONFIG_LISTEN, 0, 0, NULL, "127.0.0.1:9101", 0, "HOST:PORT", "Metrics and health"},
    {"api.key", "HTTP", WM_CONFIG_STRING, 0, 0, NULL, NULL, WM_CONFIG_SECRET, "KEY", "Key of the interface"},
};
#define N_ROWS (sizeof k_rows / sizeof k_rows[0])

static const wm_config_program_t k_program = {
    "wiremill-fuzz", "0.1.0", "For the fuzzer.", "wiremill-fuzz [OPTION...]", NULL, true, true};

/* Lines that would open devices or load libraries: librdkafka's to answer for, and bad for the machine that fuzzes. */
static int is_unwelcome(const char *line) {
  return strstr(line, "/dev/") || strstr(line, "/proc/") || strcasestr(line, "plugin");
}

static void read_values(const wm_config_t *c) {
  for (size_t i = 0; i < N_ROWS; i++) {
    const char *key = k_rows[i].key;
    (void)wm_config_is_set(c, key);
    switch (k_rows[i].type) {
      case WM_CONFIG_INT:
      case WM_CONFIG_MS:
      case WM_CONFIG_BYTES:
        FUZZ_CHECK(wm_config_int(c, key) >= k_rows[i].min && wm_config_int(c, key) <= k_rows[i].max);
        break;
      case WM_CONFIG_BOOL:
        (void)wm_config_bool(c, key);
        break;
      default:
        FUZZ_CHECK(!wm_config_string(c, key) || strlen(wm_config_string(c, key)) <= INPUT_BYTES_MAX);
    }
  }
  const char *value, *origin;
  for (size_t i = 0; wm_config_kafka(c, i, &value, &origin); i++) FUZZ_CHECK(value && origin);
  size_t n;
  const char *const *operands = wm_config_operands(c, &n);
  for (size_t i = 0; i < n; i++) FUZZ_CHECK(operands[i]);
}

static void print_all(const wm_config_t *c) {
  static FILE *out;
  if (!out) out = fopen("/dev/null", "w");
  FUZZ_CHECK(out);
  wm_config_print_help(c, out);
  wm_config_print_dump(c, out);
  wm_config_print_markdown(c, out);
}

static void load(int argc, char *argv[], char *envp[]) {
  wm_error_t err = WM_ERROR_INIT;
  wm_config_t *c = wm_config_new(&k_program);
  FUZZ_CHECK(c);
  FUZZ_CHECK(wm_config_add(c, k_rows, N_ROWS, &err) == WM_OK);
  wm_err_t rc = wm_config_load(c, argc, argv, envp, &err);
  if (rc == WM_OK) {
    read_values(c);
    print_all(c);
  } else {
    FUZZ_CHECK(rc == WM_ERR_USAGE || rc == WM_ERR_CONFIG || rc == WM_ERR_IO);
    FUZZ_CHECK(err.text[0]);
  }
  wm_config_destroy(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > INPUT_BYTES_MAX) return 0;
  char *text = malloc(size + 1);
  FUZZ_CHECK(text);
  if (size) memcpy(text, data, size);
  text[size] = '\0';
  char *argv[LINES_MAX + 2] = {"wiremill-fuzz"}, *envp[LINES_MAX + 1] = {NULL}, *rest = text;
  int argc = 1;
  size_t n = 0;
  for (char *line; (line = strsep(&rest, "\n")) && (size_t)argc <= LINES_MAX && n < LINES_MAX;) {
    if (is_unwelcome(line)) continue;
    if (strncmp(line, "WM_", 3) == 0) envp[n++] = line;
    else argv[argc++] = line;
  }
  load(argc, argv, envp);
  free(text);
  return 0;
}
