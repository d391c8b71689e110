#include "common/config_suggest.h"

#include <stdio.h>
#include <string.h>

#define LENGTH_MAX 100u /* longer names are no misspellings of ours */

static size_t least(size_t a, size_t b, size_t c) {
  size_t m = a < b ? a : b;
  return m < c ? m : c;
}

/* Edit distance with swaps of neighbours (optimal string alignment): three rows of the usual table. */
static size_t distance(const char *a, size_t n, const char *b, size_t m) {
  size_t rows[3][LENGTH_MAX + 1];
  for (size_t j = 0; j <= m; j++) rows[0][j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && above2[j - 2] + 1 < row[j])
        row[j] = above2[j - 2] + 1;
    }
  }
  return rows[n % 3][m];
}

void wm_config_suggest_init(wm_config_suggest_t *s, const char *wanted, size_t len) {
  *s = (wm_config_suggest_t){.wanted = wanted, .wanted_len = len};
  s->best = len / 4 + 2; /* at most one letter in four, and one, may be wrong */
}

void wm_config_suggest_offer(wm_config_suggest_t *s, const char *known) {
  size_t len = strlen(known);
  if (s->wanted_len > LENGTH_MAX || len > LENGTH_MAX || len >= sizeof s->name) return;
  size_t d = distance(s->wanted, s->wanted_len, known, len);
  if (d > 2 && s->wanted_len >= 4 && len > s->wanted_len && memcmp(known, s->wanted, s->wanted_len) == 0)
    d = 2; /* the beginning of a name is as good as a small slip */
  if (d >= s->best) return;
  s->best = d;
  memcpy(s->name, known, len + 1);
}

const char *wm_config_suggest_text(const wm_config_suggest_t *s, char *out, size_t cap) {
  out[0] = '\0';
  if (s->name[0]) snprintf(out, cap, "; did you mean %s?", s->name);
  return out;
}
