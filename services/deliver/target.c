/* The targets file: which members there are, and what they may be. */
#include "services/deliver/target.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/deliver/target_internal.h"

#define BIT(type_) (1u << (type_))
enum {
  K = BIT(WM_TARGET_KAFKA),
  S = BIT(WM_TARGET_SUPERDESK),
  W = BIT(WM_TARGET_WEBHOOK),
  O = BIT(WM_TARGET_OPENSEARCH),
  F = BIT(WM_TARGET_FILE),
  HTTP = S | W | O,
  ALL = K | HTTP | F
};

#define AT(member_) offsetof(wm_target_t, member_)

static const wm_target_member_t k_members[] = {
    {"name", ALL, WM_MEMBER_STRING, AT(name), 1, WM_TARGET_NAME_MAX, NULL, NULL, true},
    {"type", ALL, WM_MEMBER_CHOICE, AT(type_word), 0, 0, "kafka|superdesk|webhook|opensearch|file", NULL, true},
    {"group", ALL, WM_MEMBER_STRING, AT(group), 1, 249, NULL, NULL, false},
    {"dead_letters", ALL, WM_MEMBER_STRING, AT(dead_letters), 1, 249, NULL, NULL, false},
    {"filter", ALL, WM_MEMBER_FILTER, AT(filter), 0, 0, NULL, NULL, false},
    {"topic", K, WM_MEMBER_STRING, AT(topic), 1, 249, NULL, NULL, true},
    {"workers", K, WM_MEMBER_INT, AT(workers), 1, 64, NULL, "1", false},
    {"format", W | O | F, WM_MEMBER_CHOICE, AT(format_word), 0, 0, "article|ninjs", "article", false},
    {"url", HTTP, WM_MEMBER_STRING, AT(base_url), 1, 2000, NULL, NULL, true},
    {"secret_env", HTTP, WM_MEMBER_STRING, AT(secret_env), 1, 200, NULL, NULL, false},
    {"secret_file", HTTP, WM_MEMBER_STRING, AT(secret_file), 1, 4096, NULL, NULL, false},
    {"authorization_env", W | O, WM_MEMBER_STRING, AT(authorization_env), 1, 200, NULL, NULL, false},
    {"authorization_file", W | O, WM_MEMBER_STRING, AT(authorization_file), 1, 4096, NULL, NULL, false},
    {"headers", W | O, WM_MEMBER_HEADERS, AT(headers), 0, 0, NULL, NULL, false},
    {"ca_file", HTTP, WM_MEMBER_STRING, AT(ca_file), 1, 4096, NULL, NULL, false},
    {"timeout_ms", HTTP, WM_MEMBER_INT, AT(timeout_ms), 100, 600000, NULL, "30000", false},
    {"in_flight", HTTP, WM_MEMBER_INT, AT(in_flight), 1, 256, NULL, "", false},
    {"tries", HTTP, WM_MEMBER_INT, AT(tries), 0, 1000, NULL, "", false},
    {"retry_ms", HTTP, WM_MEMBER_INT, AT(retry_ms), 1, 600000, NULL, "1000", false},
    {"retry_max_ms", HTTP, WM_MEMBER_INT, AT(retry_max_ms), 1, 3600000, NULL, "60000", false},
    {"scheme", S, WM_MEMBER_STRING, AT(scheme), 1, 200, NULL, NULL, false},
    {"index", O, WM_MEMBER_STRING, AT(index), 1, 255, NULL, NULL, true},
    {"user", O, WM_MEMBER_STRING, AT(user), 1, 200, NULL, NULL, false},
    {"batch", O, WM_MEMBER_INT, AT(batch), 1, 5000, NULL, "500", false},
    {"batch_bytes", O, WM_MEMBER_INT, AT(batch_bytes), 1024, 64 << 20, NULL, "5242880", false},
    {"path", F, WM_MEMBER_STRING, AT(path), 1, 3000, NULL, NULL, true},
    {"rotate_bytes", F, WM_MEMBER_INT, AT(rotate_bytes), 1024, 1LL << 40, NULL, "268435456", false},
    {"fsync", F, WM_MEMBER_CHOICE, AT(fsync_word), 0, 0, "commit|rotate|never", "commit", false},
};
static const wm_target_member_t k_filter[] = {
    {"topics", ALL, WM_MEMBER_LIST, offsetof(wm_filter_t, topics), 0, 0, NULL, NULL, false},
    {"topic_relevance", ALL, WM_MEMBER_INT, offsetof(wm_filter_t, topic_relevance), 0, 100, NULL, "0", false},
    {"countries", ALL, WM_MEMBER_LIST, offsetof(wm_filter_t, countries), 0, 0, NULL, NULL, false},
    {"country_relevance", ALL, WM_MEMBER_INT, offsetof(wm_filter_t, country_relevance), 0, 100, NULL, "0", false},
    {"focus", ALL, WM_MEMBER_BOOL, offsetof(wm_filter_t, focus), 0, 0, NULL, NULL, false},
    {"entity_types", ALL, WM_MEMBER_LIST, offsetof(wm_filter_t, types), 0, 0, NULL, NULL, false},
    {"entity_relevance", ALL, WM_MEMBER_INT, offsetof(wm_filter_t, entity_relevance), 0, 100, NULL, "0", false},
    {"languages", ALL, WM_MEMBER_LIST, offsetof(wm_filter_t, languages), 0, 0, NULL, NULL, false},
};
static const char *const k_types[WM_TARGET_TYPES] = {"kafka", "superdesk", "webhook", "opensearch", "file"};
static const char *const k_entity_types = "person|organisation|place|group|event|work";

const char *wm_target_type_word(wm_target_type_t type) {
  return k_types[type];
}

/* ---- filter ---- */

static bool digits(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (s[i] < '0' || s[i] > '9') return false;
  return s[n] == '\0';
}

/* A Media Topic, or a newsroom's own ("house:...", see services/topics). */
static bool is_topic(const char *s) {
  if (strncmp(s, "house:", 6) == 0) return s[6] != '\0' && strlen(s) <= 70;
  return strncmp(s, "medtop:", 7) == 0 && strlen(s) == 15 && digits(s + 7, 8);
}

static bool is_country(const char *s) {
  return s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] == '\0';
}

static bool is_language(const char *s) {
  size_t n = strlen(s);
  for (size_t i = 0; i < n; i++)
    if (s[i] < 'a' || s[i] > 'z') return false;
  return n == 2 || n == 3;
}

static wm_err_t check_each(const wm_place_t *place, const char *member, const wm_strings_t *list,
                           bool (*good)(const char *), const char *wanted, wm_error_t *err) {
  for (size_t i = 0; i < list->n; i++)
    if (!good(list->items[i]))
      return wm_place_error(place, err, "filter.%s: \"%.60s\" is not %s", member, list->items[i], wanted);
  return WM_OK;
}

static wm_err_t check_filter(const wm_place_t *place, const wm_filter_t *f, wm_error_t *err) {
  wm_err_t rc = check_each(place, "topics", &f->topics, is_topic, "a Media Topic such as medtop:20000641", err);
  if (rc == WM_OK) rc = check_each(place, "countries", &f->countries, is_country, "an ISO 3166-1 code such as RU", err);
  if (rc == WM_OK) rc = check_each(place, "languages", &f->languages, is_language, "a language code such as en", err);
  for (size_t i = 0; rc == WM_OK && i < f->types.n; i++)
    if (!wm_choice_has(k_entity_types, f->types.items[i]))
      rc =
          wm_place_error(place, err, "filter.entity_types: \"%.60s\" is none of %s", f->types.items[i], k_entity_types);
  return rc;
}

/* ---- secrets ---- */

/* Base64 of Standard Webhooks secrets ("whsec_..."). False if it is none. */
static bool decode_key(char *secret, size_t *len) {
  static const char k_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t n = strlen(secret), out = 0;
  unsigned bits = 0;
  int have = 0;
  while (n > 6 && secret[n - 1] == '=') n--;
  for (size_t i = 6; i < n; i++) {
    const char *at = strchr(k_alphabet, secret[i]);
    if (!at) return false;
    bits = ((bits << 6) | (unsigned)(at - k_alphabet)) & 0xffff;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    secret[out++] = (char)((bits >> have) & 0xff);
  }
  secret[out] = '\0';
  *len = out;
  return out >= 16;
}

static wm_err_t read_secrets(const wm_place_t *place, wm_target_t *t, wm_error_t *err) {
  wm_err_t rc = wm_secret_read(place, "secret", t->secret_env, t->secret_file, &t->secrets[0], err);
  if (rc == WM_OK)
    rc = wm_secret_read(place, "authorization", t->authorization_env, t->authorization_file, &t->secrets[1], err);
  if (rc != WM_OK) return rc;
  t->secret = t->secrets[0];
  t->secret_len = t->secret ? strlen(t->secret) : 0;
  t->authorization = t->secrets[1];
  if (t->authorization && strpbrk(t->authorization, "\r\n"))
    return wm_place_error(place, err, "authorization: a header's value is one line");
  if (t->type == WM_TARGET_WEBHOOK && t->secret && strncmp(t->secret, "whsec_", 6) == 0 &&
      !decode_key(t->secrets[0], &t->secret_len))
    return wm_place_error(place, err, "secret: what begins with whsec_ must go on with Base64 of at least 16 bytes");
  if (t->type == WM_TARGET_OPENSEARCH && (t->user != NULL) != (t->secret != NULL))
    return wm_place_error(place, err, "user and its password (secret_env or secret_file) go together");
  if (t->user && t->authorization) return wm_place_error(place, err, "user and authorization exclude each other");
  return WM_OK;
}

/* ---- one target ---- */

static wm_err_t complete_url(const wm_place_t *place, wm_target_t *t, wm_error_t *err) {
  wm_err_t rc = wm_url_check(place, t->base_url, err);
  if (rc != WM_OK) return rc;
  int n = (int)strlen(t->base_url);
  if (t->type == WM_TARGET_WEBHOOK) {
    t->url = t->base_url;
    return WM_OK;
  }
  while (n > 0 && t->base_url[n - 1] == '/') n--;
  if (t->type == WM_TARGET_SUPERDESK) {
    const char *end = n >= 5 && strncmp(t->base_url + n - 5, "/push", 5) == 0 ? "" : "/push";
    if (asprintf(&t->own[0], "%.*s%s", n, t->base_url, end) < 0) t->own[0] = NULL;
  } else if (asprintf(&t->own[0],
                      "%.*s/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason", n,
                      t->base_url) < 0) {
    t->own[0] = NULL;
  }
  t->url = t->own[0];
  return t->url ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static bool index_valid(const char *s) {
  if (strchr("-_+.", s[0])) return false;
  for (; *s; s++)
    if ((*s >= 'A' && *s <= 'Z') || (unsigned char)*s <= ' ' || strchr("\\/*?\"<>|,#:", *s)) return false;
  return true;
}

static wm_err_t complete_names(wm_target_t *t, const char *group, wm_error_t *err) {
  if (!t->group && asprintf(&t->own[1], "%s-%s", group, t->name) < 0) t->own[1] = NULL;
  if (!t->dead_letters && asprintf(&t->own[2], "articles.dlq.%s", t->name) < 0) t->own[2] = NULL;
  if (!t->group) t->group = t->own[1];
  if (!t->dead_letters) t->dead_letters = t->own[2];
  return t->group && t->dead_letters ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static wm_err_t complete(const wm_place_t *place, wm_target_t *t, const char *topic_in, const char *group,
                         wm_error_t *err) {
  for (const char *s = t->name; *s; s++)
    if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", *s))
      return wm_place_error(place, err, "name: only a to z, 0 to 9, - and _ are allowed");
  wm_err_t rc = check_filter(place, &t->filter, err);
  if (rc == WM_OK) rc = complete_names(t, group, err);
  if (rc == WM_OK && t->base_url) rc = complete_url(place, t, err);
  if (rc == WM_OK) rc = read_secrets(place, t, err);
  if (rc != WM_OK) return rc;
  t->format = t->format_word && strcmp(t->format_word, "ninjs") == 0 ? WM_FORMAT_NINJS : WM_FORMAT_ARTICLE;
  if (t->type == WM_TARGET_KAFKA) t->format = WM_FORMAT_NINJS;
  if (t->type == WM_TARGET_SUPERDESK) t->format = WM_FORMAT_SUPERDESK;
  if (t->fsync_word)
    t->fsync = t->fsync_word[0] == 'c' ? WM_FSYNC_COMMIT : t->fsync_word[0] == 'r' ? WM_FSYNC_ROTATE : WM_FSYNC_NEVER;
  if (t->tries < 0) t->tries = t->type == WM_TARGET_WEBHOOK ? 12 : 0;
  if (t->in_flight == 0) t->in_flight = t->type == WM_TARGET_OPENSEARCH ? 4 : 16; /* of batches fewer */
  if (!t->scheme) t->scheme = "http://cv.iptc.org/newscodes/mediatopic/";
  if (t->retry_max_ms < t->retry_ms) return wm_place_error(place, err, "retry_max_ms is less than retry_ms");
  if (t->index && !index_valid(t->index))
    return wm_place_error(
        place, err, "index: \"%s\" is no name of an index (lower case, without \\ / * ? \" < > | , # :)", t->index);
  if (strcmp(t->dead_letters, topic_in) == 0 || (t->topic && strcmp(t->topic, topic_in) == 0))
    return wm_place_error(place, err, "topic %s is the one that is read: it would go round in circles", topic_in);
  if (t->topic && strcmp(t->topic, t->dead_letters) == 0)
    return wm_place_error(place, err, "topic and dead_letters are the same topic");
  return WM_OK;
}

static wm_err_t read_target(wm_place_t *place, const json_t *object, wm_target_t *t, const char *topic_in,
                            const char *group, wm_error_t *err) {
  if (!json_is_object(object)) return wm_place_error(place, err, "must be an object");
  const char *word = json_string_value(json_object_get(object, "type"));
  place->name = json_string_value(json_object_get(object, "name"));
  t->tries = -1;
  if (!word)
    return wm_place_error(place, err, "type is missing or no text: one of kafka, superdesk, webhook, opensearch, file");
  while (t->type < WM_TARGET_TYPES && strcmp(word, k_types[t->type]) != 0) t->type++;
  if (t->type == WM_TARGET_TYPES)
    return wm_place_error(place, err, "type: \"%.60s\" is none of kafka, superdesk, webhook, opensearch, file", word);
  const wm_member_table_t table = {k_members, sizeof k_members / sizeof k_members[0], k_filter,
                                   sizeof k_filter / sizeof k_filter[0]};
  wm_err_t rc = wm_members_read(place, &table, object, BIT(t->type), t, err);
  return rc == WM_OK ? complete(place, t, topic_in, group, err) : rc;
}

static wm_err_t check_unique(const wm_place_t *place, const wm_targets_t *all, size_t i, wm_error_t *err) {
  const wm_target_t *t = &all->items[i];
  for (size_t k = 0; k < i; k++) {
    const wm_target_t *o = &all->items[k];
    if (strcmp(o->name, t->name) == 0) return wm_place_error(place, err, "name: another target has this name");
    if (strcmp(o->group, t->group) == 0)
      return wm_place_error(place, err, "group: target %s has the same group %s; each target needs its own", o->name,
                            t->group);
    if (o->path && t->path && strcmp(o->path, t->path) == 0)
      return wm_place_error(place, err, "path: target %s writes the same file", o->name);
  }
  return WM_OK;
}

static wm_err_t read_all(const char *name, wm_targets_t *out, const char *topic_in, const char *group,
                         wm_error_t *err) {
  wm_place_t place = {.file = name, .index = -1};
  const char *key;
  json_t *value, *list = json_object_get(out->root, "targets");
  if (!json_is_object(out->root) || !json_is_array(list))
    return wm_place_error(&place, err, "must be an object {\"targets\": [...]}");
  json_object_foreach(out->root, key, value) {
    if (strcmp(key, "targets") != 0)
      return wm_place_error(&place, err, "unknown member \"%.60s\"; did you mean targets?", key);
  }
  size_t n = json_array_size(list);
  if (n == 0 || n > WM_TARGETS_MAX)
    return wm_place_error(&place, err, "has %zu targets: 1 to %u are possible", n, WM_TARGETS_MAX);
  out->items = calloc(n, sizeof *out->items);
  if (!out->items) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  out->n = n;
  for (size_t i = 0; i < n; i++) {
    place = (wm_place_t){.file = name, .index = (int)i};
    wm_err_t rc = read_target(&place, json_array_get(list, i), &out->items[i], topic_in, group, err);
    if (rc == WM_OK) rc = check_unique(&place, out, i, err);
    if (rc != WM_OK) return rc;
  }
  return WM_OK;
}

wm_err_t wm_targets_parse(const char *text, size_t len, const char *name, const char *topic_in, const char *group,
                          wm_targets_t *out, wm_error_t *err) {
  json_error_t where;
  *out = (wm_targets_t){0};
  out->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
  if (!out->root)
    return wm_error_set(err, WM_ERR_CONFIG, "%s:%d:%d: not JSON: %s", name, where.line, where.column, where.text);
  wm_err_t rc = read_all(name, out, topic_in, group, err);
  if (rc != WM_OK) wm_targets_clear(out);
  return rc;
}

wm_err_t wm_targets_read(const char *path, const char *topic_in, const char *group, wm_targets_t *out,
                         wm_error_t *err) {
  *out = (wm_targets_t){0};
  FILE *in = fopen(path, "rb");
  if (!in)
    return wm_error_set(err, WM_ERR_CONFIG, "%s: cannot be opened: %s; name the targets file by WM_TARGETS", path,
                        strerror(errno));
  char *text = malloc(WM_TARGETS_FILE_MAX + 1);
  wm_err_t rc = text ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  size_t n = text ? fread(text, 1, WM_TARGETS_FILE_MAX + 1, in) : 0;
  if (rc == WM_OK && ferror(in)) rc = wm_error_set(err, WM_ERR_IO, "%s: cannot be read", path);
  if (rc == WM_OK && n > WM_TARGETS_FILE_MAX)
    rc = wm_error_set(err, WM_ERR_CONFIG, "%s: more than %u bytes", path, WM_TARGETS_FILE_MAX);
  fclose(in);
  if (rc == WM_OK) rc = wm_targets_parse(text, n, path, topic_in, group, out, err);
  free(text);
  return rc;
}

void wm_targets_clear(wm_targets_t *targets) {
  for (size_t i = 0; i < targets->n; i++) {
    wm_target_t *t = &targets->items[i];
    for (size_t k = 0; k < sizeof t->own / sizeof t->own[0]; k++) free(t->own[k]);
    for (size_t k = 0; k < sizeof t->secrets / sizeof t->secrets[0]; k++) wm_secret_wipe(t->secrets[k]);
    wm_strings_free(&t->filter.topics);
    wm_strings_free(&t->filter.countries);
    wm_strings_free(&t->filter.types);
    wm_strings_free(&t->filter.languages);
    for (size_t k = 0; k < t->headers.n; k++) free((void *)(uintptr_t)t->headers.items[k]);
    wm_strings_free(&t->headers);
  }
  free(targets->items);
  json_decref(targets->root);
  *targets = (wm_targets_t){0};
}
