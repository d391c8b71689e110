/** brackets: "International Monetary Fund (IMF)" says itself that the two are one. */
#include <string.h>

#include "services/entities/document.h"

#define LETTERS_MAX 12u /* of an acronym */

static bool is_mark(const wm_document_t *d, uint32_t field, uint32_t token, char mark) {
  const wm_tokens_t *all = d->tokens[field];
  if (token >= all->count) return false;
  const wm_token_t *t = &all->tokens[token];
  return t->end - t->start == 1 && d->text[field].s[t->start] == mark;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/** The letters of a mention if it is an acronym (two capitals or more, nearly all letters capital); their number, or 0. */
static size_t acronym(const wm_document_t *d, const wm_mention_t *m, char letters[LETTERS_MAX]) {
  const char *s = d->text[m->field].s;
  size_t n = 0, capitals = 0;
  if (m->end_byte - m->start_byte > 2 * LETTERS_MAX) return 0;
  for (uint32_t i = m->start_byte; i < m->end_byte; i++) {
    bool capital = s[i] >= 'A' && s[i] <= 'Z';
    if (!capital && !(s[i] >= 'a' && s[i] <= 'z')) {
      if (s[i] == '.' || s[i] == '-' || s[i] == '&') continue;
      return 0;
    }
    if (n == LETTERS_MAX) return 0;
    letters[n++] = lower(s[i]);
    capitals += capital;
  }
  return capitals >= 2 && 2 * capitals > n ? n : 0;
}

/** True if the letters are found in the name in this order, the first one at its beginning. */
static bool spells(const wm_document_t *d, const wm_mention_t *name, const char *letters, size_t n) {
  const char *s = d->text[name->field].s;
  if (lower(s[name->start_byte]) != letters[0] || name->end - name->first < 2) return false;
  size_t k = 0;
  for (uint32_t i = name->start_byte; i < name->end_byte && k < n; i++) k += lower(s[i]) == letters[k];
  return k == n;
}

void wm_document_brackets(wm_document_t *d) {
  char letters[LETTERS_MAX];
  for (size_t i = 1; i < d->n_mentions; i++) {
    wm_mention_t *a = &d->mentions[i - 1], *b = &d->mentions[i];
    if (a->field != b->field || b->first != a->end + 1 || !is_mark(d, b->field, a->end, '(') ||
        !is_mark(d, b->field, b->end, ')'))
      continue;
    size_t n = acronym(d, b, letters);
    const wm_mention_t *name = a;
    if (n == 0) {
      n = acronym(d, a, letters);
      name = b;
    }
    if (n == 0 || !spells(d, name, letters, n)) continue;
    wm_mention_t *other = name == a ? b : a;
    if (other->listed != WM_UNLISTED) { /* the list knows better than the tagger what the two are */
      other = name == a ? a : b;
      name = name == a ? b : a;
      if (other->listed != WM_UNLISTED) continue;
    }
    other->type = name->type;
    memcpy(other->types, name->types, sizeof other->types);
    b->same = (uint32_t)(i - 1);
  }
}
