/* The newsroom's list in memory: things, their names, and finding names in a text. */
#include "services/entities/newsroom.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "services/entities/document.h"
#include "services/entities/newsroom_internal.h"

#define SHOUT_LETTERS 4u /* of a name that is found in capitals in the midst of other text */
#define STRINGS_FIRST 4096u

wm_newsroom_t *wm_newsroom_new(void) {
  return calloc(1, sizeof(wm_newsroom_t));
}

void wm_newsroom_destroy(wm_newsroom_t *g) {
  if (!g) return;
  for (size_t i = 0; i < g->n_strings; i++) free(g->strings[i]);
  free(g->strings);
  free(g->things);
  free(g->names);
  free(g->cases);
  free(g->nodes);
  free(g);
}

size_t wm_newsroom_count(const wm_newsroom_t *g) {
  return g->n_things;
}

size_t wm_newsroom_names(const wm_newsroom_t *g) {
  return g->n_names;
}

const wm_newsroom_thing_t *wm_newsroom_thing(const wm_newsroom_t *g, uint32_t number) {
  return &g->things[number];
}

/* Makes room for `more` further things of `size` bytes. */
static wm_err_t room(void **things, size_t count, size_t more, size_t *capacity, size_t size, wm_error_t *err) {
  if (count + more <= *capacity) return WM_OK;
  size_t want = *capacity ? *capacity * 2 : 64;
  while (want < count + more) want *= 2;
  void *p = realloc(*things, want * size);
  if (!p) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a list of %zu names", want);
  *things = p;
  *capacity = want;
  return WM_OK;
}

const char *wm_newsroom_keep(wm_newsroom_t *g, wm_str_t s) {
  if (s.len + 1 > g->string_left) {
    size_t size = (size_t)STRINGS_FIRST << g->n_strings;
    if (room((void **)&g->strings, g->n_strings, 1, &g->cap_strings, sizeof *g->strings, NULL)) return NULL;
    char *block = malloc(size);
    if (!block) return NULL;
    g->strings[g->n_strings++] = g->string_at = block;
    g->string_left = size;
  }
  char *at = g->string_at;
  memcpy(at, s.s, s.len);
  at[s.len] = '\0';
  g->string_at += s.len + 1;
  g->string_left -= s.len + 1;
  return at;
}

uint64_t wm_newsroom_join(uint64_t key, const char *text, const wm_token_t *token) {
  key = wm_features_join(key, wm_document_word(text, token, NULL));
  return key ? key : 1;
}

wm_newsroom_case_t wm_newsroom_case_of(const char *text, const wm_token_t *token) {
  wm_newsroom_case_t c = {0, 0};
  for (size_t i = token->start, step = 1; i < token->end && c.letters < 64; i += step) {
    unsigned char byte = (unsigned char)text[i];
    step = 1;
    if (byte < 0x80) {
      bool upper = byte >= 'A' && byte <= 'Z';
      if (!upper && !(byte >= 'a' && byte <= 'z')) continue;
      if (upper) c.upper |= (uint64_t)1 << c.letters;
      c.letters++;
      continue;
    }
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)wm_utf8_decode(text + i, token->end - i, &step));
    bool upper = category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
    if (!upper && category != UTF8PROC_CATEGORY_LL) continue;
    if (upper) c.upper |= (uint64_t)1 << c.letters;
    c.letters++;
  }
  return c;
}

size_t wm_newsroom_slot(const wm_newsroom_t *g, uint64_t key) {
  size_t mask = g->cap_nodes - 1, slot = (size_t)(key ^ key >> 32) & mask;
  while (g->nodes[slot].key && g->nodes[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

/* Makes the table of nodes twice as large where it would be more than half full. */
static wm_err_t widen(wm_newsroom_t *g, wm_error_t *err) {
  if ((g->n_nodes + 1) * 2 <= g->cap_nodes) return WM_OK;
  wm_newsroom_node_t *old = g->nodes;
  size_t n = g->cap_nodes, more = n ? n * 2 : 256;
  wm_newsroom_node_t *nodes = calloc(more, sizeof *nodes);
  if (!nodes) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a list of %zu names", more);
  g->nodes = nodes;
  g->cap_nodes = more;
  for (size_t i = 0; i < n; i++)
    if (old[i].key) g->nodes[wm_newsroom_slot(g, old[i].key)] = old[i];
  free(old);
  return WM_OK;
}

/* The node of `key`, made where there is none. */
static wm_err_t node_of(wm_newsroom_t *g, uint64_t key, wm_newsroom_node_t **out, wm_error_t *err) {
  wm_err_t rc = widen(g, err);
  if (rc) return rc;
  wm_newsroom_node_t *node = &g->nodes[wm_newsroom_slot(g, key)];
  if (!node->key) {
    *node = (wm_newsroom_node_t){.key = key, .name = WM_NEWSROOM_NONE};
    g->n_nodes++;
  }
  *out = node;
  return WM_OK;
}

static bool same_case(const wm_newsroom_t *g, const wm_newsroom_name_t *name, const wm_newsroom_case_t *cases) {
  for (uint32_t w = 0; w < name->words; w++)
    if (g->cases[name->cases + w].upper != cases[w].upper) return false;
  return true;
}

wm_err_t wm_newsroom_add_thing(wm_newsroom_t *g, const wm_newsroom_thing_t *thing, wm_error_t *err) {
  wm_err_t rc = room((void **)&g->things, g->n_things, 1, &g->cap_things, sizeof *g->things, err);
  if (!rc) g->things[g->n_things++] = *thing;
  return rc;
}

wm_err_t wm_newsroom_add(wm_newsroom_t *g, const char *text, const wm_token_t *tokens, size_t n, uint32_t thing,
                         uint32_t *other, wm_error_t *err) {
  wm_newsroom_node_t *node = NULL;
  uint64_t key = WM_NAME_SEED;
  *other = WM_NEWSROOM_NONE;
  wm_err_t rc = room((void **)&g->names, g->n_names, 1, &g->cap_names, sizeof *g->names, err);
  if (!rc) rc = room((void **)&g->cases, g->n_cases, n, &g->cap_cases, sizeof *g->cases, err);
  for (size_t i = 0; !rc && i < n; i++) {
    g->cases[g->n_cases + i] = wm_newsroom_case_of(text, &tokens[i]);
    key = wm_newsroom_join(key, text, &tokens[i]);
    rc = node_of(g, key, &node, err);
    if (!rc && i + 1 < n) node->more = true;
  }
  if (rc) return rc;
  for (uint32_t at = node->name; at != WM_NEWSROOM_NONE; at = g->names[at].next)
    if (same_case(g, &g->names[at], g->cases + g->n_cases)) {
      *other = g->names[at].thing;
      return WM_OK;
    }
  g->names[g->n_names] = (wm_newsroom_name_t){thing, (uint32_t)g->n_cases, (uint32_t)n, node->name};
  node->name = (uint32_t)g->n_names++;
  g->n_cases += n;
  return WM_OK;
}

/* ---- finding ---- */

/* The sentence that a token stands in. */
typedef struct {
  size_t end;
  bool shouted; /* has letters, none of them lower case */
} sentence_t;

static void enter_sentence(const wm_tokens_t *t, size_t at, sentence_t *s) {
  bool letters = false, lower = false;
  size_t i = at;
  do {
    const wm_token_t *token = &t->tokens[i++];
    if (!(token->flags & WM_TOKEN_WORD)) continue;
    bool single = token->flags & WM_TOKEN_CAPITAL && token->end - token->start == 1;
    letters = true;
    lower = lower || !(token->flags & WM_TOKEN_UPPER || single);
  } while (i < t->count && !(t->tokens[i].flags & WM_TOKEN_SENTENCE));
  s->end = i;
  s->shouted = letters && !lower;
}

/* What a word of a text is to a word of a name. */
static bool as_written(wm_newsroom_case_t listed, wm_newsroom_case_t found) {
  if (listed.upper == found.upper) return true;
  return !(listed.upper & 1u) && (listed.upper | 1u) == found.upper; /* "the" at the beginning of a sentence */
}

static bool shouted(wm_newsroom_case_t found) {
  uint64_t all = found.letters < 64 ? ((uint64_t)1 << found.letters) - 1 : UINT64_MAX;
  return found.upper == all;
}

/* The thing that words `first` to `first` + n - 1 name, or WM_NEWSROOM_NONE; `at` is the first of the names that differ only in case. */
static uint32_t thing_of(const wm_newsroom_t *g, uint32_t at, const wm_newsroom_case_t *found, bool loud) {
  uint32_t in_capitals = WM_NEWSROOM_NONE;
  for (; at != WM_NEWSROOM_NONE; at = g->names[at].next) {
    const wm_newsroom_name_t *name = &g->names[at];
    const wm_newsroom_case_t *listed = &g->cases[name->cases];
    bool written = true, capitals = true;
    unsigned letters = 0;
    for (uint32_t w = 0; w < name->words; w++) {
      written = written && as_written(listed[w], found[w]);
      capitals = capitals && shouted(found[w]);
      letters += found[w].letters;
    }
    if (written) return name->thing;
    /* of those that are found in capitals the first in the file: the chain begins with the last */
    if (capitals && (loud || letters >= SHOUT_LETTERS)) in_capitals = name->thing;
  }
  return in_capitals;
}

/* The longest name that begins at token `from`: its end, or `from`. */
static size_t longest(const wm_newsroom_t *g, const char *text, const wm_tokens_t *t, size_t from, bool loud,
                      uint32_t *thing) {
  wm_newsroom_case_t found[WM_NEWSROOM_WORDS_MAX];
  uint64_t key = WM_NAME_SEED;
  size_t end = from;
  for (size_t i = from; i < t->count && i < from + WM_NEWSROOM_WORDS_MAX; i++) {
    if (i > from && t->tokens[i].flags & WM_TOKEN_PARAGRAPH) break;
    key = wm_newsroom_join(key, text, &t->tokens[i]);
    const wm_newsroom_node_t *node = &g->nodes[wm_newsroom_slot(g, key)];
    if (!node->key) break;
    found[i - from] = wm_newsroom_case_of(text, &t->tokens[i]);
    uint32_t number = thing_of(g, node->name, found, loud);
    if (number != WM_NEWSROOM_NONE) {
      *thing = number;
      end = i + 1;
    }
    if (!node->more) break;
  }
  return end;
}

wm_err_t wm_newsroom_match(const wm_newsroom_t *g, const char *text, const wm_tokens_t *tokens, size_t max,
                           wm_newsroom_hits_t *out, wm_error_t *err) {
  sentence_t sentence = {0, false};
  out->count = 0;
  if (g->n_names == 0) return WM_OK;
  for (size_t i = 0; i < tokens->count && out->count < max;) {
    uint32_t thing = WM_NEWSROOM_NONE;
    if (i >= sentence.end) enter_sentence(tokens, i, &sentence);
    size_t end = longest(g, text, tokens, i, sentence.shouted, &thing);
    if (end == i) {
      i++;
      continue;
    }
    wm_err_t rc = room((void **)&out->hits, out->count, 1, &out->capacity, sizeof *out->hits, err);
    if (rc) return rc;
    out->hits[out->count++] = (wm_newsroom_hit_t){(uint32_t)i, (uint32_t)end, thing};
    i = end;
  }
  return WM_OK;
}

void wm_newsroom_hits_clear(wm_newsroom_hits_t *h) {
  free(h->hits);
  *h = (wm_newsroom_hits_t){NULL, 0, 0};
}
