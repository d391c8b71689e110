/**
 * config_suggest: the nearest known name for a misspelling, for error texts.
 *
 *   wm_config_suggest_t near;
 *   wm_config_suggest_init(&near, wanted, strlen(wanted));
 *   for (...) wm_config_suggest_offer(&near, known[i]);
 *   ... wm_config_suggest_text(&near, text, sizeof text) ...
 *
 * Distance: optimal string alignment (Damerau 1964, each substring edited once).
 *
 * Threads: no state beside the struct. Ownership: `wanted` is borrowed while the struct is in use.
 */
#ifndef WM_CONFIG_SUGGEST_H
#define WM_CONFIG_SUGGEST_H

#include <stddef.h>

#define WM_CONFIG_SUGGEST_MAX 128 /* bytes of a name that can be suggested, terminating NUL included */

typedef struct {
  const char *wanted;
  size_t wanted_len, best;
  char name[WM_CONFIG_SUGGEST_MAX]; /* "" while nothing is near enough */
} wm_config_suggest_t;

void wm_config_suggest_init(wm_config_suggest_t *s, const char *wanted, size_t len);
/** Offers one known name. */
void wm_config_suggest_offer(wm_config_suggest_t *s, const char *known);
/** Writes "; did you mean X?" or "" into `out` (`cap` bytes) and returns it. */
const char *wm_config_suggest_text(const wm_config_suggest_t *s, char *out, size_t cap);

#endif
