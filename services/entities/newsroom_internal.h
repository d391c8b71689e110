/** newsroom_internal: what the files of the newsroom's list share; nobody else includes it. Threads and ownership: as newsroom.h says. */
#ifndef WM_ENTITIES_NEWSROOM_INTERNAL_H
#define WM_ENTITIES_NEWSROOM_INTERNAL_H

#include "services/entities/newsroom.h"

#define WM_NEWSROOM_NONE UINT32_MAX

/** Which letters of a word are upper case, the first 64 of them; a word without letters of two cases has none. */
typedef struct {
  uint64_t upper;
  uint8_t letters; /* that have a case; 64 at most */
} wm_newsroom_case_t;

/** One way of writing a name of a thing. */
typedef struct {
  uint32_t thing;
  uint32_t cases; /* of its words: first one in `cases` */
  uint32_t words;
  uint32_t next; /* the next name that differs only in case, or WM_NEWSROOM_NONE */
} wm_newsroom_name_t;

/** What is known of the words that a name begins with. A slot with key 0 is free. */
typedef struct {
  uint64_t key;
  uint32_t name; /* names that end here, or WM_NEWSROOM_NONE */
  uint32_t more; /* some name goes on */
} wm_newsroom_node_t;

struct wm_newsroom {
  wm_newsroom_thing_t *things;
  wm_newsroom_name_t *names;
  wm_newsroom_case_t *cases;
  wm_newsroom_node_t *nodes;
  char **strings; /* blocks, each twice as large as the one before */
  size_t n_things, n_names, n_cases, n_nodes, n_strings;
  size_t cap_things, cap_names, cap_cases, cap_nodes, cap_strings;
  size_t string_left;
  char *string_at;
};

/** Key of the words that a name begins with, from WM_NAME_SEED; never 0. */
uint64_t wm_newsroom_join(uint64_t key, const char *text, const wm_token_t *token);
/** How a word is written. */
wm_newsroom_case_t wm_newsroom_case_of(const char *text, const wm_token_t *token);
/** The slot of `key`, or the free one where it belongs. */
size_t wm_newsroom_slot(const wm_newsroom_t *g, uint64_t key);
/** A copy that the list keeps, with a NUL; NULL when out of memory. */
const char *wm_newsroom_keep(wm_newsroom_t *g, wm_str_t s);
/**
 * Adds a name of thing `thing`, in tokens `tokens` of `text`. `*other` is set to the thing that has the name already (then nothing is added), else to
 * WM_NEWSROOM_NONE. WM_ERR_NOMEM.
 */
wm_err_t wm_newsroom_add(wm_newsroom_t *g, const char *text, const wm_token_t *tokens, size_t n, uint32_t thing,
                         uint32_t *other, wm_error_t *err);
/** Adds a thing. WM_ERR_NOMEM. */
wm_err_t wm_newsroom_add_thing(wm_newsroom_t *g, const wm_newsroom_thing_t *thing, wm_error_t *err);
wm_newsroom_t *wm_newsroom_new(void);

#endif
