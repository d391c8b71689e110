/** rank: how relevant each entity is to its article and how sure we are of it. */
#include <math.h>
#include <stdlib.h>

#include "services/entities/document.h"

/** Weight of an entity by where and how often it is named. */
static float weight_of(const wm_document_t *d, const wm_entity_t *e, bool headline, size_t spread) {
  const wm_mention_t *first = &d->mentions[e->first_mention];
  float place = 0;
  if (first->field == WM_FIELD_BODY) {
    size_t all = d->tokens[WM_FIELD_BODY]->count;
    place = (float)first->first / (float)(all + 40);
  }
  float w =
      0.8f * logf(1.0f + (float)e->count) + 0.2f * logf(1.0f + (float)spread) + (headline ? 1.2f : 0.0f) - 0.9f * place;
  if (e->type == WM_NAME_GROUP) w *= 0.6f;
  return w > 0 ? w : 0;
}

static int by_weight(const void *a, const void *b) {
  const wm_entity_t *x = a, *y = b;
  if (x->relevance != y->relevance) return x->relevance > y->relevance ? -1 : 1;
  if (x->weight > y->weight || x->weight < y->weight) return x->weight > y->weight ? -1 : 1;
  return x->first_mention < y->first_mention ? -1 : x->first_mention > y->first_mention;
}

static uint32_t entity_of(const wm_document_t *d, size_t mention) {
  return d->forms[d->mentions[mention].form].entity;
}

/** Confidence of each entity: what its mentions say in the mean, by the model's calibration. */
static void confide(wm_document_t *d) {
  for (size_t i = 0; i < d->n_entities; i++) d->entities[i].weight = 0;
  for (size_t i = 0; i < d->n_mentions; i++) d->entities[entity_of(d, i)].weight += d->mentions[i].sure;
  for (size_t i = 0; i < d->n_entities; i++) {
    wm_entity_t *e = &d->entities[i];
    float sure = e->weight / (float)e->count;
    long percent = lroundf(100 * sure);
    e->confidence = d->knowledge->calibration[percent < 0 ? 0 : percent > 100 ? 100 : percent];
  }
}

/** Counts in `weight` how many sentences name each entity. */
static void count_sentences(wm_document_t *d) {
  int sentence = 0;
  size_t token = 0;
  uint32_t field = UINT32_MAX;
  for (size_t i = 0; i < d->n_entities; i++) {
    d->entities[i].weight = 0;
    d->entities[i].relevance = 0; /* the last sentence that named it, while we count */
  }
  for (size_t i = 0; i < d->n_mentions; i++) {
    const wm_mention_t *m = &d->mentions[i];
    if (m->field != field) {
      field = m->field;
      token = 0;
      sentence++;
    }
    for (; token <= m->first; token++) sentence += (d->tokens[field]->tokens[token].flags & WM_TOKEN_SENTENCE) != 0;
    wm_entity_t *e = &d->entities[entity_of(d, i)];
    if (e->relevance != sentence) e->weight += 1;
    e->relevance = sentence;
  }
}

void wm_document_rank(wm_document_t *d) {
  float most = 0;
  confide(d);
  count_sentences(d);
  for (size_t i = 0; i < d->n_entities; i++) {
    wm_entity_t *e = &d->entities[i];
    bool headline = d->mentions[e->first_mention].field == WM_FIELD_HEADLINE;
    e->weight = weight_of(d, e, headline, (size_t)e->weight);
    most = fmaxf(most, e->weight);
  }
  for (size_t i = 0; i < d->n_entities; i++) {
    wm_entity_t *e = &d->entities[i];
    float part = most > 0 ? e->weight / most : 0;
    e->relevance = (int)lroundf(99 * part);
  }
  qsort(d->entities, d->n_entities, sizeof *d->entities, by_weight);
  for (size_t i = 0; i < d->n_entities; i++) d->forms[wm_form_root(d, d->entities[i].name)].entity = (uint32_t)i;
  for (size_t i = 0; i < d->n_forms; i++) d->forms[i].entity = d->forms[wm_form_root(d, (uint32_t)i)].entity;
}
