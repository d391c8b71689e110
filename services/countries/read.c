#include <string.h>

#include "resolver_internal.h"

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

static wm_err_t read_mention(wm_resolver_t *r, wm_item_t *item, const json_t *json, wm_error_t *err) {
  const json_t *start = json_object_get(json, "start"), *end = json_object_get(json, "end");
  const char *field = json_string_value(json_object_get(json, "field"));
  wm_err_t rc = WM_OK;
  if (!json_is_integer(start) || !json_is_integer(end)) return not_ours(err, "a mention without start and end");
  json_int_t s = json_integer_value(start), e = json_integer_value(end);
  if (s < 0 || e < s || e > (json_int_t)UINT32_MAX)
    return not_ours(err, "a mention whose start or end is out of range");
  wm_mention_t m = {.start = (uint32_t)s, .end = (uint32_t)e, .field = WM_FIELD_BODY};
  if (field && strcmp(field, wm_field_names[WM_FIELD_HEADLINE]) == 0) m.field = WM_FIELD_HEADLINE;
  wm_resolver_mention(r, item, &m, &rc, err);
  return rc;
}

static wm_err_t read_entity(wm_resolver_t *r, json_t *json, wm_error_t *err) {
  wm_item_type_t type;
  const char *type_name = json_string_value(json_object_get(json, "type"));
  const json_t *name = json_object_get(json, "name");
  const json_t *mentions = json_object_get(json, "mentions");
  wm_err_t rc = WM_OK;
  if (!type_name || !json_is_string(name)) return not_ours(err, "an entity without type and name");
  if (mentions && !json_is_array(mentions)) return not_ours(err, "mentions of an entity that are no list");
  if (!read_type(type_name, &type)) return WM_OK; /* of a later version */
  wm_item_t *item = wm_resolver_item(r, &rc, err);
  if (!item) return rc;
  item->json = json;
  item->type = type;
  item->name = (wm_str_t){json_string_value(name), json_string_length(name)};
  item->shown = item->name;
  for (size_t i = 0, n = json_array_size(mentions); i < n && rc == WM_OK; i++)
    rc = read_mention(r, item, json_array_get(mentions, i), err);
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
