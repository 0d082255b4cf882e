/*
 * What common/erase.h promises: memory that is freed, or that realloc() moves or cuts off, holds
 * nothing of what was in it. Reading freed memory is undefined in C, but it is what a core file
 * shows; so this test is not run under checkers of memory. Prints TAP.
 */
#include <stdbool.h>
#include <stdio.h>

#include "common/erase.h"

#define LINKS_BYTES 32 /* what the allocator writes into a free block: two pairs of pointers */
#define FILL 0x5c

static int count;
static int failed;

static void check(bool holds, const char *what, size_t size) {
    count++;
    failed += !holds;
    printf("%s %d - %s, %zu bytes\n", holds ? "ok" : "not ok", count, what, size);
}

/* Hidden from the compiler, which knows that a freed block must not be read. */
static volatile unsigned char *place_of(void *volatile block) {
    return block;
}

/* How many bytes are as they were filled. A single one may be a byte of the allocator's pointers.
 */
static size_t filled(const volatile unsigned char *place, size_t from, size_t to) {
    size_t found = 0;

    for (size_t at = from; at < to; at++) {
        found += place[at] == FILL &&
                 ((at > from && place[at - 1] == FILL) || (at + 1 < to && place[at + 1] == FILL));
    }
    return found;
}

static unsigned char *made(size_t size) {
    unsigned char *block = malloc(size);

    if (block == NULL) {
        abort();
    }
    memset(block, FILL, size);
    return block;
}

static void freed(size_t size) {
    unsigned char *block = made(size);
    void *fence = malloc(1); /* so that what is freed is not given back to the system */
    volatile unsigned char *place = place_of(block);

    free(block);
    check(filled(place, 0, size) == 0, "freed", size);
    free(fence);
}

static void grown(size_t size) {
    unsigned char *block = made(size);
    void *fence = malloc(1);
    volatile unsigned char *place = place_of(block);
    unsigned char *larger = realloc(block, size * 3 + LINKS_BYTES);

    check(place_of(larger) != place && filled(place, 0, size) == 0, "left for a larger place",
            size);
    check(filled(larger, 0, size) >= size, "which has it", size);
    free(larger);
    free(fence);
}

static void shrunk(size_t size) {
    unsigned char *block = made(size);
    void *fence = malloc(1);
    volatile unsigned char *place = place_of(block);
    unsigned char *smaller = realloc(block, size / 4);

    check(place_of(smaller) == place && filled(place, 0, size / 4) == size / 4 &&
                    filled(place, size / 4, size) == 0,
            "cut off", size);
    free(smaller);
    free(fence);
}

int main(void) {
    static const size_t sizes[] = {40, 100, 1000, 1032, 1033, 5000, 100000};

    erase_freed();
#ifdef GK_ERASE_BY_ALLOCATOR
    printf("ok 1 - freed memory is erased # SKIP by the allocator alone\n1..1\n");
    return 0;
#endif
    for (size_t at = 0; at < sizeof(sizes) / sizeof(sizes[0]); at++) {
        freed(sizes[at]);
        grown(sizes[at]);
        shrunk(sizes[at]);
    }
    /* cppcheck-suppress leakReturnValNotUsed; there is nothing that could leak */
    check(realloc(made(64), 0) == NULL, "realloc() to nothing frees", 64);
    printf("1..%d\n", count);
    return failed > 0;
}
