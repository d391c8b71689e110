/**
 * native: wiremill's own tokens, features and decoding for training/entities (a shared library, called from native.py), so that training
 * sees what the service sees.
 */
#include <stdlib.h>
#include <string.h>

#include "services/entities/decode.h"
#include "services/entities/document.h"

/** Version of the features; checked by the caller against the model that it writes. */
uint32_t native_version(void) {
  return WM_FEATURES_VERSION;
}
uint32_t native_casings(void) {
  return WM_FEATURES_CASINGS;
}

/**
 * Tokens of a text with their features; arrays of `room` numbers. Returns the number of tokens, -1 if there is no room or no memory.
 */
long native_tokens(const char *text, size_t len, size_t room, uint32_t *start, uint32_t *end, uint32_t *flags,
                   uint64_t *word, uint64_t *prefix, uint64_t *suffix, uint64_t *shape, uint8_t *casing) {
  static wm_tokens_t tokens;
  if (!tokens.max) wm_tokens_init(&tokens, WM_TOKENS_MAX);
  if (wm_text_tokenize(text, len, &tokens, NULL) || tokens.count > room) return -1;
  for (size_t i = 0; i < tokens.count; i++) {
    const wm_token_t *t = &tokens.tokens[i];
    wm_folded_t folded;
    wm_features_fold(text + t->start, t->end - t->start, &folded);
    start[i] = t->start;
    end[i] = t->end;
    flags[i] = t->flags;
    word[i] = wm_features_word(folded.text, folded.len);
    prefix[i] = wm_features_prefix(folded.text, folded.len);
    suffix[i] = wm_features_suffix(folded.text, folded.len);
    shape[i] = wm_features_shape(text + t->start, t->end - t->start);
  }
  wm_features_casing(text, tokens.tokens, tokens.count, casing);
  return (long)tokens.count;
}

/** Hash of a word already in lower case. */
uint64_t native_word(const char *s, size_t len) {
  wm_folded_t folded;
  if (len > WM_TOKEN_BYTES_MAX) len = WM_TOKEN_BYTES_MAX;
  wm_features_fold(s, len, &folded);
  return wm_features_word(folded.text, folded.len);
}

uint64_t native_prefix(const char *s, size_t len) {
  wm_folded_t folded;
  wm_features_fold(s, len, &folded);
  return wm_features_prefix(folded.text, folded.len);
}

uint64_t native_suffix(const char *s, size_t len) {
  wm_folded_t folded;
  wm_features_fold(s, len, &folded);
  return wm_features_suffix(folded.text, folded.len);
}

/** Gazetteer keys of a name: that of its first word, of its first two words and so on. Returns how many, at most `room`. */
size_t native_name(const char *text, size_t len, size_t room, uint64_t *keys) {
  static wm_tokens_t tokens;
  if (!tokens.max) wm_tokens_init(&tokens, WM_TOKENS_MAX);
  if (wm_text_tokenize(text, len, &tokens, NULL)) return 0;
  uint64_t name = WM_NAME_SEED;
  for (size_t i = 0; i < tokens.count && i < room; i++) {
    wm_folded_t folded;
    wm_features_fold(text + tokens.tokens[i].start, tokens.tokens[i].end - tokens.tokens[i].start, &folded);
    keys[i] = name = wm_features_join(name, wm_features_word(folded.text, folded.len));
  }
  return tokens.count;
}

/** Key of a name as a form of `type` (wm_name_type_t): words only, without dots. 0 if it has none. */
uint64_t native_form(const char *text, size_t len, uint8_t type) {
  static wm_tokens_t tokens;
  if (!tokens.max) wm_tokens_init(&tokens, WM_TOKENS_MAX);
  if (wm_text_tokenize(text, len, &tokens, NULL)) return 0;
  uint64_t name = wm_document_key(text, tokens.tokens, 0, (uint32_t)tokens.count, type);
  return name == WM_NAME_SEED ? 0 : name;
}

/** Key of a word as the lexicon has it: the whole string is one token. */
uint64_t native_lexicon(const char *text, size_t len) {
  const wm_token_t token = {0, (uint32_t)len, WM_TOKEN_WORD};
  return wm_features_join(WM_NAME_SEED, wm_document_word(text, &token, NULL));
}

uint64_t native_join(uint64_t name, uint64_t word) {
  return wm_features_join(name, word);
}

/** Gazetteer lists of tokens, as wm_lists_match() gives them. Returns 0, or -1 without memory. */
int native_match(const uint32_t *index, const uint32_t *prints, uint32_t bits, uint32_t count, const uint16_t *values,
                 const uint32_t *flags, const uint64_t *words, size_t n, uint32_t *out) {
  wm_lists_t g = {{index, prints, bits, count}, values};
  wm_token_t *tokens = calloc(n + 1, sizeof *tokens);
  if (!tokens) return -1;
  for (size_t i = 0; i < n; i++) tokens[i].flags = flags[i];
  wm_lists_match(&g, tokens, words, n, out);
  free(tokens);
  return 0;
}

/** Best tags of sequences that lie one after the other; `ends` says where each ends. Returns 0, or -1 without memory. */
int native_decode(const float *scores, const uint32_t *ends, size_t n, uint8_t *tags) {
  size_t start = 0;
  for (size_t i = 0; i < n; i++) {
    size_t count = ends[i] - start;
    uint8_t *back = malloc(count * WM_TAGGER_TAGS + 1);
    if (!back) return -1;
    if (count) wm_decode_best(scores + start * WM_TAGGER_OUTPUTS, count, back, tags + start);
    free(back);
    start = ends[i];
  }
  return 0;
}

/** What the service has of a model and a worker. */
typedef struct {
  wm_model_t *model;
  wm_tagger_t tagger;
  wm_knowledge_t knowledge;
  wm_tagger_scratch_t *scratch;
  wm_tokens_t tokens[WM_FIELD_COUNT];
  wm_document_t document;
} service_t;

void native_close(void *service) {
  service_t *s = service;
  if (!s) return;
  wm_tagger_scratch_destroy(s->scratch);
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_tokens_clear(&s->tokens[f]);
  wm_document_clear(&s->document);
  wm_tagger_close(&s->tagger);
  wm_model_close(s->model);
  free(s);
}

/** Opens a model file as the service does; NULL if that fails. The caller closes it. */
void *native_open(const char *path) {
  service_t *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->scratch = wm_tagger_scratch_new();
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_tokens_init(&s->tokens[f], WM_TOKENS_MAX);
  if (!s->scratch || wm_model_open(path, "entities", &s->model, NULL) ||
      wm_tagger_open(s->model, NULL, &s->tagger, NULL) || wm_knowledge_open(s->model, &s->knowledge, NULL)) {
    native_close(s);
    return NULL;
  }
  wm_document_init(&s->document, &s->knowledge);
  return s;
}

/**
 * Names in the body of an article, as the service publishes them: byte offsets, type (wm_name_type_t) and the confidence of their entity.
 * Returns how many, at most `room`; -1 on failure.
 */
long native_names(void *service, const char *headline, const char *body, size_t room, uint32_t *start, uint32_t *end,
                  uint8_t *type, uint8_t *confidence) {
  service_t *s = service;
  const char *texts[WM_FIELD_COUNT] = {headline, body};
  long n = 0;
  wm_document_reset(&s->document, NULL);
  for (wm_field_t f = 0; f < WM_FIELD_COUNT; f++) {
    wm_str_t text = {texts[f], strlen(texts[f])};
    const wm_span_t *spans = NULL;
    size_t count = 0;
    if (wm_text_tokenize(text.s, text.len, &s->tokens[f], NULL) ||
        wm_tagger_run(&s->tagger, s->scratch, text.s, &s->tokens[f], &spans, &count, NULL))
      return -1;
    wm_document_field(&s->document, f, text, text, &s->tokens[f]);
    if (wm_document_add(&s->document, f, spans, count, NULL)) return -1;
  }
  if (wm_document_resolve(&s->document, NULL)) return -1;
  for (size_t i = 0; i < s->document.n_mentions && (size_t)n < room; i++) {
    const wm_mention_t *m = &s->document.mentions[i];
    if (m->field != WM_FIELD_BODY) continue;
    start[n] = m->start_byte;
    end[n] = m->end_byte;
    type[n] = m->type;
    confidence[n++] = (uint8_t)s->document.entities[s->document.forms[m->form].entity].confidence;
  }
  return n;
}
