/**
 * document: from the spans of one article to its entities: names cleaned, mentions of one thing joined, ranked.
 *
 * Threads: a document belongs to one thread. Ownership: init/clear in place, memory is kept from article to article; texts and
 * tokens are borrowed until wm_document_reset().
 */
#ifndef WM_ENTITIES_DOCUMENT_H
#define WM_ENTITIES_DOCUMENT_H

#include "common/article.h"
#include "services/entities/index.h"
#include "services/entities/knowledge.h"
#include "services/entities/newsroom.h"
#include "services/entities/tagger.h"

#define WM_DOCUMENT_MENTIONS_MAX 20000u /* of one article; what follows is left out */
#define WM_FORM_WORDS 12u               /* words of a name that are compared */
#define WM_DATELINE 12u                 /* tokens at the beginning of the body in which a dateline ends */
#define WM_UNLISTED UINT32_MAX          /* not in the newsroom's list */

/** One place where a name stands. */
typedef struct {
  uint32_t field, first, end; /* tokens of the field */
  uint32_t start_byte, end_byte;
  uint32_t form;
  uint32_t same; /* the mention before, where brackets say that this is its acronym (or long form); UINT32_MAX if not */
  uint32_t listed; /* thing of the newsroom's list, or WM_UNLISTED */
  uint8_t type;
  float sure;
  float types[WM_NAME_TYPES]; /* as wm_span_t has it */
} wm_mention_t;

/** One way of writing a name of one type; all its mentions are of one entity. */
typedef struct {
  uint64_t key;                  /* of all words */
  uint64_t words[WM_FORM_WORDS]; /* hashes, without punctuation and dots; the first ones where there are more */
  char initials[WM_FORM_WORDS];  /* folded first letter of each word (ASCII; else 0) */
  uint16_t kinds[WM_FORM_WORDS]; /* wm_knowledge_kind() of each word */
  uint32_t n_words, bytes;
  uint32_t mention; /* the first one, or the first that is not all in capitals */
  uint32_t in_body; /* the first one in the body; UINT32_MAX if there is none */
  uint32_t count;
  uint32_t known;  /* record in wm_knowledge_t, or WM_LOOKUP_NONE */
  uint32_t listed; /* thing of the newsroom's list, or WM_UNLISTED; of a root: of all that is joined to it */
  uint32_t parent; /* form that it was joined to; itself if none (union-find) */
  uint32_t entity;
  uint8_t type;
  bool upper;   /* every letter is upper case */
  bool chief;   /* what a known thing is called as a rule: "United States" */
  bool acronym; /* one word of two to eight upper-case letters */
} wm_form_t;

typedef struct {
  uint32_t name; /* the fullest form */
  uint32_t first_mention, count;
  uint32_t known;  /* record, or WM_LOOKUP_NONE */
  uint32_t listed; /* thing of the newsroom's list, or WM_UNLISTED */
  uint8_t type;
  int relevance, confidence; /* 0 to 100 */
  float weight;              /* what the relevance comes from */
} wm_entity_t;

typedef struct {
  const wm_knowledge_t *knowledge;
  const wm_newsroom_t *newsroom; /* borrowed for the article; NULL if there is no list */
  wm_newsroom_hits_t hits;
  wm_str_t text[WM_FIELD_COUNT];    /* what the tokens are of */
  wm_str_t written[WM_FIELD_COUNT]; /* the article's own; `text` is another where that has no capitals */
  const wm_tokens_t *tokens[WM_FIELD_COUNT];
  wm_mention_t *mentions;
  wm_form_t *forms;
  wm_entity_t *entities;
  wm_index_t index, index2;
  size_t n_mentions, n_forms, n_entities;
  size_t cap_mentions, cap_forms, cap_entities;
} wm_document_t;

void wm_document_init(wm_document_t *d, const wm_knowledge_t *knowledge);
void wm_document_clear(wm_document_t *d);
/** Forgets the article. `newsroom` (borrowed, may be NULL) is the list for the next one. */
void wm_document_reset(wm_document_t *d, const wm_newsroom_t *newsroom);
/** Takes a field's text as `written`, the `text` that is read (the same, or it in capitals, byte for byte) and its tokens (borrowed). */
void wm_document_field(wm_document_t *d, wm_field_t field, wm_str_t written, wm_str_t text, const wm_tokens_t *tokens);
/** Adds spans of `field`, trimmed of articles, titles, possessives and stray punctuation; those with nothing left are dropped. WM_ERR_NOMEM. */
wm_err_t wm_document_add(wm_document_t *d, wm_field_t field, const wm_span_t *spans, size_t n, wm_error_t *err);
/**
 * Puts the names of the newsroom's list in `field` in the place of those that were added for it. A longer name that the tagger is sure of stands, unless all that
 * it has more is a title or the ending of a company. Call it after wm_document_add(). WM_ERR_NOMEM.
 */
wm_err_t wm_document_list(wm_document_t *d, wm_field_t field, wm_error_t *err);
/** Joins the mentions into entities, ranks and sorts them. Linear in the number of mentions. WM_ERR_NOMEM. */
wm_err_t wm_document_resolve(wm_document_t *d, wm_error_t *err);

/* Steps of wm_document_resolve(), for the files beside. */

/** Hash of a token as a word of a name: folded, without dots ("U.S." is "us"). `initial` (may be NULL): its first letter if ASCII, else 0. */
uint64_t wm_document_word(const char *text, const wm_token_t *token, char *initial);
/** Key of the name in tokens first to end - 1: its words without punctuation, dots and accents, a group's without the plural's "s". */
uint64_t wm_document_key(const char *text, const wm_token_t *tokens, uint32_t first, uint32_t end, uint8_t type);
/** The form that stands for `form` and all joined to it. */
uint32_t wm_form_root(wm_document_t *d, uint32_t form);
/** Makes two forms one entity, unless the newsroom's list says that they are two things. */
void wm_form_join(wm_document_t *d, uint32_t a, uint32_t b);
/** Fills the bytes of a mention from its tokens. */
void wm_document_place(const wm_document_t *d, wm_mention_t *m);
/** The lists of the model (wm_lists_find()) that have the name in tokens first to end - 1 of a field. */
uint32_t wm_document_lists(const wm_document_t *d, uint32_t field, uint32_t first, uint32_t end);
/** Kinds (WM_WORD_...) of a token by itself. */
unsigned wm_document_kind(const wm_document_t *d, const char *text, const wm_token_t *token);
/** Takes away first words of sentences that are no names, and common words after a place's name. WM_ERR_NOMEM. */
wm_err_t wm_document_tidy(wm_document_t *d, wm_error_t *err);
/** Joins the forms of each thing of the newsroom's list. WM_ERR_NOMEM. */
wm_err_t wm_listed_join(wm_document_t *d, wm_error_t *err);
/** Adds mentions where the tagger found nothing but the text has a name that it found elsewhere in the article. WM_ERR_NOMEM. */
wm_err_t wm_document_recover(wm_document_t *d, wm_error_t *err);
/** True for a dash with white space on both sides, which parts a dateline from the text. `t` is not the last token. */
bool wm_document_dash(const char *text, const wm_token_t *t);
/** Parts the `place` of a dateline from a name that begins before its dash and ends behind it ("Tokyo - Toyota Motor"). Returns whether it did. */
bool wm_dateline_part(const wm_document_t *d, wm_mention_t *m, wm_mention_t *place);
/** True for the first name of the body where a dateline's dash and a sentence follow: most likely a place. */
bool wm_dateline_begins(const wm_document_t *d, const wm_mention_t *m);
/** Makes room for one more mention. WM_ERR_NOMEM. */
wm_err_t wm_document_grow(wm_document_t *d, wm_error_t *err);
/** Finds acronyms in brackets after their long form (or the other way round): they get one type, and `same` is set. */
void wm_document_brackets(wm_document_t *d);
/** Gives mentions that are written alike one type: what all of them together say. WM_ERR_NOMEM. */
wm_err_t wm_document_retype(wm_document_t *d, wm_error_t *err);
/** Joins surnames and shorter forms to people; never two people who share a surname. WM_ERR_NOMEM. */
wm_err_t wm_people_join(wm_document_t *d, wm_error_t *err);
/** Joins acronyms and short forms of everything that is no person. WM_ERR_NOMEM. */
wm_err_t wm_bodies_join(wm_document_t *d, wm_error_t *err);
/** Takes from entities what is known of things whose country the article does not speak of. */
void wm_document_link(wm_document_t *d);
/** Fills relevance and confidence and sorts the entities. WM_ERR_NOMEM. */
wm_err_t wm_document_rank(wm_document_t *d, wm_error_t *err);

#endif
