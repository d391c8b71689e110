/** rank: how relevant each entity is to its article and how sure we are of it. */
#include <math.h>
#include <stdlib.h>

#include "services/entities/document.h"

#define ONCE 1.2f /* weight of what is named once, late in the body */

/** What the weight of an entity comes from. */
typedef struct {
  uint32_t sentences; /* that name it */
  uint32_t last;      /* the last of them, while we count */
  uint32_t first;     /* token of the body where it is first named; UINT32_MAX if it is not */
  bool headline;
} place_t;

/**
 * Weight of an entity by where and how often it is named. The numbers come from a logistic regression on the annotated training articles (is
 * the entity named in the headline, seen from the body?), rounded.
 */
static float weight_of(const wm_entity_t *e, const place_t *p, uint32_t opening) {
  float w = 0.85f * logf(1.0f + (float)e->count) + 0.9f * logf(1.0f + (float)p->sentences);
  if (p->headline) w += 2.0f;
  if (p->first != UINT32_MAX) {
    w += 2.0f * expf(-(float)p->first / 50.0f);
    if (p->first < opening) w += 1.0f;
  }
  if (e->type == WM_NAME_GROUP) w *= 0.5f;
  return w;
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
    if (e->listed != WM_UNLISTED) e->confidence = 100;
  }
}

/** Finds the places of each entity. */
static void find_places(const wm_document_t *d, place_t *places) {
  uint32_t sentence = 0, field = UINT32_MAX;
  size_t token = 0;
  for (size_t i = 0; i < d->n_entities; i++) places[i] = (place_t){.first = UINT32_MAX};
  for (size_t i = 0; i < d->n_mentions; i++) {
    const wm_mention_t *m = &d->mentions[i];
    if (m->field != field) {
      field = m->field;
      token = 0;
      sentence++;
    }
    for (; token <= m->first; token++) sentence += (d->tokens[field]->tokens[token].flags & WM_TOKEN_SENTENCE) != 0;
    place_t *p = &places[entity_of(d, i)];
    if (p->last != sentence) p->sentences++;
    p->last = sentence;
    if (field == WM_FIELD_HEADLINE) p->headline = true;
    else if (p->first == UINT32_MAX) p->first = m->first;
  }
}

/** Tokens of the first paragraph of the body, or of its first hundred tokens if that is longer. */
static uint32_t opening_of(const wm_document_t *d) {
  const wm_tokens_t *body = d->tokens[WM_FIELD_BODY];
  uint32_t n = 0;
  while (n < body->count && n < 100 && (n == 0 || !(body->tokens[n].flags & WM_TOKEN_PARAGRAPH))) n++;
  return n;
}

wm_err_t wm_document_rank(wm_document_t *d, wm_error_t *err) {
  if (d->n_entities == 0) return WM_OK;
  place_t *places = calloc(d->n_entities, sizeof *places);
  if (!places) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for %zu entities", d->n_entities);
  confide(d);
  find_places(d, places);
  uint32_t opening = opening_of(d);
  for (size_t i = 0; i < d->n_entities; i++) {
    wm_entity_t *e = &d->entities[i];
    e->weight = weight_of(e, &places[i], opening);
    float above = fmaxf(0, e->weight - ONCE);
    e->relevance = (int)lroundf(100.0f * (1.0f - 0.95f * expf(-0.36f * above)));
  }
  free(places);
  qsort(d->entities, d->n_entities, sizeof *d->entities, by_weight);
  for (size_t i = 0; i < d->n_entities; i++) d->forms[wm_form_root(d, d->entities[i].name)].entity = (uint32_t)i;
  for (size_t i = 0; i < d->n_forms; i++) d->forms[i].entity = d->forms[wm_form_root(d, (uint32_t)i)].entity;
  return WM_OK;
}
