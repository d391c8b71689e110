/**
 * cli: the commands of `wiremill`, the person's tool.
 *
 * Threads: the commands run on the main thread; `pipeline` starts stages beside it. Ownership: said at each function.
 */
#ifndef WM_CLI_H
#define WM_CLI_H

#include "common/config.h"
#include "common/service.h"

/** One command: `argv[0]` is its name. Returns the exit code of the process. */
typedef struct {
  const char *name, *summary;
  int (*run)(int argc, char **argv);
} wm_command_t;

int wm_cli_enrich(int argc, char **argv);
int wm_cli_pipeline(int argc, char **argv);
int wm_cli_dlq(int argc, char **argv);
int wm_cli_setup(int argc, char **argv);
int wm_cli_health(int argc, char **argv);

/** What a command without models does: its table, then `run`, then the exit code of what `run` returned. */
int wm_cli_run(const wm_config_program_t *program, const wm_config_option_t *rows, size_t n,
               wm_err_t (*run)(const wm_config_t *config, wm_error_t *err), int argc, char **argv);

/** Loads `config`, leaving alone the variables of the services, which share a container with the tool, and does what its standard flags ask. Returns -1 to go on, else the exit code (errors are printed). */
int wm_cli_load(wm_config_t *config, int argc, char **argv);
/** Prints "wiremill: text" to stderr and returns the exit code that `err` stands for. */
int wm_cli_fail(const wm_error_t *err);
/** Writes one JSON object a line to stderr: error word, reason, and file and line where they are known (NULL, 0 if not). */
void wm_cli_report(const wm_error_t *err, const char *file, size_t line, const char *uri);

#endif
