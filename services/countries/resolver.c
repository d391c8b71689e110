#include "resolver.h"

#include <stdlib.h>
#include <string.h>

#include "resolver_internal.h"

#define WEIGHT_MAX 1e4F

wm_resolver_t *wm_resolver_new(const wm_gazetteer_t *g) {
  wm_resolver_t *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  r->g = g;
  size_t n;
  r->choice = wm_gazetteer_choice(g, &n);
  r->us = wm_gazetteer_find_country(g, "US", 2);
  wm_tokens_init(&r->tokens, WM_TOKENS_MAX);
  r->division_mass = calloc(wm_gazetteer_divisions(g) + 1, sizeof *r->division_mass);
  r->divisions = calloc(wm_gazetteer_divisions(g) + 1, sizeof *r->divisions);
  r->division_listed = calloc(wm_gazetteer_divisions(g) + 1, sizeof *r->division_listed);
  if (!r->division_mass || !r->divisions || !r->division_listed) {
    wm_resolver_destroy(r);
    return NULL;
  }
  return r;
}

void wm_resolver_destroy(wm_resolver_t *r) {
  if (!r) return;
  wm_tokens_clear(&r->tokens);
  free(r->division_mass);
  free(r->divisions);
  free(r->division_listed);
  free(r->items);
  free(r->merge);
  free(r->mentions);
  free(r->options);
  wm_resolver_drop_words(r);
  free(r);
}

/* Makes room for one more of `*n`; NULL data and WM_OK when the declared maximum is reached. */
static bool grow(void **data, size_t n, size_t *room, size_t unit, size_t max, wm_err_t *rc, wm_error_t *err) {
  *rc = WM_OK;
  if (n < *room) return true;
  if (n >= max) return false;
  size_t more = *room ? *room * 2 : 64;
  if (more > max) more = max;
  void *p = realloc(*data, more * unit);
  if (!p) {
    *rc = wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    return false;
  }
  *data = p;
  *room = more;
  return true;
}

wm_item_t *wm_resolver_item(wm_resolver_t *r, wm_err_t *rc, wm_error_t *err) {
  void *data = r->items;
  bool ok = grow(&data, r->n_items, &r->room_items, sizeof *r->items, WM_RESOLVER_ITEMS_MAX, rc, err);
  r->items = data;
  if (!ok) return NULL;
  wm_item_t *item = &r->items[r->n_items++];
  memset(item, 0, sizeof *item);
  item->mention = item->last_mention = WM_NONE;
  item->first = UINT32_MAX;
  item->place = UINT32_MAX;
  item->other = item->guess = item->namesake = item->fixed = WM_NO_COUNTRY;
  return item;
}

bool wm_resolver_mention(wm_resolver_t *r, wm_item_t *item, const wm_mention_t *mention, wm_err_t *rc,
                         wm_error_t *err) {
  void *data = r->mentions;
  bool ok = grow(&data, r->n_mentions, &r->room_mentions, sizeof *r->mentions, WM_RESOLVER_MENTIONS_MAX, rc, err);
  r->mentions = data;
  if (!ok) return false;
  uint32_t at = (uint32_t)r->n_mentions++;
  r->mentions[at] = *mention;
  r->mentions[at].next = WM_NONE;
  if (item->last_mention == WM_NONE) item->mention = at;
  else r->mentions[item->last_mention].next = at;
  item->last_mention = at;
  item->n_mentions++;
  if (mention->field == WM_FIELD_HEADLINE) item->n_headline++;
  else if (mention->start < item->first) item->first = mention->start;
  return true;
}

wm_option_t *wm_resolver_option(wm_resolver_t *r, wm_err_t *rc, wm_error_t *err) {
  void *data = r->options;
  bool ok = grow(&data, r->n_options, &r->room_options, sizeof *r->options, WM_OPTIONS_MAX, rc, err);
  r->options = data;
  return ok ? &r->options[r->n_options++] : NULL;
}

static bool is_ascii(wm_str_t s) {
  size_t i = 0;
  for (; i + 8 <= s.len; i += 8) {
    uint64_t eight;
    memcpy(&eight, s.s + i, sizeof eight);
    if (eight & 0x8080808080808080u) return false;
  }
  for (; i < s.len; i++)
    if ((unsigned char)s.s[i] & 0x80u) return false;
  return true;
}

static void reset(wm_resolver_t *r, wm_article_t *article) {
  r->article = article;
  r->n_items = r->n_mentions = r->n_options = r->n_verdicts = 0;
  memset(r->mass, 0, sizeof r->mass);
  memset(r->spoken, 0, sizeof r->spoken);
  for (size_t i = 0; i < r->n_divisions; i++) {
    r->division_mass[r->divisions[i]] = 0;
    r->division_listed[r->divisions[i]] = false;
  }
  r->n_divisions = r->n_anchors = 0;
  r->total_mass = 0;
  r->hint.set = false;
  for (unsigned f = 0; f < WM_FIELD_COUNT; f++) {
    r->text[f] = wm_article_text(article, (wm_field_t)f);
    r->ascii[f] = is_ascii(r->text[f]);
    r->checkpoints[f].stride = 0;
  }
}

wm_err_t wm_resolver_prepare(wm_resolver_t *r, const wm_policy_t *policy, wm_article_t *article, wm_error_t *err) {
  bool found = false;
  r->policy = policy;
  reset(r, article);
  wm_err_t rc = wm_resolver_read(r, &found, err);
  if (rc == WM_OK && !found) rc = wm_resolver_scan(r, err);
  if (rc == WM_OK) rc = wm_resolver_hints(r, err);
  return rc == WM_OK ? wm_resolver_decide(r, err) : rc;
}

wm_err_t wm_resolver_run(wm_resolver_t *r, const wm_policy_t *policy, wm_article_t *article, wm_error_t *err) {
  wm_err_t rc = wm_resolver_prepare(r, policy, article, err);
  if (rc != WM_OK) return rc;
  wm_resolver_rank(r);
  return wm_resolver_write(r, err);
}

static bool fits(const float *w, size_t n, size_t wanted) {
  for (size_t i = 0; i < n; i++)
    if (!(w[i] > -WEIGHT_MAX && w[i] < WEIGHT_MAX)) return false;
  return n == wanted;
}

wm_err_t wm_resolver_check(const wm_gazetteer_t *g, wm_error_t *err) {
  size_t n_choice, n_rank;
  const float *choice = wm_gazetteer_choice(g, &n_choice), *rank = wm_gazetteer_rank(g, &n_rank);
  if (fits(choice, n_choice, WM_CHOICE_FEATURES) && fits(rank, n_rank, WM_RANK_INVOLVED + WM_RANK_FOCUS)) return WM_OK;
  return wm_error_set(
      err, WM_ERR_MODEL,
      "model %s: its weights are not those of this version: build it again with training/countries/build",
      wm_model_name(wm_gazetteer_model(g)));
}
