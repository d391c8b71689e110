#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config_internal.h"

/* Variables that are read elsewhere than through a table. */
static const char *const k_known_variables[] = {"WM_MODEL_DIR"};

static const struct {
  const char *flag;
  wm_config_action_t action;
} k_actions[] = {
    {"--help", WM_CONFIG_HELP},          {"-h", WM_CONFIG_HELP},
    {"--version", WM_CONFIG_VERSION},    {"--dump-config", WM_CONFIG_DUMP},
    {"--check-config", WM_CONFIG_CHECK},
};
#define N_ACTIONS (sizeof k_actions / sizeof k_actions[0])

static wm_err_t no_memory(wm_error_t *err) {
  return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static bool starts(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Reads all of `fd`, at most `cap` bytes: the length, or -1 with errno. */
static ssize_t read_all(int fd, char *out, size_t cap) {
  size_t len = 0;
  while (len < cap) {
    ssize_t n = read(fd, out + len, cap - len);
    if (n == 0) break;
    if (n > 0) len += (size_t)n;
    if (n < 0 && errno != EINTR) return -1;
  }
  return (ssize_t)len;
}

wm_err_t wm_config_read_secret(const char *name, const char *path, char **value, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  char quoted[160];
  wm_config_value_quoted(path, quoted, sizeof quoted);
  char *text = calloc(1, WM_CONFIG_FILE_MAX + 2);         /* one byte more than allowed, and NUL */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not hang the start */
  if (!text) {
    rc = no_memory(err);
    goto out;
  }
  ssize_t len = fd < 0 ? -1 : read_all(fd, text, WM_CONFIG_FILE_MAX + 1);
  if (len < 0) {
    rc = wm_error_set(err, WM_ERR_IO, "%s: cannot read the file %s: %s", name, quoted, strerror(errno));
    goto out;
  }
  if (len > (ssize_t)WM_CONFIG_FILE_MAX) {
    rc = wm_error_set(err, WM_ERR_CONFIG, "%s: the file %s has more than %u bytes", name, quoted, WM_CONFIG_FILE_MAX);
    goto out;
  }
  if (len > 0 && text[len - 1] == '\n') text[--len] = '\0';
  if (len > 0 && text[len - 1] == '\r') text[--len] = '\0';
  if (memchr(text, '\0', (size_t)len)) {
    rc = wm_error_set(err, WM_ERR_CONFIG, "%s: the file %s has a NUL byte", name, quoted);
    goto out;
  }
  *value = strdup(text);
  if (!*value) rc = no_memory(err);
out:
  if (fd >= 0) close(fd);
  if (text) explicit_bzero(text, WM_CONFIG_FILE_MAX + 2);
  free(text);
  return rc;
}

static wm_err_t unknown_variable(const wm_config_t *c, const char *name, size_t len, wm_error_t *err) {
  wm_config_suggest_t near;
  char known[2 * WM_CONFIG_KEY_MAX], shown[96], copy[2 * WM_CONFIG_KEY_MAX], text[160];
  wm_config_suggest_init(&near, name, len);
  for (size_t i = 0; i < c->n_rows; i++) {
    wm_config_suggest_offer(&near, c->rows[i].variable);
    if (!(c->rows[i].option->flags & WM_CONFIG_SECRET)) continue;
    snprintf(known, sizeof known, "%s_FILE", c->rows[i].variable);
    wm_config_suggest_offer(&near, known);
  }
  for (size_t i = 0; i < c->n_neighbours; i++) {
    for (size_t k = 0; k < c->neighbours[i].n; k++) {
      wm_config_variable_of(c->neighbours[i].rows[k].key, known, sizeof known);
      wm_config_suggest_offer(&near, known);
    }
  }
  for (size_t i = 0; i < sizeof k_known_variables / sizeof k_known_variables[0]; i++)
    wm_config_suggest_offer(&near, k_known_variables[i]);
  if (c->program->takes_kafka) wm_config_suggest_offer(&near, "WM_KAFKA_BOOTSTRAP_SERVERS");
  snprintf(copy, sizeof copy, "%.*s", (int)(len < sizeof copy ? len : sizeof copy - 1), name);
  return wm_error_set(err, WM_ERR_CONFIG, "unknown variable %s%s See --help",
                      wm_config_value_quoted(copy, shown, sizeof shown),
                      near.name[0] ? wm_config_suggest_text(&near, text, sizeof text) : ".");
}

/* Takes WM_X_FILE of the secret row WM_X; `*taken` is false if there is none. */
static wm_err_t take_file(wm_config_t *c, const char *name, size_t len, const char *path, bool *taken,
                          wm_error_t *err) {
  static const char k_suffix[] = "_FILE";
  size_t suffix = sizeof k_suffix - 1;
  *taken = false;
  if (len <= suffix || memcmp(name + len - suffix, k_suffix, suffix) != 0) return WM_OK;
  wm_config_row_t *row = wm_config_row_by_variable(c, name, len - suffix);
  if (!row || !(row->option->flags & WM_CONFIG_SECRET)) return WM_OK;
  *taken = true;
  if (row->source == WM_CONFIG_FROM_VARIABLE)
    return wm_error_set(err, WM_ERR_CONFIG, "%s and %s_FILE are both set; keep one", row->variable, row->variable);
  char *value = NULL, full[2 * WM_CONFIG_KEY_MAX];
  snprintf(full, sizeof full, "%s_FILE", row->variable);
  wm_err_t rc = wm_config_read_secret(full, path, &value, err);
  if (rc == WM_OK) rc = wm_config_row_set(row, full, value, WM_CONFIG_FROM_FILE, WM_ERR_CONFIG, err);
  wm_config_wipe(value);
  if (rc != WM_OK) return rc;
  row->file = strdup(path);
  return row->file ? WM_OK : no_memory(err);
}

/* Takes one "WM_NAME=value" whose value is not empty. */
static wm_err_t take_variable(wm_config_t *c, const char *name, size_t len, const char *value, wm_error_t *err) {
  wm_config_row_t *row = wm_config_row_by_variable(c, name, len);
  if (row && row->source == WM_CONFIG_FROM_FILE)
    return wm_error_set(err, WM_ERR_CONFIG, "%s and %s_FILE are both set; keep one", row->variable, row->variable);
  if (row) return wm_config_row_set(row, row->variable, value, WM_CONFIG_FROM_VARIABLE, WM_ERR_CONFIG, err);
  bool taken;
  wm_err_t rc = take_file(c, name, len, value, &taken, err);
  if (rc != WM_OK || taken) return rc;
  if (starts(name, WM_CONFIG_KAFKA_PREFIX)) /* a program without Kafka leaves those of its neighbours alone */
    return c->program->takes_kafka ? wm_config_kafka_variable(c, name, len, value, err) : WM_OK;
  for (size_t i = 0; i < sizeof k_known_variables / sizeof k_known_variables[0]; i++)
    if (strlen(k_known_variables[i]) == len && memcmp(k_known_variables[i], name, len) == 0) return WM_OK;
  if (wm_config_neighbour_has(c, name, len)) return WM_OK;
  return unknown_variable(c, name, len, err);
}

static wm_err_t load_environment(wm_config_t *c, char *const envp[], wm_error_t *err) {
  for (; envp && *envp; envp++) {
    const char *equals = strchr(*envp, '=');
    if (!equals || !starts(*envp, WM_CONFIG_PREFIX) || equals[1] == '\0') continue;
    wm_err_t rc = take_variable(c, *envp, (size_t)(equals - *envp), equals + 1, err);
    if (rc != WM_OK) return rc;
  }
  return WM_OK;
}

/* What stands at argv[at], taken apart. */
typedef struct {
  const char *name; /* without the dashes */
  size_t len;
  const char *value; /* after '=', NULL if there is none */
  char shown[96];    /* "--name", for errors */
} flag_t;

static wm_err_t unknown_flag(const wm_config_t *c, const flag_t *f, wm_error_t *err) {
  wm_config_suggest_t near;
  char wanted[2 * WM_CONFIG_KEY_MAX], known[2 * WM_CONFIG_KEY_MAX], text[160];
  snprintf(wanted, sizeof wanted, "--%.*s", (int)(f->len < 100 ? f->len : 100), f->name);
  wm_config_suggest_init(&near, wanted, strlen(wanted));
  for (size_t i = 0; i < c->n_rows; i++) {
    if (c->rows[i].option->flags & WM_CONFIG_SECRET) continue;
    snprintf(known, sizeof known, "--%s", c->rows[i].flag);
    wm_config_suggest_offer(&near, known);
    if (c->rows[i].option->type != WM_CONFIG_BOOL) continue;
    snprintf(known, sizeof known, "--no-%s", c->rows[i].flag);
    wm_config_suggest_offer(&near, known);
  }
  for (size_t i = 0; i < N_ACTIONS; i++) wm_config_suggest_offer(&near, k_actions[i].flag);
  if (c->program->takes_kafka) wm_config_suggest_offer(&near, "--kafka");
  return wm_error_set(err, WM_ERR_USAGE, "unknown option %s%s See --help", f->shown,
                      near.name[0] ? wm_config_suggest_text(&near, text, sizeof text) : ".");
}

/* The value of a flag that needs one: behind '=', or the next argument unless that looks like a flag. */
static wm_err_t flag_value(flag_t *f, int argc, char *const argv[], int *at, wm_error_t *err) {
  if (f->value) return WM_OK;
  char quoted[96];
  if (*at + 1 >= argc) return wm_error_set(err, WM_ERR_USAGE, "%s needs a value. See --help", f->shown);
  const char *next = argv[*at + 1];
  if (starts(next, "--"))
    return wm_error_set(err, WM_ERR_USAGE, "%s needs a value and not the option %s; if that is the value, write %s=%s",
                        f->shown, wm_config_value_quoted(next, quoted, sizeof quoted), f->shown, "VALUE");
  f->value = next;
  ++*at;
  return WM_OK;
}

static wm_err_t take_row(wm_config_row_t *row, flag_t *f, int argc, char *const argv[], int *at, wm_error_t *err) {
  if (row->option->flags & WM_CONFIG_SECRET)
    return wm_error_set(err, WM_ERR_USAGE,
                        "%s: a secret is not taken from the command line, where every user of the machine can read it; "
                        "set %s, or %s_FILE to a file's path",
                        f->shown, row->variable, row->variable);
  wm_err_t rc = WM_OK;
  if (row->option->type == WM_CONFIG_BOOL) f->value = f->value ? f->value : "true";
  else rc = flag_value(f, argc, argv, at, err);
  if (rc != WM_OK) return rc;
  return wm_config_row_set(row, f->shown, f->value, WM_CONFIG_FROM_FLAG, WM_ERR_USAGE, err);
}

/* Takes the standard flags; `*taken` is false if it is none of them. */
static wm_err_t take_action(wm_config_t *c, const flag_t *f, bool *taken, wm_error_t *err) {
  for (size_t i = 0; i < N_ACTIONS; i++) {
    const char *known = k_actions[i].flag + 2;
    if (strlen(k_actions[i].flag) < 3 || strlen(known) != f->len || memcmp(known, f->name, f->len) != 0) continue;
    *taken = true;
    c->action = k_actions[i].action;
    c->markdown = c->action == WM_CONFIG_DUMP && f->value && strcmp(f->value, "markdown") == 0;
    if (c->markdown) return WM_OK;
    if (f->value && c->action == WM_CONFIG_DUMP)
      return wm_error_set(err, WM_ERR_USAGE, "%s takes no value but markdown", f->shown);
    if (f->value) return wm_error_set(err, WM_ERR_USAGE, "%s takes no value", f->shown);
    return WM_OK;
  }
  *taken = false;
  return WM_OK;
}

static wm_err_t take_flag(wm_config_t *c, int argc, char *const argv[], int *at, wm_error_t *err) {
  flag_t f = {.name = argv[*at] + 2};
  f.len = strcspn(f.name, "=");
  if (f.name[f.len] == '=') f.value = f.name + f.len + 1;
  char copy[sizeof f.shown];
  snprintf(copy, sizeof copy, "--%.*s", (int)(f.len < 80 ? f.len : 80), f.name);
  wm_config_value_quoted(copy, f.shown, sizeof f.shown);
  size_t shown = strlen(f.shown); /* without the quotes */
  memmove(f.shown, f.shown + 1, shown);
  f.shown[shown - 2] = '\0';
  bool taken;
  wm_err_t rc = take_action(c, &f, &taken, err);
  if (rc != WM_OK || taken) return rc;
  wm_config_row_t *row = wm_config_row_by_flag(c, f.name, f.len);
  if (row) return take_row(row, &f, argc, argv, at, err);
  if (c->program->takes_kafka && f.len == 5 && memcmp(f.name, "kafka", 5) == 0) {
    rc = flag_value(&f, argc, argv, at, err);
    return rc == WM_OK ? wm_config_kafka_flag(c, f.value, err) : rc;
  }
  row = starts(f.name, "no-") ? wm_config_row_by_flag(c, f.name + 3, f.len - 3) : NULL;
  if (!row || row->option->type != WM_CONFIG_BOOL) return unknown_flag(c, &f, err);
  if (f.value) return wm_error_set(err, WM_ERR_USAGE, "%s takes no value", f.shown);
  return wm_config_row_set(row, f.shown, "false", WM_CONFIG_FROM_FLAG, WM_ERR_USAGE, err);
}

static wm_err_t take_operand(wm_config_t *c, int argc, const char *text, wm_error_t *err) {
  char quoted[96];
  if (!c->program->takes_operands)
    return wm_error_set(err, WM_ERR_USAGE, "unexpected argument %s; %s takes options only. See --help",
                        wm_config_value_quoted(text, quoted, sizeof quoted), c->program->program);
  if (!c->operands) c->operands = calloc((size_t)argc, sizeof *c->operands);
  char *copy = c->operands ? strdup(text) : NULL;
  if (!copy) return no_memory(err);
  c->operands[c->n_operands++] = copy;
  return WM_OK;
}

static wm_err_t load_arguments(wm_config_t *c, int argc, char *const argv[], wm_error_t *err) {
  bool flags = true;
  for (int i = 1; i < argc; i++) {
    wm_err_t rc = WM_OK;
    char quoted[96];
    if (flags && strcmp(argv[i], "--") == 0) flags = false;
    else if (flags && starts(argv[i], "--")) rc = take_flag(c, argc, argv, &i, err);
    else if (flags && argv[i][0] == '-' && argv[i][1] != '\0')
      rc = wm_error_set(err, WM_ERR_USAGE, "unknown option %s; options begin with two dashes. See --help",
                        wm_config_value_quoted(argv[i], quoted, sizeof quoted));
    else rc = take_operand(c, argc, argv[i], err);
    if (rc != WM_OK) return rc;
  }
  return WM_OK;
}

/* --help and --version answer whatever else is wrong. */
static bool asks_for_help(wm_config_t *c, int argc, char *const argv[]) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    for (size_t k = 0; k < N_ACTIONS; k++) {
      wm_config_action_t action = k_actions[k].action;
      if ((action != WM_CONFIG_HELP && action != WM_CONFIG_VERSION) || strcmp(argv[i], k_actions[k].flag) != 0)
        continue;
      c->action = action;
      return true;
    }
  }
  return false;
}

wm_err_t wm_config_load(wm_config_t *c, int argc, char *const argv[], char *const envp[], wm_error_t *err) {
  if (asks_for_help(c, argc, argv)) return WM_OK;
  wm_err_t rc = load_environment(c, envp, err);
  if (rc == WM_OK) rc = load_arguments(c, argc, argv, err);
  for (size_t i = 0; rc == WM_OK && i < c->n_rows && !c->markdown; i++) {
    const wm_config_row_t *row = &c->rows[i];
    bool empty = !row->value || !row->value[0];
    if (!(row->option->flags & WM_CONFIG_REQUIRED) || !empty) continue;
    if (row->option->flags & WM_CONFIG_SECRET)
      rc = wm_error_set(err, WM_ERR_CONFIG, "%s is required (%s): set it, or %s_FILE to a file's path", row->variable,
                        row->option->help, row->variable);
    else
      rc = wm_error_set(err, WM_ERR_CONFIG, "%s is required (%s): set it, or give --%s", row->variable,
                        row->option->help, row->flag);
  }
  return rc;
}
