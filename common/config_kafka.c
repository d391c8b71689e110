#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_internal.h"

#define PROPERTY_MAX 128u /* bytes of a property's name */

bool wm_config_kafka_secret(const char *property) {
  static const char *const k_parts[] = {"password",   "secret",    "ssl.key.pem", "private.key.pem",
                                        "passphrase", "sasl.jaas", "token",       "oauthbearer.config"};
  size_t len = strlen(property);
  if (len > 4 && strcmp(property + len - 4, ".url") == 0) return false; /* sasl.oauthbearer.token.endpoint.url */
  for (size_t i = 0; i < sizeof k_parts / sizeof k_parts[0]; i++)
    if (strstr(property, k_parts[i])) return true;
  return false;
}

static char upper(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

void wm_config_kafka_variable_of(const char *property, char *out, size_t cap) {
  int n = snprintf(out, cap, WM_CONFIG_KAFKA_PREFIX);
  size_t at = n > 0 && (size_t)n < cap ? (size_t)n : 0;
  for (; *property && at + 1 < cap; property++) out[at++] = *property == '.' ? '_' : upper(*property);
  out[at] = '\0';
}

/* Calls `visit` with the name of every property of librdkafka, until one returns false. */
static void each_property(bool (*visit)(void *context, const char *property), void *context) {
  char *table = NULL;
  size_t size = 0;
  FILE *memory = open_memstream(&table, &size);
  if (!memory) return;
  rd_kafka_conf_properties_show(memory);
  if (fclose(memory) != 0) size = 0;
  for (char *line = table, *end; line && (end = memchr(line, '\n', size - (size_t)(line - table))); line = end + 1) {
    size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789._");
    *end = '\0';
    if (len == 0 || len >= PROPERTY_MAX || line[len] != ' ' || !strchr(line + len, '|')) continue;
    line[len] = '\0';
    if (!visit(context, line)) break;
  }
  free(table);
}

/* Looks for the property of a variable, and for the nearest name. */
typedef struct {
  const char *variable;
  size_t len;
  bool as_variable; /* names are offered as variables, else as properties */
  char property[PROPERTY_MAX];
  wm_config_suggest_t near;
} search_t;

static bool look(void *context, const char *property) {
  search_t *s = context;
  char variable[PROPERTY_MAX + 16];
  wm_config_kafka_variable_of(property, variable, sizeof variable);
  wm_config_suggest_offer(&s->near, s->as_variable ? variable : property);
  if (!s->as_variable || strlen(variable) != s->len || memcmp(variable, s->variable, s->len) != 0) return true;
  snprintf(s->property, sizeof s->property, "%s", property);
  return false;
}

/* What librdkafka says about name=value, asked of a configuration that is thrown away. */
static rd_kafka_conf_res_t ask(const char *name, const char *value, char *why, size_t cap) {
  why[0] = '\0';
  rd_kafka_conf_t *scratch = rd_kafka_conf_new();
  if (!scratch) return RD_KAFKA_CONF_INVALID;
  rd_kafka_conf_res_t res = rd_kafka_conf_set(scratch, name, value, why, cap);
  rd_kafka_conf_destroy(scratch);
  for (size_t n = strlen(why); n > 0 && (why[n - 1] == '\n' || why[n - 1] == ' '); n--) why[n - 1] = '\0';
  return res;
}

/* Adds or replaces a property. */
static wm_err_t keep(wm_config_t *c, const char *name, const char *value, const char *origin, const char *file,
                     wm_error_t *err) {
  if (!c->properties) c->properties = calloc(WM_CONFIG_PROPERTIES_MAX, sizeof *c->properties);
  wm_config_property_t new = {.name = strdup(name), .value = strdup(value), .origin = strdup(origin)};
  if (file) new.file = strdup(file);
  size_t i = 0;
  while (i < c->n_properties && strcmp(c->properties[i].name, name) != 0) i++;
  bool complete = c->properties && new.name &&new.value &&new.origin && (!file || new.file);
  if (!complete || i == WM_CONFIG_PROPERTIES_MAX) {
    free(new.name);
    wm_config_wipe(new.value);
    free(new.origin);
    free(new.file);
    return complete
               ? wm_error_set(err, WM_ERR_CONFIG, "more than %u properties of librdkafka", WM_CONFIG_PROPERTIES_MAX)
               : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  }
  if (i == c->n_properties) {
    c->n_properties++;
  } else {
    free(c->properties[i].name);
    wm_config_wipe(c->properties[i].value);
    free(c->properties[i].origin);
    free(c->properties[i].file);
  }
  c->properties[i] = new;
  return WM_OK;
}

/* Checks a value that librdkafka knows the name of, and keeps it. `origin` is what the person wrote. */
static wm_err_t take(wm_config_t *c, const char *property, const char *value, const char *origin, const char *file,
                     wm_err_t code, wm_error_t *err) {
  char why[256], quoted[96];
  for (size_t i = 0; i < c->n_properties && code == WM_ERR_CONFIG; i++)
    if (strcmp(c->properties[i].name, property) == 0 && strcmp(c->properties[i].origin, origin) != 0)
      return wm_error_set(err, code, "%s and %s are both set; keep one", c->properties[i].origin, origin);
  if (strlen(value) > WM_CONFIG_FILE_MAX)
    return wm_error_set(err, code, "%s: has more than %u bytes", origin, WM_CONFIG_FILE_MAX);
  if (ask(property, value, why, sizeof why) == RD_KAFKA_CONF_OK) return keep(c, property, value, origin, file, err);
  if (wm_config_kafka_secret(property))
    return wm_error_set(err, code, "%s: librdkafka refused the value (not shown) of its property \"%s\"", origin,
                        property);
  return wm_error_set(err, code, "%s: librdkafka refused %s: %s", origin,
                      wm_config_value_quoted(value, quoted, sizeof quoted), why);
}

/* The property that `variable` means: `property` is "" if there is none, and then `near` has the nearest variable. */
static void resolve(const char *variable, size_t len, search_t *s) {
  *s = (search_t){.variable = variable, .len = len, .as_variable = true};
  wm_config_suggest_init(&s->near, variable, len);
  each_property(look, s);
}

wm_err_t wm_config_kafka_variable(wm_config_t *c, const char *name, size_t len, const char *value, wm_error_t *err) {
  search_t found;
  char origin[PROPERTY_MAX + 16], text[160];
  if (len >= sizeof origin) return wm_error_set(err, WM_ERR_CONFIG, "%.40s...: no such property of librdkafka", name);
  snprintf(origin, sizeof origin, "%.*s", (int)len, name);
  resolve(name, len, &found);
  if (found.property[0]) return take(c, found.property, value, origin, NULL, WM_ERR_CONFIG, err);
  wm_config_suggest_t near = found.near;
  if (len > 5 && strcmp(origin + len - 5, "_FILE") == 0) resolve(name, len - 5, &found);
  if (found.property[0] && wm_config_kafka_secret(found.property)) {
    char *secret = NULL;
    wm_err_t rc = wm_config_read_secret(origin, value, &secret, err);
    if (rc == WM_OK) rc = take(c, found.property, secret, origin, value, WM_ERR_CONFIG, err);
    wm_config_wipe(secret);
    return rc;
  }
  for (size_t i = 0; i < c->n_rows; i++) wm_config_suggest_offer(&near, c->rows[i].variable);
  return wm_error_set(err, WM_ERR_CONFIG,
                      "unknown variable %s: neither an option nor a property of librdkafka%s See --help", origin,
                      near.name[0] ? wm_config_suggest_text(&near, text, sizeof text) : ".");
}

wm_err_t wm_config_kafka_flag(wm_config_t *c, const char *assignment, wm_error_t *err) {
  char property[PROPERTY_MAX], why[256], quoted[96], text[160], origin[PROPERTY_MAX + 16];
  size_t len = strcspn(assignment, "=");
  if (assignment[len] != '=' || len == 0 || len >= sizeof property)
    return wm_error_set(err, WM_ERR_USAGE, "--kafka: %s is not PROPERTY=VALUE (such as linger.ms=20)",
                        wm_config_value_quoted(assignment, quoted, sizeof quoted));
  snprintf(property, sizeof property, "%.*s", (int)len, assignment);
  const char *value = assignment + len + 1;
  if (wm_config_kafka_secret(property)) {
    char variable[PROPERTY_MAX + 16];
    wm_config_kafka_variable_of(property, variable, sizeof variable);
    return wm_error_set(err, WM_ERR_USAGE,
                        "--kafka %s: a secret is not taken from the command line, where every user of the machine can "
                        "read it; set %s, or %s_FILE to a file's path",
                        property, variable, variable);
  }
  if (ask(property, value, why, sizeof why) == RD_KAFKA_CONF_UNKNOWN) {
    search_t s = {.variable = property, .len = len};
    wm_config_suggest_init(&s.near, property, len);
    each_property(look, &s);
    return wm_error_set(err, WM_ERR_USAGE, "--kafka: librdkafka has no property %s%s",
                        wm_config_value_quoted(property, quoted, sizeof quoted),
                        wm_config_suggest_text(&s.near, text, sizeof text));
  }
  snprintf(origin, sizeof origin, "--kafka %s", property);
  return take(c, property, value, origin, NULL, WM_ERR_USAGE, err);
}
