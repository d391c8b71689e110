#include <stdlib.h>

#include "common/article_internal.h"

/*
 * jansson's scanner (2.14) ignores that the buffer of its token could not grow: it loses a byte and goes on, into an assertion if the
 * token is a number or literal, or beyond the end of the buffer if memory is there again when a string is unescaped. So, within a guard,
 * the first failure is the last: what the scanner needs to end its token (sizes of its buffer: powers of two; a token that is no string
 * has at most WM_ARTICLE_ATOM_MAX bytes) comes out of a small reserve, and from the first refusal on everything is refused. What was
 * read is thrown away.
 */
#define RESERVE_BYTES 8192u
#define RESERVE_PIECE_MIN 32u
#define RESERVE_PIECE_MAX (2 * WM_ARTICLE_ATOM_MAX)

static _Thread_local struct {
  bool on, failed, refused;
  size_t used;
  _Alignas(max_align_t) char bytes[RESERVE_BYTES];
} t_guard;

static void *take_reserve(size_t size) {
  bool power = size >= RESERVE_PIECE_MIN && size <= RESERVE_PIECE_MAX && (size & (size - 1)) == 0;
  if (t_guard.refused || !power || size > RESERVE_BYTES - t_guard.used) {
    t_guard.refused = true;
    return NULL;
  }
  t_guard.used += size;
  return t_guard.bytes + t_guard.used - size;
}

static void *guarded_malloc(size_t size) {
  if (t_guard.on && t_guard.failed) return take_reserve(size);
  void *p = malloc(size);
  if (p || !t_guard.on) return p;
  t_guard.failed = true;
  return take_reserve(size);
}

static void guarded_free(void *p) {
  uintptr_t at = (uintptr_t)p, begin = (uintptr_t)t_guard.bytes;
  if (at < begin || at >= begin + RESERVE_BYTES) free(p);
}

/* Before main(), so that no thread uses jansson meanwhile. Outside of a guard it hands out plain malloc() memory as before. */
__attribute__((constructor)) static void hook_jansson(void) {
  json_set_alloc_funcs(guarded_malloc, guarded_free);
}

void wm_article_guard_begin(void) {
  t_guard.on = true;
  t_guard.failed = t_guard.refused = false;
  t_guard.used = 0;
}

bool wm_article_guard_end(void) {
  t_guard.on = false;
  return t_guard.failed;
}
