#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/article_internal.h"
#include "common/html.h"
#include "common/language.h"

#define LOAD_FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY)

typedef enum { AS_PLAIN, AS_HTML, AS_EITHER /* HTML if it looks like it */ } text_kind_t;

/* Names of a text in the order in which they are tried; the first is the one that is written. */
typedef struct {
  const char *name;
  text_kind_t kind;
} text_name_t;

static const text_name_t k_headline_names[] = {{"headline", AS_PLAIN}, {"title", AS_PLAIN}, {NULL, AS_PLAIN}};
static const text_name_t k_body_names[] = {{"body_text", AS_PLAIN}, {"body_html", AS_HTML}, {"body_xhtml", AS_HTML},
                                           {"content", AS_EITHER},  {"text", AS_PLAIN},     {NULL, AS_PLAIN}};
static const char *const k_uri_names[] = {"uri", "guid", "id", NULL};
static const char *const k_slot_names[WM_SLOT_COUNT] = {"uri", "headline", "body_text", "enrichment"};

/* How a field is found; indexed by wm_field_t. */
static const struct {
  const text_name_t *names;
  const char *list;             /* the array that ninjs 3 has */
  const char *const *best;      /* roles taken first */
  const char *const *secondary; /* roles taken last */
  int slot;
} k_fields[WM_FIELD_COUNT] = {
    [WM_FIELD_HEADLINE] = {k_headline_names, "headlines", (const char *const[]){"main", "headline", NULL},
                           (const char *const[]){NULL}, WM_SLOT_HEADLINE},
    [WM_FIELD_BODY] = {k_body_names, "bodies", (const char *const[]){"main", "body", NULL},
                       (const char *const[]){"abstract", "summary", "teaser", "lead", "caption", NULL}, WM_SLOT_BODY},
};

/* What jansson's messages begin with, and what we say: its own texts quote the article. */
static const struct {
  const char *prefix, *text;
} k_syntax[] = {
    {"invalid Unicode '", "half of a surrogate pair in an escape"},
    {"invalid escape", "an escape that JSON does not know"},
    {"invalid Unicode escape", "an escape that JSON does not know"},
    {"premature end", "the input ends too early"},
    {"NUL byte in object key", "a member's name with \\u0000 in it"},
    {"end of file expected", "something follows the article"},
    {"string or '}' expected", "a member's name or '}' is missing"},
    {"':' expected", "':' is missing"},
    {"'}' expected", "',' or '}' is missing"},
    {"']' expected", "',' or ']' is missing"},
};

static const char *type_name(const json_t *value) {
  switch (json_typeof(value)) {
    case JSON_OBJECT:
      return "an object";
    case JSON_ARRAY:
      return "an array";
    case JSON_STRING:
      return "a string";
    case JSON_INTEGER:
      return "an integer";
    case JSON_REAL:
      return "a real number";
    case JSON_TRUE:
    case JSON_FALSE:
      return "a boolean";
    default:
      return "null";
  }
}

static wm_err_t wrong_type(const char *name, const char *wanted, const json_t *value, wm_error_t *err) {
  return wm_error_set(err, WM_ERR_WRONG_TYPE, "\"%s\" must be %s, it is %s", name, wanted, type_name(value));
}

static bool has_prefix(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

static const char *syntax_text(const json_error_t *e) {
  for (size_t i = 0; i < sizeof k_syntax / sizeof *k_syntax; i++)
    if (has_prefix(e->text, k_syntax[i].prefix)) return k_syntax[i].text;
  if (json_error_code(e) == json_error_premature_end_of_input) return "the input ends too early";
  return "no JSON value";
}

static wm_err_t load_error(const json_error_t *e, wm_error_t *err) {
  switch (json_error_code(e)) {
    case json_error_out_of_memory:
      return wm_error_set(err, WM_ERR_NOMEM, "out of memory (parsing)");
    case json_error_duplicate_key:
      return wm_error_set(err, WM_ERR_DUPLICATE_KEY, "line %d, column %d: a member that the object has already",
                          e->line, e->column);
    case json_error_numeric_overflow:
      return wm_error_set(err, WM_ERR_NUMBER_RANGE,
                          "line %d, column %d: a number beyond 64-bit integers and double precision", e->line,
                          e->column);
    case json_error_stack_overflow:
      return wm_error_set(err, WM_ERR_TOO_DEEP, "line %d, column %d: nested too deep", e->line, e->column);
    default:
      return wm_error_set(err, WM_ERR_NOT_JSON, "line %d, column %d: %s", e->line, e->column, syntax_text(e));
  }
}

static bool is_outer_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Fills root, json, spaced, slots. */
static wm_err_t load(wm_article_t *a, const char *s, size_t len, wm_error_t *err) {
  size_t bad = 0;
  if (!wm_utf8_valid(s, len, &bad)) return wm_error_set(err, WM_ERR_NOT_UTF8, "invalid UTF-8 at byte %zu", bad);
  if (len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
    s += 3;
    len -= 3;
  }
  while (len > 0 && is_outer_space(s[len - 1])) len--;
  if (len == 0) return wm_error_set(err, WM_ERR_NOT_JSON, "nothing but white space");
  wm_err_t rc = wm_scan_check(s, len, a->limits.depth_max, &a->spaced, err);
  if (rc != WM_OK) return rc;
  json_error_t e;
  wm_article_guard_begin();
  json_t *root = json_loadb(s, len, LOAD_FLAGS, &e);
  if (wm_article_guard_end()) {
    json_decref(root);
    return wm_error_set(err, WM_ERR_NOMEM, "out of memory (parsing)");
  }
  if (!root) return load_error(&e, err);
  a->root = root;
  if (!json_is_object(root))
    return wm_error_set(err, WM_ERR_NOT_OBJECT, "the article is %s, not an object", type_name(root));
  while (is_outer_space(*s)) {
    s++;
    len--;
  }
  a->json = (wm_str_t){s, len};
  wm_scan_t scan;
  wm_span_t span;
  for (wm_scan_begin(&scan, a->json); wm_scan_next(&scan, &span);)
    for (int i = 0; i < WM_SLOT_COUNT; i++)
      if (wm_scan_key_is(span.key, k_slot_names[i])) a->slots[i] = span;
  return WM_OK;
}

/* A string member: `out->s` is NULL where it is absent or null. WM_ERR_WRONG_TYPE. */
static wm_err_t string_member(const json_t *object, const char *name, wm_str_t *out, wm_error_t *err) {
  const json_t *value = json_object_get(object, name);
  *out = (wm_str_t){NULL, 0};
  if (!value || json_is_null(value)) return WM_OK;
  if (!json_is_string(value)) return wrong_type(name, "a string", value, err);
  *out = (wm_str_t){json_string_value(value), json_string_length(value)};
  return WM_OK;
}

/* Takes `s` as the field's text if something visible is in it. WM_ERR_BAD_HTML, WM_ERR_TOO_LARGE, WM_ERR_NOMEM. */
static wm_err_t take_text(wm_article_t *a, wm_field_t field, wm_str_t s, text_kind_t kind, bool *found,
                          wm_error_t *err) {
  *found = false;
  if (!s.s || !wm_text_visible(s.s, s.len)) return WM_OK;
  if (kind == AS_HTML || (kind == AS_EITHER && wm_html_looks(s.s, s.len))) {
    wm_buffer_reset(&a->html[field]);
    wm_err_t rc = wm_html_text(s.s, s.len, &a->html[field], err);
    if (rc != WM_OK) return rc;
    s = (wm_str_t){a->html[field].data ? a->html[field].data : "", a->html[field].len};
    if (!wm_text_visible(s.s, s.len)) return WM_OK;
  }
  a->text[field] = s;
  *found = true;
  return WM_OK;
}

static bool is_one_of(wm_str_t s, const char *const *names) {
  for (; *names; names++)
    if (strlen(*names) == s.len && strncasecmp(s.s, *names, s.len) == 0) return true;
  return false;
}

/* Order of preference among the elements of headlines[] or bodies[]: by role, then by type of content. */
static unsigned element_rank(wm_field_t field, wm_str_t role, wm_str_t type, text_kind_t *kind) {
  unsigned rank = 8;
  if (role.s) rank = is_one_of(role, k_fields[field].best) ? 0 : is_one_of(role, k_fields[field].secondary) ? 24 : 16;
  *kind = AS_EITHER;
  if (!type.s) return rank + 1;
  if (memmem(type.s, type.len, "html", 4) || memmem(type.s, type.len, "HTML", 4)) {
    *kind = AS_HTML;
    return rank + 2;
  }
  if (type.len >= 5 && strncasecmp(type.s, "text/", 5) == 0) {
    *kind = AS_PLAIN;
    return rank;
  }
  return rank + 3;
}

/* headlines[] and bodies[] of ninjs 3: alternatives, of which the best is taken. Errors of take_text(), WM_ERR_WRONG_TYPE. */
static wm_err_t take_list(wm_article_t *a, wm_field_t field, bool *found, wm_error_t *err) {
  const char *list_name = k_fields[field].list;
  const json_t *list = json_object_get(a->root, list_name);
  *found = false;
  if (!list || json_is_null(list)) return WM_OK;
  if (!json_is_array(list)) return wrong_type(list_name, "an array", list, err);
  wm_str_t best = {NULL, 0};
  text_kind_t best_kind = AS_PLAIN;
  unsigned best_rank = ~0u;
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *element = json_array_get(list, i);
    if (!json_is_object(element))
      return wm_error_set(err, WM_ERR_WRONG_TYPE, "\"%s\"[%zu] must be an object, it is %s", list_name, i,
                          type_name(element));
    wm_str_t role, type, value;
    wm_err_t rc = string_member(element, "role", &role, err);
    if (rc == WM_OK) rc = string_member(element, "contentType", &type, err);
    if (rc == WM_OK) rc = string_member(element, "value", &value, err);
    if (rc != WM_OK) return rc;
    text_kind_t kind;
    unsigned rank = element_rank(field, role, type, &kind);
    if (rank >= best_rank || !value.s || !wm_text_visible(value.s, value.len)) continue;
    best = value;
    best_kind = kind;
    best_rank = rank;
  }
  return take_text(a, field, best, best_kind, found, err);
}

/* Members after the one that is taken are not looked at, so they may be anything. */
static wm_err_t read_text(wm_article_t *a, wm_field_t field, wm_error_t *err) {
  bool found = false;
  const text_name_t *names = k_fields[field].names;
  wm_err_t rc = WM_OK;
  for (size_t i = 0; names[i].name && !found && rc == WM_OK; i++) {
    wm_str_t s;
    rc = string_member(a->root, names[i].name, &s, err);
    if (rc == WM_OK) rc = take_text(a, field, s, names[i].kind, &found, err);
    a->derived[k_fields[field].slot] = found && i > 0;
  }
  if (rc != WM_OK || found) return rc;
  rc = take_list(a, field, &found, err);
  a->derived[k_fields[field].slot] = found;
  return rc;
}

static wm_err_t make_uri(wm_article_t *a, wm_error_t *err) {
  if (!a->hash) a->hash = XXH3_createState();
  if (!a->hash) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (uri)");
  XXH3_128bits_reset(a->hash);
  XXH3_128bits_update(a->hash, a->text[WM_FIELD_HEADLINE].s, a->text[WM_FIELD_HEADLINE].len);
  XXH3_128bits_update(a->hash, "\n", 1);
  XXH3_128bits_update(a->hash, a->text[WM_FIELD_BODY].s, a->text[WM_FIELD_BODY].len);
  XXH128_hash_t hash = XXH3_128bits_digest(a->hash);
  snprintf(a->uri_own, sizeof a->uri_own, "urn:xxh3:%016llx%016llx", (unsigned long long)hash.high64,
           (unsigned long long)hash.low64);
  a->uri = a->uri_own;
  return WM_OK;
}

/* The article's own uri, if it has one. WM_ERR_WRONG_TYPE, WM_ERR_TOO_LARGE. */
static wm_err_t own_uri(wm_article_t *a, bool *found, wm_error_t *err) {
  for (size_t i = 0; k_uri_names[i]; i++) {
    const json_t *value = json_object_get(a->root, k_uri_names[i]);
    if (!value || json_is_null(value)) continue;
    if (json_is_integer(value)) {
      snprintf(a->uri_own, sizeof a->uri_own, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
      a->uri = a->uri_own;
      a->derived[WM_SLOT_URI] = true; /* it is written as a string */
      *found = true;
      return WM_OK;
    }
    if (!json_is_string(value)) return wrong_type(k_uri_names[i], "a string or an integer", value, err);
    size_t len = json_string_length(value);
    if (!wm_text_visible(json_string_value(value), len)) continue;
    if (len > WM_ARTICLE_URI_MAX)
      return wm_error_set(err, WM_ERR_TOO_LARGE, "\"%s\" has %zu bytes, at most %u are allowed", k_uri_names[i], len,
                          WM_ARTICLE_URI_MAX);
    if (memchr(json_string_value(value), '\0', len))
      return wm_error_set(err, WM_ERR_WRONG_TYPE, "\"%s\" must be a string without \\u0000", k_uri_names[i]);
    a->uri = json_string_value(value);
    a->derived[WM_SLOT_URI] = i > 0;
    *found = true;
    return WM_OK;
  }
  return WM_OK;
}

/* After the texts. A fallback that is no text of bearable length (a binary key, say) counts as none. */
static wm_err_t read_uri(wm_article_t *a, const char *fallback, wm_error_t *err) {
  bool found = false;
  wm_err_t rc = own_uri(a, &found, err);
  if (rc != WM_OK || found) return rc;
  a->derived[WM_SLOT_URI] = true;
  size_t len = fallback ? strnlen(fallback, WM_ARTICLE_URI_MAX + 1) : 0;
  if (len == 0 || len > WM_ARTICLE_URI_MAX || !wm_utf8_valid(fallback, len, NULL) || !wm_text_visible(fallback, len))
    return make_uri(a, err);
  memcpy(a->uri_own, fallback, len + 1);
  a->uri = a->uri_own;
  return WM_OK;
}

static wm_err_t read_enrichment(wm_article_t *a, wm_error_t *err) {
  json_t *enrichment = json_object_get(a->root, "enrichment"), *value;
  if (!enrichment || json_is_null(enrichment)) return WM_OK;
  if (!json_is_object(enrichment)) return wrong_type("enrichment", "an object", enrichment, err);
  const json_t *processing = json_object_get(enrichment, "processing");
  if (processing && !json_is_null(processing) && !json_is_array(processing))
    return wrong_type("enrichment.processing", "an array", processing, err);
  wm_scan_t scan;
  wm_span_t span;
  const char *name;
  wm_scan_begin(&scan, a->slots[WM_SLOT_ENRICHMENT].value);
  json_object_foreach(enrichment, name, value) { /* jansson keeps the order, so that names and spans go in step */
    if (!wm_scan_next(&scan, &span)) return wm_error_set(err, WM_ERR_INTERNAL, "enrichment: members and spans differ");
    wm_err_t rc = wm_article_insert(a, a->n_members, name, value, &span, err);
    if (rc != WM_OK) return rc;
  }
  return WM_OK;
}

static wm_err_t read_language(wm_article_t *a, wm_error_t *err) {
  wm_str_t declared;
  wm_err_t rc = string_member(a->root, "language", &declared, err);
  if (rc != WM_OK) return rc;
  if (declared.s && wm_language_normalize(declared.s, a->language)) return WM_OK;
  const char *code = json_string_value(json_object_get(wm_article_peek(a, "language"), "code"));
  if (!code || !wm_language_normalize(code, a->language)) a->language[0] = '\0';
  return WM_OK;
}

static wm_err_t parse(wm_article_t *a, const char *json, size_t len, const char *fallback_uri, wm_error_t *err) {
  wm_err_t rc = load(a, json, len, err);
  for (int field = 0; field < WM_FIELD_COUNT && rc == WM_OK; field++) rc = read_text(a, (wm_field_t)field, err);
  if (rc == WM_OK) rc = read_enrichment(a, err);
  if (rc == WM_OK) rc = read_language(a, err);
  if (rc == WM_OK && a->text[WM_FIELD_HEADLINE].len == 0 && a->text[WM_FIELD_BODY].len == 0)
    rc = wm_error_set(err, WM_ERR_NO_TEXT, "neither headline nor body text");
  if (rc == WM_OK) rc = read_uri(a, fallback_uri, err);
  if (rc != WM_OK) wm_article_reset(a);
  return rc;
}

static wm_err_t check_size(const wm_article_t *a, size_t len, wm_error_t *err) {
  if (len <= a->limits.bytes_max) return WM_OK;
  return wm_error_set(err, WM_ERR_TOO_LARGE, "%zu bytes, at most %zu are allowed", len, a->limits.bytes_max);
}

wm_err_t wm_article_parse(wm_article_t *a, const char *json, size_t len, const char *fallback_uri, wm_error_t *err) {
  wm_article_reset(a);
  wm_err_t rc = check_size(a, len, err);
  return rc == WM_OK ? parse(a, json, len, fallback_uri, err) : rc;
}

wm_err_t wm_article_from_text(wm_article_t *a, const char *text, size_t len, const char *uri, wm_error_t *err) {
  wm_article_reset(a);
  wm_err_t rc = check_size(a, len, err);
  if (rc != WM_OK) return rc;
  size_t bad = 0;
  if (!wm_utf8_valid(text, len, &bad)) return wm_error_set(err, WM_ERR_NOT_UTF8, "invalid UTF-8 at byte %zu", bad);
  if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
    text += 3;
    len -= 3;
  }
  wm_buffer_reset(&a->own);
  rc = wm_buffer_puts(&a->own, "{\"body_text\":", err);
  if (rc == WM_OK) rc = wm_article_write_string((wm_str_t){text, len}, &a->own, err);
  if (rc == WM_OK) rc = wm_buffer_append(&a->own, "}", 1, err);
  return rc == WM_OK ? parse(a, a->own.data, a->own.len, uri, err) : rc;
}
