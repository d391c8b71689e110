/**
 * vocabulary: a newsroom's own vocabulary over IPTC's (services/topics/README.md has the form of the file).
 *
 * Threads: read-only once open, free to share. Ownership: the caller owns it; it copies what it keeps of the file, and borrows the model.
 */
#ifndef WM_TOPICS_VOCABULARY_H
#define WM_TOPICS_VOCABULARY_H

#include "services/topics/topics_internal.h"

enum {
  WM_VOCABULARY_BYTES_MAX = 1 << 20, /* of a file */
  WM_VOCABULARY_TOPICS_MAX = 1000,   /* house topics */
  WM_VOCABULARY_PHRASES_MAX = 50000, /* of all house topics */
  WM_VOCABULARY_CODE_MAX = 64,       /* bytes of a house code */
  WM_VOCABULARY_NAME_MAX = 200,      /* bytes of a house topic's name */
  WM_VOCABULARY_AT_LEAST_MAX = 100   /* mentions that a house topic may ask for */
};

typedef struct wm_topics_vocabulary wm_topics_vocabulary_t;

/** A house topic that an article speaks of. */
typedef struct {
  const char *code, *name;   /* belong to the vocabulary */
  int relevance, confidence; /* 0 to 100 */
} wm_topics_house_t;

/**
 * Reads the file at `path`. WM_ERR_CONFIG with "FILE:LINE: what is wrong and what is allowed", WM_ERR_NOMEM.
 */
wm_err_t wm_topics_vocabulary_open(const char *path, const wm_topics_model_t *m, wm_topics_vocabulary_t **out,
                                   wm_error_t *err);
/** As open(), from memory; `name` stands for the file in errors. */
wm_err_t wm_topics_vocabulary_parse(const char *name, const char *text, size_t len, const wm_topics_model_t *m,
                                    wm_topics_vocabulary_t **out, wm_error_t *err);
void wm_topics_vocabulary_destroy(wm_topics_vocabulary_t *v);

/** The house code of a concept: its own, or that of the nearest broader concept that has one; NULL if none. */
const char *wm_topics_vocabulary_code(const wm_topics_vocabulary_t *v, uint32_t concept);
/** One flag a concept: true where it is switched off, itself or a broader one. */
const bool *wm_topics_vocabulary_off(const wm_topics_vocabulary_t *v);
/** House topics whose phrases stand in the words of `s`, most relevant first, at most `max` (<= WM_TOPICS_GIVEN_MAX); returns how many. */
size_t wm_topics_vocabulary_match(const wm_topics_vocabulary_t *v, const wm_topics_scratch_t *s, size_t max,
                                  wm_topics_house_t *out);

#endif
