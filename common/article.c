#include "common/article.h"

#include <stdlib.h>
#include <string.h>

#include "common/article_internal.h"

#define DEPTH_MAX 1024u

const char *const wm_field_names[WM_FIELD_COUNT] = {"headline", "body_text"};

wm_article_t *wm_article_new(const wm_article_limits_t *limits) {
  wm_article_t *a = calloc(1, sizeof *a);
  if (!a) return NULL;
  if (limits) a->limits = *limits;
  if (a->limits.bytes_max == 0) a->limits.bytes_max = WM_ARTICLE_BYTES_MAX;
  if (a->limits.bytes_max > SIZE_MAX / 16) a->limits.bytes_max = SIZE_MAX / 16;
  if (a->limits.depth_max == 0) a->limits.depth_max = WM_ARTICLE_DEPTH_MAX;
  if (a->limits.depth_max > DEPTH_MAX) a->limits.depth_max = DEPTH_MAX;
  for (int i = 0; i < WM_FIELD_COUNT; i++) wm_buffer_init(&a->html[i], a->limits.bytes_max);
  /* a byte of text takes six at most as JSON (\u0001) */
  wm_buffer_init(&a->own, 6 * (a->limits.bytes_max + WM_ARTICLE_URI_MAX) + 64);
  wm_article_reset(a);
  return a;
}

void wm_article_destroy(wm_article_t *a) {
  if (!a) return;
  wm_article_reset(a);
  for (int i = 0; i < WM_FIELD_COUNT; i++) wm_buffer_clear(&a->html[i]);
  wm_buffer_clear(&a->own);
  free(a->members);
  if (a->hash) XXH3_freeState(a->hash);
  free(a);
}

void wm_article_reset(wm_article_t *a) {
  for (size_t i = 0; i < a->n_members; i++) {
    free(a->members[i].name);
    json_decref(a->members[i].value);
  }
  a->n_members = 0;
  json_decref(a->root);
  a->root = NULL;
  a->json = (wm_str_t){"", 0};
  memset(a->slots, 0, sizeof a->slots);
  memset(a->derived, 0, sizeof a->derived);
  for (int i = 0; i < WM_FIELD_COUNT; i++) {
    a->text[i] = (wm_str_t){"", 0};
    wm_buffer_reset(&a->html[i]);
  }
  a->uri = "";
  a->language[0] = '\0';
}

wm_err_t wm_article_insert(wm_article_t *a, size_t at, const char *name, json_t *value, const wm_span_t *raw,
                           wm_error_t *err) {
  if (a->n_members == a->members_capacity) {
    size_t capacity = a->members_capacity ? 2 * a->members_capacity : 8;
    wm_article_member_t *members = realloc(a->members, capacity * sizeof *members);
    if (!members) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (enrichment)");
    a->members = members;
    a->members_capacity = capacity;
  }
  char *copy = strdup(name);
  if (!copy) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (enrichment)");
  memmove(&a->members[at + 1], &a->members[at], (a->n_members - at) * sizeof *a->members);
  a->members[at] = (wm_article_member_t){.name = copy, .value = json_incref(value), .changed = !raw};
  if (raw) a->members[at].raw = *raw;
  a->n_members++;
  return WM_OK;
}

const char *wm_article_uri(const wm_article_t *a) {
  return a->uri;
}

wm_str_t wm_article_text(const wm_article_t *a, wm_field_t field) {
  return a->text[field];
}

const json_t *wm_article_json(const wm_article_t *a) {
  return a->root;
}

const char *wm_article_language(const wm_article_t *a) {
  return a->language;
}
