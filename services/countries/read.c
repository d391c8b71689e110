#include <string.h>

#include "resolver_internal.h"

#define HINT_BYTES_MAX 200u

static const char *const k_types[] = {"person", "organisation", "place", "group", "event", "work"};

static wm_err_t not_ours(wm_error_t *err, const char *what) {
  return wm_error_set(err, WM_ERR_WRONG_TYPE, "enrichment.entities: %s", what);
}

static bool read_type(const char *s, wm_item_type_t *type) {
  for (unsigned i = 0; i < sizeof k_types / sizeof *k_types; i++) {
    if (strcmp(s, k_types[i]) == 0) {
      *type = (wm_item_type_t)i;
      return true;
    }
  }
  return false;
}

static bool is(const char *key, const char *name) {
  return strcmp(key, name) == 0;
}

static wm_err_t read_mention(wm_resolver_t *r, wm_item_t *item, json_t *json, wm_error_t *err) {
  const json_t *start = NULL, *end = NULL, *field = NULL, *text = NULL;
  wm_err_t rc = WM_OK;
  for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i)) { /* cheaper than a search for each */
    const char *key = json_object_iter_key(i);
    if (key[0] == 's' && is(key, "start")) start = json_object_iter_value(i);
    else if (key[0] == 'e' && is(key, "end")) end = json_object_iter_value(i);
    else if (key[0] == 'f' && is(key, "field")) field = json_object_iter_value(i);
    else if (key[0] == 't' && is(key, "text")) text = json_object_iter_value(i);
  }
  if (!json_is_integer(start) || !json_is_integer(end)) return not_ours(err, "a mention without start and end");
  json_int_t s = json_integer_value(start), e = json_integer_value(end);
  if (s < 0 || e < s || e > (json_int_t)UINT32_MAX)
    return not_ours(err, "a mention whose start or end is out of range");
  wm_mention_t m = {.start = (uint32_t)s, .end = (uint32_t)e, .text = text, .field = WM_FIELD_BODY};
  if (json_is_string(field) && is(json_string_value(field), wm_field_names[WM_FIELD_HEADLINE]))
    m.field = WM_FIELD_HEADLINE;
  wm_resolver_mention(r, item, &m, &rc, err);
  return rc;
}

/* The members of an entity that are looked at. */
typedef struct {
  json_t *type, *name, *mentions, *id, *country, *listed;
} members_t;

static void read_members(json_t *json, members_t *m) {
  *m = (members_t){NULL, NULL, NULL, NULL, NULL, NULL};
  for (void *i = json_object_iter(json); i; i = json_object_iter_next(json, i)) {
    const char *key = json_object_iter_key(i);
    json_t *value = json_object_iter_value(i);
    switch (key[0]) {
      case 't':
        if (is(key, "type")) m->type = value;
        break;
      case 'n':
        if (is(key, "name")) m->name = value;
        break;
      case 'm':
        if (is(key, "mentions")) m->mentions = value;
        break;
      case 'i':
        if (is(key, "id")) m->id = value;
        break;
      case 'c':
        if (is(key, "country")) m->country = value;
        break;
      case 'l':
        if (is(key, "listed")) m->listed = value;
        break;
      default:
        break;
    }
  }
}

static wm_err_t read_entity(wm_resolver_t *r, json_t *json, wm_error_t *err) {
  wm_item_type_t type;
  members_t m;
  wm_err_t rc = WM_OK;
  read_members(json, &m);
  if (!json_is_string(m.type) || !json_is_string(m.name)) return not_ours(err, "an entity without type and name");
  if (m.mentions && !json_is_array(m.mentions)) return not_ours(err, "mentions of an entity that are no list");
  if (!read_type(json_string_value(m.type), &type)) return WM_OK; /* of a later version */
  wm_item_t *item = wm_resolver_item(r, &rc, err);
  if (!item) return rc;
  item->json = json;
  item->id = m.id;
  item->said_country = m.country;
  if (json_is_true(m.listed) && json_is_string(m.country))
    item->fixed = wm_gazetteer_find_country(r->g, json_string_value(m.country), json_string_length(m.country));
  item->type = type;
  item->name = (wm_str_t){json_string_value(m.name), json_string_length(m.name)};
  item->shown = item->name;
  for (size_t i = 0, n = json_array_size(m.mentions); i < n && rc == WM_OK; i++)
    rc = read_mention(r, item, json_array_get(m.mentions, i), err);
  return rc;
}

wm_err_t wm_resolver_read(wm_resolver_t *r, bool *found, wm_error_t *err) {
  json_t *entities = wm_article_get(r->article, "entities");
  *found = entities != NULL;
  if (!entities) return WM_OK;
  if (!json_is_array(entities)) return not_ours(err, "is no list");
  wm_err_t rc = WM_OK;
  for (size_t i = 0, n = json_array_size(entities); i < n && rc == WM_OK; i++)
    rc = read_entity(r, json_array_get(entities, i), err);
  return rc;
}

/* "Lebanon, Ohio": what is behind the last comma is a place that helps to decide, and says where the one before it lies. */
static wm_err_t add_hint(wm_resolver_t *r, wm_str_t said, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  wm_key_t key;
  size_t first = 0, last = said.len;
  while (first < said.len && said.s[first] != ',') first++;
  while (last > 0 && said.s[last - 1] != ',') last--;
  while (last < said.len && said.s[last] == ' ') last++;
  if (first < last && !r->hint.set && wm_key_make(said.s, first, &key)) {
    r->hint.set = true;
    r->hint.hash = wm_key_hash(key.text, key.len);
    wm_resolver_name_at(r, said.s + last, said.len - last, &r->hint.around);
  }
  wm_item_t *item = wm_resolver_item(r, &rc, err);
  if (!item) return rc;
  item->type = WM_ITEM_PLACE;
  item->name = item->shown = (wm_str_t){said.s + last, said.len - last};
  item->hint = true;
  return WM_OK;
}

wm_err_t wm_resolver_hints(wm_resolver_t *r, wm_error_t *err) {
  static const char *const members[] = {"located", "dateline"};
  wm_err_t rc = WM_OK;
  for (size_t i = 0; i < sizeof members / sizeof *members && rc == WM_OK; i++) {
    const json_t *said = json_object_get(wm_article_json(r->article), members[i]);
    if (json_is_string(said) && json_string_length(said) <= HINT_BYTES_MAX)
      rc = add_hint(r, (wm_str_t){json_string_value(said), json_string_length(said)}, err);
  }
  return rc;
}
