/*
 * Memory for many small objects that come and go alike. Objects of about one size lie in chunks of
 * their own, and a chunk is freed with its last object: what lives long is in another pool than
 * what goes, so that it keeps no page of it. An object has no head, and its size is told to
 * pool_give(). Large objects are malloc()'s.
 *
 * What is in a pool may be moved with it as a struct.
 */
#ifndef GHOSTKEYD_STORE_POOL_H
#define GHOSTKEYD_STORE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#define POOL_CLASSES 48

struct slab;

struct pool {
    struct slab *open[POOL_CLASSES]; /* with a free slot */
    struct slab *full[POOL_CLASSES];
    size_t large_count; /* of objects that malloc() has */
};

/* How much of the heap an object of that size takes. */
size_t pool_object_bytes(size_t len);

void *pool_take(struct pool *pool, size_t len); /* NULL: no memory is left */
void pool_give(struct pool *pool, void *object, size_t len);

/* Wipes and frees all objects but the large ones, which must have been given back. */
void pool_deinit(struct pool *pool);

#endif
