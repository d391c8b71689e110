/**
 * policy: the house line on disputed, dissolved and doubly named places.
 *
 * The form, one rule a line: `NAME = CODE`, `NAME = CODE CODE` (several countries), `NAME = -` (none); `#` begins a comment. Names are
 * compared as keys (key.h). Rules added first win, so a newsroom's file goes in before the built-in text.
 *
 * Threads: read-only once filled, free to share. Ownership: the policy owns its rules; texts are not kept.
 */
#ifndef WM_COUNTRIES_POLICY_H
#define WM_COUNTRIES_POLICY_H

#include "gazetteer.h"

#define WM_POLICY_CODES_MAX 4u            /* countries of one rule */
#define WM_POLICY_RULES_MAX 4096u         /* rules of one policy */
#define WM_POLICY_FILE_BYTES_MAX 1000000u /* bytes of a file */

typedef struct {
  uint64_t hash;
  uint8_t n; /* 0: the name gives no country */
  uint8_t countries[WM_POLICY_CODES_MAX];
} wm_policy_rule_t;

typedef struct wm_policy wm_policy_t;

/** A new, empty policy. NULL when out of memory. */
wm_policy_t *wm_policy_new(void);
void wm_policy_destroy(wm_policy_t *p);
/**
 * Adds the rules of `text`; `origin` names it in errors. WM_ERR_CONFIG as "ORIGIN:LINE: what is wrong and what is allowed" (an unknown
 * code, no "=", no name, a name twice, too many), WM_ERR_NOMEM.
 */
wm_err_t wm_policy_add(wm_policy_t *p, const wm_gazetteer_t *g, const char *origin, const char *text, size_t len,
                       wm_error_t *err);
/** As wm_policy_add() with the text of a file. WM_ERR_CONFIG also if it cannot be read or is too large. */
wm_err_t wm_policy_add_file(wm_policy_t *p, const wm_gazetteer_t *g, const char *path, wm_error_t *err);
/** The rule for a key's hash, NULL if there is none. */
const wm_policy_rule_t *wm_policy_find(const wm_policy_t *p, uint64_t hash);
/** Number of rules. */
size_t wm_policy_count(const wm_policy_t *p);

#endif
