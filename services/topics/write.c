/* Topics as JSON. A failed json_x() gives NULL, which the next call takes as an error; the last one becomes WM_ERR_NOMEM. */
#include "services/topics/write.h"

static json_t *qcode_json(uint32_t code) {
  return json_sprintf("medtop:%08u", code);
}

/* Qcodes from level 1 down to the concept itself. */
static json_t *path_json(const wm_topics_model_t *m, uint32_t concept) {
  json_t *path = json_array();
  for (int i = (int)concept; path && i >= 0; i = m->concepts[i].parent) {
    if (json_array_insert_new(path, 0, qcode_json(m->concepts[i].code))) {
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
  return json_pack("{s:o, s:s, s:i, s:i, s:o, s:s*, s:o*}", "qcode", qcode_json(c->code), "name", m->names + c->name,
                   "relevance", t->relevance, "confidence", t->confidence, "path", path_json(m, t->concept), "house",
                   house, "subject", subject);
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
