/**
 * topics_internal: the parts of the topics enricher, for its own files, its tests and its benchmark.
 *
 * From words to concepts in four steps, all sums in integers so that the vector path, the plain path and every machine agree to the bit:
 *   features  each known word is a row of a table of 8-bit vectors, already weighted by how telling the word is (smooth inverse
 *             frequency: Arora, Liang, Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", 2017); rows are summed over the
 *             whole text and over headline and opening, and hashed words and word pairs add a third sum (feature hashing:
 *             Weinberger et al. 2009); each sum is brought to the same length;
 *   hidden    one layer of rectified units;
 *   scores    one logit a concept, and one a level-1 topic for "what is this mainly about";
 *   decide    a concept counts where it and all its broader ones pass their thresholds; the narrowest are given.
 *
 * Threads: wm_topics_model_t is read-only once open; wm_topics_scratch_t belongs to one thread.
 */
#ifndef WM_TOPICS_INTERNAL_H
#define WM_TOPICS_INTERNAL_H

#include "common/model.h"
#include "common/text.h"

enum {
  WM_TOPICS_FORMAT = 1,          /* of the sections */
  WM_TOPICS_CONCEPTS_MAX = 4096, /* concepts in a model */
  WM_TOPICS_DIM_MAX = 512,       /* components of one vector; a multiple of 16 */
  WM_TOPICS_HIDDEN_MAX = 1024,   /* hidden units; a multiple of 16 */
  WM_TOPICS_INPUT_MAX = 1536,    /* 2 * words_dim + pairs_dim */
  WM_TOPICS_LEVELS_MAX = 8,      /* levels of the tree */
  WM_TOPICS_GIVEN_MAX = 5,       /* topics of one article */
  WM_TOPICS_BODY_BYTES =
      1 << 16, /* bytes of body text that are read; what follows does not change the topic of a story */
  WM_TOPICS_HEADLINE_BYTES = 4096,
  WM_TOPICS_INPUT_ONE = 2048, /* fixed point of the hidden layer's input */
  WM_TOPICS_HIDDEN_ONE = 256, /* fixed point of the hidden units */
  WM_TOPICS_HIDDEN_CAP = 8191 /* so that no sum leaves 32 bits */
};

/** One concept, as stored. Broader concepts come before narrower ones. */
typedef struct {
  uint32_t code;    /* 20000641 of medtop:20000641 */
  uint32_t subject; /* IPTC Subject Code that it came from; 0: none */
  uint32_t name;    /* offset into `names` */
  int16_t parent;   /* index of the broader concept; -1: level 1 */
  uint8_t level;    /* 1 to 6 */
  uint8_t pad;
  float threshold;                /* logit from which it counts */
  float calibrate_a, calibrate_b; /* confidence = sigmoid(a * logit + b) */
  uint32_t reserved;
} wm_topics_concept_t;

/** Section "params", as stored. */
typedef struct {
  uint32_t format, n_concepts, n_tops;
  uint32_t n_words, words_dim; /* rows of the table, components of one */
  uint32_t slots;              /* of the index, a power of two */
  uint32_t pairs, pairs_dim;   /* rows of hashed words and pairs, a power of two; components */
  uint32_t hidden;             /* units */
  uint32_t opening;            /* words of the body that count as its opening */
  float gain[3];               /* length of each part of the input */
  float floor;                 /* level-1 logit below which nothing is given at all */
  float rank[2];               /* weights of the concept's and its level-1 topic's log probability in the order */
  char release[16];            /* "2025-10-09" */
  uint32_t reserved[8];
} wm_topics_params_t;

/** One slot of the word index: the upper 32 bits of the word's hash, and its row (bit 31: a function word). Row 0xFFFFFFFF: empty. */
typedef struct {
  uint32_t print, row;
} wm_topics_slot_t;

typedef struct {
  wm_model_t *file;
  const wm_topics_params_t *params;
  const wm_topics_concept_t *concepts;
  const char *names;
  const wm_topics_slot_t *slots;
  const int8_t *words, *pairs;
  const int8_t *hidden_weights; /* [hidden][input] */
  const int32_t *hidden_bias;   /* [hidden], in units of the sum */
  const float *hidden_scale;    /* [hidden]: sum to WM_TOPICS_HIDDEN_ONE */
  const int8_t *out_weights;    /* [concepts + tops][hidden] */
  const int32_t *out_bias;
  const float *out_scale; /* sum to logit */
  size_t input;           /* 2 * words_dim + pairs_dim */
} wm_topics_model_t;

/** Opens and checks everything that scoring relies on. WM_ERR_MODEL, WM_ERR_NOMEM. Clear with wm_topics_model_clear(), also after an error. */
wm_err_t wm_topics_model_open(const char *path, wm_topics_model_t *m, wm_error_t *err);
void wm_topics_model_clear(wm_topics_model_t *m);

/** What one thread needs; reused from article to article. */
typedef struct {
  wm_tokens_t tokens;
  uint64_t *hashes; /* of the words, headline first */
  uint32_t *rows;   /* of the words found in the table, then of hashed words and pairs */
  size_t capacity;  /* of hashes; rows has three times as many */
  size_t n_hashes, n_headline;
  int32_t sums[WM_TOPICS_INPUT_MAX];
  int16_t input[WM_TOPICS_INPUT_MAX];
  int16_t hidden[WM_TOPICS_HIDDEN_MAX];
  float logits[WM_TOPICS_CONCEPTS_MAX + 64];
  size_t n_words, n_known,
      n_function; /* words with a letter, those of the table, and English function words among them */
  bool plain;     /* use the plain path even where the vector path would work */
} wm_topics_scratch_t;

void wm_topics_scratch_init(wm_topics_scratch_t *s);
void wm_topics_scratch_clear(wm_topics_scratch_t *s);

/**
 * Fills `s->hashes` with the words and numbers of both texts: XXH3-64 of the folded token, lowest bit set where it has a letter.
 * training/topics calls this very function, so what is learned from is what is read later. WM_ERR_NOMEM.
 */
wm_err_t wm_topics_words(wm_topics_scratch_t *s, wm_str_t headline, wm_str_t body, wm_error_t *err);
/** Rows of the hashed pair of two words that follow each other. */
static inline uint32_t wm_topics_pair(uint64_t first, uint64_t second) {
  return (uint32_t)((((first * 0x9E3779B97F4A7C15u) ^ second) * 0xD6E8FEB86659FD93u) >> 32);
}
/** Calls wm_topics_words(), then fills `s->input` and the counts. WM_ERR_NOMEM. */
wm_err_t wm_topics_features(const wm_topics_model_t *m, wm_topics_scratch_t *s, wm_str_t headline, wm_str_t body,
                            wm_error_t *err);
/** True if the counts look like text in English rather than noise, another language, or nothing. */
bool wm_topics_readable(const wm_topics_scratch_t *s);
/** Fills `s->logits` from `s->input`; a concept's logit is never above its broader one's. */
void wm_topics_score(const wm_topics_model_t *m, wm_topics_scratch_t *s);

typedef struct {
  uint32_t concept;          /* index */
  int relevance, confidence; /* 0 to 100 */
} wm_topics_given_t;

/** Writes at most `max` (<= WM_TOPICS_GIVEN_MAX) topics into `out`, most relevant first; returns how many. */
size_t wm_topics_decide(const wm_topics_model_t *m, const wm_topics_scratch_t *s, size_t max, wm_topics_given_t *out);

/* Arithmetic, plain and with vector instructions; both give the same integers. `n` a multiple of 16. */
void wm_topics_add_plain(int32_t *sum, const int8_t *row, size_t n);
int32_t wm_topics_dot_plain(const int16_t *x, const int8_t *w, size_t n);
typedef struct {
  void (*add)(int32_t *sum, const int8_t *row, size_t n);
  int32_t (*dot)(const int16_t *x, const int8_t *w, size_t n);
} wm_topics_kernel_t;
/** The fastest kernel of this processor, or the plain one. */
const wm_topics_kernel_t *wm_topics_kernel(bool plain);

#endif
