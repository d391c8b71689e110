#include "common/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_internal.h"

wm_config_t *wm_config_new(const wm_config_program_t *program) {
  wm_config_t *c = calloc(1, sizeof *c);
  if (c) c->program = program;
  return c;
}

void wm_config_wipe(char *value) {
  if (!value) return;
  explicit_bzero(value, strlen(value));
  free(value);
}

void wm_config_destroy(wm_config_t *c) {
  if (!c) return;
  for (size_t i = 0; i < c->n_rows; i++) {
    free(c->rows[i].flag);
    free(c->rows[i].variable);
    free(c->rows[i].file);
    wm_config_wipe(c->rows[i].value);
  }
  for (size_t i = 0; i < c->n_properties; i++) {
    free(c->properties[i].name);
    free(c->properties[i].origin);
    free(c->properties[i].file);
    wm_config_wipe(c->properties[i].value);
  }
  for (size_t i = 0; i < c->n_operands; i++) free(c->operands[i]);
  free(c->rows);
  free(c->properties);
  free(c->operands);
  free(c);
}

static wm_config_row_t *row_by_key(const wm_config_t *c, const char *key) {
  for (size_t i = 0; i < c->n_rows; i++)
    if (strcmp(c->rows[i].option->key, key) == 0) return &c->rows[i];
  return NULL;
}

wm_config_row_t *wm_config_row_by_flag(const wm_config_t *c, const char *flag, size_t len) {
  for (size_t i = 0; i < c->n_rows; i++)
    if (strlen(c->rows[i].flag) == len && memcmp(c->rows[i].flag, flag, len) == 0) return &c->rows[i];
  return NULL;
}

wm_config_row_t *wm_config_row_by_variable(const wm_config_t *c, const char *variable, size_t len) {
  for (size_t i = 0; i < c->n_rows; i++)
    if (strlen(c->rows[i].variable) == len && memcmp(c->rows[i].variable, variable, len) == 0) return &c->rows[i];
  return NULL;
}

wm_err_t wm_config_row_set(wm_config_row_t *row, const char *name, const char *value, wm_config_source_t source,
                           wm_err_t code, wm_error_t *err) {
  long long number = 0;
  char *copy = NULL;
  if (value) {
    wm_err_t rc = wm_config_value_check(row->option, name, value, code, &number, err);
    if (rc != WM_OK) return rc;
    /* a listen address that is off is empty for whoever asks for it */
    copy = strdup(row->option->type == WM_CONFIG_LISTEN && strcmp(value, "off") == 0 ? "" : value);
    if (!copy) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  }
  wm_config_wipe(row->value);
  free(row->file);
  row->file = NULL;
  row->value = copy;
  row->number = number;
  row->source = source;
  return WM_OK;
}

void wm_config_variable_of(const char *key, char *out, size_t cap) {
  snprintf(out, cap, WM_CONFIG_PREFIX "%s", key);
  for (char *s = out; *s; s++) *s = *s == '.' ? '_' : (char)(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);
}

/* The flag and the variable of a key: "topic.in" gives "topic-in" and "WM_TOPIC_IN". */
static wm_err_t name_row(wm_config_row_t *row, wm_error_t *err) {
  char variable[sizeof WM_CONFIG_PREFIX + WM_CONFIG_KEY_MAX];
  wm_config_variable_of(row->option->key, variable, sizeof variable);
  row->variable = strdup(variable);
  row->flag = strdup(row->option->key);
  if (!row->flag || !row->variable) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  for (char *s = row->flag; *s; s++) *s = *s == '.' ? '-' : *s;
  return WM_OK;
}

static wm_err_t add_row(wm_config_t *c, const wm_config_option_t *o, wm_error_t *err) {
  const char *why = NULL;
  if (!wm_config_option_valid(o, &why))
    return wm_error_set(err, WM_ERR_INTERNAL, "option \"%s\": %s", o->key ? o->key : "", why);
  if (row_by_key(c, o->key)) return wm_error_set(err, WM_ERR_INTERNAL, "option \"%s\" is there twice", o->key);
  if (c->n_rows == WM_CONFIG_ROWS_MAX)
    return wm_error_set(err, WM_ERR_INTERNAL, "more than %u options", WM_CONFIG_ROWS_MAX);
  wm_config_row_t *row = &c->rows[c->n_rows];
  *row = (wm_config_row_t){.option = o, .def = o->def};
  c->n_rows++; /* from here destroy frees it */
  wm_err_t rc = name_row(row, err);
  if (rc != WM_OK) return rc;
  return wm_config_row_set(row, o->key, o->def, o->def ? WM_CONFIG_FROM_DEFAULT : WM_CONFIG_FROM_NOWHERE,
                           WM_ERR_INTERNAL, err);
}

wm_err_t wm_config_add(wm_config_t *c, const wm_config_option_t *rows, size_t n, wm_error_t *err) {
  if (!c->rows) c->rows = calloc(WM_CONFIG_ROWS_MAX, sizeof *c->rows);
  if (!c->rows) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  for (size_t i = 0; i < n; i++) {
    wm_err_t rc = add_row(c, &rows[i], err);
    if (rc != WM_OK) return rc;
  }
  return WM_OK;
}

wm_err_t wm_config_defaults(wm_config_t *c, const wm_config_default_t *defaults, size_t n, wm_error_t *err) {
  for (size_t i = 0; i < n; i++) {
    wm_config_row_t *row = row_by_key(c, defaults[i].key);
    if (!row) return wm_error_set(err, WM_ERR_INTERNAL, "a default for the unknown option \"%s\"", defaults[i].key);
    if (row->source > WM_CONFIG_FROM_DEFAULT)
      return wm_error_set(err, WM_ERR_INTERNAL, "a default for \"%s\" after it was loaded", defaults[i].key);
    const char *value = defaults[i].value;
    wm_err_t rc = wm_config_row_set(row, defaults[i].key, value,
                                    value ? WM_CONFIG_FROM_DEFAULT : WM_CONFIG_FROM_NOWHERE, WM_ERR_INTERNAL, err);
    if (rc != WM_OK) return rc;
    row->def = value;
  }
  return WM_OK;
}

wm_config_action_t wm_config_action(const wm_config_t *c) {
  return c->action;
}

const char *const *wm_config_operands(const wm_config_t *c, size_t *n) {
  *n = c->n_operands;
  return (const char *const *)c->operands;
}

/* The row of `key`, which must be of one of the types in the bit set `types`: anything else is a mistake in the program. */
static const wm_config_row_t *must_find(const wm_config_t *c, const char *key, unsigned types) {
  const wm_config_row_t *row = row_by_key(c, key);
  if (!row || !(types & (1u << row->option->type))) {
    fprintf(stderr, "wiremill: the program asked for option \"%s\", which %s\n", key,
            row ? "has another type" : "is not in its table");
    abort();
  }
  return row;
}

const char *wm_config_string(const wm_config_t *c, const char *key) {
  return must_find(c, key, ~0u)->value;
}

long long wm_config_int(const wm_config_t *c, const char *key) {
  return must_find(c, key, 1u << WM_CONFIG_INT | 1u << WM_CONFIG_MS | 1u << WM_CONFIG_BYTES)->number;
}

bool wm_config_bool(const wm_config_t *c, const char *key) {
  return must_find(c, key, 1u << WM_CONFIG_BOOL)->number != 0;
}

bool wm_config_is_set(const wm_config_t *c, const char *key) {
  return must_find(c, key, ~0u)->source > WM_CONFIG_FROM_DEFAULT;
}

const char *wm_config_kafka(const wm_config_t *c, size_t i, const char **value, const char **origin) {
  if (i >= c->n_properties) return NULL;
  if (value) *value = c->properties[i].value;
  if (origin) *origin = c->properties[i].origin;
  return c->properties[i].name;
}

wm_err_t wm_config_neighbours(wm_config_t *c, const wm_config_option_t *rows, size_t n, wm_error_t *err) {
  if (c->n_neighbours == WM_CONFIG_NEIGHBOURS_MAX)
    return wm_error_set(err, WM_ERR_INTERNAL, "more than %d neighbours", WM_CONFIG_NEIGHBOURS_MAX);
  c->neighbours[c->n_neighbours].rows = rows;
  c->neighbours[c->n_neighbours++].n = n;
  return WM_OK;
}

bool wm_config_neighbour_has(const wm_config_t *c, const char *variable, size_t len) {
  for (size_t i = 0; i < c->n_neighbours; i++) {
    for (size_t k = 0; k < c->neighbours[i].n; k++) {
      char name[sizeof WM_CONFIG_PREFIX + WM_CONFIG_KEY_MAX + sizeof "_FILE"];
      wm_config_variable_of(c->neighbours[i].rows[k].key, name, sizeof name - sizeof "_FILE");
      size_t end = strlen(name);
      if (end == len && memcmp(name, variable, len) == 0) return true;
      if (!(c->neighbours[i].rows[k].flags & WM_CONFIG_SECRET)) continue;
      end += (size_t)snprintf(name + end, sizeof name - end, "_FILE");
      if (end == len && memcmp(name, variable, len) == 0) return true;
    }
  }
  return false;
}
