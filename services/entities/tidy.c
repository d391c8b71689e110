/**
 * tidy: names that an editor would strike out, by what the rest of the article says.
 *
 * "Lake" at the beginning of a headline is no place where the article goes on about "the mud of a lake"; the "Iquique fire" of the "Iquique fire brigade"
 * is Iquique, once the article has named that as a place; a word of a title in quotation marks is no name of its own; "pro" is none without the "Turkish" of
 * "pro-Turkish", and "31st" none at all.
 */
#include <string.h>

#include "services/entities/document.h"

#define SURE_WORD 0.9f /* from here on a first word is a name, whatever else it means */
#define SURE_TAIL 0.5f /* the same for a name that ends in common words: more likely than not */
#define SURE_PLACE 0.8f
#define TITLE_WORDS 8u /* on either side of a name inside a title */
#define SALT_COMMON 0x74696401u
#define SALT_PLACE 0x74696402u

static bool lower(const wm_token_t *t) {
  return t->flags & WM_TOKEN_WORD && !(t->flags & (WM_TOKEN_CAPITAL | WM_TOKEN_MIXED | WM_TOKEN_UPPER));
}

static uint64_t word_key(const char *text, const wm_token_t *token) {
  return wm_features_join(SALT_COMMON, wm_document_word(text, token, NULL));
}

/* Key of the name in tokens first to end - 1 as a place. */
static uint64_t place_key(const char *text, const wm_token_t *tokens, uint32_t first, uint32_t end) {
  return wm_features_join(wm_document_key(text, tokens, first, end, WM_NAME_PLACE), SALT_PLACE);
}

/* A single word that begins a sentence with a capital: perhaps nothing but its first word. */
static bool first_word(const wm_document_t *d, const wm_mention_t *m) {
  const wm_token_t *t = &d->tokens[m->field]->tokens[m->first];
  return m->end - m->first == 1 && t->flags & WM_TOKEN_SENTENCE && t->flags & WM_TOKEN_CAPITAL &&
         !(t->flags & (WM_TOKEN_UPPER | WM_TOKEN_MIXED)) && m->type != WM_NAME_PERSON && m->type != WM_NAME_GROUP &&
         m->sure < SURE_WORD && m->listed == WM_UNLISTED;
}

/* End of the part that is not common words: "Iquique" of "Iquique fire"; the mention's end if it ends in a capital. */
static uint32_t head_end(const wm_document_t *d, const wm_mention_t *m) {
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  uint32_t end = m->end;
  if (m->type != WM_NAME_EVENT || m->sure >= SURE_TAIL || m->listed != WM_UNLISTED) return end;
  while (end > m->first && lower(&tokens[end - 1])) end--;
  return end > m->first ? end : m->end;
}

static bool quote(const char *text, const wm_token_t *t) {
  const char *s = text + t->start;
  size_t len = t->end - t->start;
  return (len == 1 && (*s == '"' || *s == '\'')) ||
         (len == 3 && !memcmp(s, "\xE2\x80", 2) && s[2] >= '\x98' && s[2] <= '\x9F');
}

/* A word of a title in quotation marks: "Harbour" of "Woman at the Harbour", all of whose words but the small ones begin with capitals. */
static bool in_title(const wm_document_t *d, const wm_mention_t *m) {
  const wm_tokens_t *all = d->tokens[m->field];
  const char *text = d->text[m->field].s;
  uint32_t from = m->first, to = m->end, capitals = 0;
  if (m->end - m->first != 1 || m->type == WM_NAME_PERSON || m->sure >= SURE_WORD || m->listed != WM_UNLISTED)
    return false;
  while (from > 0 && m->first - from < TITLE_WORDS && !quote(text, &all->tokens[from - 1])) from--;
  while (to < all->count && to - m->end < TITLE_WORDS && !quote(text, &all->tokens[to])) to++;
  if (from == 0 || to == all->count || !quote(text, &all->tokens[from - 1]) || !quote(text, &all->tokens[to]))
    return false;
  if (to - from < 2 || all->tokens[from].flags & WM_TOKEN_SPACE || all->tokens[to].flags & WM_TOKEN_SPACE) return false;
  for (uint32_t i = from; i < to; i++) {
    const wm_token_t *t = &all->tokens[i];
    if (t->flags & WM_TOKEN_PUNCT) return false;
    if (lower(t) && !(wm_document_kind(d, text, t) & (WM_WORD_SMALL | WM_WORD_ARTICLE)) && t->end - t->start > 3)
      return false;
    capitals += !lower(t);
  }
  return capitals >= 2;
}

/* A number by itself: "31st", a year, "0.745"; works may have such names ("25"), and dates ("9/11"). */
static bool number(const wm_document_t *d, const wm_mention_t *m) {
  const wm_token_t *t = &d->tokens[m->field]->tokens[m->first];
  const char *s = d->text[m->field].s + t->start;
  size_t len = t->end - t->start, digits = 0, letters = 0;
  if (m->end - m->first != 1 || !(t->flags & WM_TOKEN_NUMBER)) return false;
  for (size_t i = 0; i < len; i++) {
    digits += (s[i] >= '0' && s[i] <= '9') || s[i] == '.' || s[i] == ',';
    letters += s[i] >= 'a' && s[i] <= 'z';
  }
  return digits == len ? m->type != WM_NAME_WORK : letters == 2 && digits + letters == len;
}

/*
 * The adjective of a country by itself, which the tagger took for something else: "Malaysian" before "National Security Council". In the annotated training texts
 * such words are groups 2,460 times in 2,465. Names of people are left alone, what lists know as a place too, and organisations where no other name
 * follows at once ("Texans", "Houthis"). `next` is the mention after it, NULL if there is none.
 */
static bool adjective(const wm_document_t *d, const wm_mention_t *m, const wm_mention_t *next) {
  if (m->end - m->first != 1 || m->sure >= SURE_WORD || m->listed != WM_UNLISTED) return false;
  if (m->type == WM_NAME_GROUP || m->type == WM_NAME_PERSON) return false;
  bool before = next && next->field == m->field && next->first == m->end;
  if (m->type == WM_NAME_ORGANISATION && !before) return false;
  uint32_t lists = wm_document_lists(d, m->field, m->first, m->end);
  return lists & WM_LISTS_DEMONYMS && !(lists & WM_LISTS_PLACES);
}

/* True for the first part of a word with a hyphen, in lower case: "pro" of "pro-Turkish". */
static bool prefix(const wm_document_t *d, const wm_mention_t *m) {
  const wm_tokens_t *all = d->tokens[m->field];
  const wm_token_t *t = &all->tokens[m->first];
  return m->end - m->first == 1 && lower(t) && m->first + 2 < all->count && d->text[m->field].s[t[1].start] == '-' &&
         !((t[1].flags | t[2].flags) & WM_TOKEN_SPACE);
}

/*
 * Settles a prefix by what follows, `next` (NULL if nothing does): with a capital, which is no name of another type, it is a group. Returns whether it is
 * a name; `*joined` whether it took `next` in.
 */
static bool join_prefix(const wm_document_t *d, wm_mention_t *m, const wm_mention_t *next, bool *joined) {
  uint32_t at = m->first + 2;
  bool begins = next && next->field == m->field && next->first <= at;
  bool capital = d->tokens[m->field]->tokens[at].flags & (WM_TOKEN_CAPITAL | WM_TOKEN_UPPER | WM_TOKEN_MIXED);
  *joined = begins && next->type == WM_NAME_GROUP && next->listed == WM_UNLISTED;
  if (m->type != WM_NAME_GROUP || !capital || (begins && !*joined)) return false;
  m->end = *joined ? next->end : at + 1;
  wm_document_place(d, m);
  return true;
}

/* Notes the words that are candidates (`*words`: if there are any), and the places of the article. */
static void note(wm_document_t *d, bool *words) {
  *words = false;
  for (size_t i = 0; i < d->n_mentions; i++) {
    const wm_mention_t *m = &d->mentions[i];
    const char *text = d->text[m->field].s;
    const wm_token_t *tokens = d->tokens[m->field]->tokens;
    if (m->type == WM_NAME_PLACE && m->sure >= SURE_PLACE)
      *wm_index_at(&d->index, place_key(text, tokens, m->first, m->end)) = 1;
    if (first_word(d, m)) {
      *wm_index_at(&d->index, word_key(text, &tokens[m->first])) = 0;
      *words = true;
    }
  }
}

/* Marks the candidates that stand in lower case somewhere. */
static void find_common(wm_document_t *d) {
  for (size_t f = 0; f < WM_FIELD_COUNT; f++)
    for (size_t i = 0; i < d->tokens[f]->count; i++) {
      const wm_token_t *t = &d->tokens[f]->tokens[i];
      if (!lower(t)) continue;
      uint64_t key = word_key(d->text[f].s, t);
      if (wm_index_get(&d->index, key) == 0) *wm_index_at(&d->index, key) = 1;
    }
}

static void be_all(wm_mention_t *m, uint8_t type) {
  m->type = type;
  for (size_t t = 0; t < WM_NAME_TYPES; t++) m->types[t] = 0;
  m->types[type] = m->sure;
}

wm_err_t wm_document_tidy(wm_document_t *d, wm_error_t *err) {
  bool words = false;
  size_t kept = 0;
  wm_err_t rc = wm_index_reset(&d->index, 2 * d->n_mentions, err);
  if (rc) return rc;
  note(d, &words);
  if (words) find_common(d);
  for (size_t i = 0; i < d->n_mentions; i++) {
    wm_mention_t m = d->mentions[i];
    const wm_mention_t *next = i + 1 < d->n_mentions ? &d->mentions[i + 1] : NULL;
    const char *text = d->text[m.field].s;
    const wm_token_t *tokens = d->tokens[m.field]->tokens;
    if (first_word(d, &m) && wm_index_get(&d->index, word_key(text, &tokens[m.first])) == 1) continue;
    if (in_title(d, &m)) continue;
    if (m.listed == WM_UNLISTED && number(d, &m)) continue;
    if (m.listed == WM_UNLISTED && prefix(d, &m)) {
      bool joined = false;
      if (!join_prefix(d, &m, next, &joined)) continue;
      i += joined;
    }
    if (adjective(d, &m, next)) be_all(&m, WM_NAME_GROUP);
    uint32_t end = head_end(d, &m);
    if (end < m.end && wm_index_get(&d->index, place_key(text, tokens, m.first, end)) == 1) {
      m.end = end;
      be_all(&m, WM_NAME_PLACE);
      wm_document_place(d, &m);
    }
    d->mentions[kept++] = m;
  }
  d->n_mentions = kept;
  return WM_OK;
}
