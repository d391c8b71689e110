/**
 * input: articles out of files and standard input.
 *
 * A file whose first visible byte is '{' is JSON: one article a line, or one object over several lines. Any other file is
 * plain text: one article. Streams: a line is handed out as soon as it was read.
 *
 * Threads: one at a time. Ownership: the bytes handed out belong to the input until the next call.
 */
#ifndef WM_INPUT_H
#define WM_INPUT_H

#include <stdbool.h>

#include "common/buffer.h"

typedef struct {
  const char *name; /* as shown: the file's name, "stdin" */
  int fd;
  size_t max;         /* bytes of one article */
  wm_buffer_t buffer; /* what was read; [at, len) is not yet handed out */
  size_t at, line;
  bool eof, started, text, whole, done;
} wm_input_t;

typedef struct {
  const char *bytes;
  size_t len;
  size_t line;       /* 1 for the first */
  bool text;         /* plain text: the whole is body_text */
  const char *error; /* the article is over the limit: what to say; NULL else */
} wm_input_item_t;

/** Opens `path` ("-" is standard input). `max` bytes are the most of one article. WM_ERR_IO with path and reason. */
wm_err_t wm_input_open(wm_input_t *in, const char *path, size_t max, wm_error_t *err);
/** The next article; false at the end. WM_ERR_IO and WM_ERR_NOMEM in `err`: then false too. */
bool wm_input_next(wm_input_t *in, wm_input_item_t *item, wm_error_t *err);
/** False if the next article may be long in coming (a pipe with nothing in it): time to flush what is there. */
bool wm_input_ready(const wm_input_t *in);
void wm_input_close(wm_input_t *in);

#endif
