/**
 * config_internal: what the files of config share. Nobody else includes it.
 *
 * config.c holds the rows, config_value.c knows the types, config_load.c reads variables and flags, config_kafka.c passes
 * properties on to librdkafka, config_suggest.c finds the nearest name, config_print.c writes help, dump and Markdown.
 */
#ifndef WM_CONFIG_INTERNAL_H
#define WM_CONFIG_INTERNAL_H

#include "common/config.h"
#include "common/config_suggest.h"

#define WM_CONFIG_ROWS_MAX 256u
#define WM_CONFIG_PROPERTIES_MAX 256u
#define WM_CONFIG_KEY_MAX 64u     /* bytes of a key */
#define WM_CONFIG_FILE_MAX 65536u /* bytes of a secret's file, and of one value of librdkafka */
#define WM_CONFIG_PREFIX "WM_"
#define WM_CONFIG_KAFKA_PREFIX "WM_KAFKA_"

typedef enum {
  WM_CONFIG_FROM_NOWHERE,
  WM_CONFIG_FROM_DEFAULT,
  WM_CONFIG_FROM_VARIABLE,
  WM_CONFIG_FROM_FILE,
  WM_CONFIG_FROM_FLAG
} wm_config_source_t;

typedef struct {
  const wm_config_option_t *option; /* borrowed */
  const char *def;                  /* borrowed; the program's own default or the row's */
  char *flag;                       /* "topic-in" */
  char *variable;                   /* "WM_TOPIC_IN" */
  char *value;                      /* NULL: none */
  char *file;                       /* path that a secret was read from, NULL: none */
  long long number;                 /* of INT, MS, BYTES, BOOL */
  wm_config_source_t source;
} wm_config_row_t;

/* A property that goes to librdkafka. */
typedef struct {
  char *name, *value, *origin; /* "security.protocol", ..., "WM_KAFKA_SECURITY_PROTOCOL" */
  char *file;                  /* as above */
} wm_config_property_t;

struct wm_config {
  const wm_config_program_t *program;
  wm_config_row_t *rows;
  size_t n_rows;
  char **operands;
  size_t n_operands;
  wm_config_property_t *properties;
  size_t n_properties;
  struct {
    const wm_config_option_t *rows; /* borrowed */
    size_t n;
  } neighbours[WM_CONFIG_NEIGHBOURS_MAX];
  size_t n_neighbours;
  wm_config_action_t action;
  bool markdown; /* --dump-config=markdown */
};

/* config.c */
/* "WM_TOPIC_IN" of "topic.in". */
void wm_config_variable_of(const char *key, char *out, size_t cap);
wm_config_row_t *wm_config_row_by_flag(const wm_config_t *c, const char *flag, size_t len);
wm_config_row_t *wm_config_row_by_variable(const wm_config_t *c, const char *variable, size_t len);
/* True if a neighbour has a row, or a secret's file, of this name. */
bool wm_config_neighbour_has(const wm_config_t *c, const char *variable, size_t len);
/* Checks `value` and makes it the row's; `name` is what the person wrote ("--workers"), `code` the code of a bad value. */
wm_err_t wm_config_row_set(wm_config_row_t *row, const char *name, const char *value, wm_config_source_t source,
                           wm_err_t code, wm_error_t *err);
/* Wipes and frees a value that may be a secret. NULL allowed. */
void wm_config_wipe(char *value);

/* config_value.c */
/* True if a row is well formed; else `*why` says what is wrong. */
bool wm_config_option_valid(const wm_config_option_t *o, const char **why);
/* Checks `value` against type and range; INT, MS, BYTES and BOOL give `*number`. The error is of `code` and begins with `name`. */
wm_err_t wm_config_value_check(const wm_config_option_t *o, const char *name, const char *value, wm_err_t code,
                               long long *number, wm_error_t *err);
/* What is allowed, for errors ("an integer from 1 to 64") and, in short, for help and docs ("1 to 64"; "" if there is nothing to say). */
void wm_config_value_allowed(const wm_config_option_t *o, char *out, size_t cap);
void wm_config_value_range(const wm_config_option_t *o, char *out, size_t cap);
/* A default as it is shown: times and sizes with their units, an empty address as "off". */
const char *wm_config_value_default(const wm_config_option_t *o, const char *def, char *out, size_t cap);
/* `value` in quotes for an error: cut to some 60 bytes, control characters as '?'. */
const char *wm_config_value_quoted(const char *value, char *out, size_t cap);
/* Lengths in bytes that a STRING, PATH or secret may have. */
void wm_config_value_lengths(const wm_config_option_t *o, size_t *min, size_t *max);

/* config_load.c */
/* Reads a secret's file into `*value` (new; the caller wipes it). `name` is the variable that named the file. */
wm_err_t wm_config_read_secret(const char *name, const char *path, char **value, wm_error_t *err);

/* config_kafka.c */
/* Takes variable `name` (with WM_KAFKA_, `len` bytes) = `value`. WM_ERR_CONFIG, WM_ERR_IO, WM_ERR_NOMEM. */
wm_err_t wm_config_kafka_variable(wm_config_t *c, const char *name, size_t len, const char *value, wm_error_t *err);
/* Takes `assignment` ("property=value") of the flag --kafka. WM_ERR_USAGE, WM_ERR_NOMEM. */
wm_err_t wm_config_kafka_flag(wm_config_t *c, const char *assignment, wm_error_t *err);
/* True if the property's value must not be shown. */
bool wm_config_kafka_secret(const char *property);
void wm_config_kafka_variable_of(const char *property, char *out, size_t cap);

#endif
