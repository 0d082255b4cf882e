/*
 * Heap memory of ghostctl, which does one thing and has nothing to save: where there is no memory,
 * the program ends with a message and exit status 1.
 */
#ifndef GHOSTCTL_HEAP_H
#define GHOSTCTL_HEAP_H

#include "common/cleanup.h"
#include <stddef.h>

/* Says that there is no memory and ends the program. */
void heap_exhausted(void) __attribute__((noreturn));

void *heap_resize(void *pointer, size_t count, size_t size);
char *heap_duplicate(const char *text, size_t len);

/* free() that wipes before; also what jansson is given. */
void heap_wipe_free(void *pointer);
static inline void heap_wipe_freep(void *place) {
    heap_wipe_free(*(void **)place);
}
#define GK_AUTO_WIPE GK_CLEANUP(heap_wipe_freep)

#endif
