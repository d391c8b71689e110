/* The network, and the choice of topics from its scores. */
#include <math.h>
#include <string.h>

#include "services/topics/topics_internal.h"

static void hidden_units(const wm_topics_model_t *m, const wm_topics_kernel_t *k, wm_topics_scratch_t *s) {
  for (size_t i = 0; i < m->params->hidden; i++) {
    int32_t sum = k->dot(s->input, m->hidden_weights + i * m->input, m->input) + m->hidden_bias[i];
    if (sum <= 0) {
      s->hidden[i] = 0;
      continue;
    }
    float h = (float)sum * m->hidden_scale[i];
    s->hidden[i] = h >= (float)WM_TOPICS_HIDDEN_CAP ? WM_TOPICS_HIDDEN_CAP : (int16_t)lrintf(h);
  }
}

void wm_topics_score(const wm_topics_model_t *m, wm_topics_scratch_t *s) {
  const wm_topics_params_t *p = m->params;
  const wm_topics_kernel_t *k = wm_topics_kernel(s->plain);
  size_t hidden = p->hidden, outputs = (size_t)p->n_concepts + p->n_tops;
  hidden_units(m, k, s);
  for (size_t i = 0; i < outputs; i++) {
    int32_t sum = k->dot(s->hidden, m->out_weights + i * hidden, hidden) + m->out_bias[i];
    s->logits[i] = (float)sum * m->out_scale[i];
    int parent = i < p->n_concepts ? m->concepts[i].parent : -1;
    if (parent >= 0 && s->logits[i] > s->logits[parent]) s->logits[i] = s->logits[parent];
  }
}

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

/* The share of each level-1 topic in what the article is mainly about. */
static void main_shares(const wm_topics_model_t *m, const float *logits, double *shares) {
  size_t n = m->params->n_tops;
  double sum = 0, best = logits[0];
  for (size_t i = 1; i < n; i++)
    if (logits[i] > best) best = logits[i];
  for (size_t i = 0; i < n; i++) sum += shares[i] = exp(logits[i] - best);
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
static size_t narrowest(const wm_topics_model_t *m, const float *logits, bool *passes) {
  bool broader[WM_TOPICS_CONCEPTS_MAX];
  size_t n = m->params->n_concepts, count = 0;
  memset(broader, 0, n * sizeof *broader);
  for (size_t i = 0; i < n; i++) {
    int parent = m->concepts[i].parent;
    passes[i] = logits[i] >= m->concepts[i].threshold && (parent < 0 || passes[parent]);
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

size_t wm_topics_decide(const wm_topics_model_t *m, const wm_topics_scratch_t *s, size_t max, wm_topics_given_t *out) {
  const wm_topics_params_t *p = m->params;
  bool passes[WM_TOPICS_CONCEPTS_MAX];
  double shares[64];
  candidate_t list[WM_TOPICS_GIVEN_MAX + 1];
  size_t n = 0;
  if (max > WM_TOPICS_GIVEN_MAX) max = WM_TOPICS_GIVEN_MAX;
  main_shares(m, s->logits + p->n_concepts, shares);
  if (narrowest(m, s->logits, passes) == 0) { /* a broad topic rather than a wrong narrow one */
    uint32_t best = 0;
    for (uint32_t i = 1; i < p->n_tops; i++)
      if (s->logits[i] > s->logits[best]) best = i;
    if (s->logits[best] < p->floor) return 0;
    passes[best] = true;
  }
  for (uint32_t i = 0; i < p->n_concepts; i++) {
    if (!passes[i]) continue;
    double rank = p->rank[0] * log(sigmoid(s->logits[i]) + 1e-9) + p->rank[1] * log(shares[top_of(m, i)] + 1e-9);
    n = keep(list, n, max, (candidate_t){i, rank});
  }
  for (size_t i = 0; i < n; i++) {
    const wm_topics_concept_t *c = &m->concepts[list[i].concept];
    out[i].concept = list[i].concept;
    out[i].relevance = percent(exp(list[i].rank));
    out[i].confidence = percent(sigmoid(c->calibrate_a * s->logits[list[i].concept] + c->calibrate_b));
  }
  return n;
}
