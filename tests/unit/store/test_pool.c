#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process/chunk.h"
#include "store/pool.h"
#include "support/test.h"

#define OBJECTS 20000
#define LEN_MAX 2600 /* some are malloc()'s */

struct object {
    unsigned char *place;
    size_t len;
};

static struct object objects[OBJECTS];

static unsigned int random_below(unsigned int *seed, unsigned int below) {
    *seed = *seed * 1103515245 + 12345;
    return *seed / 65536 % below;
}

static unsigned char mark_of(size_t at) {
    return (unsigned char)(at % 251 + 1);
}

static void take(struct pool *pool, size_t at, size_t len) {
    struct object *object = &objects[at];

    object->len = len;
    object->place = pool_take(pool, len);
    assert_non_null(object->place);
    assert_int_equal((uintptr_t)object->place % _Alignof(uint64_t), 0);
    memset(object->place, mark_of(at), len);
}

static void assert_whole(size_t at) {
    const struct object *object = &objects[at];

    for (size_t byte = 0; byte < object->len; byte++) {
        assert_int_equal(object->place[byte], mark_of(at));
    }
}

static void give(struct pool *pool, size_t at) {
    assert_whole(at);
    pool_give(pool, objects[at].place, objects[at].len);
    objects[at].place = NULL;
}

static void shuffle(size_t *order, size_t count, unsigned int *seed) {
    for (size_t at = count; at-- > 0;) {
        size_t with = random_below(seed, (unsigned int)at + 1);
        size_t kept = order[at];

        order[at] = order[with];
        order[with] = kept;
    }
}

static void no_object_lies_in_another(void **state) {
    struct pool pool = {0};
    struct pool moved;
    unsigned int seed = 3;

    for (unsigned int step = 0; step < 10 * OBJECTS; step++) {
        size_t at = random_below(&seed, OBJECTS / 10);

        if (objects[at].place != NULL) {
            give(&pool, at);
        } else {
            take(&pool, at, random_below(&seed, LEN_MAX) + 1);
        }
    }
    moved = pool;
    for (size_t at = 0; at < OBJECTS / 10; at++) {
        if (objects[at].place != NULL) {
            give(&moved, at);
        }
    }
    pool_deinit(&moved);
}

static void an_object_takes_little_more_than_its_size(void **state) {
    for (size_t len = 1; len < 2 * LEN_MAX; len++) {
        size_t bytes = pool_object_bytes(len);

        assert_true(bytes >= len);
        assert_true(bytes <= len + len / 8 + 16);
        assert_true(pool_object_bytes(len + 1) >= bytes);
    }
}

#ifndef __SANITIZE_ADDRESS__ /* there each object is malloc()'s */

/* How many of the pages in which objects lie are in memory still. */
static size_t count_pages(unsigned char *const *pages, size_t count) {
    size_t there = 0;

    for (size_t at = 0; at < count; at++) {
        unsigned char is_there = 0;

        there += mincore(pages[at], 1, &is_there) == 0 && (is_there & 1) != 0;
    }
    return there;
}

/* What lives on is in a pool of its own, made while the others go. */
static void what_goes_in_any_order_leaves_no_page(void **state) {
    struct pool going = {0};
    struct pool staying = {0};
    static unsigned char *pages[OBJECTS];
    static size_t order[OBJECTS];
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned int seed = 5;

    for (size_t at = 0; at < OBJECTS; at++) {
        take(&going, at, 200 + at % 300);
        pages[at] = objects[at].place - (uintptr_t)objects[at].place % page_bytes;
        order[at] = at;
    }
    assert_int_equal(count_pages(pages, OBJECTS), OBJECTS);
    shuffle(order, OBJECTS, &seed);
    for (size_t at = 0; at < OBJECTS; at++) {
        give(&going, order[at]);
        take(&staying, order[at], 90);
    }
    chunk_trim();
    /* but for those that the other pool has taken since */
    assert_true(count_pages(pages, OBJECTS) < OBJECTS / 2);
    for (size_t at = 0; at < OBJECTS; at++) {
        give(&staying, at);
    }
    chunk_trim();
    assert_int_equal(count_pages(pages, OBJECTS), 0);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(no_object_lies_in_another),
            cmocka_unit_test(an_object_takes_little_more_than_its_size),
#ifndef __SANITIZE_ADDRESS__
            cmocka_unit_test(what_goes_in_any_order_leaves_no_page),
#endif
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
