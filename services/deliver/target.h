/**
 * target: what the targets file says, checked.
 *
 * The file is one JSON object {"targets": [{...}, ...]}; README.md lists every member. Anything that is not understood is an error that
 * names the place: line and column where it is not JSON, else the target and the member, with the nearest known name.
 * Secrets are not in the file: it names the variable or the file that holds them.
 *
 * Threads: read by one thread at start, afterwards read-only and free to share.
 * Ownership: the list owns everything in it; strings live as long as the list.
 */
#ifndef WM_DELIVER_TARGET_H
#define WM_DELIVER_TARGET_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"

#define WM_TARGETS_MAX 64u
#define WM_TARGETS_FILE_MAX (1u << 20) /* bytes of the targets file */
#define WM_TARGET_NAME_MAX 64u         /* bytes of a target's name */
#define WM_TARGET_SECRET_MAX 4096u     /* bytes of a secret */
#define WM_TARGET_LIST_MAX 1000u       /* strings of one list of a filter */
#define WM_TARGET_HEADERS_MAX 32u      /* headers of one target */

typedef enum {
  WM_TARGET_KAFKA = 0,
  WM_TARGET_SUPERDESK,
  WM_TARGET_WEBHOOK,
  WM_TARGET_OPENSEARCH,
  WM_TARGET_FILE,
  WM_TARGET_TYPES
} wm_target_type_t;

typedef enum { WM_FORMAT_ARTICLE = 0, WM_FORMAT_NINJS, WM_FORMAT_SUPERDESK } wm_format_t;
typedef enum { WM_FSYNC_COMMIT = 0, WM_FSYNC_ROTATE, WM_FSYNC_NEVER } wm_fsync_t;

/** A list of strings (borrowed from the file). */
typedef struct {
  const char **items;
  size_t n;
} wm_strings_t;

/** What an article must have to be delivered; see filter.h. */
typedef struct {
  wm_strings_t topics, countries, types, languages;
  bool focus;
  long long topic_relevance, country_relevance, entity_relevance; /* 0 to 100 */
} wm_filter_t;

typedef struct {
  const char *name;
  wm_target_type_t type;
  const char *group;        /* consumer group */
  const char *dead_letters; /* topic */
  wm_format_t format;
  wm_filter_t filter;
  /* kafka */
  const char *topic;
  long long workers;
  /* HTTP */
  const char *url; /* complete: with /push or /_bulk?... */
  const char *ca_file;
  const char *secret; /* signing key, password; NULL: none */
  size_t secret_len;
  const char *authorization; /* value of the header; NULL: none */
  wm_strings_t headers;      /* "Name: value" */
  long long timeout_ms, in_flight, tries /* 0: no end */, retry_ms, retry_max_ms;
  const char *scheme; /* superdesk: of subjects */
  /* opensearch */
  const char *index, *user;
  long long batch, batch_bytes;
  /* file */
  const char *path;
  long long rotate_bytes;
  wm_fsync_t fsync;

  /* As the file has them; the members above are made of these. */
  const char *type_word, *format_word, *fsync_word, *base_url, *secret_env, *secret_file, *authorization_env,
      *authorization_file;
  char *own[4]; /* strings made while reading */
  char *secrets[2];
} wm_target_t;

typedef struct {
  wm_target_t *items;
  size_t n;
  json_t *root; /* the strings above point into it */
} wm_targets_t;

/** The word of a type: "kafka". */
const char *wm_target_type_word(wm_target_type_t type);
/**
 * Reads and checks the file at `path`; `topic_in` must be no target's topic, `group` begins the groups that are not given. Secrets are
 * read from the environment and from files here. WM_ERR_CONFIG (what is wrong and where), WM_ERR_IO (no such file), WM_ERR_NOMEM.
 */
wm_err_t wm_targets_read(const char *path, const char *topic_in, const char *group, wm_targets_t *out, wm_error_t *err);
/** The same from text; `name` stands for the file in errors. */
wm_err_t wm_targets_parse(const char *text, size_t len, const char *name, const char *topic_in, const char *group,
                          wm_targets_t *out, wm_error_t *err);
/** Wipes secrets, frees. */
void wm_targets_clear(wm_targets_t *targets);

#endif
