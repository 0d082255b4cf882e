#include "allocation.h"

#include <errno.h>
#include <stdlib.h>

#include "store/record.h"

static size_t left; /* until the one that fails; 0: none will */
static bool failed;
static size_t live;
static bool is_asked; /* by reallocarray(), which calls realloc() */

static bool fails(void) {
    if (!is_asked && left > 0 && --left == 0) {
        failed = true;
        errno = ENOMEM;
        return true;
    }
    return false;
}

void allocation_fail_at(size_t n) {
    left = n;
    failed = false;
}

bool allocation_stop(void) {
    left = 0;
    return failed;
}

size_t allocation_live(void) {
    return live;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);

/* The store's records and their keys (store/pool.h). ghostctl has none. */
struct pool;
__attribute__((weak)) void *__real_pool_take(struct pool *pool, size_t len);
void *__wrap_pool_take(struct pool *pool, size_t len);

void *__wrap_pool_take(struct pool *pool, size_t len) {
    return fails() ? NULL : __real_pool_take(pool, len);
}

/* What is removed is noted in a list (store/memory.h). Now and then that has to become longer; here
 * each removal counts as one for which it has to. */
struct memory;
__attribute__((weak)) int __real_memory_delete(
        struct memory *memory, enum table table, struct span key);
int __wrap_memory_delete(struct memory *memory, enum table table, struct span key);

int __wrap_memory_delete(struct memory *memory, enum table table, struct span key) {
    return fails() ? -ENOMEM : __real_memory_delete(memory, table, key);
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
    return fails() ? NULL : __real_realloc(block, size);
}

void *__wrap_reallocarray(void *block, size_t count, size_t size) {
    void *resized;

    if (fails()) {
        return NULL;
    }
    is_asked = true;
    resized = __real_reallocarray(block, count, size);
    is_asked = false;
    return resized;
}

#ifndef __SANITIZE_ADDRESS__

/* glibc's own names, under which its malloc stays within reach. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

__attribute__((visibility("default"))) void *malloc(size_t size) {
    void *block = fails() ? NULL : __libc_malloc(size);

    live += block != NULL;
    return block;
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
    void *block = fails() ? NULL : __libc_calloc(count, size);

    live += block != NULL;
    return block;
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size) {
    void *resized = fails() ? NULL : __libc_realloc(block, size);

    live += block == NULL && resized != NULL;
    return resized;
}

__attribute__((visibility("default"))) void free(void *block) {
    live -= block != NULL;
    __libc_free(block);
}

#endif
