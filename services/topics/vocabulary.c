/* Reading a vocabulary file, line by line, and what it says of concepts. */
#include "services/topics/vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lines.h"
#include "services/topics/vocabulary_internal.h"

#define LINE_MAX_BYTES 65536

typedef struct {
  const wm_line_t *at;
  const wm_topics_model_t *m;
  wm_topics_vocabulary_t *v;
  wm_topics_scratch_t words; /* for phrases */
} reader_t;

__attribute__((format(printf, 2, 3))) static wm_err_t fail(reader_t *r, const char *format, ...) {
  char text[WM_ERROR_TEXT_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return wm_line_fault(r->at, "%s", text);
}

static bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

static void trim(wm_str_t *s) {
  *s = wm_line_trim(*s);
}

/* Takes the next word off `rest`. */
static wm_str_t next_word(wm_str_t *rest) {
  trim(rest);
  wm_str_t word = {rest->s, 0};
  while (word.len < rest->len && !blank(rest->s[word.len])) word.len++;
  rest->s += word.len;
  rest->len -= word.len;
  return word;
}

static bool is(wm_str_t s, const char *text) {
  return s.len == strlen(text) && memcmp(s.s, text, s.len) == 0;
}

/* A copy that the vocabulary keeps. NULL when out of memory. */
static const char *keep(wm_topics_vocabulary_t *v, wm_str_t s) {
  char *at = v->strings + v->strings_len;
  if (s.len + 1 > v->strings_max - v->strings_len) return NULL; /* cannot be: as long as the file twice over */
  memcpy(at, s.s, s.len);
  at[s.len] = 0;
  v->strings_len += s.len + 1;
  return at;
}

static wm_err_t read_concept(reader_t *r, wm_str_t *rest, uint32_t *concept) {
  wm_str_t word = next_word(rest);
  uint32_t code = 0;
  bool good = word.len == 15 && memcmp(word.s, "medtop:", 7) == 0;
  for (size_t i = 7; good && i < 15; i++) {
    good = word.s[i] >= '0' && word.s[i] <= '9';
    code = code * 10 + (uint32_t)(word.s[i] - '0');
  }
  if (!good)
    return fail(r, "expected a concept such as medtop:20000641, not '%.*s'", (int)(word.len > 60 ? 60 : word.len),
                word.s);
  for (uint32_t i = 0; i < r->m->params->n_concepts; i++) {
    if (r->m->concepts[i].code != code) continue;
    *concept = i;
    return WM_OK;
  }
  return fail(r, "medtop:%08u is no active concept of release %s", code, r->m->params->release);
}

static wm_err_t read_code(reader_t *r, wm_str_t *rest, const char **code) {
  wm_str_t word = next_word(rest);
  bool good = word.len >= 1 && word.len <= WM_VOCABULARY_CODE_MAX;
  for (size_t i = 0; good && i < word.len; i++) {
    char c = word.s[i];
    good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || memchr("._/-", c, 4);
  }
  if (!good) return fail(r, "expected a house code: 1 to %d letters, digits, and . _ / -", WM_VOCABULARY_CODE_MAX);
  *code = keep(r->v, word);
  return *code ? WM_OK : wm_error_set(r->at->err, WM_ERR_NOMEM, "out of memory for a vocabulary");
}

static wm_err_t at_end(reader_t *r, wm_str_t rest) {
  trim(&rest);
  if (!rest.len) return WM_OK;
  return fail(r, "unexpected '%.*s' at the end of the line", (int)(rest.len > 60 ? 60 : rest.len), rest.s);
}

static wm_err_t read_map(reader_t *r, wm_str_t rest) {
  uint32_t concept = 0;
  const char *code = NULL;
  wm_err_t e = read_concept(r, &rest, &concept);
  if (!e) e = read_code(r, &rest, &code);
  if (!e) e = at_end(r, rest);
  if (e) return e;
  if (r->v->codes[concept]) return fail(r, "medtop:%08u is mapped twice", r->m->concepts[concept].code);
  r->v->codes[concept] = code;
  return WM_OK;
}

static wm_err_t read_off(reader_t *r, wm_str_t rest) {
  uint32_t concept = 0;
  wm_err_t e = read_concept(r, &rest, &concept);
  if (!e) e = at_end(r, rest);
  if (!e) r->v->off[concept] = true;
  return e;
}

static wm_err_t read_name(reader_t *r, wm_str_t *rest, const char **name) {
  trim(rest);
  const char *end = rest->len > 1 && rest->s[0] == '"' ? memchr(rest->s + 1, '"', rest->len - 1) : NULL;
  wm_str_t text = {rest->s + 1, end ? (size_t)(end - rest->s) - 1 : 0};
  if (!end || text.len > WM_VOCABULARY_NAME_MAX || !wm_text_visible(text.s, text.len))
    return fail(r, "expected the topic's name in double quotes, 1 to %d bytes", WM_VOCABULARY_NAME_MAX);
  *name = keep(r->v, text);
  rest->s += text.len + 2;
  rest->len -= text.len + 2;
  return *name ? WM_OK : wm_error_set(r->at->err, WM_ERR_NOMEM, "out of memory for a vocabulary");
}

/* "2:" or ":" */
static wm_err_t read_at_least(reader_t *r, wm_str_t *rest, uint32_t *at_least) {
  uint32_t n = 0, digits = 0;
  trim(rest);
  while (digits < rest->len && digits < 4 && rest->s[digits] >= '0' && rest->s[digits] <= '9')
    n = n * 10 + (uint32_t)(rest->s[digits++] - '0');
  rest->s += digits;
  rest->len -= digits;
  trim(rest);
  if (!rest->len || rest->s[0] != ':') return fail(r, "expected a colon before the topic's phrases");
  rest->s++;
  rest->len--;
  *at_least = digits ? n : 1;
  if (*at_least < 1 || *at_least > WM_VOCABULARY_AT_LEAST_MAX)
    return fail(r, "a topic can ask for 1 to %d mentions, not %u", WM_VOCABULARY_AT_LEAST_MAX, n);
  return WM_OK;
}

static wm_err_t read_phrase(reader_t *r, wm_str_t phrase, uint32_t topic) {
  int shown = (int)(phrase.len > 60 ? 60 : phrase.len);
  wm_err_t e = wm_topics_words(&r->words, (wm_str_t){"", 0}, phrase, r->at->err);
  if (e) return e;
  if (r->words.n_hashes < 1 || r->words.n_hashes > WM_TOPICS_PHRASE_MAX)
    return fail(r, "a phrase has 1 to %d words: '%.*s'", WM_TOPICS_PHRASE_MAX, shown, phrase.s);
  if (r->v->n_phrases == WM_VOCABULARY_PHRASES_MAX) return fail(r, "more than %d phrases", WM_VOCABULARY_PHRASES_MAX);
  uint64_t key = r->words.hashes[0];
  for (size_t i = 1; i < r->words.n_hashes; i++) key = wm_topics_join(key, r->words.hashes[i]);
  return wm_topics_vocabulary_add(r->v, r->words.hashes[0], key, topic, r->at->err);
}

static wm_err_t read_topic(reader_t *r, wm_str_t rest) {
  house_topic_t t = {0};
  wm_err_t e = read_code(r, &rest, &t.code);
  if (!e) e = read_name(r, &rest, &t.name);
  if (!e) e = read_at_least(r, &rest, &t.at_least);
  if (e) return e;
  if (r->v->n_topics == WM_VOCABULARY_TOPICS_MAX) return fail(r, "more than %d house topics", WM_VOCABULARY_TOPICS_MAX);
  for (size_t i = 0; i < r->v->n_topics; i++)
    if (strcmp(r->v->topics[i].code, t.code) == 0) return fail(r, "house topic %s is there twice", t.code);
  trim(&rest);
  if (!rest.len) return fail(r, "house topic %s has no phrases", t.code);
  r->v->topics[r->v->n_topics] = t;
  while (rest.len) {
    const char *end = memchr(rest.s, ';', rest.len);
    wm_str_t phrase = {rest.s, end ? (size_t)(end - rest.s) : rest.len};
    rest.s += phrase.len + (end != NULL);
    rest.len -= phrase.len + (end != NULL);
    trim(&phrase);
    if ((e = read_phrase(r, phrase, (uint32_t)r->v->n_topics))) return e;
  }
  r->v->n_topics++;
  return WM_OK;
}

static wm_err_t take(void *self, const wm_line_t *at, wm_str_t line) {
  reader_t *r = self;
  r->at = at;
  if (line.len > LINE_MAX_BYTES) return fail(r, "a line has at most %d bytes", LINE_MAX_BYTES);
  trim(&line);
  if (!line.len || line.s[0] == '#') return WM_OK;
  wm_str_t word = next_word(&line);
  if (is(word, "map")) return read_map(r, line);
  if (is(word, "off")) return read_off(r, line);
  if (is(word, "topic")) return read_topic(r, line);
  return fail(r, "a line begins with map, off, topic or #, not '%.*s'", (int)(word.len > 60 ? 60 : word.len), word.s);
}

/* What holds for a concept holds for narrower ones, unless they have a code of their own. */
static void inherit(wm_topics_vocabulary_t *v, const wm_topics_model_t *m) {
  for (uint32_t i = m->params->n_tops; i < m->params->n_concepts; i++) {
    int parent = m->concepts[i].parent;
    if (!v->codes[i]) v->codes[i] = v->codes[parent];
    v->off[i] = v->off[i] || v->off[parent];
  }
}

wm_err_t wm_topics_vocabulary_parse(const char *name, const char *text, size_t len, const wm_topics_model_t *m,
                                    wm_topics_vocabulary_t **out, wm_error_t *err) {
  reader_t r = {.m = m};
  wm_err_t e = WM_OK;
  *out = NULL;
  if (len > WM_VOCABULARY_BYTES_MAX)
    return wm_error_set(err, WM_ERR_CONFIG, "%s: a vocabulary has at most %d bytes", name, WM_VOCABULARY_BYTES_MAX);
  r.v = wm_topics_vocabulary_new(m->params->n_concepts, 2 * len + 16);
  if (!r.v) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a vocabulary");
  wm_topics_scratch_init(&r.words);
  e = wm_lines_parse(name, text, len, take, &r, err);
  wm_topics_scratch_clear(&r.words);
  if (!e) e = wm_topics_vocabulary_index(r.v, err);
  if (e) {
    wm_topics_vocabulary_destroy(r.v);
    return e;
  }
  inherit(r.v, m);
  *out = r.v;
  return WM_OK;
}

wm_err_t wm_topics_vocabulary_open(const char *path, const wm_topics_model_t *m, wm_topics_vocabulary_t **out,
                                   wm_error_t *err) {
  char *text = NULL;
  size_t len = 0;
  *out = NULL;
  wm_err_t e = wm_lines_load(path, WM_VOCABULARY_BYTES_MAX, &text, &len, err);
  if (!e) e = wm_topics_vocabulary_parse(path, text, len, m, out, err);
  free(text);
  return e;
}
