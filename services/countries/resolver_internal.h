/* What the parts of the resolver share: read.c (entities in), scan.c (names found in the text), sense.c (looking up and deciding), rank.c
 * (countries), write.c (JSON out). One thread. */
#ifndef WM_COUNTRIES_RESOLVER_INTERNAL_H
#define WM_COUNTRIES_RESOLVER_INTERNAL_H

#include "resolver.h"

#define WM_NONE UINT32_MAX

typedef enum {
  WM_ITEM_PERSON = 0,
  WM_ITEM_ORGANISATION,
  WM_ITEM_PLACE,
  WM_ITEM_GROUP,
  WM_ITEM_EVENT,
  WM_ITEM_WORK,
  WM_ITEM_NAME, /* found in the text: of no type */
  WM_ITEM_TYPES
} wm_item_type_t;

/* How a country came to an item: the order is that of the weights in rank.c. */
typedef enum {
  WM_BY_COUNTRY = 0, /* its name */
  WM_BY_DEMONYM,
  WM_BY_PLACE,
  WM_BY_AREA,
  WM_BY_METONYM,
  WM_BY_PERSON,
  WM_BY_BODY, /* party, armed group, company, university, club */
  WM_BY_LEARNED,
  WM_BY_ENTITY,        /* said by the entities service */
  WM_BY_INNER_COUNTRY, /* a country's name or demonym inside a longer name */
  WM_BY_INNER_PLACE,   /* a place inside a longer name */
  WM_BY_KINDS
} wm_by_t;

typedef struct {
  uint32_t start, end; /* code points */
  uint32_t next;       /* the item's next mention, or WM_NONE */
  uint8_t field;
} wm_mention_t;

typedef struct {
  json_t *json;                   /* the entity (borrowed), NULL if found in the text */
  wm_str_t name;                  /* borrowed */
  wm_str_t shown;                 /* what stands as evidence: the name, or the part of it that gave the country */
  uint32_t mention, last_mention; /* first and last of a list, or WM_NONE */
  uint32_t n_mentions;
  uint32_t n_headline;    /* of them in the headline */
  uint32_t first;         /* code point of the first one in the body; UINT32_MAX if none */
  const uint32_t *senses; /* packed; NULL if none or settled */
  wm_item_type_t type;
  wm_by_t by;
  float confidence;    /* 0 to 1 that the countries are right */
  uint32_t place;      /* place index, or UINT32_MAX */
  uint8_t n_countries; /* 0: none */
  uint8_t countries[WM_POLICY_CODES_MAX];
  uint8_t other;       /* a second country that some mention says outright, or WM_NO_COUNTRY */
  uint8_t other_count; /* mentions of it */
  bool caps;           /* the name was looked up as one in capital letters */
  bool by_inner;       /* its senses are those of a part of the name */
  bool ambiguous;      /* its senses are in more than one country */
  bool settled;
} wm_item_t;

typedef struct {
  uint32_t item;
  uint32_t count;
  float weight;
} wm_evidence_t;

typedef struct {
  uint8_t country;
  bool focus;
  int relevance, confidence;
  uint32_t mentions;
  float salience;
  float doubt;    /* product of what each piece of evidence leaves open */
  uint32_t first; /* code point of its first mention, the headline before all */
  uint32_t n_headline;
  uint32_t n_evidence;
  wm_evidence_t evidence[WM_RESOLVER_EVIDENCE_MAX]; /* heaviest first */
} wm_verdict_t;

#define WM_RESOLVER_MERGE_SLOTS 8192u /* a power of two; names of a scanned text are joined up to half as many */

typedef struct {
  uint64_t hash;
  uint32_t item; /* index + 1; 0: free */
} wm_merge_t;

struct wm_resolver {
  const wm_gazetteer_t *g;
  const wm_policy_t *policy;
  wm_article_t *article;
  wm_str_t text[WM_FIELD_COUNT];
  bool ascii[WM_FIELD_COUNT];
  wm_text_points_t cursor[WM_FIELD_COUNT]; /* for code points to bytes in text that is not ASCII */
  wm_item_t *items;
  size_t n_items, room_items;
  wm_mention_t *mentions;
  size_t n_mentions, room_mentions;
  wm_tokens_t tokens;
  wm_merge_t *merge;                /* of scan.c, made when first needed */
  float mass[WM_COUNTRIES_MAX + 1]; /* how much the article speaks of each country */
  float *division_mass;             /* by first-level division */
  bool *division_listed;
  uint32_t *divisions; /* those listed */
  size_t n_divisions;
  wm_verdict_t verdicts[WM_COUNTRIES_MAX];
  size_t n_verdicts;
};

/* read.c: items from enrichment.entities; `*found` false if there is no such member. */
wm_err_t wm_resolver_read(wm_resolver_t *r, bool *found, wm_error_t *err);
/* A new item, or a new mention of one; NULL when full (then `*rc` is WM_OK and it is left out) or out of memory. */
wm_item_t *wm_resolver_item(wm_resolver_t *r, wm_err_t *rc, wm_error_t *err);
bool wm_resolver_mention(wm_resolver_t *r, wm_item_t *item, const wm_mention_t *mention, wm_err_t *rc, wm_error_t *err);
/* scan.c: items from the text by the gazetteer alone. */
wm_err_t wm_resolver_scan(wm_resolver_t *r, wm_error_t *err);
/* sense.c: looks every item up and decides. */
void wm_resolver_decide(wm_resolver_t *r);
/* context.c: what stands around a mention. */
typedef struct {
  const uint32_t *after;  /* senses of the name behind a comma or in brackets: "Paris, TEXAS"; NULL if none */
  const uint32_t *before; /* senses of the name before a comma: "ATLANTA, Georgia" */
  uint8_t after_country;  /* where the policy has a rule for it, else WM_NO_COUNTRY */
  bool caps;              /* the name behind is in capital letters */
} wm_around_t;
void wm_resolver_around(wm_resolver_t *r, const wm_mention_t *m, wm_around_t *out);
/* How well `sense` goes with it: 0 if it says nothing. */
float wm_around_score(const wm_gazetteer_t *g, const wm_around_t *a, const wm_sense_t *sense);
/* The byte offset of a code point of a field. */
size_t wm_resolver_byte(wm_resolver_t *r, unsigned field, uint32_t point);
/* rank.c: verdicts from items. */
void wm_resolver_rank(wm_resolver_t *r);
/* write.c: verdicts and items into the article. */
wm_err_t wm_resolver_write(wm_resolver_t *r, wm_error_t *err);

#endif
