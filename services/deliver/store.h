/**
 * store: numbered files of lines, rotated by size, that can be cut back to a committed length.
 *
 * "/data/archive.ndjson" becomes /data/archive.000001.ndjson, archive.000002.ndjson and so on; nothing is ever renamed, so a name stands
 * for one content. /data/archive.id names the series: a committed place counts only where it was written by the same one. A lock on
 * that file keeps a second process out.
 *
 * Threads: one at a time. Ownership: owns its file; init/clear in place.
 */
#ifndef WM_DELIVER_STORE_H
#define WM_DELIVER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"

#define WM_STORE_ID_MAX 33         /* bytes of a series' name, terminating NUL included */
#define WM_STORE_BUFFER (1u << 20) /* bytes that wait for wm_store_write() */

typedef struct {
  char *folder, *stem, *suffix; /* "/data", "archive", ".ndjson" */
  char id[WM_STORE_ID_MAX];
  int lock, fd;
  int64_t number; /* of the file that is written; 0: none yet */
  int64_t length; /* bytes in it, without the buffer */
  wm_buffer_t buffer;
} wm_store_t;

/** Opens the series at `path`, made where it is not there. WM_ERR_CONFIG (the folder, rights, another process has it), WM_ERR_NOMEM. */
wm_err_t wm_store_open(wm_store_t *s, const char *path, wm_error_t *err);
/** Closes without writing the buffer. */
void wm_store_close(wm_store_t *s);
/**
 * Where writing goes on, once after opening: file `number` at `length`, what is beyond is cut off; files with higher numbers are
 * emptied of what was not committed by removing them. Number 0: nothing is committed; then a new file is begun behind the highest
 * there is, whose half line at the end, if any, is cut off. WM_ERR_IO.
 */
wm_err_t wm_store_resume(wm_store_t *s, int64_t number, int64_t length, wm_error_t *err);
/** Adds a line (without its end) to the buffer. WM_ERR_NOMEM. */
wm_err_t wm_store_add(wm_store_t *s, const char *line, size_t len, wm_error_t *err);
/** Bytes of the file, buffer included. */
int64_t wm_store_size(const wm_store_t *s);
/** Writes the buffer, then `sync`s. On error (disk full) the file is cut back, and the buffer stays for another try. WM_ERR_IO. */
wm_err_t wm_store_write(wm_store_t *s, bool sync, wm_error_t *err);
/** Ends the file and begins the next; the buffer must be empty. WM_ERR_IO. */
wm_err_t wm_store_rotate(wm_store_t *s, bool sync, wm_error_t *err);

/** The place for the commit: {"series": ..., "file": N, "length": L}. */
void wm_store_place(const wm_store_t *s, char *out, size_t cap);
/** Reads such a place. False if it is none, or of another series. */
bool wm_store_place_read(const wm_store_t *s, const char *text, size_t len, int64_t *number, int64_t *length);

#endif
