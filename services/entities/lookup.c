#include "services/entities/lookup.h"

#include <stdio.h>
#include <string.h>

wm_err_t wm_lookup_open(const wm_model_t *model, const char *name, wm_lookup_t *out, wm_error_t *err) {
  char section[16];
  const void *index = NULL, *prints = NULL;
  size_t index_len = 0, prints_len = 0;
  snprintf(section, sizeof section, "%s.idx", name);
  wm_err_t rc = wm_model_section(model, section, sizeof(uint32_t), &index, &index_len, err);
  if (rc) return rc;
  snprintf(section, sizeof section, "%s.key", name);
  rc = wm_model_section(model, section, sizeof(uint32_t), &prints, &prints_len, err);
  if (rc) return rc;
  size_t buckets = index_len / sizeof(uint32_t) - (index_len > 0);
  uint32_t bits = 0;
  while (bits < 28 && ((size_t)1 << bits) < buckets) bits++;
  out->index = index;
  out->prints = prints;
  out->bits = bits;
  out->count = (uint32_t)(prints_len / sizeof(uint32_t));
  bool good = buckets == (size_t)1 << bits && bits > 0 && out->index[0] == 0 && out->index[buckets] == out->count;
  for (size_t i = 0; good && i < buckets; i++) good = out->index[i] <= out->index[i + 1];
  if (!good)
    return wm_error_set(err, WM_ERR_MODEL, "table %s of the model does not hold together: build it again", name);
  return WM_OK;
}

uint32_t wm_lookup_find(const wm_lookup_t *t, uint64_t key) {
  uint64_t bucket = key >> (64 - t->bits);
  uint32_t print = (uint32_t)key;
  for (uint32_t i = t->index[bucket], end = t->index[bucket + 1]; i < end; i++)
    if (t->prints[i] == print) return i;
  return WM_LOOKUP_NONE;
}

wm_err_t wm_lists_open(const wm_model_t *model, wm_lists_t *out, wm_error_t *err) {
  const void *values = NULL;
  size_t len = 0;
  wm_err_t rc = wm_lookup_open(model, "gaz", &out->table, err);
  if (!rc) rc = wm_model_section(model, "gaz.val", sizeof(uint16_t), &values, &len, err);
  if (rc) return rc;
  if (len / sizeof(uint16_t) != out->table.count)
    return wm_error_set(err, WM_ERR_MODEL, "section gaz.val of the model has a wrong length: build it again");
  out->values = values;
  return WM_OK;
}

uint32_t wm_lists_find(const wm_lists_t *g, uint64_t key) {
  uint32_t at = wm_lookup_find(&g->table, key);
  return at == WM_LOOKUP_NONE ? 0 : g->values[at] & (WM_LISTS_MORE - 1u);
}

/** Lengths (in tokens) of the longest name of each list that begins at tokens[0]. Returns the lists that were met. */
static uint32_t longest(const wm_lists_t *g, const wm_token_t *tokens, const uint64_t *words, size_t n,
                        uint8_t length[WM_LISTS_MAX]) {
  uint32_t met = 0;
  uint64_t name = WM_NAME_SEED;
  for (size_t i = 0; i < n && i < WM_LISTS_WORDS; i++) {
    if (i > 0 && tokens[i].flags & WM_TOKEN_PARAGRAPH) break;
    name = wm_features_join(name, words[i]);
    uint32_t at = wm_lookup_find(&g->table, name);
    if (at == WM_LOOKUP_NONE) break;
    uint32_t lists = g->values[at] & (WM_LISTS_MORE - 1);
    met |= lists;
    for (; lists; lists &= lists - 1) length[__builtin_ctz(lists)] = (uint8_t)(i + 1);
    if (!(g->values[at] & WM_LISTS_MORE)) break;
  }
  return met;
}

void wm_lists_match(const wm_lists_t *g, const wm_token_t *tokens, const uint64_t *words, size_t n, uint32_t *out) {
  size_t until[WM_LISTS_MAX] = {0};
  memset(out, 0, n * sizeof *out);
  for (size_t i = 0; i < n; i++) {
    if (!(tokens[i].flags & (WM_TOKEN_CAPITAL | WM_TOKEN_MIXED))) continue;
    uint8_t length[WM_LISTS_MAX];
    uint32_t met = longest(g, tokens + i, words + i, n - i, length);
    for (; met; met &= met - 1) {
      unsigned list = (unsigned)__builtin_ctz(met);
      if (until[list] > i) continue;
      until[list] = i + length[list];
      out[i] |= 1u << list;
      for (size_t k = i + 1; k < until[list]; k++) out[k] |= 1u << (16 + list);
    }
  }
}
