/* Members of the targets file by kind, secrets, and errors that say where. */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_suggest.h"
#include "services/deliver/target_internal.h"

wm_err_t wm_place_error(const wm_place_t *place, wm_error_t *err, const char *format, ...) {
  char text[400], at[160] = "";
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (place->index >= 0 && place->name) snprintf(at, sizeof at, " targets[%d] (\"%.64s\"):", place->index, place->name);
  else if (place->index >= 0) snprintf(at, sizeof at, " targets[%d]:", place->index);
  return wm_error_set(err, WM_ERR_CONFIG, "%s:%s %s", place->file, at, text);
}

bool wm_choice_has(const char *choices, const char *word) {
  size_t n = strlen(word);
  for (const char *s = choices; n > 0; s++) {
    size_t len = strcspn(s, "|");
    if (len == n && memcmp(s, word, n) == 0) return true;
    s += len;
    if (*s == '\0') break;
  }
  return false;
}

void wm_strings_free(wm_strings_t *list) {
  free(list->items);
  *list = (wm_strings_t){0};
}

static wm_err_t make_room(wm_strings_t *list, size_t n, wm_error_t *err) {
  if (n == 0) return WM_OK;
  list->items = calloc(n, sizeof *list->items);
  return list->items ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static wm_err_t read_list(const wm_place_t *place, const char *name, const json_t *value, wm_strings_t *out,
                          wm_error_t *err) {
  size_t i;
  json_t *item;
  if (!json_is_array(value) || json_array_size(value) == 0 || json_array_size(value) > WM_TARGET_LIST_MAX)
    return wm_place_error(place, err, "%s: must be a list of 1 to %u texts", name, WM_TARGET_LIST_MAX);
  wm_err_t rc = make_room(out, json_array_size(value), err);
  if (rc != WM_OK) return rc;
  json_array_foreach(value, i, item) {
    if (!json_is_string(item)) return wm_place_error(place, err, "%s[%zu]: must be text", name, i);
    out->items[out->n++] = json_string_value(item);
  }
  return WM_OK;
}

static bool header_valid(const char *name, const char *value) {
  for (const char *s = name; *s; s++)
    if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 127 || strchr("()<>@,;:\\\"/[]?={}", *s)) return false;
  for (const char *s = value; *s; s++)
    if ((unsigned char)*s < ' ' || (unsigned char)*s >= 127) return false;
  return name[0] != '\0' && value[0] != '\0';
}

static wm_err_t read_headers(const wm_place_t *place, const json_t *value, wm_strings_t *out, wm_error_t *err) {
  const char *key;
  json_t *item;
  if (!json_is_object(value) || json_object_size(value) > WM_TARGET_HEADERS_MAX)
    return wm_place_error(place, err, "headers: must be an object of at most %u texts", WM_TARGET_HEADERS_MAX);
  wm_err_t rc = make_room(out, json_object_size(value), err);
  if (rc != WM_OK) return rc;
  json_object_foreach((json_t *)(uintptr_t)value, key, item) {
    char *line = NULL;
    if (!json_is_string(item) || !header_valid(key, json_string_value(item)))
      return wm_place_error(place, err, "headers: \"%.60s\" or its value is no header", key);
    if (strcasecmp(key, "authorization") == 0)
      return wm_place_error(place, err, "headers: %s is a secret: name it by authorization_env or authorization_file",
                            key);
    if (strcasecmp(key, "content-length") == 0 || strcasecmp(key, "transfer-encoding") == 0 ||
        strcasecmp(key, "host") == 0 || strncasecmp(key, "webhook-", 8) == 0)
      return wm_place_error(place, err, "headers: %s is set by wiremill itself", key);
    if (asprintf(&line, "%s: %s", key, json_string_value(item)) < 0)
      return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    out->items[out->n++] = line;
  }
  return WM_OK;
}

static wm_err_t read_member(const wm_place_t *place, const wm_target_member_t *m, const char *name, const json_t *value,
                            void *at, wm_error_t *err) {
  switch (m->kind) {
    case WM_MEMBER_STRING: {
      size_t len = json_string_length(value);
      if (!json_is_string(value) || (long long)len < m->min || (long long)len > m->max ||
          strlen(json_string_value(value)) != len)
        return wm_place_error(place, err, "%s: must be text of %lld to %lld bytes", name, m->min, m->max);
      *(const char **)at = json_string_value(value);
      return WM_OK;
    }
    case WM_MEMBER_INT:
      if (!json_is_integer(value) || json_integer_value(value) < m->min || json_integer_value(value) > m->max)
        return wm_place_error(place, err, "%s: must be a whole number from %lld to %lld", name, m->min, m->max);
      *(long long *)at = json_integer_value(value);
      return WM_OK;
    case WM_MEMBER_BOOL:
      if (!json_is_boolean(value)) return wm_place_error(place, err, "%s: must be true or false", name);
      *(bool *)at = json_is_true(value);
      return WM_OK;
    case WM_MEMBER_CHOICE:
      if (!json_is_string(value) || !wm_choice_has(m->choices, json_string_value(value)))
        return wm_place_error(place, err, "%s: must be one of %s", name, m->choices);
      *(const char **)at = json_string_value(value);
      return WM_OK;
    case WM_MEMBER_LIST:
      return read_list(place, name, value, at, err);
    case WM_MEMBER_HEADERS:
      return read_headers(place, value, at, err);
    case WM_MEMBER_FILTER:
      break; /* read by its caller */
  }
  return WM_OK;
}

static const wm_target_member_t *find(const wm_target_member_t *list, size_t n, const char *name) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(list[i].name, name) == 0) return &list[i];
  return NULL;
}

static wm_err_t unknown(const wm_place_t *place, const wm_target_member_t *list, size_t n, unsigned type,
                        const char *prefix, const char *name, bool elsewhere, wm_error_t *err) {
  wm_config_suggest_t near;
  char text[200];
  if (elsewhere) return wm_place_error(place, err, "targets of this type have no member \"%s%s\"", prefix, name);
  wm_config_suggest_init(&near, name, strlen(name));
  for (size_t i = 0; i < n; i++)
    if (list[i].types & type) wm_config_suggest_offer(&near, list[i].name);
  return wm_place_error(place, err, "unknown member \"%s%.60s\"%s", prefix, name,
                        wm_config_suggest_text(&near, text, sizeof text));
}

static void set_defaults(const wm_target_member_t *list, size_t n, unsigned type, char *out) {
  for (size_t i = 0; i < n; i++) {
    if (!(list[i].types & type) || !list[i].def || !list[i].def[0]) continue;
    if (list[i].kind == WM_MEMBER_INT) *(long long *)(void *)(out + list[i].at) = strtoll(list[i].def, NULL, 10);
    if (list[i].kind == WM_MEMBER_CHOICE) *(const char **)(void *)(out + list[i].at) = list[i].def;
  }
}

/* `prefix` stands before names in errors: "" or "filter.". */
static wm_err_t read_object(const wm_place_t *place, const wm_target_member_t *list, size_t n, const json_t *object,
                            unsigned type, const char *prefix, char *out, wm_error_t *err) {
  const char *key;
  json_t *value;
  if (!json_is_object(object)) return wm_place_error(place, err, "%s must be an object", prefix);
  set_defaults(list, n, type, out);
  json_object_foreach((json_t *)(uintptr_t)object, key, value) {
    const wm_target_member_t *m = find(list, n, key);
    char name[100];
    if (!m || !(m->types & type)) return unknown(place, list, n, type, prefix, key, m != NULL, err);
    snprintf(name, sizeof name, "%s%s", prefix, key);
    wm_err_t rc = read_member(place, m, name, value, out + m->at, err);
    if (rc != WM_OK) return rc;
  }
  for (size_t i = 0; i < n; i++)
    if (list[i].required && (list[i].types & type) && !json_object_get(object, list[i].name))
      return wm_place_error(place, err, "%s%s is missing", prefix, list[i].name);
  return WM_OK;
}

wm_err_t wm_members_read(const wm_place_t *place, const wm_member_table_t *table, const json_t *object, unsigned type,
                         void *out, wm_error_t *err) {
  wm_err_t rc = read_object(place, table->members, table->n, object, type, "", out, err);
  const json_t *filter = json_object_get(object, "filter");
  const wm_target_member_t *m = find(table->members, table->n, "filter");
  if (rc != WM_OK || !filter) return rc;
  return read_object(place, table->filter, table->n_filter, filter, type, "filter.", (char *)out + m->at, err);
}

wm_err_t wm_url_check(const wm_place_t *place, const char *url, wm_error_t *err) {
  size_t scheme = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
  size_t host = strcspn(url + scheme, "/?#");
  if (scheme == 0 || host == 0)
    return wm_place_error(place, err, "url: must begin with http:// or https:// and name a host");
  for (const char *s = url; *s; s++)
    if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 127 || *s == '#')
      return wm_place_error(place, err, "url: spaces, # and characters beyond ASCII are not allowed");
  if (memchr(url + scheme, '@', host))
    return wm_place_error(
        place, err, "url: user and password do not belong in here; use authorization_env, or user and secret_env");
  return WM_OK;
}

/* ---- secrets ---- */

void wm_secret_wipe(char *secret) {
  if (!secret) return;
  OPENSSL_cleanse(secret, WM_TARGET_SECRET_MAX + 2);
  free(secret);
}

static wm_err_t read_file(const wm_place_t *place, const char *what, const char *path, char *out, wm_error_t *err) {
  FILE *in = fopen(path, "rb");
  if (!in) return wm_place_error(place, err, "%s_file: %.200s: %s", what, path, strerror(errno));
  setvbuf(in, NULL, _IONBF, 0); /* no copy of it in a buffer of stdio */
  size_t n = fread(out, 1, WM_TARGET_SECRET_MAX + 1, in);
  bool broken = ferror(in) != 0;
  fclose(in);
  if (broken) return wm_place_error(place, err, "%s_file: %.200s cannot be read", what, path);
  if (n > 0 && out[n - 1] == '\n') n--;
  if (n > 0 && out[n - 1] == '\r') n--;
  out[n] = '\0';
  if (n == 0 || n > WM_TARGET_SECRET_MAX || strlen(out) != n)
    return wm_place_error(place, err, "%s_file: %.200s must hold 1 to %u bytes of text", what, path,
                          WM_TARGET_SECRET_MAX);
  return WM_OK;
}

wm_err_t wm_secret_read(const wm_place_t *place, const char *what, const char *env, const char *path, char **out,
                        wm_error_t *err) {
  if (!env && !path) return WM_OK;
  if (env && path) return wm_place_error(place, err, "%s_env and %s_file exclude each other", what, what);
  if (env && strncmp(env, "WM_", 3) == 0)
    return wm_place_error(place, err, "%s_env: %s: names that begin with WM_ are settings of wiremill; choose another",
                          what, env);
  *out = calloc(1, WM_TARGET_SECRET_MAX + 2);
  if (!*out) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  if (path) return read_file(place, what, path, *out, err);
  const char *value = getenv(env);
  if (!value || !value[0] || strlen(value) > WM_TARGET_SECRET_MAX)
    return wm_place_error(place, err, "%s_env: the variable %s is %s", what, env,
                          value && value[0] ? "too long" : "not set");
  memcpy(*out, value, strlen(value) + 1);
  return WM_OK;
}
