/* What the parts of the resolver share: read.c (entities in), scan.c (names found in the text), sense.c (looking up and deciding), rank.c
 * (countries), write.c (JSON out). One thread. */
#ifndef WM_COUNTRIES_RESOLVER_INTERNAL_H
#define WM_COUNTRIES_RESOLVER_INTERNAL_H

#include "resolver.h"

#define WM_NONE UINT32_MAX
#define WM_AROUND_MAX 6u /* mentions of an item whose surroundings are looked at */

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

/* How a country came to an item: the order is that of the features in rank.c. */
typedef enum {
  WM_BY_COUNTRY = 0, /* its name */
  WM_BY_DEMONYM,
  WM_BY_PLACE,
  WM_BY_AREA,
  WM_BY_METONYM,
  WM_BY_GENERIC, /* a body called alike in many countries */
  WM_BY_PERSON,
  WM_BY_PARTY,
  WM_BY_ARMED,
  WM_BY_COMPANY,
  WM_BY_SCHOOL,
  WM_BY_CLUB,
  WM_BY_MEDIA,
  WM_BY_LEARNED,
  WM_BY_ENTITY,        /* said by the entities service */
  WM_BY_INNER_COUNTRY, /* a country's name or demonym inside a longer name */
  WM_BY_INNER_PLACE,   /* a place inside a longer name */
  WM_BY_KINDS
} wm_by_t;

typedef struct {
  uint32_t start, end; /* code points */
  uint32_t next;       /* the item's next mention, or WM_NONE */
  const json_t *text;  /* borrowed; NULL if found in the text */
  uint8_t field;
} wm_mention_t;

typedef struct {
  json_t *json; /* the entity (borrowed), NULL if found in the text */
  json_t *id;   /* its id, and the country that it came with (borrowed; NULL if none) */
  json_t *said_country;
  wm_str_t name;                  /* borrowed */
  wm_str_t shown;                 /* what stands as evidence: the name, or the part of it that gave the country */
  uint32_t mention, last_mention; /* first and last of a list, or WM_NONE */
  uint32_t n_mentions;
  uint32_t n_headline;        /* of them in the headline */
  uint32_t first;             /* code point of the first one in the body; UINT32_MAX if none */
  const uint32_t *senses;     /* packed; NULL if none or settled */
  uint32_t option, n_options; /* the senses that it may stand for, among the resolver's options */
  uint64_t hash;              /* of the key of its name */
  wm_item_type_t type;
  wm_by_t by;
  float confidence;    /* 0 to 1 that the countries are right */
  uint32_t place;      /* place index, or UINT32_MAX */
  uint8_t n_countries; /* 0: none */
  uint8_t countries[WM_POLICY_CODES_MAX];
  uint8_t fixed;       /* what the newsroom's list of names says (--gazetteer of entities), or WM_NO_COUNTRY */
  uint8_t guess;       /* of a place that could not be looked up: where it probably lies, or WM_NO_COUNTRY */
  uint8_t other;       /* a second country that some mention says outright, or WM_NO_COUNTRY */
  uint8_t other_count; /* mentions of it */
  uint8_t n_said;      /* of an ambiguous name: the countries that its first mentions say outright */
  uint8_t said[WM_AROUND_MAX];
  bool caps;          /* the name was looked up as one in capital letters */
  bool by_inner;      /* its senses are those of a part of the name */
  bool inner_country; /* and that part is a country's name, and a town's too */
  bool learned;       /* its confidence is how often the name held in annotated news */
  bool ambiguous;     /* its senses are in more than one country */
  bool has_country;   /* one of its senses is a country */
  uint8_t namesake;   /* that country, or WM_NO_COUNTRY */
  bool look_around;   /* what stands around its mentions matters */
  bool look_before;   /* and what stands before them: it may be what others lie in */
  bool settled;
  bool by_rule; /* settled by the policy */
  bool local;   /* of local.c: its name is a town's in the home of the article too */
  bool hint;    /* where the article says that it was written: helps to decide, but is no evidence */
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
  float best[WM_BY_KINDS];  /* surest evidence of each kind, 0 to 1 */
  float count[WM_BY_KINDS]; /* mentions of each kind */
  float doubt;              /* product of what each piece of evidence leaves open */
  uint32_t first;           /* code point of its first mention, the headline before all */
  uint32_t n_headline;
  uint32_t n_evidence;
  wm_evidence_t evidence[WM_RESOLVER_EVIDENCE_MAX]; /* heaviest first */
} wm_verdict_t;

#define WM_ANCHORS_MAX 24u

/* A place that is decided. */
typedef struct {
  uint32_t item;
  float lat, lon; /* degrees */
  float sure;
} wm_anchor_t;

/* What stands around a mention (context.c). */
typedef struct {
  const uint32_t *after;  /* senses of the name behind a comma or in brackets: "Paris, TEXAS"; NULL if none */
  const uint32_t *before; /* senses of the name before a comma: "ATLANTA, Georgia" */
  uint8_t after_country;  /* where the policy has a rule for it, else WM_NO_COUNTRY */
  bool caps;              /* the name behind is in capital letters */
  bool country;           /* the mention itself may be a country's name */
} wm_around_t;

#define WM_RESOLVER_MERGE_SLOTS 8192u /* a power of two; names of a scanned text are joined up to half as many */

typedef struct {
  uint64_t hash;
  uint32_t item; /* index + 1; 0: free */
} wm_merge_t;

/* Bytes of every stride-th code point, so that any offset is found in few steps; made when first needed. */
#define WM_CHECKPOINTS_MAX 1024u
typedef struct {
  uint32_t stride; /* code points; 0: not made yet */
  uint32_t count;
  uint32_t bytes[WM_CHECKPOINTS_MAX];
} wm_checkpoints_t;

/* A sense that an item may stand for. */
typedef struct {
  float base; /* its score as far as the rest of the article does not matter */
  uint32_t ref;
  uint16_t division; /* of a place, or WM_NO_DIVISION */
  uint8_t country, kind;
  uint8_t traits; /* WM_OPTION_... */
} wm_option_t;

enum {
  WM_OPTION_PLACE = 1,
  WM_OPTION_AMERICAN_TOWN = 2,
  WM_OPTION_WEAK = 4, /* a body or person */
  WM_OPTION_GENERIC = 8,
  WM_OPTION_AGAINST = 16 /* the name is a country's too, and this is not the country */
};

#define WM_OPTIONS_MAX 2000000u /* of one article; items beyond have none */

struct wm_resolver {
  const wm_gazetteer_t *g;
  const wm_policy_t *policy;
  wm_article_t *article;
  wm_str_t text[WM_FIELD_COUNT];
  bool ascii[WM_FIELD_COUNT];
  wm_checkpoints_t checkpoints[WM_FIELD_COUNT]; /* of text that is not ASCII */
  wm_item_t *items;
  size_t n_items, room_items;
  wm_mention_t *mentions;
  size_t n_mentions, room_mentions;
  struct {
    uint64_t hash;      /* key of the place that the article says it was written at */
    wm_around_t around; /* what it says behind its comma */
    bool set;
  } hint;
  wm_tokens_t tokens;
  wm_merge_t *merge;                /* of scan.c, made when first needed */
  float mass[WM_COUNTRIES_MAX + 1]; /* how much the article speaks of each country */
  float total_mass;
  float *division_mass; /* by first-level division */
  bool *division_listed;
  uint32_t *divisions; /* those listed */
  size_t n_divisions;
  wm_option_t *options;
  size_t n_options, room_options;
  float spoken[WM_COUNTRIES_MAX + 1]; /* of mass: how much the article speaks of a country, as the model takes it */
  struct {
    json_t *kinds[WM_BY_KINDS], *codes[WM_COUNTRIES_MAX], *alpha3[WM_COUNTRIES_MAX], *names[WM_COUNTRIES_MAX];
  } words; /* of write.c: shared by what it writes, as articles do not leave the thread */
  wm_anchor_t anchors[WM_ANCHORS_MAX];
  size_t n_anchors;
  const float *choice; /* weights of sense.c */
  uint8_t us;          /* the country index of the United States */
  wm_verdict_t verdicts[WM_COUNTRIES_MAX];
  size_t n_verdicts;
};

/* resolver.c: all but ranking and writing. */
wm_err_t wm_resolver_prepare(wm_resolver_t *r, const wm_policy_t *policy, wm_article_t *article, wm_error_t *err);
/* read.c: items from enrichment.entities; `*found` false if there is no such member. */
wm_err_t wm_resolver_read(wm_resolver_t *r, bool *found, wm_error_t *err);
/* Items from where the article says that it was written (ninjs `located`, or `dateline`). */
wm_err_t wm_resolver_hints(wm_resolver_t *r, wm_error_t *err);
/* A new item, or a new mention of one; NULL when full (then `*rc` is WM_OK and it is left out) or out of memory. */
wm_item_t *wm_resolver_item(wm_resolver_t *r, wm_err_t *rc, wm_error_t *err);
wm_option_t *wm_resolver_option(wm_resolver_t *r, wm_err_t *rc, wm_error_t *err);
bool wm_resolver_mention(wm_resolver_t *r, wm_item_t *item, const wm_mention_t *mention, wm_err_t *rc, wm_error_t *err);
/* scan.c: items from the text by the gazetteer alone. */
wm_err_t wm_resolver_scan(wm_resolver_t *r, wm_error_t *err);
/* context.c: what stands around a mention. */
/* `before`: whether to look before the mention too. */
void wm_resolver_around(wm_resolver_t *r, const wm_mention_t *m, bool before, wm_around_t *out);
/* Whether `sense` goes with it: the country behind the comma, the division, a place in the same division, and seen from the other
 * side, the place before the comma. */
#define WM_SAYS 4
void wm_around_says(const wm_gazetteer_t *g, const wm_around_t *a, const wm_sense_t *sense, bool says[WM_SAYS]);
/* Whether it does in any of these ways. */
bool wm_around_says_any(const wm_gazetteer_t *g, const wm_around_t *a, const wm_sense_t *sense);
/* What name, as long as the gazetteer knows one, begins at s[0]: `after` of `out`. */
void wm_resolver_name_at(wm_resolver_t *r, const char *s, size_t len, wm_around_t *out);
/* The mention with the word before it (left) or behind it, if that begins with a capital: bytes written to out, 0 if there is none. */
#define WM_WIDER_BYTES_MAX 96u
size_t wm_resolver_wider(wm_resolver_t *r, const wm_mention_t *m, bool left, char out[WM_WIDER_BYTES_MAX]);
/* The byte offset of a code point of a field. */
size_t wm_resolver_byte(wm_resolver_t *r, unsigned field, uint32_t point);
/* sense.c: looks every item up and decides, by a log-linear model over these inputs. */
enum {
  WM_F_KIND = 0, /* one for each kind of sense */
  WM_F_POPULATION = WM_F_KIND + WM_SENSE_KINDS,
  WM_F_SEAT,
  WM_F_DIVISION1,
  WM_F_DIVISION2,
  WM_F_ALT,
  WM_F_HERE,        /* how much the article speaks of the country */
  WM_F_HERE_AT_ALL, /* whether it does */
  WM_F_HERE_WEAK,   /* the same, of a body or person */
  WM_F_ELSEWHERE,   /* it speaks of other countries only */
  WM_F_SHARE,
  WM_F_DIVISION_HERE,
  WM_F_AMERICAN, /* a place in the United States, which have so many */
  WM_F_AMERICAN_HERE,
  WM_F_AGAINST_COUNTRY, /* the name is a country's too */
  WM_F_AGAINST_COUNTRY_HERE,
  WM_F_NEAR,
  WM_F_NEAR_AGAINST_COUNTRY, /* near, the name is a country's too, and nothing else speaks of that country */
  WM_F_CAPS,
  WM_F_WEIGHT,
  WM_F_WEIGHT_WEAK,
  WM_F_GENERIC_SHARE,
  WM_F_PLACE_AS_BODY,
  WM_F_SAYS,                       /* four of wm_around_says() */
  WM_F_NONE = WM_F_SAYS + WM_SAYS, /* none of the senses: one for each type of item */
  WM_F_NONE_INNER = WM_F_NONE + WM_ITEM_TYPES,
  WM_F_NONE_SPOKEN,
  WM_F_NONE_ONE_WORD,
  WM_CHOICE_FEATURES
};
/* WM_ERR_NOMEM. */
wm_err_t wm_resolver_decide(wm_resolver_t *r, wm_error_t *err);
/* rank.c: verdicts from items. */
void wm_resolver_rank(wm_resolver_t *r);
/* What rank.c knows of a country, as numbers: two linear models say from them whether the country belongs to the article, and whether it is
 * in focus. */
#define WM_RANK_KINDS (5 * WM_BY_KINDS)
#define WM_RANK_INVOLVED (WM_RANK_KINDS + 10)
#define WM_RANK_FOCUS 14
void wm_rank_gather(wm_resolver_t *r);
void wm_rank_involved(const wm_resolver_t *r, size_t verdict, float x[WM_RANK_INVOLVED]);
void wm_rank_focus(const wm_resolver_t *r, size_t verdict, float x[WM_RANK_FOCUS]);
/* write.c: verdicts and items into the article. */
wm_err_t wm_resolver_write(wm_resolver_t *r, wm_error_t *err);
void wm_resolver_drop_words(wm_resolver_t *r);

#endif
