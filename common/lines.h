/**
 * lines: text files that people write, read line by line; every mistake is told as "FILE:LINE: what is wrong".
 *
 * Threads: no state. Ownership: lines are borrowed from the text and good only during the call.
 */
#ifndef WM_LINES_H
#define WM_LINES_H

#include "common/text.h"

#define WM_LINES_SHOWN 60 /* bytes of a thing from the file that a message quotes at most */

/** Where a line stands. */
typedef struct {
  const char *file;
  size_t number; /* from 1 */
  wm_error_t *err;
} wm_line_t;

/**
 * Takes one line: valid UTF-8 without NUL, line break, or white space at its end; the first one also without a byte order mark. Blank lines come too.
 * An error (wm_line_fault()) ends the reading.
 */
typedef wm_err_t (*wm_lines_take_t)(void *self, const wm_line_t *at, wm_str_t line);

/** Gives each line of `text` to `take`; `file` names it in messages. WM_ERR_CONFIG (not UTF-8, NUL), errors of `take`. */
wm_err_t wm_lines_parse(const char *file, const char *text, size_t len, wm_lines_take_t take, void *self,
                        wm_error_t *err);
/** As wm_lines_parse() with the text of the file at `path`. WM_ERR_CONFIG also if it cannot be read or has more than `bytes_max`, WM_ERR_NOMEM. */
wm_err_t wm_lines_read(const char *path, size_t bytes_max, wm_lines_take_t take, void *self, wm_error_t *err);
/** The bytes of the file at `path`: a new `*text` of `*len` bytes. Errors as wm_lines_read() has them. */
wm_err_t wm_lines_load(const char *path, size_t bytes_max, char **text, size_t *len, wm_error_t *err);
/** WM_ERR_CONFIG with "FILE:LINE: " before the text. */
wm_err_t wm_line_fault(const wm_line_t *at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Without blanks (space, tab, carriage return) at both ends. */
wm_str_t wm_line_trim(wm_str_t s);
/** What stands before the next `mark` in `*rest` (or all of it), trimmed; `*rest` goes on after the mark, and is {NULL, 0} where there was none. */
wm_str_t wm_line_cut(wm_str_t *rest, char mark);
/** Length of `s` as it may be quoted in a message with %.*s: at most WM_LINES_SHOWN bytes, no code point cut. */
int wm_line_shown(wm_str_t s);

#endif
