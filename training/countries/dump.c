/*
 * Reads articles with entities, one a line, and writes the inputs of the models of services/countries, for training.
 *   dump choice|involved|focus MODEL
 * choice: for each sense of each item, and for none of them, "uri<tab>item<tab>code or -<tab>i:number ..." (sense.c).
 * involved, focus: for each country that something speaks for, "uri<tab>0<tab>code<tab>i:number ..." (rank.c); with focus only the
 * countries that MODEL's weights take for involved.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/countries/sense_internal.h"

static void put(const wm_resolver_t *r, size_t item, uint8_t country, const float *x, size_t n) {
  const char *code = country == WM_NO_COUNTRY ? "-" : wm_gazetteer_country(r->g, country)->alpha2;
  printf("%s\t%zu\t%s\t", wm_article_uri(r->article), item, code);
  for (size_t k = 0; k < n; k++)
    if (x[k] != 0) printf("%zu:%.6g ", k, (double)x[k]);
  putchar('\n');
}

static void spread(const wm_inputs_t *in, float *x) {
  for (unsigned i = 0; i < in->n; i++) x[in->index[i]] = in->value[i];
}

static void put_senses(wm_resolver_t *r, size_t i) {
  wm_item_t *item = &r->items[i];
  wm_around_t around[WM_AROUND_MAX];
  wm_inputs_t in;
  wm_sense_t s;
  if (item->n_countries) wm_sense_add_mass(r, item, -1.0F);
  size_t n = wm_sense_around(r, item, around);
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    float x[WM_CHOICE_FEATURES] = {0};
    wm_option_t option;
    if (!wm_sense_allowed(item, &s, item->caps)) continue;
    wm_sense_option(r, item, &s, &option);
    wm_sense_own_inputs(r, item, &s, around, n, &in);
    spread(&in, x);
    wm_sense_other_inputs(r, item, &option, &in);
    spread(&in, x);
    put(r, i, s.country, x, WM_CHOICE_FEATURES);
  }
  float x[WM_CHOICE_FEATURES] = {0};
  wm_sense_none_inputs(r, item, &in);
  spread(&in, x);
  put(r, i, WM_NO_COUNTRY, x, WM_CHOICE_FEATURES);
  if (item->n_countries) wm_sense_add_mass(r, item, 1.0F);
}

static void put_choice(wm_resolver_t *r) {
  for (size_t i = 0; i < r->n_items; i++)
    if (!r->items[i].settled && r->items[i].senses) put_senses(r, i);
}

static void drop_uninvolved(wm_resolver_t *r) {
  size_t n, kept = 0;
  bool keep[WM_COUNTRIES_MAX];
  const float *w = wm_gazetteer_rank(r->g, &n);
  for (size_t i = 0; i < r->n_verdicts; i++) {
    float x[WM_RANK_INVOLVED], z = 0;
    wm_rank_involved(r, i, x);
    for (size_t k = 0; k < WM_RANK_INVOLVED; k++) z += w[k] * x[k];
    keep[i] = z >= 0;
  }
  for (size_t i = 0; i < r->n_verdicts; i++)
    if (keep[i]) r->verdicts[kept++] = r->verdicts[i];
  r->n_verdicts = kept;
}

static void put_countries(wm_resolver_t *r, bool focus) {
  wm_rank_gather(r);
  if (focus) drop_uninvolved(r);
  for (size_t i = 0; i < r->n_verdicts; i++) {
    float x[WM_RANK_INVOLVED];
    if (focus) wm_rank_focus(r, i, x);
    else wm_rank_involved(r, i, x);
    put(r, 0, r->verdicts[i].country, x, focus ? WM_RANK_FOCUS : WM_RANK_INVOLVED);
  }
}

int main(int argc, char **argv) {
  wm_error_t err = WM_ERROR_INIT;
  wm_gazetteer_t *g = NULL;
  char *line = NULL;
  size_t room = 0;
  ssize_t n;
  if (argc == 2 && strcmp(argv[1], "sizes") == 0) {
    printf("%d %d %d\n", WM_CHOICE_FEATURES, WM_RANK_INVOLVED, WM_RANK_FOCUS);
    return 0;
  }
  if (argc != 3 || wm_gazetteer_open(argv[2], &g, &err) != WM_OK || wm_resolver_check(g, &err) != WM_OK) {
    fprintf(stderr, "dump: %s\n", err.text[0] ? err.text : "usage: dump sizes, or dump choice|involved|focus MODEL");
    return 1;
  }
  wm_policy_t *policy = wm_policy_new();
  wm_resolver_t *r = wm_resolver_new(g);
  wm_article_t *article = wm_article_new(NULL);
  wm_str_t text = wm_gazetteer_policy(g);
  int rc = !policy || !r || !article || wm_policy_add(policy, g, "policy", text.s, text.len, &err) != WM_OK;
  while (!rc && (n = getline(&line, &room, stdin)) >= 0) {
    rc = wm_article_parse(article, line, (size_t)n, NULL, &err) != WM_OK ||
         wm_resolver_prepare(r, policy, article, &err) != WM_OK;
    if (rc) break;
    if (strcmp(argv[1], "choice") == 0) put_choice(r);
    else put_countries(r, strcmp(argv[1], "focus") == 0);
  }
  if (rc) fprintf(stderr, "dump: %s\n", err.text);
  free(line);
  wm_article_destroy(article);
  wm_resolver_destroy(r);
  wm_policy_destroy(policy);
  wm_gazetteer_close(g);
  return rc || fflush(stdout) ? 1 : 0;
}
