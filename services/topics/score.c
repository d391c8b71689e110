/* The network, and the choice of topics from its scores. */
#include <math.h>
#include <string.h>

#include "services/topics/topics_internal.h"

enum { SCORED_AT_ONCE = 256 }; /* at most as many as there are sums */

static void hidden_units(const wm_topics_model_t *m, const wm_topics_kernel_t *k, wm_topics_scratch_t *s) {
  size_t n = m->params->hidden;
  k->dots(s->input, m->hidden_weights, m->input, NULL, n, s->sums);
  for (size_t i = 0; i < n; i++) {
    int32_t sum = s->sums[i] + m->hidden_bias[i];
    if (sum <= 0) {
      s->hidden[i] = 0;
      continue;
    }
    float h = (float)sum * m->hidden_scale[i];
    s->hidden[i] = h >= (float)WM_TOPICS_HIDDEN_CAP ? WM_TOPICS_HIDDEN_CAP : (int16_t)lrintf(h);
  }
}

static int32_t logit(const wm_topics_model_t *m, int32_t sum, size_t i) {
  return (int32_t)lrintf((float)(sum + m->out_bias[i]) * m->out_scale[i]);
}

static void score_tops(const wm_topics_model_t *m, const wm_topics_kernel_t *k, wm_topics_scratch_t *s) {
  size_t n = m->params->n_tops, mainly = m->params->n_concepts, hidden = m->params->hidden;
  k->dots(s->hidden, m->out_weights, hidden, NULL, n, s->sums);
  for (size_t i = 0; i < n; i++) s->logits[i] = logit(m, s->sums[i], i) + wm_topics_spoken_gain(m, s, i);
  k->dots(s->hidden, m->out_weights + mainly * hidden, hidden, NULL, n, s->sums);
  for (size_t i = 0; i < n; i++)
    s->logits[mainly + i] = logit(m, s->sums[i], mainly + i) + wm_topics_spoken_main(m, s, i);
}

/* Scores `count` concepts whose broader ones have their scores. */
static void score_some(const wm_topics_model_t *m, const wm_topics_kernel_t *k, wm_topics_scratch_t *s,
                       const uint32_t *which, size_t count) {
  k->dots(s->hidden, m->out_weights, m->params->hidden, which, count, s->sums);
  for (size_t at = 0; at < count; at++) {
    size_t i = which[at];
    int32_t broader = s->logits[m->concepts[i].parent];
    s->logits[i] = logit(m, s->sums[at], i) + wm_topics_spoken_gain(m, s, i);
    if (s->logits[i] > broader) s->logits[i] = broader;
  }
}

/* Where a broader concept does not pass, nothing below it can: most concepts need no work. */
void wm_topics_score(const wm_topics_model_t *m, wm_topics_scratch_t *s) {
  const wm_topics_params_t *p = m->params;
  const wm_topics_kernel_t *k = wm_topics_kernel(s->plain);
  uint32_t which[SCORED_AT_ONCE];
  size_t count = 0;
  hidden_units(m, k, s);
  score_tops(m, k, s);
  for (uint32_t i = p->n_tops; i < p->n_concepts; i++) {
    int parent = m->concepts[i].parent;
    if (count == SCORED_AT_ONCE || (count && (uint32_t)parent >= which[0])) {
      score_some(m, k, s, which, count);
      count = 0;
    }
    if (s->logits[parent] < m->concepts[parent].threshold) s->logits[i] = WM_TOPICS_UNSCORED;
    else which[count++] = i;
  }
  score_some(m, k, s, which, count);
}

static double real(int32_t logit) {
  return (double)logit / WM_TOPICS_LOGIT_ONE;
}

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

/* The share of each level-1 topic in what the article is mainly about. */
static void main_shares(const wm_topics_model_t *m, const int32_t *logits, double *shares) {
  size_t n = m->params->n_tops;
  double sum = 0;
  int32_t best = logits[0];
  for (size_t i = 1; i < n; i++)
    if (logits[i] > best) best = logits[i];
  for (size_t i = 0; i < n; i++) sum += shares[i] = exp(real(logits[i] - best));
  for (size_t i = 0; i < n; i++) shares[i] /= sum;
}

typedef struct {
  uint32_t concept;
  double rank; /* log: the order */
} candidate_t;

static uint32_t top_of(const wm_topics_model_t *m, uint32_t i) {
  while (m->concepts[i].parent >= 0) i = (uint32_t)m->concepts[i].parent;
  return i;
}

/* Keeps the best `max` in order. */
static size_t keep(candidate_t *list, size_t n, size_t max, candidate_t c) {
  size_t at = n;
  while (at && list[at - 1].rank < c.rank) at--;
  if (at == max) return n;
  if (n < max) n++;
  memmove(list + at + 1, list + at, (n - 1 - at) * sizeof *list);
  list[at] = c;
  return n;
}

/* Concepts that pass with all their broader ones and have no narrower one that passes. */
static size_t narrowest(const wm_topics_model_t *m, const int32_t *logits, const bool *off, bool *passes) {
  bool broader[WM_TOPICS_CONCEPTS_MAX];
  size_t n = m->params->n_concepts, count = 0;
  memset(broader, 0, n * sizeof *broader);
  for (size_t i = 0; i < n; i++) {
    int parent = m->concepts[i].parent;
    passes[i] = logits[i] >= m->concepts[i].threshold && (parent < 0 || passes[parent]) && !(off && off[i]);
    if (passes[i] && parent >= 0) broader[parent] = true;
  }
  for (size_t i = 0; i < n; i++) {
    passes[i] = passes[i] && !broader[i];
    count += passes[i];
  }
  return count;
}

static int percent(double x) {
  int n = (int)lrint(100 * x);
  return n < 0 ? 0 : n > 100 ? 100 : n;
}

/* The best level-1 topic, where it is likely enough: a broad topic rather than a wrong narrow one. */
static void broadest(const wm_topics_model_t *m, const int32_t *logits, const bool *off, bool *passes) {
  int best = -1;
  for (int i = 0; i < (int)m->params->n_tops; i++)
    if (!(off && off[i]) && (best < 0 || logits[i] > logits[best])) best = i;
  if (best >= 0 && logits[best] >= m->params->floor) passes[best] = true;
}

size_t wm_topics_decide(const wm_topics_model_t *m, const wm_topics_scratch_t *s, const bool *off, size_t max,
                        wm_topics_given_t *out) {
  const wm_topics_params_t *p = m->params;
  bool passes[WM_TOPICS_CONCEPTS_MAX];
  double shares[64];
  candidate_t list[WM_TOPICS_GIVEN_MAX + 1];
  size_t n = 0;
  if (max > WM_TOPICS_GIVEN_MAX) max = WM_TOPICS_GIVEN_MAX;
  main_shares(m, s->logits + p->n_concepts, shares);
  if (narrowest(m, s->logits, off, passes) == 0) broadest(m, s->logits, off, passes);
  for (uint32_t i = 0; i < p->n_concepts; i++) {
    if (!passes[i]) continue;
    double rank = p->rank[0] * log(sigmoid(real(s->logits[i])) + 1e-9) + p->rank[1] * log(shares[top_of(m, i)] + 1e-9);
    n = keep(list, n, max, (candidate_t){i, rank});
  }
  for (size_t i = 0; i < n; i++) {
    const wm_topics_concept_t *c = &m->concepts[list[i].concept];
    out[i].concept = list[i].concept;
    out[i].relevance = percent(exp(list[i].rank));
    out[i].confidence = percent(sigmoid((double)c->calibrate_a * real(s->logits[list[i].concept]) + c->calibrate_b));
  }
  return n;
}
