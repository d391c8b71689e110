/** One thing that workers read while it is replaced: nobody reads what is freed, slots come to an end. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/live.h"

static atomic_size_t g_destroyed;

static void destroy(void *thing) {
  assert_non_null(thing);
  memset(thing, 0, 8);
  free(thing);
  atomic_fetch_add(&g_destroyed, 1);
}

/* Eight bytes that are alike. */
static void *thing_of(int n) {
  char *thing = malloc(8);
  assert_non_null(thing);
  memset(thing, 1 + n % 100, 8);
  return thing;
}

typedef struct {
  wm_live_t *live;
  atomic_bool stop;
  atomic_size_t rounds;
} readers_t;

/* Reads what is in use again and again; a freed thing would show under AddressSanitizer, a torn one here. */
static void *read_live(void *arg) {
  readers_t *r = arg;
  int slot = wm_live_join(r->live);
  size_t wrong = slot < 0;
  while (!atomic_load(&r->stop)) {
    const volatile char *thing = wm_live_enter(r->live, slot);
    char first = thing[0];
    for (int i = 0; i < 8; i++) wrong += thing[i] != first || first == 0;
    wm_live_exit(r->live, slot);
    atomic_fetch_add(&r->rounds, 1);
  }
  wm_live_leave(r->live, slot);
  return (void *)(uintptr_t)wrong;
}

static void replaced_while_read(void **state) {
  (void)state;
  enum { READERS = 3 };
  pthread_t threads[READERS];
  size_t made = 1;
  readers_t r = {.live = wm_live_new(thing_of(0), destroy)};
  assert_non_null(r.live);
  atomic_store(&g_destroyed, 0);
  for (size_t i = 0; i < READERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_live, &r), 0);
  for (; made < 200 || atomic_load(&r.rounds) < 1000; made++) {
    wm_live_replace(r.live, thing_of((int)(made % 1000)));
    assert_int_equal(atomic_load(&g_destroyed), made); /* the old one goes before replace() returns */
  }
  atomic_store(&r.stop, true);
  for (size_t i = 0; i < READERS; i++) {
    void *wrong = NULL;
    assert_int_equal(pthread_join(threads[i], &wrong), 0);
    assert_null(wrong);
  }
  wm_live_destroy(r.live);
  assert_int_equal(atomic_load(&g_destroyed), made);
}

static void slots_end(void **state) {
  (void)state;
  wm_live_t *l = wm_live_new(NULL, destroy);
  assert_non_null(l);
  for (int i = 0; i < WM_LIVE_SLOTS; i++) assert_int_equal(wm_live_join(l), i);
  assert_int_equal(wm_live_join(l), -1);
  wm_live_leave(l, 7);
  assert_int_equal(wm_live_join(l), 7);
  assert_null(wm_live_enter(l, 7));
  wm_live_exit(l, 7);
  wm_live_replace(l, NULL);
  wm_live_destroy(l);
  wm_live_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(replaced_while_read),
      cmocka_unit_test(slots_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
