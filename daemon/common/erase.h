/*
 * Freed memory is erased: this header replaces free() and realloc() in the whole program. Values
 * pass through h2o, jansson and the C library, which do not wipe what they free. GhostKey's
 * own code also wipes each secret itself, so a program without this header still wipes most of
 * them.
 *
 * Only the two main.c include it, since it defines functions. They call glibc's malloc. Where
 * glibc's functions have no names of their own, or AddressSanitizer replaces them, erase_freed()
 * makes the allocator overwrite what it can.
 */
#ifndef GHOSTKEY_ERASE_H
#define GHOSTKEY_ERASE_H

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GK_ERASE_BY_ALLOCATOR
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || !defined(GK_HAVE_LIBC_MALLOC)
#define GK_ERASE_BY_ALLOCATOR
#endif

#ifdef GK_ERASE_BY_ALLOCATOR

#define GK_FREED_BYTE 0xa5

/* Overwrites what is freed, but for pieces of about 1 KiB and less, which glibc keeps aside. */
static inline void erase_freed(void) {
#ifdef M_PERTURB
    (void)mallopt(M_PERTURB, GK_FREED_BYTE);
#endif
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static inline void erase_freed(void) {
    /* the functions below do it */
}

/* Hides from the compiler which size was asked for. The block is larger: a checked explicit_bzero()
 * would take that for an overflow. */
static inline void *whole(void *block) {
    __asm__("" : "+r"(block));
    return block;
}

/* To replace some of them, all have to be there (glibc manual, "Replacing malloc"). */
__attribute__((visibility("default"))) void *malloc(size_t size) {
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
    return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void free(void *block) {
    if (block != NULL) {
        explicit_bzero(whole(block), malloc_usable_size(block));
        __libc_free(block);
    }
}

/* A block that shrinks stays where it is; one that grows is copied, and the old one is wiped. */
__attribute__((visibility("default"))) void *realloc(void *block, size_t size) {
    size_t usable = malloc_usable_size(block);
    void *moved;

    if (block != NULL && size <= usable) {
        explicit_bzero((char *)whole(block) + size, usable - size);
        return __libc_realloc(block, size);
    }
    moved = __libc_malloc(size);
    if (moved != NULL && block != NULL) {
        memcpy(moved, block, usable);
        free(block);
    }
    return moved;
}

#endif
#endif
