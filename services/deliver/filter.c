#include "services/deliver/filter.h"

#include <string.h>

static bool has(const wm_strings_t *list, const char *word) {
  for (size_t i = 0; word && i < list->n; i++)
    if (strcmp(list->items[i], word) == 0) return true;
  return false;
}

static bool relevant(const json_t *thing, long long least) {
  return wm_item_number(thing, "relevance", 0) >= least;
}

static bool topic_under(const wm_strings_t *list, const json_t *topic) {
  size_t i;
  json_t *step;
  if (list->n == 0 || has(list, wm_item_text(topic, "qcode"))) return true;
  json_array_foreach(json_object_get(topic, "path"), i, step) {
    if (has(list, json_string_value(step))) return true;
  }
  return false;
}

static bool topics(const wm_filter_t *f, const wm_item_t *item) {
  size_t i;
  json_t *topic;
  if (f->topics.n == 0 && f->topic_relevance == 0) return true;
  json_array_foreach(item->topics, i, topic) {
    if (relevant(topic, f->topic_relevance) && topic_under(&f->topics, topic)) return true;
  }
  return false;
}

static bool countries(const wm_filter_t *f, const wm_item_t *item) {
  size_t i;
  json_t *country;
  if (f->countries.n == 0 && f->country_relevance == 0 && !f->focus) return true;
  json_array_foreach(item->countries, i, country) {
    if (!relevant(country, f->country_relevance)) continue;
    if (f->focus && !json_is_true(json_object_get(country, "focus"))) continue;
    if (f->countries.n == 0 || has(&f->countries, wm_item_text(country, "code"))) return true;
  }
  return false;
}

static bool entities(const wm_filter_t *f, const wm_item_t *item) {
  size_t i;
  json_t *entity;
  if (f->types.n == 0 && f->entity_relevance == 0) return true;
  json_array_foreach(item->entities, i, entity) {
    if (!relevant(entity, f->entity_relevance)) continue;
    if (f->types.n == 0 || has(&f->types, wm_item_text(entity, "type"))) return true;
  }
  return false;
}

static bool languages(const wm_filter_t *f, const wm_item_t *item) {
  if (f->languages.n == 0) return true;
  size_t n = strcspn(item->language, "-_");
  for (size_t i = 0; i < f->languages.n; i++)
    if (strlen(f->languages.items[i]) == n && strncmp(f->languages.items[i], item->language, n) == 0) return true;
  return false;
}

bool wm_filter_empty(const wm_filter_t *f) {
  return f->topics.n == 0 && f->countries.n == 0 && f->types.n == 0 && f->languages.n == 0 && !f->focus &&
         f->topic_relevance == 0 && f->country_relevance == 0 && f->entity_relevance == 0;
}

bool wm_filter_wants(const wm_filter_t *filter, const wm_item_t *item) {
  return languages(filter, item) && countries(filter, item) && topics(filter, item) && entities(filter, item);
}
