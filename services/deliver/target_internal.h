/* What the readers of the targets file share: target.c knows the members, target_member.c their kinds. */
#ifndef WM_DELIVER_TARGET_INTERNAL_H
#define WM_DELIVER_TARGET_INTERNAL_H

#include <stdint.h>

#include "services/deliver/target.h"

typedef enum {
  WM_MEMBER_STRING,  /* const char *; min and max bytes */
  WM_MEMBER_INT,     /* long long; min and max */
  WM_MEMBER_BOOL,    /* bool */
  WM_MEMBER_CHOICE,  /* const char *, one of `choices` */
  WM_MEMBER_LIST,    /* wm_strings_t */
  WM_MEMBER_HEADERS, /* wm_strings_t of "Name: value", out of an object */
  WM_MEMBER_FILTER   /* wm_filter_t */
} wm_member_kind_t;

typedef struct {
  const char *name;
  unsigned types; /* bit set of the target types that have it */
  wm_member_kind_t kind;
  size_t at; /* where in the struct */
  long long min, max;
  const char *choices; /* "a|b" */
  const char *def;     /* NULL or "": as the struct was */
  bool required;
} wm_target_member_t;

typedef struct {
  const wm_target_member_t *members;
  size_t n;
  const wm_target_member_t *filter;
  size_t n_filter;
} wm_member_table_t;

/* Where in the file we are, for errors. */
typedef struct {
  const char *file;
  int index;        /* of the target; -1: none */
  const char *name; /* of the target; NULL: not known yet */
} wm_place_t;

/* WM_ERR_CONFIG with file and target before the text. */
wm_err_t wm_place_error(const wm_place_t *place, wm_error_t *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Fills `out` from the members of `object` that targets of `type` have; refuses all others. */
wm_err_t wm_members_read(const wm_place_t *place, const wm_member_table_t *table, const json_t *object, unsigned type,
                         void *out, wm_error_t *err);
/* True if `word` is one of "a|b|c". */
bool wm_choice_has(const char *choices, const char *word);
/* http or https, with a host, without user, password and fragment. */
wm_err_t wm_url_check(const wm_place_t *place, const char *url, wm_error_t *err);
/* Reads a secret out of variable `env` or file `path` (both NULL: none) into `*out`, which the caller wipes. */
wm_err_t wm_secret_read(const wm_place_t *place, const char *what, const char *env, const char *path, char **out,
                        wm_error_t *err);
/* Overwrites and frees. NULL allowed. */
void wm_secret_wipe(char *secret);
void wm_strings_free(wm_strings_t *list);

#endif
