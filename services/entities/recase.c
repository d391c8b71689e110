#include "services/entities/recase.h"

#include <string.h>
#include <utf8proc.h>

#define BYTES_A_CAPITAL 500u

/** 1 for a letter in lower case, -1 for a capital, else 0. */
static int casing(uint32_t cp) {
  if (cp < 0x80) return cp >= 'a' && cp <= 'z' ? 1 : cp >= 'A' && cp <= 'Z' ? -1 : 0;
  utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)cp);
  return kind == UTF8PROC_CATEGORY_LL ? 1 : kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LT ? -1 : 0;
}

bool wm_recase_needed(wm_str_t text, size_t letters) {
  size_t lower = 0, capitals = 0;
  for (size_t i = 0, step = 0; i < text.len; i += step) {
    int kind = casing(wm_utf8_decode(text.s + i, text.len - i, &step));
    lower += kind > 0;
    capitals += kind < 0;
    if (kind < 0 && capitals * BYTES_A_CAPITAL > text.len) return false;
  }
  return lower > 0 && lower >= letters;
}

wm_err_t wm_recase_upper(wm_str_t text, wm_buffer_t *out, wm_error_t *err) {
  wm_buffer_reset(out);
  wm_err_t rc = wm_buffer_append(out, text.s, text.len, err);
  for (size_t i = 0, step = 0; !rc && i < text.len; i += step) {
    char utf8[4];
    uint32_t cp = wm_utf8_decode(text.s + i, text.len - i, &step);
    if (casing(cp) <= 0) continue;
    size_t bytes = wm_utf8_encode((uint32_t)utf8proc_toupper((utf8proc_int32_t)cp), utf8);
    if (bytes == step) memcpy(out->data + i, utf8, bytes);
  }
  return rc;
}
