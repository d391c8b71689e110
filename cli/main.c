/* wiremill: the person's tool. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chain.h"
#include "cli/cli.h"
#include "common/heap.h"
#include "common/stage.h"

extern char **environ;

static const wm_command_t k_commands[] = {
    {"enrich", "enrich articles here and now, no Kafka needed", wm_cli_enrich},
    {"pipeline", "run the whole chain in this process over an embedded Kafka", wm_cli_pipeline},
    {"setup", "create the Kafka topics of the flow", wm_cli_setup},
    {"dlq", "list, show and replay dead letters", wm_cli_dlq},
    {"health", "ask a running service whether it is ready", wm_cli_health},
};
#define COMMANDS (sizeof k_commands / sizeof k_commands[0])

static void print_help(FILE *out) {
  fputs(
      "wiremill adds named entities, country codes and IPTC topics to news articles.\n"
      "\n"
      "Usage: wiremill COMMAND [OPTION...] [FILE...]\n"
      "\n"
      "Commands:\n",
      out);
  for (size_t i = 0; i < COMMANDS; i++) fprintf(out, "  %-10s %s\n", k_commands[i].name, k_commands[i].summary);
  fputs(
      "\n"
      "  wiremill COMMAND --help tells all about one of them.\n"
      "\n"
      "Try:\n"
      "  wiremill enrich --format pretty examples/treaty.json      see what is found in an article\n"
      "  echo 'Kenya and Uganda sign a trade deal' | wiremill enrich\n"
      "  wiremill pipeline examples/*.json                         the same through Kafka topics and workers\n"
      "  wiremill dlq list                                         what was refused, and why\n"
      "\n"
      "The services that do this for a newsroom, at any scale, are wiremill-entities, wiremill-countries and\n"
      "wiremill-topics; deploy/compose.yaml starts them all. Exit codes: 0 ok, 1 failed, 64 usage, 75 try again,\n"
      "78 configuration.\n",
      out);
}

int wm_cli_fail(const wm_error_t *err) {
  fprintf(stderr, "wiremill: %s\n", err->text);
  return wm_error_exit_code(err);
}

void wm_cli_report(const wm_error_t *err, const char *file, size_t line, const char *uri) {
  json_t *o = json_pack("{s:s, s:s}", "error", wm_err_word(err->code), "reason", err->text);
  if (o && file) json_object_set_new(o, "file", json_string(file));
  if (o && line) json_object_set_new(o, "line", json_integer((json_int_t)line));
  if (o && uri) json_object_set_new(o, "uri", json_string(uri));
  char *s = o ? json_dumps(o, JSON_COMPACT) : NULL;
  if (s) fprintf(stderr, "%s\n", s);
  else fprintf(stderr, "wiremill: line %zu: %s\n", line, err->text);
  free(s);
  json_decref(o);
}

int wm_cli_load(wm_config_t *config, int argc, char **argv) {
  wm_error_t err = WM_ERROR_INIT;
  size_t n;
  const wm_config_option_t *rows = wm_stage_options(&n);
  if (wm_config_neighbours(config, rows, n, &err) != WM_OK || wm_chain_neighbours(config, &err) != WM_OK ||
      wm_config_load(config, argc, argv, environ, &err) != WM_OK)
    return wm_cli_fail(&err);
  switch (wm_config_action(config)) {
    case WM_CONFIG_HELP:
      wm_config_print_help(config, stdout);
      return 0;
    case WM_CONFIG_VERSION:
      printf("wiremill %s\n", WM_VERSION);
      return 0;
    case WM_CONFIG_DUMP:
      wm_config_print_dump(config, stdout);
      return 0;
    case WM_CONFIG_CHECK:
      return 0;
    case WM_CONFIG_RUN:
      break;
  }
  return -1;
}

int wm_cli_run(const wm_config_program_t *program, const wm_config_option_t *rows, size_t n,
               wm_err_t (*run)(const wm_config_t *config, wm_error_t *err), int argc, char **argv) {
  wm_error_t err = WM_ERROR_INIT;
  wm_config_t *config = wm_config_new(program);
  if (!config) return wm_cli_fail(&(wm_error_t){WM_ERR_NOMEM, WM_CLASS_FATAL, "out of memory"});
  int code;
  if (wm_config_add(config, rows, n, &err) != WM_OK) code = wm_cli_fail(&err);
  else code = wm_cli_load(config, argc, argv);
  if (code < 0) code = run(config, &err) == WM_OK ? 0 : wm_cli_fail(&err);
  if (fflush(stdout) != 0 && code == 0) code = 1;
  wm_config_destroy(config);
  return code;
}

int main(int argc, char **argv) {
  wm_heap_keep();
  if (argc < 2) {
    print_help(stderr);
    return 64;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
    for (size_t i = 0; argc > 2 && i < COMMANDS; i++) {
      if (strcmp(argv[2], k_commands[i].name) != 0) continue;
      char help[] = "--help";
      char *again[] = {argv[2], help, NULL};
      return k_commands[i].run(2, again);
    }
    print_help(stdout);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    printf("wiremill %s\n", WM_VERSION);
    return 0;
  }
  for (size_t i = 0; i < COMMANDS; i++)
    if (strcmp(argv[1], k_commands[i].name) == 0) return k_commands[i].run(argc - 1, argv + 1);
  fprintf(stderr, "wiremill: no command '%s'; wiremill --help lists them\n", argv[1]);
  return 64;
}
