#include "common/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wm_buffer_init(wm_buffer_t *b, size_t max) {
  *b = (wm_buffer_t){.max = max};
}

void wm_buffer_clear(wm_buffer_t *b) {
  if (!b) return;
  free(b->data);
  *b = (wm_buffer_t){.max = b->max};
}

void wm_buffer_reset(wm_buffer_t *b) {
  b->len = 0;
  if (b->data) b->data[0] = '\0';
}

wm_err_t wm_buffer_reserve(wm_buffer_t *b, size_t more, wm_error_t *err) {
  if (more > b->max || b->len > b->max - more)
    return wm_error_set(err, WM_ERR_TOO_LARGE, "more than %zu bytes", b->max);
  size_t need = b->len + more + 1;
  if (need <= b->capacity) return WM_OK;
  size_t capacity = b->capacity ? b->capacity : 256;
  while (capacity < need) capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
  char *data = realloc(b->data, capacity);
  if (!data) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (%zu bytes)", capacity);
  b->data = data;
  b->capacity = capacity;
  b->data[b->len] = '\0';
  return WM_OK;
}

wm_err_t wm_buffer_append(wm_buffer_t *b, const void *bytes, size_t len, wm_error_t *err) {
  wm_err_t rc = wm_buffer_reserve(b, len, err);
  if (rc != WM_OK) return rc;
  if (len > 0) memcpy(b->data + b->len, bytes, len);
  b->len += len;
  b->data[b->len] = '\0';
  return WM_OK;
}

wm_err_t wm_buffer_puts(wm_buffer_t *b, const char *s, wm_error_t *err) {
  return wm_buffer_append(b, s, strlen(s), err);
}

wm_err_t wm_buffer_printf(wm_buffer_t *b, wm_error_t *err, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (n < 0) return wm_error_set(err, WM_ERR_INTERNAL, "bad format");
  wm_err_t rc = wm_buffer_reserve(b, (size_t)n, err);
  if (rc != WM_OK) return rc;
  va_start(args, format);
  vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
  va_end(args);
  b->len += (size_t)n;
  return WM_OK;
}
