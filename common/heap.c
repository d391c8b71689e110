#include "common/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__

#include <malloc.h>

#define KEEP_BYTES (16 << 20)
#define GROW_BYTES (1 << 20) /* more than is asked for, whenever the heap grows */
#define APART_BYTES (4 << 20)

void wm_heap_keep(void) {
  mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
  mallopt(M_TOP_PAD, GROW_BYTES);
  mallopt(M_MMAP_THRESHOLD, APART_BYTES);
}

#else

void wm_heap_keep(void) {}

#endif
