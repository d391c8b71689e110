/**
 * article: one article from raw bytes to enriched bytes.
 *
 * Reading. jansson parses and checks; names that mean the same are tried in this order, and the first with something visible in it is taken
 * (null and blank count as absent; what comes after it is not looked at and may be of any type):
 *   uri        `uri`, `guid`, `id` (an integer becomes its digits)
 *   headline   `headline`, `title`, `headlines[]`
 *   body_text  `body_text`, `body_html`, `body_xhtml`, `content` (HTML if it looks like it), `text`, `bodies[]`
 * `headlines[]` and `bodies[]` (ninjs 3) are alternatives, not parts. One is taken: by role (main, headline or body; none; any other;
 * abstract, summary, teaser, lead or caption), then by content type (text, none, HTML, others), then the first.
 *
 * Writing. Everything that is not wiremill's is copied byte for byte from the input (white space between tokens apart), so members keep
 * their order and numbers their digits. Members `uri`, `headline` and `body_text` that are there without a value of use are filled where
 * they stand, those that are not there are added before `enrichment`, which is last; offsets of mentions count in these. In `enrichment`
 * members keep their order, a new one comes before the first that follows it in the order schema, language, entities, countries,
 * topics, processing; what nobody set or asked to change is copied, members of others included. `schema` is always WM_SCHEMA_VERSION.
 * Writing an article that was written by wiremill, with nothing set, gives the same bytes.
 *
 * Refused are also (what else would come out changed, or not at all): a number beyond 64-bit integers or double precision, a number of
 * more than 1,024 characters, \u0000 in a member's name.
 *
 * Threads: an article belongs to one thread; parsing again into the same handle reuses its memory.
 * Ownership: the input bytes are borrowed until the next parse or destroy; strings returned belong to the article.
 */
#ifndef WM_ARTICLE_H
#define WM_ARTICLE_H

#include <jansson.h>

#include "common/buffer.h"
#include "common/text.h"

#define WM_ARTICLE_BYTES_MAX (8u << 20) /* default maximum of raw bytes */
#define WM_ARTICLE_DEPTH_MAX 64u        /* default maximum of nesting */
#define WM_ARTICLE_URI_MAX 2048u        /* bytes of a uri; longer is WM_ERR_TOO_LARGE */
#define WM_SCHEMA_VERSION "1.0"

typedef struct {
  size_t bytes_max; /* raw bytes, and bytes of text out of HTML; 0: default */
  size_t depth_max; /* 0: default; at most 1024 */
} wm_article_limits_t;

typedef enum { WM_FIELD_HEADLINE = 0, WM_FIELD_BODY, WM_FIELD_COUNT } wm_field_t;
extern const char *const wm_field_names[WM_FIELD_COUNT]; /* "headline", "body_text" */

typedef struct wm_article wm_article_t;

/** A new handle. NULL when out of memory. `limits` (copied) may be NULL. */
wm_article_t *wm_article_new(const wm_article_limits_t *limits);
void wm_article_destroy(wm_article_t *a);

/**
 * Parses one JSON article, replacing what `a` held. `fallback_uri` (may be NULL) is used where the article has none; without either (or
 * if the fallback is blank, too long or not UTF-8) the uri is "urn:xxh3:" and the 128-bit XXH3 of headline, newline, body text in hexadecimal.
 * WM_ERR_TOO_LARGE, NOT_UTF8, NOT_JSON, NOT_OBJECT, TOO_DEEP, DUPLICATE_KEY, NUMBER_RANGE, WRONG_TYPE, NO_TEXT, BAD_HTML (all poison), NOMEM.
 */
wm_err_t wm_article_parse(wm_article_t *a, const char *json, size_t len, const char *fallback_uri, wm_error_t *err);
/** As if {"body_text": text} had been parsed with that fallback (`uri` may be NULL). Same errors. */
wm_err_t wm_article_from_text(wm_article_t *a, const char *text, size_t len, const char *uri, wm_error_t *err);

/**
 * Looks at an enriched article without keeping anything of it, for who passes its bytes on: no tree is built. True if
 * `json` surely is one JSON object (RFC 8259) in UTF-8, within `limits` (may be NULL: the defaults), with the members `uri` and
 * `enrichment` that wiremill writes; `uri` is then copied, NUL-terminated. False where anything is out of the ordinary (escapes in the uri, a
 * member twice, numbers with an exponent, not JSON at all): wm_article_parse() then says what. Not looked for: members twice in inner
 * objects, texts of a wrong type or none. Any thread.
 */
bool wm_article_skim(const char *json, size_t len, const wm_article_limits_t *limits, char uri[WM_ARTICLE_URI_MAX + 1]);

const char *wm_article_uri(const wm_article_t *a);
/** The field's text, valid UTF-8 (empty, never NULL, where the article has none). */
wm_str_t wm_article_text(const wm_article_t *a, wm_field_t field);
/** The raw article as parsed (borrowed; read only; NULL without one): for what else an enricher wants to look at. */
const json_t *wm_article_json(const wm_article_t *a);
/** Language of the article: declared in `language`, or what an earlier stage wrote; normalised; "" if neither. */
const char *wm_article_language(const wm_article_t *a);

/** Member `name` of `enrichment` to read (borrowed), NULL if absent. It is written as it came, byte for byte. */
const json_t *wm_article_peek(const wm_article_t *a, const char *name);
/** Member `name` of `enrichment` to change in place (borrowed), NULL if absent. It is written from memory afterwards. */
json_t *wm_article_get(wm_article_t *a, const char *name);
/** Sets member `name` of `enrichment`; steals `value` (NULL is WM_ERR_NOMEM: the result of a failed json_x()). Replaces in place. WM_ERR_NOMEM. */
wm_err_t wm_article_set(wm_article_t *a, const char *name, json_t *value, wm_error_t *err);
/** Adds or replaces the line of `service` in `processing`. `model` and `sha256` may be NULL; `at_ms` Unix time, `ms` duration. WM_ERR_NOMEM. */
wm_err_t wm_article_processed(wm_article_t *a, const char *service, const char *version, const char *model,
                              const char *sha256, int64_t at_ms, double ms, wm_error_t *err);
/**
 * Appends the enriched article, one line of compact JSON without a newline. WM_ERR_NOMEM, WM_ERR_TOO_LARGE (of `out`), WM_ERR_ENRICHER
 * (a member was set that JSON cannot say: broken UTF-8, a circle), WM_ERR_INTERNAL (no article). On error `out` is as before.
 */
wm_err_t wm_article_write(const wm_article_t *a, wm_buffer_t *out, wm_error_t *err);

#endif
