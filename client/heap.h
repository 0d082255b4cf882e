/*
 * Heap memory of ghostctl. If there is none left, the program ends with a message and exit status
 * 1: it has no state to save.
 */
#ifndef GHOSTCTL_HEAP_H
#define GHOSTCTL_HEAP_H

#include <stddef.h>

#include "common/cleanup.h"

/* Prints that there is no memory and ends the program. */
void heap_exhausted(void) __attribute__((noreturn));

void *heap_resize(void *pointer, size_t count, size_t size);
char *heap_duplicate(const char *text, size_t len);

/* Wipes the memory and frees it. jansson uses it, too. */
void heap_wipe_free(void *pointer);
static inline void heap_wipe_freep(void *place) {
    heap_wipe_free(*(void **)place);
}
#define GK_AUTO_WIPE GK_CLEANUP(heap_wipe_freep)

#endif
