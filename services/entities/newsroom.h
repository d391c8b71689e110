/**
 * newsroom: a newsroom's own list of names (--gazetteer), which goes before what the network finds.
 *
 * The form, a line a thing, columns separated by tabs: NAME, TYPE, ID, COUNTRY, ALIASES (separated by "|"); the last three may be empty or left out. Blank
 * lines, lines that begin with "#", and a first line "name<TAB>type..." are passed over.
 *
 * A name stands in a text where its tokens do (accents and the dots of abbreviations do not count) and its letters are written as in the list; a
 * word that the list begins in lower case may begin with a capital. A name all in capitals is found too, if its sentence is all in capitals or
 * the name has four letters or more. Of names that overlap the first one counts, of names that begin in one place the longest.
 *
 * Threads: read-only once filled, free to share; hits belong to one thread. Ownership: the list owns its names.
 */
#ifndef WM_ENTITIES_NEWSROOM_H
#define WM_ENTITIES_NEWSROOM_H

#include "common/text.h"

#define WM_NEWSROOM_BYTES_MAX (64u << 20) /* of a file */
#define WM_NEWSROOM_THINGS_MAX 500000u    /* lines with a thing */
#define WM_NEWSROOM_NAMES_MAX 1000000u    /* names and aliases of all things */
#define WM_NEWSROOM_ALIASES_MAX 100u      /* of one thing */
#define WM_NEWSROOM_NAME_MAX 200u         /* bytes of a name */
#define WM_NEWSROOM_WORDS_MAX 16u         /* tokens of a name */
#define WM_NEWSROOM_ID_MAX 128u           /* bytes of an id */

/** One line of the list. */
typedef struct {
  const char *name, *id; /* `id`: the newsroom's own; NULL if none, or if it is a Wikidata id */
  uint32_t name_len;
  uint32_t wikidata; /* number of the Q id, 0 if none */
  uint32_t line;     /* of the file */
  char country[2];   /* ISO 3166-1 alpha-2, NULs if none */
  uint8_t type;      /* wm_name_type_t */
} wm_newsroom_thing_t;

/** Tokens first to end - 1 are a name of thing number `thing`. */
typedef struct {
  uint32_t first, end, thing;
} wm_newsroom_hit_t;

/** Hits in one text, reused from text to text. Zeroed to begin with. */
typedef struct {
  wm_newsroom_hit_t *hits;
  size_t count, capacity;
} wm_newsroom_hits_t;

typedef struct wm_newsroom wm_newsroom_t;

/** Reads the list at `path`. WM_ERR_CONFIG as "FILE:LINE: what is wrong and what is allowed", WM_ERR_NOMEM. */
wm_err_t wm_newsroom_open(const char *path, wm_newsroom_t **out, wm_error_t *err);
/** As open() from memory; `file` stands for the file in messages. */
wm_err_t wm_newsroom_parse(const char *file, const char *text, size_t len, wm_newsroom_t **out, wm_error_t *err);
void wm_newsroom_destroy(wm_newsroom_t *g);
/** Number of things, and of their names and aliases. */
size_t wm_newsroom_count(const wm_newsroom_t *g);
size_t wm_newsroom_names(const wm_newsroom_t *g);
const wm_newsroom_thing_t *wm_newsroom_thing(const wm_newsroom_t *g, uint32_t number);

/** Finds at most `max` names in `text`, in order. Linear time. WM_ERR_NOMEM. */
wm_err_t wm_newsroom_match(const wm_newsroom_t *g, const char *text, const wm_tokens_t *tokens, size_t max,
                           wm_newsroom_hits_t *out, wm_error_t *err);
void wm_newsroom_hits_clear(wm_newsroom_hits_t *h);

#endif
