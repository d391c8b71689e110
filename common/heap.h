/**
 * heap: how the C library's heap behaves in wiremill's processes.
 *
 * Threads: call once at the beginning of main(), before there are others.
 */
#ifndef WM_HEAP_H
#define WM_HEAP_H

/**
 * Memory that an article needed is kept for the next one. By default glibc gives what is free at the end of the heap back to the kernel from 128 KiB
 * on, and asks for it again with the next article, page by page: a fifth of the time of the entities service. Afterwards some 16 MiB a worker are
 * kept, buffers of 4 MiB and more still go back at once. Nothing happens with other C libraries.
 */
void wm_heap_keep(void);

#endif
