#include <string.h>

#include "resolver_internal.h"

#define WRITTEN_FROM 0.5F /* confidence from which an entity gets its country */

static const char *const k_kinds[WM_BY_KINDS] = {
    [WM_BY_COUNTRY] = "country", [WM_BY_DEMONYM] = "demonym", [WM_BY_PLACE] = "place",   [WM_BY_AREA] = "area",
    [WM_BY_METONYM] = "metonym", [WM_BY_GENERIC] = "metonym", [WM_BY_PERSON] = "person", [WM_BY_PARTY] = "body",
    [WM_BY_ARMED] = "body",      [WM_BY_COMPANY] = "body",    [WM_BY_SCHOOL] = "body",   [WM_BY_CLUB] = "body",
    [WM_BY_MEDIA] = "body",      [WM_BY_LEARNED] = "known",   [WM_BY_ENTITY] = "entity", [WM_BY_INNER_COUNTRY] = "name",
    [WM_BY_INNER_PLACE] = "name"};

/* The words that come again in every article are made once and shared from then on. */
static json_t *shared(json_t **kept, const char *text) {
  if (!*kept) *kept = json_string_nocheck(text);
  return json_incref(*kept);
}

static bool gets_country(const wm_item_t *item) {
  return item->n_countries == 1 && item->confidence >= WRITTEN_FROM && item->by != WM_BY_INNER_COUNTRY &&
         item->by != WM_BY_INNER_PLACE;
}

static uint8_t country_of(const wm_item_t *item) {
  bool inside = item->type == WM_ITEM_PLACE && item->n_countries == 1 && item->confidence >= WRITTEN_FROM;
  if (gets_country(item) || inside) return item->countries[0];
  return item->type == WM_ITEM_PLACE ? item->guess : WM_NO_COUNTRY;
}

/* `point` of a town: [longitude, latitude], as GeoJSON has them. */
static int write_point(wm_resolver_t *r, const wm_item_t *item) {
  double lat, lon;
  if (!gets_country(item) || item->place == UINT32_MAX || !wm_gazetteer_point(r->g, item->place, &lat, &lon)) {
    json_object_del(item->json, "point");
    return 0;
  }
  json_t *point = json_array();
  int failed = json_array_append_new(point, json_real(lon)) | json_array_append_new(point, json_real(lat));
  if (failed) {
    json_decref(point);
    return -1;
  }
  return json_object_set_new_nocheck(item->json, "point", point);
}

/* `country`, `geonames` and `point` of an entity; a place or group that is not sure has none. */
static wm_err_t write_entity(wm_resolver_t *r, const wm_item_t *item, wm_error_t *err) {
  int failed = 0;
  uint8_t country = country_of(item);
  if (country != WM_NO_COUNTRY) {
    const char *code = wm_gazetteer_country(r->g, country)->alpha2;
    failed |= json_object_set_new_nocheck(item->json, "country", shared(&r->words.codes[country], code));
  } else if (item->type == WM_ITEM_PLACE || item->type == WM_ITEM_GROUP) {
    json_object_del(item->json, "country");
  }
  if (item->type == WM_ITEM_PLACE) {
    uint32_t id = 0;
    if (gets_country(item) && item->place != UINT32_MAX) id = wm_gazetteer_place(r->g, item->place)->geonames;
    else if (gets_country(item) && item->by == WM_BY_COUNTRY)
      id = wm_gazetteer_country(r->g, item->countries[0])->geonames;
    failed |= json_object_set_new_nocheck(item->json, "geonames", id ? json_integer(id) : json_null());
    failed |= write_point(r, item);
  }
  return failed ? wm_error_set(err, WM_ERR_NOMEM, "out of memory") : WM_OK;
}

static json_t *name_json(const wm_item_t *item) {
  if (item->json && item->shown.s == item->name.s && item->shown.len == item->name.len)
    return json_incref(json_object_get(item->json, "name"));
  return json_stringn_nocheck(item->shown.s, item->shown.len);
}

static json_t *evidence_json(wm_resolver_t *r, const wm_verdict_t *v) {
  json_t *list = json_array();
  for (uint32_t i = 0; i < v->n_evidence && list; i++) {
    const wm_item_t *item = &r->items[v->evidence[i].item];
    json_t *one = json_object();
    int failed = json_object_set_new_nocheck(one, "text", name_json(item));
    failed |= json_object_set_new_nocheck(one, "kind", shared(&r->words.kinds[item->by], k_kinds[item->by]));
    if (json_is_string(item->id)) failed |= json_object_set_new_nocheck(one, "entity", json_incref(item->id));
    if (failed) json_decref(one);
    if (failed || json_array_append_new(list, one) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *verdict_json(wm_resolver_t *r, const wm_verdict_t *v) {
  const wm_country_t *c = wm_gazetteer_country(r->g, v->country);
  json_t *out = json_object();
  int failed = json_object_set_new_nocheck(out, "code", shared(&r->words.codes[v->country], c->alpha2));
  failed |= json_object_set_new_nocheck(out, "alpha3", shared(&r->words.alpha3[v->country], c->alpha3));
  failed |= json_object_set_new_nocheck(out, "name", shared(&r->words.names[v->country], c->name));
  failed |= json_object_set_new_nocheck(out, "relevance", json_integer(v->relevance));
  failed |= json_object_set_new_nocheck(out, "confidence", json_integer(v->confidence));
  failed |= json_object_set_new_nocheck(out, "focus", json_boolean(v->focus));
  failed |= json_object_set_new_nocheck(out, "mentions", json_integer(v->mentions));
  failed |= json_object_set_new_nocheck(out, "evidence", evidence_json(r, v));
  if (failed) {
    json_decref(out);
    return NULL;
  }
  return out;
}

void wm_resolver_drop_words(wm_resolver_t *r) {
  for (size_t i = 0; i < WM_BY_KINDS; i++) json_decref(r->words.kinds[i]);
  for (size_t i = 0; i < WM_COUNTRIES_MAX; i++) {
    json_decref(r->words.codes[i]);
    json_decref(r->words.alpha3[i]);
    json_decref(r->words.names[i]);
  }
}

wm_err_t wm_resolver_write(wm_resolver_t *r, wm_error_t *err) {
  for (size_t i = 0; i < r->n_items; i++) {
    if (!r->items[i].json) continue;
    wm_err_t rc = write_entity(r, &r->items[i], err);
    if (rc != WM_OK) return rc;
  }
  json_t *list = json_array();
  for (size_t i = 0; i < r->n_verdicts && list; i++) {
    json_t *one = verdict_json(r, &r->verdicts[i]);
    if (!one || json_array_append_new(list, one) != 0) {
      json_decref(list);
      list = NULL;
    }
  }
  return wm_article_set(r->article, "countries", list, err);
}
