/* An enriched article as ninjs 3.1. */
#include <stdio.h>
#include <string.h>

#include "services/deliver/format.h"

#define SCHEMA "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
#define MEDIATOPIC "http://cv.iptc.org/newscodes/mediatopic/"
#define COUNTRY "http://cvx.iptc.org/iso3166-1a2/"
#define WIKIDATA "http://www.wikidata.org/entity/"

/* Writes the time that one of the raw members `names` holds; where none does, `fallback_ms` unless that is 0. */
static void put_time(wm_json_t *j, const wm_item_t *item, const char *key, const char *names, int64_t fallback_ms) {
  char text[WM_TIME_TEXT_MAX];
  int64_t ms = fallback_ms;
  if (!wm_time_read(wm_item_member(item, names), &ms) && fallback_ms <= 0) return;
  wm_time_write(ms, "Z", text);
  wm_json_string(j, key, text);
}

static void put_uri(wm_json_t *j, const char *base, const char *id) {
  char text[128];
  if (!id || strlen(id) > 40) return;
  snprintf(text, sizeof text, "%s%s", base, id);
  wm_item_write_uri(j, "uri", text);
}

static void put_scores(wm_json_t *j, const json_t *thing) {
  int64_t relevance = wm_item_number(thing, "relevance", -1), confidence = wm_item_number(thing, "confidence", -1);
  if (relevance >= 0 && relevance <= 100) wm_json_integer(j, "relevance", relevance);
  if (confidence >= 0 && confidence <= 100) wm_json_integer(j, "confidence", confidence);
}

static const char *rel_of(const json_t *thing) {
  if (json_is_true(json_object_get(thing, "focus"))) return "about";
  return wm_item_rel(wm_item_number(thing, "relevance", 0));
}

/* The newsroom's own id (which has no URI), else the name. */
static const char *own_literal(const json_t *entity) {
  const char *house = wm_item_text(entity, "house");
  return house ? house : wm_item_text(entity, "name");
}

/* ---- subjects: topics, countries, groups ---- */

static void put_topic(wm_json_t *j, const json_t *topic) {
  const char *qcode = wm_item_text(topic, "qcode"), *name = wm_item_text(topic, "name");
  if (!qcode) return;
  wm_json_open(j, NULL, '{');
  wm_json_string(j, "name", name);
  wm_json_string(j, "rel", "about");
  if (strncmp(qcode, "medtop:", 7) == 0) put_uri(j, MEDIATOPIC, qcode + 7); /* a newsroom's own topic has no URI */
  wm_json_string(j, "literal", qcode);
  put_scores(j, topic);
  wm_json_close(j, '}');
}

static void put_subjects(wm_json_t *j, const wm_item_t *item) {
  size_t i;
  json_t *thing;
  wm_json_open(j, "subjects", '[');
  json_array_foreach(item->topics, i, thing) {
    put_topic(j, thing);
  }
  json_array_foreach(item->countries, i, thing) {
    const char *code = wm_item_text(thing, "code");
    if (!code) continue;
    wm_json_open(j, NULL, '{');
    wm_json_string(j, "name", wm_item_text(thing, "name"));
    wm_json_string(j, "rel", rel_of(thing));
    put_uri(j, COUNTRY, code);
    wm_json_string(j, "literal", code);
    put_scores(j, thing);
    wm_json_close(j, '}');
  }
  json_array_foreach(item->entities, i, thing) {
    const char *type = wm_item_text(thing, "type"), *name = wm_item_text(thing, "name");
    if (!type || !name || strcmp(type, "group") != 0) continue;
    wm_json_open(j, NULL, '{');
    wm_json_string(j, "name", name);
    wm_json_string(j, "rel", rel_of(thing));
    put_uri(j, WIKIDATA, wm_item_text(thing, "wikidata"));
    wm_json_string(j, "literal", own_literal(thing));
    put_scores(j, thing);
    wm_json_close(j, '}');
  }
  wm_json_close(j, ']');
}

/* ---- entities ---- */

static void put_entity(wm_json_t *j, const json_t *entity) {
  const char *wikidata = wm_item_text(entity, "wikidata");
  wm_json_string(j, "name", wm_item_text(entity, "name"));
  wm_json_string(j, "rel", rel_of(entity));
  put_uri(j, WIKIDATA, wikidata);
  wm_json_string(j, "literal", wikidata ? wikidata : own_literal(entity));
}

/* The entities of `type` as array `key`; nothing where there is none. */
static void put_entities(wm_json_t *j, const wm_item_t *item, const char *key, const char *type) {
  size_t i;
  json_t *entity;
  bool open = false;
  json_array_foreach(item->entities, i, entity) {
    const char *is = wm_item_text(entity, "type");
    if (!is || strcmp(is, type) != 0 || !wm_item_text(entity, "name")) continue;
    if (!open) wm_json_open(j, key, '[');
    open = true;
    wm_json_open(j, NULL, '{');
    put_entity(j, entity);
    wm_json_close(j, '}');
  }
  if (open) wm_json_close(j, ']');
}

static bool degrees(const json_t *value, double limit) {
  return json_is_number(value) && json_number_value(value) >= -limit && json_number_value(value) <= limit;
}

/* [longitude, latitude] as it should be; else NULL. */
static const json_t *valid_point(const json_t *at) {
  return json_array_size(at) >= 2 && degrees(json_array_get(at, 0), 180) && degrees(json_array_get(at, 1), 90) ? at
                                                                                                               : NULL;
}

/* The point of a place of this name that the article came with (ninjs: places[].geoJSON); NULL if none. */
static const json_t *raw_point(const wm_item_t *item, const char *name) {
  size_t i;
  json_t *place;
  const json_t *places = json_object_get(item->root, "places");
  if (!places) places = json_object_get(item->root, "place");
  json_array_foreach(places, i, place) {
    const char *is = wm_item_text(place, "name");
    if (!name || !is || strcasecmp(is, name) != 0) continue;
    const json_t *geo = json_object_get(place, "geoJSON");
    if (!geo) geo = json_object_get(place, "geometry_geojson");
    const json_t *at = valid_point(json_object_get(geo, "coordinates"));
    const char *type = wm_item_text(geo, "type");
    if (type && strcmp(type, "Point") == 0 && at) return at;
  }
  return NULL;
}

/* Where the place lies: as the article came with it, else as the countries service found it (`point` of the entity). */
static void put_point(wm_json_t *j, const wm_item_t *item, const json_t *place) {
  const json_t *at = raw_point(item, wm_item_text(place, "name"));
  if (!at) at = valid_point(json_object_get(place, "point"));
  if (!at) return;
  wm_json_open(j, "geoJSON", '{');
  wm_json_string(j, "type", "Point");
  wm_json_open(j, "coordinates", '[');
  wm_json_real(j, NULL, json_number_value(json_array_get(at, 0)));
  wm_json_real(j, NULL, json_number_value(json_array_get(at, 1)));
  wm_json_close(j, ']');
  wm_json_close(j, '}');
}

static void put_geonames(wm_json_t *j, const json_t *entity) {
  int64_t id = wm_item_number(entity, "geonames", 0);
  char text[64];
  if (id <= 0) return;
  snprintf(text, sizeof text, "https://sws.geonames.org/%lld/", (long long)id);
  wm_json_string(j, "uri", text);
}

static void put_place(wm_json_t *j, const wm_item_t *item, const json_t *place, const char *code) {
  const char *name = wm_item_text(place, "name"), *wikidata = wm_item_text(place, "wikidata");
  wm_json_open(j, NULL, '{');
  wm_json_string(j, "name", name);
  wm_json_string(j, "rel", rel_of(place));
  if (code) put_uri(j, COUNTRY, code);
  else if (wikidata) put_uri(j, WIKIDATA, wikidata);
  else put_geonames(j, place);
  wm_json_string(j, "literal", code ? code : own_literal(place));
  put_point(j, item, place);
  wm_json_close(j, '}');
}

static void put_places(wm_json_t *j, const wm_item_t *item) {
  size_t i;
  json_t *thing;
  wm_json_open(j, "places", '[');
  json_array_foreach(item->countries, i, thing) {
    if (wm_item_text(thing, "code")) put_place(j, item, thing, wm_item_text(thing, "code"));
  }
  json_array_foreach(item->entities, i, thing) {
    const char *type = wm_item_text(thing, "type");
    if (!type || strcmp(type, "place") != 0 || !wm_item_text(thing, "name")) continue;
    if (!wm_item_is_country(item, wm_item_text(thing, "id"))) put_place(j, item, thing, NULL);
  }
  wm_json_close(j, ']');
}

/* ---- the text ---- */

static void count(wm_str_t text, int64_t *characters, int64_t *words) {
  bool inside = false;
  *characters = *words = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.s[i];
    *characters += (c & 0xC0) != 0x80;
    bool space = c <= ' ';
    *words += !space && !inside;
    inside = !space;
  }
}

static void put_body(wm_json_t *j, const wm_item_t *item) {
  const char *html = wm_item_member(item, "body_html|body_xhtml");
  int64_t characters, words;
  if (item->body.len == 0 && !html) return;
  count(item->body, &characters, &words);
  wm_json_open(j, "bodies", '[');
  wm_json_open(j, NULL, '{');
  wm_json_string(j, "role", "main");
  wm_json_string(j, "contentType", "text/plain");
  wm_json_integer(j, "charCount", characters);
  wm_json_integer(j, "wordCount", words);
  wm_json_text(j, "value", item->body.s, item->body.len);
  wm_json_close(j, '}');
  if (html) {
    wm_json_open(j, NULL, '{');
    wm_json_string(j, "role", "main");
    wm_json_string(j, "contentType", "text/html");
    wm_json_string(j, "value", html);
    wm_json_close(j, '}');
  }
  wm_json_close(j, ']');
}

static void put_head(wm_json_t *j, const wm_item_t *item) {
  wm_item_write_uri(j, "uri", item->uri);
  wm_json_open(j, "standard", '{');
  wm_json_string(j, "name", "ninjs");
  wm_json_string(j, "version", "3.1");
  wm_json_string(j, "schema", SCHEMA);
  wm_json_close(j, '}');
  wm_json_string(j, "type", "text");
  wm_json_string(j, "version", item->version_text);
  put_time(j, item, "firstCreated", "firstCreated|firstcreated|published", 0);
  put_time(j, item, "versionCreated", "versionCreated|versioncreated", item->timestamp_ms);
  put_time(j, item, "contentCreated", "contentCreated|contentcreated", 0);
  put_time(j, item, "embargoedUntil", "embargoedUntil|embargoed", 0);
  wm_json_string(j, "pubStatus", wm_item_status(item));
  int64_t urgency = wm_item_number(item->root, "urgency", 0);
  if (urgency >= 1 && urgency <= 9) wm_json_integer(j, "urgency", urgency);
  wm_json_string(j, "copyrightHolder", wm_item_member(item, "copyrightHolder|copyrightholder"));
  wm_json_string(j, "copyrightNotice", wm_item_member(item, "copyrightNotice|copyrightnotice"));
  wm_json_string(j, "usageTerms", wm_item_member(item, "usageTerms|usageterms"));
  wm_json_string(j, "edNote", wm_item_member(item, "edNote|ednote"));
  if (item->language[0]) wm_json_string(j, "language", item->language);
}

static void put_rest(wm_json_t *j, const wm_item_t *item) {
  const char *source = wm_item_member(item, "source"), *original = wm_item_member(item, "guid|id");
  if (source) {
    wm_json_open(j, "infoSources", '[');
    wm_json_open(j, NULL, '{');
    wm_json_string(j, "name", source);
    wm_json_close(j, '}');
    wm_json_close(j, ']');
  }
  wm_json_string(j, "by", wm_item_member(item, "by|byline"));
  wm_json_string(j, "slugline", wm_item_member(item, "slugline"));
  wm_json_string(j, "located", wm_item_member(item, "located"));
  wm_json_open(j, "altIds", '[');
  wm_json_open(j, NULL, '{');
  wm_json_string(j, "role", "wiremill");
  wm_json_string(j, "value", item->uri);
  wm_json_close(j, '}');
  if (original && strcmp(original, item->uri) != 0) {
    wm_json_open(j, NULL, '{');
    wm_json_string(j, "role", "original");
    wm_json_string(j, "value", original);
    wm_json_close(j, '}');
  }
  wm_json_close(j, ']');
}

wm_err_t wm_format_ninjs(const wm_item_t *item, wm_buffer_t *out, wm_error_t *err) {
  wm_json_t j;
  wm_json_begin(&j, out, err);
  wm_json_open(&j, NULL, '{');
  put_head(&j, item);
  if (item->headline.len > 0) {
    wm_json_open(&j, "headlines", '[');
    wm_json_open(&j, NULL, '{');
    wm_json_string(&j, "role", "main");
    wm_json_string(&j, "contentType", "text/plain");
    wm_json_text(&j, "value", item->headline.s, item->headline.len);
    wm_json_close(&j, '}');
    wm_json_close(&j, ']');
  }
  put_body(&j, item);
  put_subjects(&j, item);
  put_entities(&j, item, "people", "person");
  put_entities(&j, item, "organisations", "organisation");
  put_places(&j, item);
  put_entities(&j, item, "events", "event");
  put_entities(&j, item, "objects", "work");
  put_rest(&j, item);
  wm_json_close(&j, '}');
  return wm_json_end(&j);
}

wm_err_t wm_format_withdrawn(const char *uri, int64_t version, wm_buffer_t *out, wm_error_t *err) {
  wm_json_t j;
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)version);
  wm_json_begin(&j, out, err);
  wm_json_open(&j, NULL, '{');
  wm_item_write_uri(&j, "uri", uri);
  wm_json_string(&j, "version", text);
  wm_json_string(&j, "pubStatus", "canceled");
  wm_json_close(&j, '}');
  return wm_json_end(&j);
}
