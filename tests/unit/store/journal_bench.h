/* A journal in a memfd, for the tests of what is written to one and what is read of one. */
#ifndef GHOSTKEY_TESTS_UNIT_STORE_JOURNAL_BENCH_H
#define GHOSTKEY_TESTS_UNIT_STORE_JOURNAL_BENCH_H

#include "store/journal.h"

/* It has what was read of the journal last, too. */
struct bench {
    int fd;
    struct seal *seal;
    struct journal journal;
    char seen[256]; /* the payloads of all frames that were visited, with their flags */
    uint64_t torn;
    struct damage damage;
};

int bench_setup(void **state);
int bench_setup_sealed(void **state);
int bench_teardown(void **state);

void bench_write_frame(struct bench *bench, unsigned int flags, const char *text);
void bench_write_turn(struct bench *bench, const char *text); /* one frame, which is kept */

/* As a start does. A payload that begins with '!' makes no sense to it. */
int bench_load(struct bench *bench);
uint64_t bench_size(const struct bench *bench);
void bench_change_byte(const struct bench *bench, uint64_t at);
void assert_damaged(struct bench *bench, const char *what, uint64_t at);

#endif
