/*
 * From items to countries: what the evidence for each country comes to. Two logistic models, fitted by training/countries on annotated news, say
 * whether a country belongs to the article and whether the article is about it; their inputs are written down here.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "resolver_internal.h"

#define LEAD_POINTS 250u /* code points of body that count as its lead */
#define FOCUS_MAX 3u
/* Every country listed is involved, so none has a relevance near nothing: the likelihood of being in focus fills what is above. */
#define RELEVANCE_LEAST 20
#define RELEVANCE_FOCUS (RELEVANCE_LEAST + (100 - RELEVANCE_LEAST) / 2)

/* How much a mention of each kind speaks of the country. */
static const float k_salience[WM_BY_KINDS] = {
    [WM_BY_COUNTRY] = 1.0F,    [WM_BY_DEMONYM] = 0.9F, [WM_BY_PLACE] = 0.8F,  [WM_BY_AREA] = 0.8F,
    [WM_BY_METONYM] = 0.7F,    [WM_BY_GENERIC] = 0.4F, [WM_BY_PERSON] = 0.6F, [WM_BY_PARTY] = 0.5F,
    [WM_BY_ARMED] = 0.5F,      [WM_BY_COMPANY] = 0.4F, [WM_BY_SCHOOL] = 0.4F, [WM_BY_CLUB] = 0.5F,
    [WM_BY_MEDIA] = 0.2F,      [WM_BY_LEARNED] = 0.5F, [WM_BY_ENTITY] = 0.5F, [WM_BY_INNER_COUNTRY] = 0.7F,
    [WM_BY_INNER_PLACE] = 0.4F};

#define STRONG_KINDS 5 /* the first kinds name the country or a place in it */

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
  if (v->evidence[i].count && v->evidence[i].weight >= weight) return;
  for (; i > 0 && v->evidence[i - 1].weight < weight; i--) v->evidence[i] = v->evidence[i - 1];
  v->evidence[i] = (wm_evidence_t){item, count, weight};
}

static void credit(rank_t *k, uint32_t at, uint8_t country, uint32_t count, float share) {
  const wm_item_t *item = &k->r->items[at];
  wm_verdict_t *v = verdict_of(k, country);
  float sure = item->confidence * share;
  float lead = item->n_headline ? 1.5F : item->first < LEAD_POINTS ? 0.7F : 0;
  float body = count > item->n_headline ? (float)(count - item->n_headline) : 0;
  float weight = k_salience[item->by] * sure * (powf(body, 0.7F) + lead);
  uint32_t first = item->n_headline ? 0 : item->first == UINT32_MAX ? UINT32_MAX : item->first + 1;
  if (sure > v->best[item->by]) v->best[item->by] = sure;
  v->count[item->by] += (float)count * sure;
  v->doubt *= 1.0F - (sure > 0.99F ? 0.99F : sure);
  v->salience += weight;
  v->mentions += count;
  v->n_headline += item->n_headline;
  if (first < v->first) v->first = first;
  add_evidence(v, at, count, weight);
}

/* Most relevant first; then by first mention, then by code: the same order whatever the sort does. */
static int by_salience(const void *a, const void *b) {
  const wm_verdict_t *x = a, *y = b;
  if (x->salience != y->salience) return x->salience < y->salience ? 1 : -1;
  if (x->first != y->first) return x->first > y->first ? 1 : -1;
  return (x->country > y->country) - (x->country < y->country);
}

static int by_relevance(const void *a, const void *b) {
  const wm_verdict_t *x = a, *y = b;
  return x->relevance != y->relevance ? y->relevance - x->relevance : by_salience(a, b);
}

void wm_rank_gather(wm_resolver_t *r) {
  rank_t k = {r, {0}};
  for (size_t i = 0; i < r->n_items; i++) {
    const wm_item_t *item = &r->items[i];
    if (item->hint) continue;
    uint32_t count = item->n_mentions ? item->n_mentions : 1;
    uint32_t other = item->other_count < count ? item->other_count : count - 1;
    for (unsigned c = 0; c < item->n_countries; c++)
      credit(&k, (uint32_t)i, item->countries[c], count - other, item->n_countries > 1 ? 0.9F : 1.0F);
    if (item->other != WM_NO_COUNTRY && other > 0) credit(&k, (uint32_t)i, item->other, other, 1.0F);
  }
  qsort(r->verdicts, r->n_verdicts, sizeof *r->verdicts, by_salience);
}

static bool strong(const wm_verdict_t *v) {
  for (int k = 0; k < STRONG_KINDS; k++)
    if (v->best[k] > 0.5F) return true;
  return false;
}

static float length_of(const wm_resolver_t *r) {
  float l = logf(((float)r->text[WM_FIELD_BODY].len + 50.0F) / 400.0F);
  return l > 3.0F ? 3.0F : l;
}

void wm_rank_involved(const wm_resolver_t *r, size_t verdict, float x[WM_RANK_INVOLVED]) {
  const wm_verdict_t *v = &r->verdicts[verdict];
  size_t others = 0;
  float total = 0, length = length_of(r);
  for (size_t i = 0; i < r->n_verdicts; i++) {
    total += r->verdicts[i].salience;
    if (i != verdict && strong(&r->verdicts[i])) others++;
  }
  memset(x, 0, WM_RANK_KINDS * sizeof *x);
  for (int k = 0; k < WM_BY_KINDS; k++) {
    if (v->best[k] <= 0) continue;
    x[5 * k] = v->best[k];
    x[5 * k + 1] = v->best[k] * v->best[k];
    x[5 * k + 2] = log1pf(v->count[k]);
    x[5 * k + 3] = others > 0 ? v->best[k] : 0;
    x[5 * k + 4] = v->best[k] * length;
  }
  float *y = x + WM_RANK_KINDS;
  float doubt = v->doubt < 1e-4F ? 1e-4F : v->doubt;
  y[0] = 1.0F;
  y[1] = logf((1.0F - doubt + 1e-4F) / doubt);
  y[2] = v->n_headline ? 1.0F : 0;
  y[3] = v->first < LEAD_POINTS ? 1.0F : 0;
  y[4] = total > 0 ? v->salience / total : 0;
  y[5] = log1pf((float)others);
  y[6] = length;
  y[7] = strong(v) ? 1.0F : 0;
  y[8] = strong(v) && others > 0 ? 1.0F : 0;
  y[9] = verdict == 0 ? 1.0F : 0;
}

void wm_rank_focus(const wm_resolver_t *r, size_t verdict, float x[WM_RANK_FOCUS]) {
  const wm_verdict_t *v = &r->verdicts[verdict];
  float top = r->verdicts[0].salience, total = 0, length = length_of(r);
  for (size_t i = 0; i < r->n_verdicts; i++) total += r->verdicts[i].salience;
  float next = r->n_verdicts > 1 ? r->verdicts[verdict == 0 ? 1 : 0].salience : 0;
  x[0] = 1.0F;
  x[1] = top > 0 ? v->salience / top : 0;
  x[2] = total > 0 ? v->salience / total : 0;
  x[3] = verdict == 0 ? 1.0F : 0;
  x[4] = verdict > 2 ? 1.0F : 0;
  x[5] = v->n_headline ? 1.0F : 0;
  x[6] = v->first < LEAD_POINTS ? 1.0F : 0;
  x[7] = log1pf(v->salience);
  x[8] = logf((v->salience + 0.1F) / (next + 0.1F));
  x[9] = strong(v) ? 1.0F : 0;
  x[10] = length;
  x[11] = x[1] * length;
  x[12] = x[5] * length;
  x[13] = x[9] * (v->best[WM_BY_COUNTRY] > 0 || v->best[WM_BY_DEMONYM] > 0 ? 1.0F : 0);
}

static float score_of(const float *w, const float *x, size_t n) {
  float z = 0;
  for (size_t i = 0; i < n; i++) z += w[i] * x[i];
  return z;
}

static float likelihood(float score) {
  return 1.0F / (1.0F + expf(-score));
}

/* By the likelihood of being in focus; unlikely ones are spread out, so that one still sees what comes before what. */
static int relevance_of(float score) {
  float likely = likelihood(score < 0 ? score / 3.0F : score);
  return RELEVANCE_LEAST + (int)lrintf((100 - RELEVANCE_LEAST) * likely);
}

void wm_resolver_rank(wm_resolver_t *r) {
  float x[WM_RANK_INVOLVED], sure[WM_COUNTRIES_MAX];
  size_t n, kept = 0, focus = 0;
  const float *w = wm_gazetteer_rank(r->g, &n);
  wm_rank_gather(r);
  for (size_t i = 0; i < r->n_verdicts; i++) {
    wm_rank_involved(r, i, x);
    sure[i] = likelihood(score_of(w, x, WM_RANK_INVOLVED));
  }
  for (size_t i = 0; i < r->n_verdicts; i++) {
    if (sure[i] < 0.5F) continue;
    if (kept != i) r->verdicts[kept] = r->verdicts[i];
    r->verdicts[kept].confidence = sure[i] > 0.99F ? 99 : (int)lrintf(100.0F * sure[i]);
    kept++;
  }
  r->n_verdicts = kept;
  for (size_t i = 0; i < kept; i++) {
    wm_rank_focus(r, i, x);
    r->verdicts[i].relevance = relevance_of(score_of(w + WM_RANK_INVOLVED, x, WM_RANK_FOCUS));
  }
  qsort(r->verdicts, kept, sizeof *r->verdicts, by_relevance);
  for (size_t i = 0; i < kept; i++) {
    r->verdicts[i].focus = focus < FOCUS_MAX && r->verdicts[i].relevance >= RELEVANCE_FOCUS;
    if (r->verdicts[i].focus) focus++;
  }
}
