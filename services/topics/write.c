/* Topics as JSON. A failed json_x() gives NULL, which the next call takes as an error; the last one becomes WM_ERR_NOMEM. */
#include "services/topics/write.h"

/* As json_sprintf("medtop:%08u"), without its two passes of formatting and its check of UTF-8. */
static json_t *qcode_json(uint32_t code) {
  char text[] = "medtop:00000000";
  for (size_t i = sizeof text - 1; i-- > 7 && code; code /= 10) text[i] = (char)('0' + code % 10);
  return json_stringn_nocheck(text, sizeof text - 1);
}

/* Qcodes from level 1 down to the concept itself. */
static json_t *path_json(const wm_topics_model_t *m, uint32_t concept) {
  uint32_t codes[WM_TOPICS_LEVELS_MAX];
  size_t n = 0;
  json_t *path = json_array();
  for (int i = (int)concept; i >= 0 && n < WM_TOPICS_LEVELS_MAX; i = m->concepts[i].parent)
    codes[n++] = m->concepts[i].code;
  while (path && n) {
    if (json_array_append_new(path, qcode_json(codes[--n]))) {
      json_decref(path);
      path = NULL;
    }
  }
  return path;
}

/* The Subject Code of the concept, or of the nearest broader concept that has one; NULL if there is none. */
static json_t *subject_json(const wm_topics_model_t *m, uint32_t concept) {
  for (int i = (int)concept; i >= 0; i = m->concepts[i].parent)
    if (m->concepts[i].subject) return json_sprintf("subj:%08u", m->concepts[i].subject);
  return NULL;
}

static json_t *topic_json(const wm_topics_model_t *m, const wm_topics_vocabulary_t *v, bool subjects,
                          const wm_topics_given_t *t) {
  const wm_topics_concept_t *c = &m->concepts[t->concept];
  const char *house = v ? wm_topics_vocabulary_code(v, t->concept) : NULL;
  json_t *subject = subjects ? subject_json(m, t->concept) : NULL;
  json_t *topic = json_object();
  int failed = json_object_set_new_nocheck(topic, "qcode", qcode_json(c->code)) |
               json_object_set_new(topic, "name", json_string(m->names + c->name)) |
               json_object_set_new_nocheck(topic, "relevance", json_integer(t->relevance)) |
               json_object_set_new_nocheck(topic, "confidence", json_integer(t->confidence)) |
               json_object_set_new_nocheck(topic, "path", path_json(m, t->concept));
  if (house) failed |= json_object_set_new(topic, "house", json_string(house));
  if (subject) failed |= json_object_set_new(topic, "subject", subject);
  if (!failed) return topic;
  json_decref(topic);
  return NULL;
}

static json_t *house_json(const wm_topics_house_t *t) {
  return json_pack("{s:o, s:s, s:i, s:i, s:[o], s:s}", "qcode", json_sprintf("house:%s", t->code), "name", t->name,
                   "relevance", t->relevance, "confidence", t->confidence, "path", json_sprintf("house:%s", t->code),
                   "house", t->code);
}

wm_err_t wm_topics_write(const wm_topics_model_t *m, const wm_topics_vocabulary_t *v, bool subjects,
                         const wm_topics_list_t *list, size_t max, wm_article_t *article, wm_error_t *err) {
  json_t *topics = json_array();
  size_t i = 0, k = 0;
  while (topics && i + k < max && (i < list->n_given || k < list->n_house)) {
    bool house = i == list->n_given || (k < list->n_house && list->house[k].relevance > list->given[i].relevance);
    json_t *topic = house ? house_json(&list->house[k++]) : topic_json(m, v, subjects, &list->given[i++]);
    if (json_array_append_new(topics, topic)) {
      json_decref(topics);
      topics = NULL;
    }
  }
  return wm_article_set(article, "topics", topics, err);
}
