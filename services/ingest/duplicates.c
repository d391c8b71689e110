#include "services/ingest/duplicates.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define BANDS 16u
#define ROWS (WM_SIGNATURE_BINS / BANDS)
#define CHAIN_MAX 16  /* entries looked at in one band ... */
#define VISITS_MAX 96 /* ... and in all: texts made of the same phrases fill chains, and each entry is a cache miss */

/* Entries are numbered from 1 as they come; entry n lies at n % window. A chain goes from newer to older, so the first number that has left
 * the window ends it and nothing need be unlinked. */
typedef struct {
  uint32_t number; /* goes round after 4 billion; then an old chain may lead to a newer entry, which hurts nothing */
  uint32_t next[BANDS];
  uint16_t bin[WM_SIGNATURE_BINS];
  int64_t at_ms;
  char *uri, *first; /* first NULL: it is the first itself */
} entry_t;

struct wm_duplicates {
  pthread_mutex_t lock;
  entry_t *entries;
  uint64_t *own;   /* [window] hashes of the records that this process has written, by slot */
  uint32_t *heads; /* [table] newest entry of the chain */
  size_t window, table;
  uint32_t newest;
  size_t count;
  int64_t age_ms;
  int64_t slot; /* the last that was given or seen */
};

wm_duplicates_t *wm_duplicates_new(size_t window, int64_t age_ms) {
  wm_duplicates_t *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  d->window = window;
  d->age_ms = age_ms;
  d->slot = -1;
  d->table = 1024;
  while (d->table < BANDS * window) d->table *= 2;
  d->entries = calloc(window, sizeof *d->entries);
  d->heads = calloc(d->table, sizeof *d->heads);
  d->own = calloc(window, sizeof *d->own);
  if (pthread_mutex_init(&d->lock, NULL) != 0 || !d->entries || !d->heads || !d->own) {
    free(d->own);
    free(d->entries);
    free(d->heads);
    free(d);
    return NULL;
  }
  return d;
}

void wm_duplicates_destroy(wm_duplicates_t *d) {
  if (!d) return;
  for (size_t i = 0; i < d->window; i++) {
    free(d->entries[i].uri);
    free(d->entries[i].first);
  }
  free(d->entries);
  free(d->heads);
  free(d->own);
  pthread_mutex_destroy(&d->lock);
  free(d);
}

static uint32_t *head_of(const wm_duplicates_t *d, const uint16_t *bin, size_t band) {
  return &d->heads[XXH3_64bits_withSeed(bin + band * ROWS, ROWS * sizeof *bin, band) & (d->table - 1)];
}

/* Entry `number`, NULL if it has left the window. */
static entry_t *entry_at(const wm_duplicates_t *d, uint32_t number) {
  entry_t *e = number > 0 ? &d->entries[number % d->window] : NULL;
  return e && e->number == number ? e : NULL;
}

typedef struct {
  const entry_t *best; /* of another uri */
  unsigned alike;
  bool known; /* the uri itself is there with this text */
} search_t;

static void look_at(search_t *s, const entry_t *e, const wm_signature_t *signature, const char *uri) {
  unsigned alike = 0;
  for (size_t i = 0; i < WM_SIGNATURE_BINS; i++) alike += e->bin[i] == signature->bin[i];
  if (alike < WM_SIGNATURE_ALIKE) return;
  if (strcmp(e->uri, uri) == 0) {
    if (alike == WM_SIGNATURE_BINS) s->known = true;
  } else if (alike > s->alike || (alike == s->alike && s->best && e->number < s->best->number)) {
    s->alike = alike;
    s->best = e;
  }
}

static search_t search(const wm_duplicates_t *d, const wm_signature_t *signature, const char *uri, int64_t now_ms) {
  search_t s = {0};
  int visits = 0;
  for (size_t band = 0; band < BANDS; band++) {
    uint32_t number = *head_of(d, signature->bin, band);
    for (int i = 0; i < CHAIN_MAX && visits < VISITS_MAX; i++, visits++) {
      const entry_t *e = entry_at(d, number);
      if (!e) break;
      if (e->at_ms >= now_ms - d->age_ms &&
          memcmp(e->bin + band * ROWS, signature->bin + band * ROWS, ROWS * sizeof *e->bin) == 0)
        look_at(&s, e, signature, uri);
      number = e->next[band];
    }
  }
  return s;
}

static bool insert(wm_duplicates_t *d, const wm_signature_t *signature, const char *uri, const char *first,
                   int64_t at_ms) {
  char *uri_copy = strdup(uri), *first_copy = first && first[0] ? strdup(first) : NULL;
  if (!uri_copy || (first && first[0] && !first_copy)) {
    free(uri_copy);
    free(first_copy);
    return false;
  }
  if (++d->newest == 0) d->newest = 1;
  if (d->count < d->window) d->count++;
  uint32_t number = d->newest;
  entry_t *e = &d->entries[number % d->window];
  free(e->uri);
  free(e->first);
  *e = (entry_t){.number = number, .at_ms = at_ms, .uri = uri_copy, .first = first_copy};
  memcpy(e->bin, signature->bin, sizeof e->bin);
  for (size_t band = 0; band < BANDS; band++) {
    uint32_t *head = head_of(d, signature->bin, band);
    e->next[band] = *head;
    *head = number;
  }
  return true;
}

bool wm_duplicates_check(wm_duplicates_t *d, const wm_signature_t *signature, const char *uri, int64_t at_ms,
                         char first[WM_ARTICLE_URI_MAX + 1], int64_t *slot) {
  first[0] = '\0';
  if (slot) *slot = -1;
  if (!signature->usable) return false;
  pthread_mutex_lock(&d->lock);
  search_t s = search(d, signature, uri, at_ms);
  if (s.best) {
    const char *found = s.best->first ? s.best->first : s.best->uri;
    size_t len = strnlen(found, WM_ARTICLE_URI_MAX);
    if (strcmp(found, uri) != 0) memcpy(first, found, len);
    first[strcmp(found, uri) != 0 ? len : 0] = '\0';
  }
  if (!s.known && insert(d, signature, uri, first, at_ms)) {
    d->slot = (d->slot + 1) % (int64_t)d->window;
    if (slot) *slot = d->slot;
  }
  pthread_mutex_unlock(&d->lock);
  return first[0] != '\0';
}

void wm_duplicates_add(wm_duplicates_t *d, const wm_signature_t *signature, const char *uri, const char *first,
                       int64_t at_ms, int64_t now_ms, int64_t slot) {
  if (!signature->usable) return;
  pthread_mutex_lock(&d->lock);
  if (at_ms >= now_ms - d->age_ms && !search(d, signature, uri, now_ms).known) insert(d, signature, uri, first, at_ms);
  if (slot >= 0 && slot < (int64_t)d->window) d->slot = slot;
  pthread_mutex_unlock(&d->lock);
}

void wm_duplicates_wrote(wm_duplicates_t *d, int64_t slot, uint64_t hash) {
  pthread_mutex_lock(&d->lock);
  if (slot >= 0 && slot < (int64_t)d->window) d->own[slot] = hash;
  pthread_mutex_unlock(&d->lock);
}

bool wm_duplicates_is_own(wm_duplicates_t *d, int64_t slot, uint64_t hash) {
  pthread_mutex_lock(&d->lock);
  bool own = slot >= 0 && slot < (int64_t)d->window && d->own[slot] == hash;
  pthread_mutex_unlock(&d->lock);
  return own;
}

size_t wm_duplicates_count(wm_duplicates_t *d) {
  pthread_mutex_lock(&d->lock);
  size_t n = d->count;
  pthread_mutex_unlock(&d->lock);
  return n;
}
