/**
 * writer: JSON written straight into a buffer, without a tree in between.
 *
 * The first error stays and makes the calls after it do nothing; wm_json_end() tells. Strings must be valid UTF-8 (jansson's are).
 * `key` is a literal of plain ASCII, NULL inside an array.
 *
 * Threads: one at a time. Ownership: the buffer is borrowed.
 */
#ifndef WM_DELIVER_WRITER_H
#define WM_DELIVER_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/text.h"

typedef struct {
  wm_buffer_t *out;
  wm_error_t *err;
  wm_err_t rc;
  bool comma; /* a value stands before */
} wm_json_t;

void wm_json_begin(wm_json_t *j, wm_buffer_t *out, wm_error_t *err);
/** `bracket` is '{' or '['. */
void wm_json_open(wm_json_t *j, const char *key, char bracket);
void wm_json_close(wm_json_t *j, char bracket);
void wm_json_text(wm_json_t *j, const char *key, const char *s, size_t len);
/** The same of a NUL-terminated string; NULL writes nothing at all. */
void wm_json_string(wm_json_t *j, const char *key, const char *s);
void wm_json_integer(wm_json_t *j, const char *key, int64_t value);
void wm_json_real(wm_json_t *j, const char *key, double value);
/** A value of jansson's as it is. */
void wm_json_value(wm_json_t *j, const char *key, const json_t *value);
/** A string in pieces: begin, any number of pieces, end. */
void wm_json_text_begin(wm_json_t *j, const char *key);
void wm_json_text_piece(wm_json_t *j, const char *s, size_t len);
void wm_json_text_end(wm_json_t *j);
/** WM_OK, or the first error: of wm_buffer_append(). */
wm_err_t wm_json_end(const wm_json_t *j);

#endif
