/* What the parts of article share: article.c (handle, memory), article_scan.c (spans), article_read.c, article_write.c. */
#ifndef WM_ARTICLE_INTERNAL_H
#define WM_ARTICLE_INTERNAL_H

#include <xxhash.h>

#include "common/article.h"

/* Bytes of a number or literal; jansson's limits on them are not ours to find out about the hard way. */
#define WM_ARTICLE_ATOM_MAX 1024u

/* One member of a JSON object, found in its bytes. */
typedef struct {
  wm_str_t key;       /* quotes included */
  wm_str_t value;     /* without the white space around it; s is NULL where the member is absent */
  const char *before; /* end of what comes before it: the previous value or the opening brace */
  const char *after;  /* what comes after it: the next key or the closing brace */
} wm_span_t;

/* Members of the article that writing replaces, adds or moves. */
enum { WM_SLOT_URI, WM_SLOT_HEADLINE, WM_SLOT_BODY, WM_SLOT_ENRICHMENT, WM_SLOT_COUNT };
#define WM_SLOTS_CANONICAL WM_SLOT_ENRICHMENT /* the slots before it hold text */

/* One member of `enrichment`. */
typedef struct {
  char *name;    /* owned */
  json_t *value; /* reference held */
  wm_span_t raw; /* its bytes in the input; key.s is NULL for a new one */
  bool changed;  /* set, or handed out for changing: dump the value instead of copying its bytes */
} wm_article_member_t;

struct wm_article {
  wm_article_limits_t limits;
  json_t *root;                   /* NULL: holds no article */
  wm_str_t json;                  /* the object's bytes from brace to brace */
  bool spaced;                    /* white space stands between its tokens */
  wm_span_t slots[WM_SLOT_COUNT]; /* value.s NULL: absent */
  bool derived[WM_SLOTS_CANONICAL];
  wm_str_t text[WM_FIELD_COUNT];
  wm_buffer_t html[WM_FIELD_COUNT]; /* text out of HTML */
  wm_buffer_t own;                  /* JSON made from plain text */
  const char *uri;
  char uri_own[WM_ARTICLE_URI_MAX + 1];
  char language[12];
  wm_article_member_t *members;
  size_t n_members, members_capacity;
  XXH3_state_t *hash; /* made when first needed */
};

/* article.c */

/* Forgets the article, keeps the memory. */
void wm_article_reset(wm_article_t *a);
/* Adds a member of `enrichment` at `at` <= n_members; `name` is copied, `value` borrowed (a reference is taken). WM_ERR_NOMEM. */
wm_err_t wm_article_insert(wm_article_t *a, size_t at, const char *name, json_t *value, const wm_span_t *raw,
                           wm_error_t *err);

/* article_alloc.c */

/*
 * Between the two, jansson is safe to call on this thread when memory runs out; end() tells whether it did, and what was read or written
 * is then worthless (to be let go before the next begin()).
 */
void wm_article_guard_begin(void);
bool wm_article_guard_end(void);

/* article_write.c */

/* Appends `s` (valid UTF-8, NUL allowed) as a JSON string. WM_ERR_NOMEM, WM_ERR_TOO_LARGE. */
wm_err_t wm_article_write_string(wm_str_t s, wm_buffer_t *out, wm_error_t *err);

/* article_scan.c */

/* The first byte from `p` on that is no white space, or `end`. */
const char *wm_scan_space(const char *p, const char *end);
/* The value of a hexadecimal digit, -1 if it is none. */
int wm_scan_hex(char c);

/* A walk over the members of one valid JSON object. */
typedef struct {
  const char *p, *end; /* inside of the braces */
  const char *before;
} wm_scan_t;

/*
 * What jansson must not see: NUL and control characters in strings, nesting beyond `depth_max`, numbers and literals that are too long.
 * `*spaced`: white space stands between tokens. WM_ERR_NOT_JSON, WM_ERR_TOO_DEEP, WM_ERR_NUMBER_RANGE.
 */
wm_err_t wm_scan_check(const char *s, size_t len, size_t depth_max, bool *spaced, wm_error_t *err);
/* `object`: valid JSON from brace to brace. */
void wm_scan_begin(wm_scan_t *scan, wm_str_t object);
/* The next member; false after the last. */
bool wm_scan_next(wm_scan_t *scan, wm_span_t *out);
/* True if `key` (with quotes, escapes allowed) spells `name` (lower-case ASCII letters and underscores). */
bool wm_scan_key_is(wm_str_t key, const char *name);
/* Appends valid JSON, or a piece of it that cuts no token, without the white space between tokens. Errors of wm_buffer_append(). */
wm_err_t wm_scan_compact(const char *s, size_t len, wm_buffer_t *out, wm_error_t *err);

#endif
