/**
 * topics_internal: the parts of the topics enricher, for its own files, its tests and its benchmark.
 *
 * From words to concepts in four steps, all sums in integers so that the vector paths, the plain path and every machine agree to the bit:
 *   features  each known word is a row of a table of 8-bit vectors, already weighted by how telling the word is (smooth inverse
 *             frequency: Arora, Liang, Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", 2017); rows are summed over the
 *             whole text and over headline and opening, and hashed words and word pairs add a third sum (feature hashing:
 *             Weinberger et al. 2009); a lexicon of words and phrases adds what speaks for each broad concept; each part is brought to
 *             a length of its own;
 *   hidden    one layer of rectified units;
 *   scores    one logit a concept, and one a level-1 topic for "what is this mainly about"; the lexicon adds to those it speaks for;
 *   decide    a concept counts where it and all its broader ones pass their thresholds; the narrowest are given.
 *
 * Threads: wm_topics_model_t is read-only once open; wm_topics_scratch_t belongs to one thread.
 */
#ifndef WM_TOPICS_INTERNAL_H
#define WM_TOPICS_INTERNAL_H

#include "common/model.h"
#include "common/text.h"

enum {
  WM_TOPICS_FORMAT = 3,          /* of the sections */
  WM_TOPICS_CONCEPTS_MAX = 4096, /* concepts in a model */
  WM_TOPICS_DIM_MAX = 512,       /* components of one vector; a multiple of 16 */
  WM_TOPICS_HIDDEN_MAX = 1024,   /* hidden units; a multiple of 16 */
  WM_TOPICS_INPUT_MAX = 2048,    /* 2 * words_dim + pairs_dim + profile_dim */
  WM_TOPICS_LEVELS_MAX = 8,      /* levels of the tree, plus one */
  WM_TOPICS_PHRASE_MAX = 4,      /* words of a phrase of the lexicon */
  WM_TOPICS_BINS = 16,           /* of the weight that speaks for a concept */
  WM_TOPICS_GIVEN_MAX = 5,       /* topics of one article */
  WM_TOPICS_BODY_BYTES =
      1 << 16, /* bytes of body text that are read; what follows does not change the topic of a story */
  WM_TOPICS_HEADLINE_BYTES = 4096,
  WM_TOPICS_INPUT_ONE = 2048, /* fixed point of the hidden layer's input */
  WM_TOPICS_HIDDEN_ONE = 256, /* fixed point of the hidden units */
  WM_TOPICS_LOGIT_ONE = 4096, /* fixed point of logits and thresholds */
  WM_TOPICS_HIDDEN_CAP = 8191 /* so that no sum leaves 32 bits */
};

#define WM_TOPICS_UNSCORED INT32_MIN
#define WM_TOPICS_PREFIX 0x7FFFFFFFu /* in place of an entry: only begins longer phrases */

/** One concept, as stored. Broader concepts come before narrower ones. */
typedef struct {
  uint32_t code;    /* 20000641 of medtop:20000641 */
  uint32_t subject; /* IPTC Subject Code that it came from; 0: none */
  uint32_t name;    /* offset into `names` */
  int16_t parent;   /* index of the broader concept; -1: level 1 */
  uint8_t level;    /* 1 to 6 */
  uint8_t pad;
  int32_t threshold;              /* logit from which it counts */
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
  uint32_t profile,
      profile_dim;       /* first concepts whose weights in the lexicon are input; components (a multiple of 16) */
  uint32_t phrase_slots; /* of the lexicon, a power of two */
  float gain[4];         /* length of each part of the input */
  int32_t floor;         /* level-1 logit below which nothing is given at all */
  float rank[2];         /* weights of the concept's and its level-1 topic's log probability in the order */
  char release[16];      /* "2025-10-09" */
  uint32_t paired;       /* words of the text whose hashes and pairs are summed */
  uint32_t reserved[3];
} wm_topics_params_t;

/** One slot of the word index: the upper 32 bits of the word's hash, and its row (bit 31: a function word; bit 30: a
 * phrase of the lexicon by itself; bit 29: begins a longer one). Of the lexicon's index: of its phrase, and its first entry. Row 0xFFFFFFFF: empty. */
typedef struct {
  uint32_t print, row;
} wm_topics_slot_t;

/** One concept that a phrase speaks for. */
typedef struct {
  uint16_t concept;
  uint8_t weight;
  uint8_t last; /* 1: the phrase's last entry */
} wm_topics_entry_t;

typedef struct {
  wm_model_t *file;
  const wm_topics_params_t *params;
  const wm_topics_concept_t *concepts;
  const char *names;
  const wm_topics_slot_t *slots, *phrases;
  const wm_topics_entry_t *entries;
  const int32_t *gains; /* [opening, whole text, level-1 "mainly"][level, or 1 opening and 2 whole text][bin] */
  const int8_t *words, *pairs;
  const int8_t *hidden_weights; /* [hidden][input] */
  const int32_t *hidden_bias;   /* [hidden], in units of the sum */
  const float *hidden_scale;    /* [hidden]: sum to WM_TOPICS_HIDDEN_ONE */
  const int8_t *out_weights;    /* [concepts + tops][hidden] */
  const int32_t *out_bias;
  const float *out_scale; /* sum to logit */
  size_t input;           /* 2 * words_dim + pairs_dim + profile_dim */
} wm_topics_model_t;

/** Opens and checks everything that scoring relies on. WM_ERR_MODEL, WM_ERR_NOMEM. Clear with wm_topics_model_clear(), also after an error. */
wm_err_t wm_topics_model_open(const char *path, wm_topics_model_t *m, wm_error_t *err);
void wm_topics_model_clear(wm_topics_model_t *m);

/** What one thread needs; reused from article to article. */
typedef struct {
  wm_tokens_t tokens;
  uint64_t *hashes; /* of the words, headline first */
  uint32_t
      *rows; /* of the words found in the table, then of hashed words and pairs, then places of the lexicon's words */
  size_t capacity; /* of hashes; rows has five times as many */
  size_t n_hashes, n_headline;
  int32_t sums[WM_TOPICS_INPUT_MAX];
  int16_t input[WM_TOPICS_INPUT_MAX];
  int16_t hidden[WM_TOPICS_HIDDEN_MAX];
  int32_t logits[WM_TOPICS_CONCEPTS_MAX + 64];
  uint32_t spoken[WM_TOPICS_CONCEPTS_MAX], spoken_opening[WM_TOPICS_CONCEPTS_MAX]; /* weights found by the lexicon */
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
/** Key of two words, or of a phrase and one more word. */
static inline uint64_t wm_topics_join(uint64_t first, uint64_t second) {
  return ((first * 0x9E3779B97F4A7C15u) ^ second) * 0xD6E8FEB86659FD93u;
}
/** The lexicon: forget; fetch what a key will need; count word `i` by itself, or the longer phrases that begin with it; pass weights on to broader concepts. */
void wm_topics_spoken_clear(const wm_topics_model_t *m, wm_topics_scratch_t *s);
void wm_topics_spoken_prefetch(const wm_topics_model_t *m, uint64_t key);
void wm_topics_spoken_word(const wm_topics_model_t *m, wm_topics_scratch_t *s, size_t i, bool opening);
void wm_topics_spoken_phrases(const wm_topics_model_t *m, wm_topics_scratch_t *s, size_t i, bool opening);
void wm_topics_spoken_broader(const wm_topics_model_t *m, wm_topics_scratch_t *s);
/** What the lexicon adds to the logit of concept `i`, and to that of a level-1 topic for "mainly". */
int32_t wm_topics_spoken_gain(const wm_topics_model_t *m, const wm_topics_scratch_t *s, size_t i);
int32_t wm_topics_spoken_main(const wm_topics_model_t *m, const wm_topics_scratch_t *s, size_t top);

/** Calls wm_topics_words(), then fills `s->input` and the counts. WM_ERR_NOMEM. */
wm_err_t wm_topics_features(const wm_topics_model_t *m, wm_topics_scratch_t *s, wm_str_t headline, wm_str_t body,
                            wm_error_t *err);
/** True if the counts look like text in English rather than noise, another language, or nothing. */
bool wm_topics_readable(const wm_topics_scratch_t *s);
/**
 * Fills `s->logits` from `s->input`: a concept's logit is never above its broader one's, and WM_TOPICS_UNSCORED where the broader one does not
 * pass its threshold.
 */
void wm_topics_score(const wm_topics_model_t *m, wm_topics_scratch_t *s);

typedef struct {
  uint32_t concept;          /* index */
  int relevance, confidence; /* 0 to 100 */
} wm_topics_given_t;

/**
 * Writes at most `max` (<= WM_TOPICS_GIVEN_MAX) topics into `out`, most relevant first; returns how many. Concepts with a flag in `off`
 * (one a concept; NULL: none) are not given; broader ones without a flag are given in their stead.
 */
size_t wm_topics_decide(const wm_topics_model_t *m, const wm_topics_scratch_t *s, const bool *off, size_t max,
                        wm_topics_given_t *out);

/* Arithmetic, plain and with vector instructions; all give the same integers. `dim` and `n`: multiples of 16. */
typedef struct {
  const char *name;
  /** Adds `n` rows of a table of `dim` columns to `sum`. */
  void (*sum)(int32_t *sum, const int8_t *table, size_t dim, const uint32_t *rows, size_t n);
  /** out[k] = x · row which[k] (`which` NULL: row k) of a table of `n` columns, for `count` rows. */
  void (*dots)(const int16_t *x, const int8_t *table, size_t n, const uint32_t *which, size_t count, int32_t *out);
} wm_topics_kernel_t;

enum { WM_TOPICS_KERNELS_MAX = 3 };
/** Fills in the kernels that this processor can run, the plain one first and the fastest one last; returns how many. */
size_t wm_topics_kernels(const wm_topics_kernel_t *kernels[WM_TOPICS_KERNELS_MAX]);
/** The fastest kernel of this processor, or the plain one. */
const wm_topics_kernel_t *wm_topics_kernel(bool plain);

#endif
