/*
 * From items to countries: what each piece of evidence is worth, how much the article speaks of each country, and which ones it is about.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "resolver_internal.h"

#define LEAD_POINTS 250u    /* code points of body that count as its lead */
#define CONFIDENCE_MIN 0.5F /* below it a country is not given */
#define FOCUS_SHARE 0.6F    /* of the salience of the first country */
#define FOCUS_MAX 3u

/* How likely a country belongs to the article when this names it. */
static const float k_belief[WM_BY_KINDS] = {
    [WM_BY_COUNTRY] = 0.98F, [WM_BY_DEMONYM] = 0.97F,       [WM_BY_PLACE] = 0.95F,     [WM_BY_AREA] = 0.93F,
    [WM_BY_METONYM] = 0.85F, [WM_BY_PERSON] = 0.9F,         [WM_BY_BODY] = 0.75F,      [WM_BY_LEARNED] = 0.85F,
    [WM_BY_ENTITY] = 0.75F,  [WM_BY_INNER_COUNTRY] = 0.85F, [WM_BY_INNER_PLACE] = 0.7F};

/* How much it speaks of the country. */
static const float k_salience[WM_BY_KINDS] = {
    [WM_BY_COUNTRY] = 1.0F, [WM_BY_DEMONYM] = 0.9F,       [WM_BY_PLACE] = 0.8F,      [WM_BY_AREA] = 0.8F,
    [WM_BY_METONYM] = 0.7F, [WM_BY_PERSON] = 0.6F,        [WM_BY_BODY] = 0.5F,       [WM_BY_LEARNED] = 0.5F,
    [WM_BY_ENTITY] = 0.5F,  [WM_BY_INNER_COUNTRY] = 0.7F, [WM_BY_INNER_PLACE] = 0.4F};

typedef struct {
  wm_resolver_t *r;
  uint8_t at[WM_COUNTRIES_MAX + 1]; /* index of a country's verdict + 1; 0: none yet */
} rank_t;

static wm_verdict_t *verdict_of(rank_t *k, uint8_t country) {
  wm_resolver_t *r = k->r;
  if (!k->at[country]) {
    wm_verdict_t *v = &r->verdicts[r->n_verdicts++];
    memset(v, 0, sizeof *v);
    v->country = country;
    v->doubt = 1.0F;
    v->first = UINT32_MAX;
    k->at[country] = (uint8_t)r->n_verdicts;
  }
  return &r->verdicts[k->at[country] - 1];
}

static void add_evidence(wm_verdict_t *v, uint32_t item, uint32_t count, float weight) {
  uint32_t i = v->n_evidence < WM_RESOLVER_EVIDENCE_MAX ? v->n_evidence++ : WM_RESOLVER_EVIDENCE_MAX - 1;
  if (i == WM_RESOLVER_EVIDENCE_MAX - 1 && v->evidence[i].weight >= weight && v->evidence[i].count) return;
  for (; i > 0 && v->evidence[i - 1].weight < weight; i--) v->evidence[i] = v->evidence[i - 1];
  v->evidence[i] = (wm_evidence_t){item, count, weight};
}

static void credit(rank_t *k, uint32_t at, uint8_t country, uint32_t count, float share) {
  const wm_item_t *item = &k->r->items[at];
  wm_verdict_t *v = verdict_of(k, country);
  float belief = k_belief[item->by] * item->confidence * share;
  float lead = item->n_headline ? 1.5F : item->first < LEAD_POINTS ? 0.7F : 0;
  float body = count > item->n_headline ? (float)(count - item->n_headline) : 0;
  float weight = k_salience[item->by] * item->confidence * share * (powf(body, 0.7F) + lead);
  uint32_t first = item->n_headline ? 0 : item->first == UINT32_MAX ? UINT32_MAX : item->first + 1;
  v->doubt *= 1.0F - belief;
  v->salience += weight;
  v->mentions += count;
  v->n_headline += item->n_headline;
  if (first < v->first) v->first = first;
  add_evidence(v, at, count, weight);
}

/* Most relevant first; then by first mention, then by code: the same order whatever the sort does. */
static int by_relevance(const void *a, const void *b) {
  const wm_verdict_t *x = a, *y = b;
  if (x->salience != y->salience) return x->salience < y->salience ? 1 : -1;
  if (x->first != y->first) return x->first > y->first ? 1 : -1;
  return (x->country > y->country) - (x->country < y->country);
}

static void judge(wm_resolver_t *r) {
  float top = r->n_verdicts ? r->verdicts[0].salience : 0;
  size_t focus = 0;
  for (size_t i = 0; i < r->n_verdicts; i++) {
    wm_verdict_t *v = &r->verdicts[i];
    float share = top > 0 ? v->salience / top : 0;
    float strength = 1.0F - expf(-top);
    v->relevance = (int)lrintf(100.0F * sqrtf(share) * (0.4F + 0.6F * strength));
    v->confidence = (int)lrintf(100.0F * (1.0F - v->doubt));
    if (v->confidence > 99) v->confidence = 99;
    v->focus = focus < FOCUS_MAX && share >= FOCUS_SHARE;
    if (v->focus) focus++;
  }
}

void wm_resolver_rank(wm_resolver_t *r) {
  rank_t k = {r, {0}};
  for (size_t i = 0; i < r->n_items; i++) {
    const wm_item_t *item = &r->items[i];
    uint32_t count = item->n_mentions ? item->n_mentions : 1;
    uint32_t other = item->other_count < count ? item->other_count : count - 1;
    for (unsigned c = 0; c < item->n_countries; c++)
      credit(&k, (uint32_t)i, item->countries[c], count - other, item->n_countries > 1 ? 0.9F : 1.0F);
    if (item->other != WM_NO_COUNTRY && other > 0) credit(&k, (uint32_t)i, item->other, other, 1.0F);
  }
  size_t kept = 0;
  for (size_t i = 0; i < r->n_verdicts; i++)
    if (1.0F - r->verdicts[i].doubt >= CONFIDENCE_MIN) r->verdicts[kept++] = r->verdicts[i];
  r->n_verdicts = kept;
  qsort(r->verdicts, r->n_verdicts, sizeof *r->verdicts, by_relevance);
  judge(r);
}
