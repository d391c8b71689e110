/**
 * config: one table gives flags, WM_* variables, --help, --dump-config, and docs/config.md.
 *
 * Key "topic.in" is the flag `--topic-in`, the variable `WM_TOPIC_IN`. Precedence: flag, variable, default. An unknown
 * flag is WM_ERR_USAGE (exit 64); an unknown WM_* variable or a value out of type or range is WM_ERR_CONFIG (exit 78) for
 * a variable and WM_ERR_USAGE for a flag; the text names the thing, what is allowed, and the nearest known name for a misspelling.
 * An empty variable counts as not set. A secret can be given as a file: `WM_<NAME>_FILE` (at most 64 KiB, one line end at its
 * end removed); it is never shown and never taken from a flag.
 * Any `WM_KAFKA_X_Y` that is no row of the table is librdkafka's property `x.y`, checked by librdkafka itself
 * (also `--kafka x.y=value`); passwords and the like are secrets too. A program without Kafka leaves `WM_KAFKA_*` alone.
 *
 * Threads: built and loaded by one thread at start; afterwards read-only and free to share.
 * Ownership: the tables are borrowed for the life of the config; strings returned belong to the config.
 */
#ifndef WM_CONFIG_H
#define WM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/error.h"

#define WM_CONFIG_VALUE_MAX 4096 /* bytes of one value */

typedef enum {
  WM_CONFIG_STRING,
  WM_CONFIG_INT,    /* within [min, max] */
  WM_CONFIG_BOOL,   /* true|false|1|0|yes|no|on|off; the bare flag means true */
  WM_CONFIG_MS,     /* milliseconds, an integer; suffixes ms, s, m allowed */
  WM_CONFIG_BYTES,  /* bytes, an integer; suffixes KiB, MiB allowed */
  WM_CONFIG_PATH,   /* a file or folder; existence is checked by whoever opens it */
  WM_CONFIG_CHOICE, /* one of `choices`, separated by '|' */
  WM_CONFIG_LISTEN  /* host:port, [v6]:port, port 0 = any free one; "off" = none, and then the value is "" */
} wm_config_type_t;

enum { WM_CONFIG_SECRET = 1, WM_CONFIG_REQUIRED = 2 };

typedef struct {
  const char *key;   /* "topic.in" */
  const char *group; /* heading in --help and docs: "Topics" */
  wm_config_type_t type;
  long long min,
      max; /* of INT, MS, BYTES (min < max); of STRING and PATH the length in bytes (0, 0: 0 to WM_CONFIG_VALUE_MAX) */
  const char *choices;     /* CHOICE only */
  const char *def;         /* default as text; NULL: none */
  unsigned flags;          /* WM_CONFIG_SECRET | WM_CONFIG_REQUIRED */
  const char *placeholder; /* "TOPIC" in --help */
  const char *help;        /* one sentence, no full stop needed; default and range are added */
} wm_config_option_t;

/** A default that differs in one program (the topic a service reads, say). */
typedef struct {
  const char *key, *value;
} wm_config_default_t;

typedef struct {
  const char *program; /* "wiremill-entities" */
  const char *version; /* "0.1.0" */
  const char *summary; /* first paragraph of --help */
  const char *usage;   /* "wiremill-entities [OPTION...]" */
  const char *epilog;  /* last paragraphs of --help: examples; may be NULL */
  bool takes_operands; /* whether arguments that are no flags are allowed */
  bool takes_kafka;    /* whether WM_KAFKA_* pass-through applies */
} wm_config_program_t;

typedef enum { WM_CONFIG_RUN, WM_CONFIG_HELP, WM_CONFIG_VERSION, WM_CONFIG_DUMP, WM_CONFIG_CHECK } wm_config_action_t;

typedef struct wm_config wm_config_t;

/** A new, empty config for `program` (borrowed). NULL when out of memory. */
wm_config_t *wm_config_new(const wm_config_program_t *program);
void wm_config_destroy(wm_config_t *c);
/** Adds `n` rows (borrowed). WM_ERR_INTERNAL if a key is there already or a row is malformed; WM_ERR_NOMEM. */
wm_err_t wm_config_add(wm_config_t *c, const wm_config_option_t *rows, size_t n, wm_error_t *err);
/** Changes defaults of rows already added. WM_ERR_INTERNAL if a key is unknown or the value invalid. */
wm_err_t wm_config_defaults(wm_config_t *c, const wm_config_default_t *defaults, size_t n, wm_error_t *err);
/**
 * Rows of another program that runs beside this one, in the same container say: their variables are no error here, and not read.
 * At most WM_CONFIG_NEIGHBOURS_MAX calls, then WM_ERR_INTERNAL.
 */
#define WM_CONFIG_NEIGHBOURS_MAX 8
wm_err_t wm_config_neighbours(wm_config_t *c, const wm_config_option_t *rows, size_t n, wm_error_t *err);
/**
 * Reads environment `envp` (NULL: none), then `argv[1..]`; of a flag given twice the last one counts. Standard flags --help (-h),
 * --version, --dump-config and --check-config set the action; help and version are answered whatever else is wrong, and then nothing
 * is read but defaults. --dump-config=markdown is DUMP too, of the table instead of the values. "--" ends flags. A required row without a value is an error unless the action is
 * HELP or VERSION. WM_ERR_USAGE, WM_ERR_CONFIG, WM_ERR_NOMEM, WM_ERR_IO (a secret's file).
 */
wm_err_t wm_config_load(wm_config_t *c, int argc, char *const argv[], char *const envp[], wm_error_t *err);
wm_config_action_t wm_config_action(const wm_config_t *c);
/** Operands in order; `*n` how many. */
const char *const *wm_config_operands(const wm_config_t *c, size_t *n);

/* Values. The key must be in the table (anything else is a programming error and aborts). */
const char *wm_config_string(const wm_config_t *c, const char *key); /* NULL if not set and no default */
long long wm_config_int(const wm_config_t *c, const char *key);      /* INT, MS, BYTES */
bool wm_config_bool(const wm_config_t *c, const char *key);
/** True if the value came from a flag or a variable. */
bool wm_config_is_set(const wm_config_t *c, const char *key);

/** The i-th librdkafka property that was passed through, NULL after the last; `*value` and `*origin` ("WM_KAFKA_…" or "--kafka …") borrowed. */
const char *wm_config_kafka(const wm_config_t *c, size_t i, const char **value, const char **origin);

/** --help, by groups. */
void wm_config_print_help(const wm_config_t *c, FILE *out);
/** `WM_NAME=value` a line, with a comment where a value comes from; a file that a shell, Compose or systemd reads back. Secrets are
 * commented out as `***`. After --dump-config=markdown as wm_config_print_markdown(). */
void wm_config_print_dump(const wm_config_t *c, FILE *out);
/** The rows as Markdown tables by group, for docs/config.md. */
void wm_config_print_markdown(const wm_config_t *c, FILE *out);

#endif
