#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/article_internal.h"

#define AT_MS_MAX 253402300799999 /* 9999-12-31T23:59:59.999Z */
#define REALS_DEPTH_MAX 64

static const char *const k_slot_keys[WM_SLOTS_CANONICAL] = {"\"uri\":", "\"headline\":", "\"body_text\":"};

/* Members of `enrichment` in the order in which new ones are put among those that are there. */
static const char *const k_order[] = {"schema", "language", "entities", "countries", "topics", "processing"};
#define ORDER_COUNT (sizeof k_order / sizeof *k_order)

static size_t rank_of(const char *name) {
  size_t i = 0;
  while (i < ORDER_COUNT && strcmp(k_order[i], name) != 0) i++;
  return i;
}

static size_t find_member(const wm_article_t *a, const char *name) {
  size_t i = 0;
  while (i < a->n_members && strcmp(a->members[i].name, name) != 0) i++;
  return i;
}

const json_t *wm_article_peek(const wm_article_t *a, const char *name) {
  size_t i = find_member(a, name);
  return i < a->n_members ? a->members[i].value : NULL;
}

json_t *wm_article_get(wm_article_t *a, const char *name) {
  size_t i = find_member(a, name);
  if (i == a->n_members) return NULL;
  a->members[i].changed = true;
  return a->members[i].value;
}

wm_err_t wm_article_set(wm_article_t *a, const char *name, json_t *value, wm_error_t *err) {
  if (!value) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (%s)", name);
  wm_err_t rc = WM_OK;
  size_t at = find_member(a, name);
  if (at < a->n_members) {
    json_decref(a->members[at].value);
    a->members[at].value = json_incref(value);
    a->members[at].changed = true;
  } else {
    size_t rank = rank_of(name);
    if (rank < ORDER_COUNT) {
      at = 0; /* before the first that comes after it; foreign members (rank ORDER_COUNT) stay where they are */
      while (at < a->n_members && (rank_of(a->members[at].name) <= rank || rank_of(a->members[at].name) == ORDER_COUNT))
        at++;
    }
    rc = wm_article_insert(a, at, name, value, NULL, err);
  }
  json_decref(value);
  return rc;
}

static json_t *processing_line(const char *service, const char *version, const char *model, const char *sha256,
                               int64_t at_ms, double ms) {
  if (at_ms < 0) at_ms = 0;
  if (at_ms > AT_MS_MAX) at_ms = AT_MS_MAX;
  time_t seconds = (time_t)(at_ms / 1000);
  struct tm tm;
  char day[32] = "", at[48];
  if (gmtime_r(&seconds, &tm)) strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(at, sizeof at, "%s.%03dZ", day, (int)(at_ms % 1000));
  if (!(ms > 0) || ms > 1e12) ms = ms > 1e12 ? 1e12 : 0;
  /* not json_pack(): its optional members ("s*") are left out where memory ran out, without an error */
  json_t *line = json_object();
  int failed = json_object_set_new(line, "service", json_string(service));
  failed |= json_object_set_new(line, "version", json_string(version));
  if (model) failed |= json_object_set_new(line, "model", json_string(model));
  if (sha256) failed |= json_object_set_new(line, "model_sha256", json_string(sha256));
  failed |= json_object_set_new(line, "at", json_string(at));
  failed |= json_object_set_new(line, "ms", json_real(round(ms * 1000) / 1000));
  if (!failed) return line;
  json_decref(line);
  return NULL;
}

/* Puts `line` (stolen) where the service's line is, or last. */
static int put_line(json_t *lines, const char *service, json_t *line) {
  size_t n = json_array_size(lines), at = n;
  for (size_t i = n; i-- > 0;) {
    const char *name = json_string_value(json_object_get(json_array_get(lines, i), "service"));
    if (!name || strcmp(name, service) != 0) continue;
    if (at < n) json_array_remove(lines, at);
    at = i;
  }
  return at < json_array_size(lines) ? json_array_set_new(lines, at, line) : json_array_append_new(lines, line);
}

wm_err_t wm_article_processed(wm_article_t *a, const char *service, const char *version, const char *model,
                              const char *sha256, int64_t at_ms, double ms, wm_error_t *err) {
  json_t *line = processing_line(service, version, model, sha256, at_ms, ms);
  if (!line) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (processing)");
  json_t *lines = wm_article_get(a, "processing");
  if (!json_is_array(lines)) {
    lines = json_array();
    wm_err_t rc = wm_article_set(a, "processing", lines, err);
    if (rc != WM_OK) {
      json_decref(line);
      return rc;
    }
  }
  if (put_line(lines, service, line) != 0) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (processing)");
  return WM_OK;
}

/* True if every real in `value` is the same number again when it is printed with 15 digits. */
static bool reals_are_short(const json_t *value, unsigned depth) {
  if (json_is_real(value)) {
    char text[40];
    snprintf(text, sizeof text, "%.15g", json_real_value(value));
    return strtod(text, NULL) == json_real_value(value);
  }
  if (depth == REALS_DEPTH_MAX) return false;
  if (json_is_array(value)) {
    for (size_t i = 0; i < json_array_size(value); i++)
      if (!reals_are_short(json_array_get(value, i), depth + 1)) return false;
  } else if (json_is_object(value)) {
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)value, name, member) if (!reals_are_short(member, depth + 1)) return false;
  }
  return true;
}

typedef struct {
  wm_buffer_t *out;
  wm_error_t *err;
  wm_err_t rc;
} sink_t;

static int sink_write(const char *bytes, size_t len, void *data) {
  sink_t *sink = data;
  sink->rc = wm_buffer_append(sink->out, bytes, len, sink->err);
  return sink->rc == WM_OK ? 0 : -1;
}

static wm_err_t dump(const json_t *value, wm_buffer_t *out, wm_error_t *err) {
  sink_t sink = {out, err, WM_OK};
  size_t digits = reals_are_short(value, 0) ? 15 : 17;
  wm_article_guard_begin();
  int failed =
      json_dump_callback(value, sink_write, &sink, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
  if (wm_article_guard_end() && sink.rc == WM_OK) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (writing)");
  if (failed && sink.rc == WM_OK)
    return wm_error_set(err, WM_ERR_ENRICHER, "the enrichment has something that JSON cannot say");
  return sink.rc;
}

wm_err_t wm_article_write_string(wm_str_t s, wm_buffer_t *out, wm_error_t *err) {
  json_t *value = json_stringn_nocheck(s.s, s.len);
  if (!value) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (writing)");
  wm_err_t rc = dump(value, out, err);
  json_decref(value);
  return rc;
}

static wm_str_t slot_text(const wm_article_t *a, int slot) {
  if (slot == WM_SLOT_URI) return (wm_str_t){a->uri, strlen(a->uri)};
  return a->text[slot == WM_SLOT_HEADLINE ? WM_FIELD_HEADLINE : WM_FIELD_BODY];
}

static wm_err_t copy(const wm_article_t *a, const char *from, const char *to, wm_buffer_t *out, wm_error_t *err) {
  if (a->spaced) return wm_scan_compact(from, (size_t)(to - from), out, err);
  return wm_buffer_append(out, from, (size_t)(to - from), err);
}

/* The first member from `from` on, before `to`, that is there without a value of use (null, blank, a number) and gets one. */
static int next_filled(const wm_article_t *a, const char *from, const char *to) {
  int next = -1;
  for (int i = 0; i < WM_SLOTS_CANONICAL; i++) {
    const char *value = a->slots[i].value.s;
    if (!a->derived[i] || !value || value < from || value >= to) continue;
    if (next < 0 || value < a->slots[next].value.s) next = i;
  }
  return next;
}

static wm_err_t copy_filled(const wm_article_t *a, const char *from, const char *to, wm_buffer_t *out,
                            wm_error_t *err) {
  wm_err_t rc = WM_OK;
  for (int slot; rc == WM_OK && (slot = next_filled(a, from, to)) >= 0;) {
    wm_str_t old = a->slots[slot].value;
    rc = copy(a, from, old.s, out, err);
    if (rc == WM_OK) rc = wm_article_write_string(slot_text(a, slot), out, err);
    from = old.s + old.len;
  }
  return rc == WM_OK ? copy(a, from, to, out, err) : rc;
}

/* The members as they came, without `enrichment`. */
static wm_err_t write_originals(const wm_article_t *a, wm_buffer_t *out, wm_error_t *err) {
  const char *open = a->json.s + 1, *close = a->json.s + a->json.len - 1;
  const wm_span_t *old = &a->slots[WM_SLOT_ENRICHMENT];
  if (!old->value.s) return copy_filled(a, open, close, out, err);
  wm_err_t rc = copy_filled(a, open, old->before, out, err);
  if (rc == WM_OK && old->before > open && old->after < close) rc = wm_buffer_append(out, ",", 1, err);
  return rc == WM_OK ? copy_filled(a, old->after, close, out, err) : rc;
}

static wm_err_t write_member(const wm_article_t *a, const wm_article_member_t *m, wm_buffer_t *out, wm_error_t *err) {
  if (strcmp(m->name, "schema") == 0) return wm_buffer_puts(out, "\"schema\":\"" WM_SCHEMA_VERSION "\"", err);
  wm_err_t rc = m->raw.key.s ? wm_buffer_append(out, m->raw.key.s, m->raw.key.len, err)
                             : wm_article_write_string((wm_str_t){m->name, strlen(m->name)}, out, err);
  if (rc == WM_OK) rc = wm_buffer_append(out, ":", 1, err);
  if (rc != WM_OK) return rc;
  if (m->changed) return dump(m->value, out, err);
  return copy(a, m->raw.value.s, m->raw.value.s + m->raw.value.len, out, err);
}

static wm_err_t write_enrichment(const wm_article_t *a, wm_buffer_t *out, wm_error_t *err) {
  wm_err_t rc = wm_buffer_puts(out, "\"enrichment\":{", err);
  bool first = find_member(a, "schema") < a->n_members;
  if (rc == WM_OK && !first) rc = wm_buffer_puts(out, "\"schema\":\"" WM_SCHEMA_VERSION "\"", err);
  for (size_t i = 0; i < a->n_members && rc == WM_OK; i++) {
    if (!first || i > 0) rc = wm_buffer_append(out, ",", 1, err);
    if (rc == WM_OK) rc = write_member(a, &a->members[i], out, err);
  }
  return rc == WM_OK ? wm_buffer_append(out, "}", 1, err) : rc;
}

wm_err_t wm_article_write(const wm_article_t *a, wm_buffer_t *out, wm_error_t *err) {
  if (!a->root) return wm_error_set(err, WM_ERR_INTERNAL, "no article to write");
  size_t start = out->len;
  wm_err_t rc = wm_buffer_append(out, "{", 1, err);
  if (rc == WM_OK) rc = write_originals(a, out, err);
  bool any = out->len > start + 1;
  for (int i = 0; i < WM_SLOTS_CANONICAL && rc == WM_OK; i++) {
    if (!a->derived[i] || a->slots[i].value.s) continue;
    if (any) rc = wm_buffer_append(out, ",", 1, err);
    if (rc == WM_OK) rc = wm_buffer_puts(out, k_slot_keys[i], err);
    if (rc == WM_OK) rc = wm_article_write_string(slot_text(a, i), out, err);
    any = true;
  }
  if (rc == WM_OK && any) rc = wm_buffer_append(out, ",", 1, err);
  if (rc == WM_OK) rc = write_enrichment(a, out, err);
  if (rc == WM_OK) rc = wm_buffer_append(out, "}", 1, err);
  if (rc != WM_OK && out->data) {
    out->len = start;
    out->data[start] = '\0';
  }
  return rc;
}
