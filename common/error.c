#include "common/error.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  const char *word;
  wm_err_class_t cls;
} code_info_t;

static const code_info_t k_codes[WM_ERR_COUNT_] = {
    [WM_OK] = {"ok", WM_CLASS_NONE},
    [WM_ERR_NOT_JSON] = {"not_json", WM_CLASS_POISON},
    [WM_ERR_NOT_OBJECT] = {"not_object", WM_CLASS_POISON},
    [WM_ERR_NOT_UTF8] = {"not_utf8", WM_CLASS_POISON},
    [WM_ERR_DUPLICATE_KEY] = {"duplicate_key", WM_CLASS_POISON},
    [WM_ERR_NUMBER_RANGE] = {"number_range", WM_CLASS_POISON},
    [WM_ERR_WRONG_TYPE] = {"wrong_type", WM_CLASS_POISON},
    [WM_ERR_NO_TEXT] = {"no_text", WM_CLASS_POISON},
    [WM_ERR_TOO_LARGE] = {"too_large", WM_CLASS_POISON},
    [WM_ERR_TOO_DEEP] = {"too_deep", WM_CLASS_POISON},
    [WM_ERR_BAD_HTML] = {"bad_html", WM_CLASS_POISON},
    [WM_ERR_NOT_XML] = {"not_xml", WM_CLASS_POISON},
    [WM_ERR_REFUSED] = {"refused", WM_CLASS_POISON},
    [WM_ERR_ENRICHER] = {"enricher", WM_CLASS_POISON},
    [WM_ERR_USAGE] = {"usage", WM_CLASS_FATAL},
    [WM_ERR_CONFIG] = {"config", WM_CLASS_FATAL},
    [WM_ERR_MODEL] = {"model", WM_CLASS_FATAL},
    [WM_ERR_IO] = {"io", WM_CLASS_FATAL},
    [WM_ERR_NOMEM] = {"nomem", WM_CLASS_FATAL},
    [WM_ERR_KAFKA] = {"kafka", WM_CLASS_FATAL},
    [WM_ERR_HTTP] = {"http", WM_CLASS_FATAL},
    [WM_ERR_TIMEOUT] = {"timeout", WM_CLASS_RETRIABLE},
    [WM_ERR_INTERNAL] = {"internal", WM_CLASS_FATAL},
};

/* Cuts a text that vsnprintf() truncated in the middle of a code point back to its start. */
static void cut_at_code_point(char *text, size_t len) {
  size_t start = len;
  while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) start--;
  if (start == 0) return;
  unsigned char lead = (unsigned char)text[start - 1];
  size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (len - (start - 1) < need) text[start - 1] = '\0';
}

static wm_err_t set_va(wm_error_t *err, wm_err_t code, wm_err_class_t cls, const char *format, va_list args) {
  if (!err || err->code != WM_OK) return code;
  err->code = code;
  err->cls = cls;
  int n = vsnprintf(err->text, sizeof err->text, format, args);
  if (n < 0) err->text[0] = '\0';
  if (n >= (int)sizeof err->text) cut_at_code_point(err->text, sizeof err->text - 1);
  return code;
}

wm_err_t wm_error_set(wm_error_t *err, wm_err_t code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  set_va(err, code, wm_err_class(code), format, args);
  va_end(args);
  return code;
}

wm_err_t wm_error_set_class(wm_error_t *err, wm_err_t code, wm_err_class_t cls, const char *format, ...) {
  va_list args;
  va_start(args, format);
  set_va(err, code, cls, format, args);
  va_end(args);
  return code;
}

void wm_error_clear(wm_error_t *err) {
  if (err) memset(err, 0, sizeof *err);
}

const char *wm_err_word(wm_err_t code) {
  return (unsigned)code < WM_ERR_COUNT_ ? k_codes[code].word : "internal";
}

wm_err_class_t wm_err_class(wm_err_t code) {
  return (unsigned)code < WM_ERR_COUNT_ ? k_codes[code].cls : WM_CLASS_FATAL;
}

int wm_error_exit_code(const wm_error_t *err) {
  if (!err || err->code == WM_OK) return 0;
  if (err->code == WM_ERR_USAGE) return 64;
  if (err->code == WM_ERR_CONFIG || err->code == WM_ERR_MODEL) return 78;
  return err->cls == WM_CLASS_RETRIABLE ? 75 : 1;
}
