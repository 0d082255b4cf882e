#include "process/chunk.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/queue.h>

#define AREA_BYTES ((size_t)2 << 20) /* of a huge page; an area begins at a multiple of that */
#define AREA_CHUNKS (AREA_BYTES / CHUNK_BYTES)
#define HUGE_FROM_AREAS 4 /* fewer are in small pages, and take no more than what is used */
#define HEAD_ONLY ((uint64_t)1)

/* Stands in the first chunk of its area. A bit for each chunk: */
struct area {
    LIST_ENTRY(area) link; /* of open_areas or full_areas */
    uint64_t used;
    uint64_t touched; /* was used since the system gave it */
};

LIST_HEAD(area_list, area);

static struct area_list open_areas = LIST_HEAD_INITIALIZER(open_areas); /* has a free chunk */
static struct area_list full_areas = LIST_HEAD_INITIALIZER(full_areas);
static size_t area_count;
static bool is_locking;

static void *map(size_t len) {
    void *place = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return place == MAP_FAILED ? NULL : place;
}

/* An area at a multiple of its size. A new kernel maps it there by itself. */
static void *map_area(void) {
    char *place = map(AREA_BYTES);
    size_t past = (uintptr_t)place & (AREA_BYTES - 1);

    if (place == NULL || past == 0) {
        return place;
    }
    (void)munmap(place, AREA_BYTES);
    place = map(2 * AREA_BYTES);
    if (place == NULL) {
        return NULL;
    }
    past = (uintptr_t)place & (AREA_BYTES - 1);
    if (past > 0) {
        (void)munmap(place, AREA_BYTES - past);
        place += AREA_BYTES - past;
    }
    (void)munmap(place + AREA_BYTES, past > 0 ? past : AREA_BYTES);
    return place;
}

static struct area *add_area(void) {
    struct area *area = map_area();

    if (area == NULL) {
        return NULL;
    }
    area_count += 1;
    if (area_count > HUGE_FROM_AREAS) {
        (void)madvise(area, AREA_BYTES, MADV_HUGEPAGE);
    }
    if (is_locking) {
        (void)mlock2(area, AREA_BYTES, MLOCK_ONFAULT); /* the limit may not allow it */
    }
    area->used = HEAD_ONLY;
    area->touched = HEAD_ONLY;
    LIST_INSERT_HEAD(&open_areas, area, link);
    return area;
}

void *chunk_take(void) {
    struct area *area = LIST_EMPTY(&open_areas) ? add_area() : LIST_FIRST(&open_areas);
    unsigned int at;

    if (area == NULL) {
        return NULL;
    }
    at = (unsigned int)__builtin_ctzll(~area->used);
    area->used |= (uint64_t)1 << at;
    area->touched |= area->used;
    if (area->used == UINT64_MAX) {
        LIST_REMOVE(area, link);
        LIST_INSERT_HEAD(&full_areas, area, link);
    }
    return (char *)area + at * CHUNK_BYTES;
}

void chunk_give(void *chunk) {
    size_t past = (uintptr_t)chunk & (AREA_BYTES - 1);
    struct area *area = (struct area *)((char *)chunk - past);
    size_t at = past / CHUNK_BYTES;

    if (area->used == UINT64_MAX) {
        LIST_REMOVE(area, link);
        LIST_INSERT_HEAD(&open_areas, area, link);
    }
    area->used &= ~((uint64_t)1 << at);
    if (area->used == HEAD_ONLY) {
        LIST_REMOVE(area, link);
        area_count -= 1;
        (void)munmap(area, AREA_BYTES);
    }
}

void chunk_trim(void) {
    struct area *area;

    LIST_FOREACH(area, &open_areas, link) {
        uint64_t unused = area->touched & ~area->used;

        if (unused != 0) { /* else the kernel may make a huge page again of what is left */
            (void)madvise(area, AREA_BYTES, MADV_NOHUGEPAGE);
        }
        for (size_t at = 0; at < AREA_CHUNKS; at++) {
            if ((unused >> at & 1) != 0) {
                (void)madvise((char *)area + at * CHUNK_BYTES, CHUNK_BYTES, MADV_DONTNEED);
            }
        }
        area->touched = area->used;
    }
}

static void lock_all(struct area_list *list) {
    struct area *area;

    LIST_FOREACH(area, list, link) {
        (void)mlock2(area, AREA_BYTES, MLOCK_ONFAULT);
    }
}

void chunk_lock(void) {
    is_locking = true;
    lock_all(&full_areas);
    lock_all(&open_areas);
}
