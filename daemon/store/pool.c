#include "store/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "process/chunk.h"

#define STEP_BYTES 16 /* from one size to the next, up to FINE_BYTES; then an eighth of it */
#define FINE_BYTES 256
#define FINE_CLASSES (FINE_BYTES / STEP_BYTES)
#define CLASSES_IN_DOUBLE 8
#define MALLOC_HEAD_BYTES 16

#ifdef __SANITIZE_ADDRESS__
#define LARGE_BYTES 1 /* all: it looks for objects that are used after they were given back */
#else
#define LARGE_BYTES 2049
#endif

struct slot {
    struct slot *next;
};

/* Stands at the begin of its chunk. */
struct slab {
    struct slab *next;
    struct slab *before; /* NULL: it is the first one */
    struct slot *given;  /* slots that were given back */
    uint32_t fresh_at;   /* from here on no slot was ever taken */
    uint16_t used;       /* slots */
};

#define FIRST_SLOT_AT ((sizeof(struct slab) + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES)

static size_t class_of(size_t len) {
    size_t order;

    if (len <= FINE_BYTES) {
        return len == 0 ? 0 : (len - 1) / STEP_BYTES;
    }
    order = (size_t)(63 - __builtin_clzll((unsigned long long)(len - 1)));
    return FINE_CLASSES + (order - 8) * CLASSES_IN_DOUBLE +
           (((len - 1) >> (order - 3)) & (CLASSES_IN_DOUBLE - 1));
}

static size_t class_bytes(size_t class) {
    size_t coarse = class - FINE_CLASSES;

    return class < FINE_CLASSES ? (class + 1) * STEP_BYTES
                                : (CLASSES_IN_DOUBLE + 1 + coarse % CLASSES_IN_DOUBLE)
                                          << (coarse / CLASSES_IN_DOUBLE + 8 - 3);
}

size_t pool_object_bytes(size_t len) {
    return len < LARGE_BYTES ? class_bytes(class_of(len)) : len + MALLOC_HEAD_BYTES;
}

static void link_slab(struct slab **list, struct slab *slab) {
    slab->before = NULL;
    slab->next = *list;
    if (*list != NULL) {
        (*list)->before = slab;
    }
    *list = slab;
}

static void unlink_slab(struct slab **list, struct slab *slab) {
    if (slab->before == NULL) {
        *list = slab->next;
    } else {
        slab->before->next = slab->next;
    }
    if (slab->next != NULL) {
        slab->next->before = slab->before;
    }
}

static struct slab *add_slab(struct pool *pool, size_t class) {
    struct slab *slab = chunk_take();

    if (slab == NULL) {
        return NULL;
    }
    *slab = (struct slab){.fresh_at = FIRST_SLOT_AT};
    link_slab(&pool->open[class], slab);
    return slab;
}

static bool is_full(const struct slab *slab, size_t slot_bytes) {
    return slab->given == NULL && slab->fresh_at + slot_bytes > CHUNK_BYTES;
}

void *pool_take(struct pool *pool, size_t len) {
    size_t class = class_of(len);
    size_t slot_bytes;
    struct slab *slab;
    void *object;

    if (len >= LARGE_BYTES) {
        object = malloc(len);
        pool->large_count += object != NULL;
        return object;
    }
    slot_bytes = class_bytes(class);
    slab = pool->open[class] != NULL ? pool->open[class] : add_slab(pool, class);
    if (slab == NULL) {
        return NULL;
    }
    if (slab->given != NULL) {
        object = slab->given;
        slab->given = slab->given->next;
    } else {
        object = (char *)slab + slab->fresh_at;
        slab->fresh_at += (uint32_t)slot_bytes;
    }
    slab->used += 1;
    if (is_full(slab, slot_bytes)) {
        unlink_slab(&pool->open[class], slab);
        link_slab(&pool->full[class], slab);
    }
    return object;
}

void pool_give(struct pool *pool, void *object, size_t len) {
    size_t class = class_of(len);
    struct slab *slab = (struct slab *)((char *)object - ((uintptr_t)object & (CHUNK_BYTES - 1)));
    struct slot *slot = object;

    if (len >= LARGE_BYTES) {
        pool->large_count -= 1;
        free(object);
        return;
    }
    if (is_full(slab, class_bytes(class))) {
        unlink_slab(&pool->full[class], slab);
        link_slab(&pool->open[class], slab);
    }
    slot->next = slab->given;
    slab->given = slot;
    slab->used -= 1;
    if (slab->used == 0) {
        unlink_slab(&pool->open[class], slab);
        chunk_give(slab);
    }
}

static void free_slabs(struct slab *slab) {
    while (slab != NULL) {
        struct slab *next = slab->next;

        explicit_bzero(slab, slab->fresh_at);
        chunk_give(slab);
        slab = next;
    }
}

void pool_deinit(struct pool *pool) {
    for (size_t class = 0; class < POOL_CLASSES; class ++) {
        free_slabs(pool->open[class]);
        free_slabs(pool->full[class]);
    }
    *pool = (struct pool){0};
}
