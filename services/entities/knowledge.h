/**
 * knowledge: what the model file knows about words and names beyond the network: titles and small words of its language, other names of
 * the same thing, countries and Wikidata ids.
 *
 * Threads: read-only, free to share. Ownership: borrows the model's sections.
 */
#ifndef WM_ENTITIES_KNOWLEDGE_H
#define WM_ENTITIES_KNOWLEDGE_H

#include "services/entities/lookup.h"

/** Kinds of words, bits of a value. */
enum {
  WM_WORD_TITLE = 1,      /* "President", "Lt. Gen.": no part of a person's name */
  WM_WORD_ARTICLE = 2,    /* "the" */
  WM_WORD_POSSESSIVE = 4, /* "'s" */
  WM_WORD_COMPANY = 8,    /* "Inc.", "Ltd": may be left out of a name */
  WM_WORD_SMALL = 16,     /* "of", "and": left out of an acronym */
  WM_WORD_GENERIC = 32,   /* "Bank", "Court": alone not enough to tell one body from another */
  WM_WORD_PARTICLE = 64,  /* "van", "al": part of a surname */
  WM_WORD_SUFFIX = 128,   /* "Jr.", "III": after a person's name */
  WM_WORD_LINK = 512,     /* "of": a name goes on after it */
  WM_WORD_ANNEX = 256     /* "D.C.": belongs to the place before it, also after a comma */
};

/** A thing that is known by one or more names. */
typedef struct {
  uint32_t wikidata; /* number of the Q id, 0 if not known */
  char country[2];   /* ISO 3166-1 alpha-2, NULs if none */
  uint8_t type;      /* wm_name_type_t */
  uint8_t flags;
} wm_known_t;

/** Flags of a known thing. */
enum {
  WM_KNOWN_SAME = 1,   /* its names in one article are the same thing */
  WM_KNOWN_CONTEXT = 2 /* only where the article speaks of its country */
};

typedef struct {
  wm_lookup_t words, names;
  wm_lists_t lists;        /* the gazetteer, as the tagger has it */
  const uint16_t *kinds;   /* of each entry of `words` */
  const uint32_t *records; /* record of each entry of `names`; the top bit marks the chief name */
  const wm_known_t *known;
  uint32_t n_known;
  const uint8_t *calibration; /* confidence in percent for each percent of what the network says, 101 numbers */
} wm_knowledge_t;

/** Opens sections lex.*, name.*, gaz.*, known and calib. WM_ERR_MODEL. */
wm_err_t wm_knowledge_open(const wm_model_t *model, wm_knowledge_t *out, wm_error_t *err);
/** Kinds of the name or word `key` (a WM_NAME_SEED joined by its words), 0 if none. */
unsigned wm_knowledge_kind(const wm_knowledge_t *k, uint64_t key);
/**
 * Record of a name of `type`, or WM_LOOKUP_NONE. `key` is that of a form: words without dots and punctuation. `*chief` says whether it is the
 * name by which the thing is called as a rule.
 */
uint32_t wm_knowledge_find(const wm_knowledge_t *k, uint64_t key, uint8_t type, bool *chief);

#endif
