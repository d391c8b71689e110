/**
 * model: a mapped read-only model file.
 *
 * Little-endian layout, written by training/wm_model.py:
 *   0   8  magic "WMMODEL\n"
 *   8   4  format version (1)
 *   12  4  number of sections n (at most 64)
 *   16  8  file length in bytes
 *   24  8  XXH3-64 of the file with these eight bytes as zero
 *   32  16 kind, NUL-padded ("entities", "countries", "topics")
 *   48  64 name, NUL-padded ("entities-en-2026.12")
 *   112 16 language tag, NUL-padded ("en"; "mul" for any)
 *   128 n × 32: section name (16, NUL-padded), offset (8, multiple of 64), length (8)
 * Sections lie after the table, in order, without overlap, inside the file. Every name is UTF-8 and leaves room for one NUL.
 *
 * The file stays mapped: put a new model in place by renaming a new file over it (wm_model.py does), never by writing into the old one.
 *
 * Threads: read-only once open, free to share. Ownership: sections belong to the model; destroy unmaps.
 */
#ifndef WM_MODEL_H
#define WM_MODEL_H

#include <stdint.h>

#include "common/error.h"

#define WM_MODEL_BYTES_MAX (64u << 20)

typedef struct wm_model wm_model_t;

/**
 * Maps `path`, checks magic, version, lengths, table, checksum and kind. WM_ERR_MODEL with a text that names the file, what is wrong and
 * the remedy ("no such file: build it with training/build or set WM_MODEL"), WM_ERR_NOMEM.
 */
wm_err_t wm_model_open(const char *path, const char *kind, wm_model_t **out, wm_error_t *err);
void wm_model_close(wm_model_t *m);
/** Section `name`: its bytes (64-byte aligned) and length; WM_ERR_MODEL if absent or not a multiple of `unit` bytes long. */
wm_err_t wm_model_section(const wm_model_t *m, const char *name, size_t unit, const void **data, size_t *len,
                          wm_error_t *err);
const char *wm_model_name(const wm_model_t *m);
const char *wm_model_language(const wm_model_t *m);
/** SHA-256 of the whole file in lower-case hexadecimal (what sha256sum prints). */
const char *wm_model_sha256(const wm_model_t *m);
/** Looks for `file` ("entities.wmm") in $WM_MODEL_DIR, the source tree's models/ (as built), and the installed share folders; writes a path into `out`.
 * WM_ERR_MODEL with the folders that were looked into and the remedy. */
wm_err_t wm_model_find(const char *file, char *out, size_t cap, wm_error_t *err);

#endif
