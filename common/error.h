/**
 * error: what went wrong, in a form that code can decide on and a person can read.
 *
 * Every function that can fail returns wm_err_t and fills a last parameter `wm_error_t *err` (which may be NULL).
 * The first error wins: wm_error_set() on an error that is already set changes nothing.
 *
 * Threads: a wm_error_t belongs to one thread. Ownership: plain value, owns nothing, no clean-up.
 */
#ifndef WM_ERROR_H
#define WM_ERROR_H

#include <stdarg.h>
#include <stddef.h>

/** Error codes. wm_err_word() gives the stable word of each; the words are part of the interface (header `wm-error`). */
typedef enum {
  WM_OK = 0,
  /* the article (class poison) */
  WM_ERR_NOT_JSON,      /* "not_json"      not JSON at all, or JSON with trailing bytes */
  WM_ERR_NOT_OBJECT,    /* "not_object"    JSON, but not an object */
  WM_ERR_NOT_UTF8,      /* "not_utf8"      invalid, overlong or surrogate bytes */
  WM_ERR_DUPLICATE_KEY, /* "duplicate_key" an object names a member twice */
  WM_ERR_NUMBER_RANGE,  /* "number_range"  a number that cannot be kept exactly */
  WM_ERR_WRONG_TYPE,    /* "wrong_type"    a member that wiremill reads has another JSON type */
  WM_ERR_NO_TEXT,       /* "no_text"       neither headline nor body has a visible character */
  WM_ERR_TOO_LARGE,     /* "too_large"     over the declared maximum of bytes */
  WM_ERR_TOO_DEEP,      /* "too_deep"      nested deeper than the declared maximum */
  WM_ERR_BAD_HTML,      /* "bad_html"      HTML that cannot be turned into text within the limits */
  WM_ERR_NOT_XML,       /* "not_xml"       a feed or file that is no well-formed XML, or of a kind that is not known */
  WM_ERR_REFUSED,       /* "refused"       a target of deliver does not take the article */
  WM_ERR_ENRICHER,      /* "enricher"      an enricher refused the article */
  /* the use of the program (class fatal) */
  WM_ERR_USAGE,  /* "usage"   bad command line: exit 64 */
  WM_ERR_CONFIG, /* "config"  bad configuration: exit 78 */
  WM_ERR_MODEL,  /* "model"   missing, foreign or damaged model file: exit 78 */
  /* the world */
  WM_ERR_IO,       /* "io" */
  WM_ERR_NOMEM,    /* "nomem" */
  WM_ERR_KAFKA,    /* "kafka" */
  WM_ERR_HTTP,     /* "http" */
  WM_ERR_TIMEOUT,  /* "timeout" */
  WM_ERR_INTERNAL, /* "internal" a broken promise inside wiremill */
  WM_ERR_COUNT_
} wm_err_t;

/** What the caller should do about it. */
typedef enum {
  WM_CLASS_NONE = 0,
  WM_CLASS_RETRIABLE, /* the same call may succeed later */
  WM_CLASS_POISON,    /* this article will never succeed: dead letter */
  WM_CLASS_FATAL      /* the process cannot go on */
} wm_err_class_t;

#define WM_ERROR_TEXT_MAX 512 /* bytes of text, terminating NUL included; longer text is cut at a code point */

typedef struct {
  wm_err_t code;
  wm_err_class_t cls;
  char text[WM_ERROR_TEXT_MAX];
} wm_error_t;

#define WM_ERROR_INIT \
  { WM_OK, WM_CLASS_NONE, "" }

/** Sets `err` (NULL allowed, ignored) unless it is already set, with the default class of `code`. Returns `code`. */
wm_err_t wm_error_set(wm_error_t *err, wm_err_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** As wm_error_set() with an explicit class. */
wm_err_t wm_error_set_class(wm_error_t *err, wm_err_t code, wm_err_class_t cls, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Forgets what `err` held. */
void wm_error_clear(wm_error_t *err);

/** The stable word of `code`, a static string such as "not_json". Never NULL. */
const char *wm_err_word(wm_err_t code);

/** The class that `code` has by default. */
wm_err_class_t wm_err_class(wm_err_t code);

/** The exit code of a process that ends with `err`: 0 ok, 64 usage, 75 retriable, 78 configuration or model, else 1. */
int wm_error_exit_code(const wm_error_t *err);

#endif
