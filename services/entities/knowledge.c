#include "services/entities/knowledge.h"

#define CHIEF 0x80000000u

static wm_err_t values(const wm_model_t *model, const char *name, size_t unit, size_t count, const void **out,
                       wm_error_t *err) {
  size_t len = 0;
  wm_err_t rc = wm_model_section(model, name, unit, out, &len, err);
  if (rc) return rc;
  if (len / unit != count)
    return wm_error_set(err, WM_ERR_MODEL, "section %s of the model has a wrong length: build it again", name);
  return WM_OK;
}

wm_err_t wm_knowledge_open(const wm_model_t *model, wm_knowledge_t *out, wm_error_t *err) {
  const void *data = NULL;
  size_t len = 0;
  wm_err_t rc = wm_lookup_open(model, "lex", &out->words, err);
  if (!rc) rc = values(model, "lex.val", sizeof(uint16_t), out->words.count, &data, err);
  out->kinds = data;
  if (!rc) rc = wm_lookup_open(model, "name", &out->names, err);
  if (!rc) rc = wm_lists_open(model, &out->lists, err);
  if (!rc) rc = values(model, "name.val", sizeof(uint32_t), out->names.count, &data, err);
  out->records = data;
  if (!rc) rc = wm_model_section(model, "known", sizeof(wm_known_t), &data, &len, err);
  out->known = data;
  out->n_known = (uint32_t)(len / sizeof(wm_known_t));
  if (!rc) rc = values(model, "calib", 1, 101, &data, err);
  out->calibration = data;
  if (rc) return rc;
  for (uint32_t i = 0; i < out->names.count; i++)
    if ((out->records[i] & ~CHIEF) >= out->n_known)
      return wm_error_set(err, WM_ERR_MODEL, "section name.val of the model does not hold together: build it again");
  return WM_OK;
}

unsigned wm_knowledge_kind(const wm_knowledge_t *k, uint64_t key) {
  uint32_t at = wm_lookup_find(&k->words, key);
  return at == WM_LOOKUP_NONE ? 0 : k->kinds[at];
}

uint32_t wm_knowledge_find(const wm_knowledge_t *k, uint64_t key, uint8_t type, bool *chief) {
  uint32_t at = wm_lookup_find(&k->names, wm_features_join(key, type));
  *chief = at != WM_LOOKUP_NONE && k->records[at] & CHIEF;
  return at == WM_LOOKUP_NONE ? WM_LOOKUP_NONE : k->records[at] & ~CHIEF;
}
