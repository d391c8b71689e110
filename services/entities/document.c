#include "services/entities/document.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define SALT_LISTED 0x6c737401u

void wm_document_init(wm_document_t *d, const wm_knowledge_t *knowledge) {
  memset(d, 0, sizeof *d);
  d->knowledge = knowledge;
  wm_index_init(&d->index);
  wm_index_init(&d->index2);
}

void wm_document_clear(wm_document_t *d) {
  if (!d) return;
  free(d->mentions);
  free(d->forms);
  free(d->entities);
  wm_index_clear(&d->index);
  wm_index_clear(&d->index2);
  wm_newsroom_hits_clear(&d->hits);
  wm_document_init(d, d->knowledge);
}

void wm_document_reset(wm_document_t *d, const wm_newsroom_t *newsroom) {
  d->newsroom = newsroom;
  d->n_mentions = d->n_forms = d->n_entities = 0;
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) {
    d->text[f] = d->written[f] = (wm_str_t){"", 0};
    d->tokens[f] = NULL;
  }
}

void wm_document_field(wm_document_t *d, wm_field_t field, wm_str_t written, wm_str_t text, const wm_tokens_t *tokens) {
  d->written[field] = written;
  d->text[field] = text;
  d->tokens[field] = tokens;
}

/** Makes room for one more of `count` things of `size` bytes. */
static wm_err_t grow(void **things, size_t count, size_t *capacity, size_t size, wm_error_t *err) {
  if (count < *capacity) return WM_OK;
  size_t more = *capacity ? *capacity * 2 : 128;
  void *p = realloc(*things, more * size);
  if (!p) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for %zu names", more);
  *things = p;
  *capacity = more;
  return WM_OK;
}

/** Letters that have no decomposition but are written as others where they are not to be had. */
static uint32_t base_letter(uint32_t cp) {
  static const struct {
    uint32_t from, to;
  } letters[] = {{0xDF, 's'},  {0xE6, 'a'},  {0xF0, 'd'},  {0xF8, 'o'}, {0x111, 'd'},
                 {0x127, 'h'}, {0x131, 'i'}, {0x142, 'l'}, {0x153, 'o'}};
  for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
    if (letters[i].from == cp) return letters[i].to;
  return cp;
}

/** Takes dots and accents off a folded word, in place: "U.S." is "us", "Erdoğan" is "erdogan". */
static size_t simplify(char *s, size_t len) {
  size_t n = 0;
  for (size_t i = 0, step = 1; i < len; i += step) {
    step = 1;
    if ((unsigned char)s[i] < 0x80) {
      if (s[i] != '.') s[n++] = s[i];
      continue;
    }
    utf8proc_int32_t parts[8];
    int boundary = 0;
    uint32_t cp = wm_utf8_decode(s + i, len - i, &step);
    utf8proc_ssize_t count = utf8proc_decompose_char(
        (utf8proc_int32_t)cp, parts, 8, UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_STABLE, &boundary);
    for (utf8proc_ssize_t k = 0; k < count && k < 8; k++) {
      char utf8[4];
      size_t bytes = wm_utf8_encode(base_letter((uint32_t)parts[k]), utf8);
      if (n + bytes > i + step) break; /* a decomposition longer than the letter: keep what fits */
      memcpy(s + n, utf8, bytes);
      n += bytes;
    }
  }
  return n;
}

uint64_t wm_document_word(const char *text, const wm_token_t *token, char *initial) {
  wm_folded_t folded;
  wm_features_fold(text + token->start, token->end - token->start, &folded);
  size_t n = simplify(folded.text, folded.len);
  if (initial) *initial = n > 0 && (unsigned char)folded.text[0] < 0x80 ? folded.text[0] : 0;
  return wm_features_word(folded.text, n);
}

unsigned wm_document_kind(const wm_document_t *d, const char *text, const wm_token_t *token) {
  return wm_knowledge_kind(d->knowledge, wm_features_join(WM_NAME_SEED, wm_document_word(text, token, NULL)));
}

uint32_t wm_document_lists(const wm_document_t *d, uint32_t field, uint32_t first, uint32_t end) {
  uint64_t key = WM_NAME_SEED;
  for (uint32_t i = first; i < end; i++) {
    const wm_token_t *t = &d->tokens[field]->tokens[i];
    wm_folded_t folded;
    wm_features_fold(d->text[field].s + t->start, t->end - t->start, &folded);
    key = wm_features_join(key, wm_features_word(folded.text, folded.len));
  }
  return wm_lists_find(&d->knowledge->lists, key);
}

/** True for punctuation that no name begins or ends with. */
static bool stray(const char *text, const wm_token_t *t, bool at_end) {
  if (!(t->flags & WM_TOKEN_PUNCT)) return false;
  const char *s = text + t->start;
  size_t len = t->end - t->start;
  if (len == 1 && strchr(at_end ? "!+" : "#$", *s)) return false;
  return true;
}

/** True if a name does not end with the token: stray punctuation, a possessive, "of", or the second half of "Brotherhood-aligned". */
static bool no_end(const wm_document_t *d, const char *text, const wm_mention_t *m) {
  const wm_token_t *tail = &d->tokens[m->field]->tokens[m->end - 1];
  if (stray(text, tail, true)) return true;
  unsigned kind = wm_document_kind(d, text, tail);
  if (kind & WM_WORD_POSSESSIVE) return true;
  bool lower = tail->flags & WM_TOKEN_WORD && !(tail->flags & (WM_TOKEN_CAPITAL | WM_TOKEN_MIXED));
  if (!lower || m->end - m->first < 2) return false;
  if (kind & WM_WORD_SMALL) return true;
  return m->type == WM_NAME_ORGANISATION && text[tail[-1].start] == '-' && tail->end - tail->start > 2;
}

/** True if a name ends in a number that is no part of it: "by 52" in "Court of Appeals by 52", but not "of 77" in "Group of 77". */
static bool counted(const wm_document_t *d, const char *text, const wm_mention_t *m) {
  const wm_token_t *tail = &d->tokens[m->field]->tokens[m->end - 1];
  if (m->end - m->first < 3 || m->type == WM_NAME_EVENT || m->type == WM_NAME_WORK) return false;
  if (!(tail->flags & WM_TOKEN_NUMBER) || !(tail[-1].flags & WM_TOKEN_WORD)) return false;
  if (tail[-1].flags & (WM_TOKEN_CAPITAL | WM_TOKEN_UPPER | WM_TOKEN_MIXED)) return false;
  return !(wm_document_kind(d, text, &tail[-1]) & WM_WORD_LINK);
}

/** True if a name does not begin with the token. */
static bool no_begin(const wm_document_t *d, const char *text, const wm_mention_t *m) {
  const wm_token_t *head = &d->tokens[m->field]->tokens[m->first];
  if (stray(text, head, false)) return true;
  bool capital = head->flags & (WM_TOKEN_CAPITAL | WM_TOKEN_MIXED);
  unsigned kind = wm_document_kind(d, text, head);
  bool alone = m->end - m->first == 1;
  if (kind & WM_WORD_ARTICLE) return !capital || alone;
  if (kind & WM_WORD_SMALL && !capital && !(kind & WM_WORD_PARTICLE) && m->type != WM_NAME_WORK &&
      m->type != WM_NAME_EVENT)
    return true;
  return m->type == WM_NAME_PERSON && kind & WM_WORD_TITLE && (!alone || m->sure < 0.8f);
}

/** True if what is left of a person is where the title is from: "of Cambridge" behind "Duchess". */
static bool of_place(const wm_document_t *d, const char *text, const wm_mention_t *m) {
  const wm_token_t *head = &d->tokens[m->field]->tokens[m->first];
  if (m->type != WM_NAME_PERSON || head->flags & (WM_TOKEN_CAPITAL | WM_TOKEN_UPPER)) return false;
  unsigned kind = wm_document_kind(d, text, head);
  return kind & WM_WORD_LINK && !(kind & WM_WORD_PARTICLE);
}

static void make_place(wm_mention_t *m) {
  m->type = WM_NAME_PLACE;
  m->types[WM_NAME_PLACE] += m->types[WM_NAME_PERSON];
  m->types[WM_NAME_PERSON] = 0;
}

/** Takes off what is no part of the name. */
static void trim(const wm_document_t *d, wm_mention_t *m) {
  const char *text = d->text[m->field].s;
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  for (uint32_t i = m->first + 1; i + 1 < m->end && i < WM_DATELINE && m->field == WM_FIELD_BODY; i++)
    if (m->type == WM_NAME_PLACE && wm_document_dash(text, &tokens[i])) m->end = i; /* "WINNIPEG, Manitoba - Nurses" */
  while (m->first < m->end) {
    if (no_begin(d, text, m)) {
      if (of_place(d, text, m)) make_place(m);
      m->first++;
    } else if (counted(d, text, m)) m->end -= 2;
    else if (no_end(d, text, m)) m->end--;
    else break;
  }
}

wm_err_t wm_document_grow(wm_document_t *d, wm_error_t *err) {
  return grow((void **)&d->mentions, d->n_mentions, &d->cap_mentions, sizeof *d->mentions, err);
}

void wm_document_place(const wm_document_t *d, wm_mention_t *m) {
  m->start_byte = d->tokens[m->field]->tokens[m->first].start;
  m->end_byte = d->tokens[m->field]->tokens[m->end - 1].end;
}

/** True if a place goes on in the next one: "Washington" in ", D.C.". */
static bool annexed(const wm_document_t *d, const wm_mention_t *a, const wm_mention_t *b) {
  const char *text = d->text[b->field].s;
  const wm_token_t *tokens = d->tokens[b->field]->tokens;
  if (a->field != b->field || a->type != WM_NAME_PLACE || b->type != WM_NAME_PLACE || b->end - b->first != 1)
    return false;
  bool comma = b->first == a->end + 1 && text[tokens[a->end].start] == ',';
  return (comma || b->first == a->end) && wm_document_kind(d, text, &tokens[b->first]) & WM_WORD_ANNEX;
}

/** True if the name of a body breaks off before the next one: "Supreme Court of the" before "United States". */
static bool broken_off(const wm_document_t *d, const wm_mention_t *m, const wm_span_t *next) {
  const char *text = d->text[m->field].s;
  const wm_token_t *tail = &d->tokens[m->field]->tokens[m->end - 1];
  if (m->type != WM_NAME_ORGANISATION || next->first != m->end) return false;
  if (m->end - m->first > 2 && wm_document_kind(d, text, tail) & WM_WORD_ARTICLE) tail--;
  return !(tail->flags & WM_TOKEN_CAPITAL) && wm_document_kind(d, text, tail) & WM_WORD_LINK;
}

/** Adds one name. */
static wm_err_t add_one(wm_document_t *d, wm_mention_t *m, wm_error_t *err) {
  trim(d, m);
  if (m->first >= m->end) return WM_OK;
  wm_document_place(d, m);
  wm_mention_t *before = d->n_mentions ? &d->mentions[d->n_mentions - 1] : NULL;
  if (before && annexed(d, before, m)) {
    before->end = m->end;
    wm_document_place(d, before);
    return WM_OK;
  }
  wm_err_t rc = wm_document_grow(d, err);
  if (!rc) d->mentions[d->n_mentions++] = *m;
  return rc;
}

wm_err_t wm_document_add(wm_document_t *d, wm_field_t field, const wm_span_t *spans, size_t n, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  for (size_t i = 0; !rc && i < n && d->n_mentions < WM_DOCUMENT_MENTIONS_MAX; i++) {
    wm_mention_t m = {.field = field,
                      .first = spans[i].first,
                      .end = spans[i].end,
                      .same = UINT32_MAX,
                      .listed = WM_UNLISTED,
                      .type = spans[i].type,
                      .sure = spans[i].sure};
    memcpy(m.types, spans[i].types, sizeof m.types);
    while (i + 1 < n && broken_off(d, &m, &spans[i + 1])) m.end = spans[++i].end;
    wm_mention_t place = m;
    if (wm_dateline_part(d, &m, &place)) rc = add_one(d, &place, err);
    if (!rc) rc = add_one(d, &m, err);
  }
  return rc;
}

/** The key of a group's last word leaves out a plural's "s": "Iranians" are "Iranian". */
static uint64_t singular(const char *text, const wm_token_t *token) {
  wm_token_t t = *token;
  if (t.end - t.start > 3 && text[t.end - 1] == 's') t.end--;
  return wm_document_word(text, &t, NULL);
}

/** Hash of token i of a name that ends before token `end`. */
static uint64_t word_of(const char *text, const wm_token_t *tokens, uint32_t i, uint32_t end, uint8_t type,
                        char *initial) {
  if (type == WM_NAME_GROUP && i + 1 == end) {
    *initial = 0;
    return singular(text, &tokens[i]);
  }
  return wm_document_word(text, &tokens[i], initial);
}

uint64_t wm_document_key(const char *text, const wm_token_t *tokens, uint32_t first, uint32_t end, uint8_t type) {
  uint64_t key = WM_NAME_SEED;
  char initial = 0;
  for (uint32_t i = first; i < end; i++)
    if (!(tokens[i].flags & WM_TOKEN_PUNCT)) key = wm_features_join(key, word_of(text, tokens, i, end, type, &initial));
  return key;
}

/** Describes the name of a mention. */
static void describe(const wm_document_t *d, const wm_mention_t *m, wm_form_t *f) {
  const char *text = d->text[m->field].s;
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  memset(f, 0, sizeof *f);
  f->key = WM_NAME_SEED;
  f->listed = m->listed;
  f->type = m->type;
  f->bytes = m->end_byte - m->start_byte;
  f->upper = true;
  for (uint32_t i = m->first; i < m->end; i++) {
    if (tokens[i].flags & WM_TOKEN_PUNCT) continue;
    char initial = 0;
    uint64_t word = word_of(text, tokens, i, m->end, f->type, &initial);
    f->key = wm_features_join(f->key, word);
    if (tokens[i].flags & WM_TOKEN_WORD && !(tokens[i].flags & WM_TOKEN_UPPER)) f->upper = false;
    if (f->n_words == WM_FORM_WORDS) continue;
    f->words[f->n_words] = word;
    f->kinds[f->n_words] = (uint16_t)wm_knowledge_kind(d->knowledge, wm_features_join(WM_NAME_SEED, word));
    f->initials[f->n_words++] = initial;
  }
  f->acronym = f->n_words == 1 && f->upper && f->bytes >= 2 && f->bytes <= 16;
  f->known = wm_knowledge_find(d->knowledge, f->key, f->type, &f->chief);
}

/** Gives each mention its form. */
static wm_err_t make_forms(wm_document_t *d, wm_error_t *err) {
  wm_err_t rc = wm_index_reset(&d->index, d->n_mentions, err);
  for (size_t i = 0; !rc && i < d->n_mentions; i++) {
    wm_form_t f;
    describe(d, &d->mentions[i], &f);
    uint64_t key = wm_features_join(f.key, f.type);
    if (f.listed != WM_UNLISTED) key = wm_features_join(key, SALT_LISTED + f.listed);
    uint32_t *at = wm_index_at(&d->index, key);
    if (*at == WM_INDEX_NONE) {
      rc = grow((void **)&d->forms, d->n_forms, &d->cap_forms, sizeof f, err);
      if (rc) break;
      *at = f.parent = (uint32_t)d->n_forms;
      f.mention = (uint32_t)i;
      f.in_body = UINT32_MAX;
      d->forms[d->n_forms++] = f;
    }
    d->mentions[i].form = *at;
    wm_form_t *form = &d->forms[*at];
    form->count++;
    if (d->mentions[i].field == WM_FIELD_BODY && form->in_body == UINT32_MAX) form->in_body = (uint32_t)i;
    if (form->upper && !f.upper) { /* written better here than in the headline in capitals */
      form->upper = false;
      form->mention = (uint32_t)i;
    }
  }
  return rc;
}

uint32_t wm_form_root(wm_document_t *d, uint32_t form) {
  while (d->forms[form].parent != form) {
    d->forms[form].parent = d->forms[d->forms[form].parent].parent;
    form = d->forms[form].parent;
  }
  return form;
}

void wm_form_join(wm_document_t *d, uint32_t a, uint32_t b) {
  a = wm_form_root(d, a);
  b = wm_form_root(d, b);
  uint32_t *x = &d->forms[a].listed, *y = &d->forms[b].listed;
  if (*x != *y && *x != WM_UNLISTED && *y != WM_UNLISTED) return;
  if (*x == WM_UNLISTED) *x = *y;
  else *y = *x;
  if (a < b) d->forms[b].parent = a;
  else d->forms[a].parent = b;
}

/** True if form `a` is a fuller name than `b`. */
static bool fuller(const wm_form_t *a, const wm_form_t *b) {
  if (a->chief != b->chief) return a->chief;
  bool shout_a = a->upper && !a->acronym, shout_b = b->upper && !b->acronym;
  if (shout_a != shout_b) return shout_b;
  if (a->type == WM_NAME_PERSON && a->n_words != b->n_words) return a->n_words > b->n_words;
  return a->bytes > b->bytes;
}

/** Makes an entity of each set of joined forms. */
static wm_err_t make_entities(wm_document_t *d, wm_error_t *err) {
  for (size_t i = 0; i < d->n_forms; i++) {
    uint32_t root = wm_form_root(d, (uint32_t)i);
    wm_form_t *f = &d->forms[i];
    if (root == i) {
      wm_err_t rc = grow((void **)&d->entities, d->n_entities, &d->cap_entities, sizeof *d->entities, err);
      if (rc) return rc;
      f->entity = (uint32_t)d->n_entities;
      d->entities[d->n_entities++] = (wm_entity_t){
          .name = (uint32_t)i, .known = f->known, .listed = f->listed, .type = f->type, .first_mention = UINT32_MAX};
    }
    wm_entity_t *e = &d->entities[d->forms[root].entity];
    f->entity = d->forms[root].entity;
    e->count += f->count;
    if (fuller(f, &d->forms[e->name])) e->name = (uint32_t)i;
    if (e->known == WM_LOOKUP_NONE) e->known = f->known;
  }
  for (size_t i = d->n_mentions; i-- > 0;)
    d->entities[d->forms[d->mentions[i].form].entity].first_mention = (uint32_t)i;
  return WM_OK;
}

wm_err_t wm_document_resolve(wm_document_t *d, wm_error_t *err) {
  wm_err_t rc = wm_document_tidy(d, err);
  if (!rc) rc = wm_document_recover(d, err);
  if (!rc) wm_document_brackets(d);
  if (!rc) rc = wm_document_retype(d, err);
  if (!rc) rc = make_forms(d, err);
  if (!rc) rc = wm_listed_join(d, err);
  if (!rc) rc = wm_people_join(d, err);
  if (!rc) rc = wm_bodies_join(d, err);
  if (!rc) rc = make_entities(d, err);
  if (!rc) wm_document_link(d);
  if (!rc) rc = wm_document_rank(d, err);
  return rc;
}
