/*
 * A store with everything that a store may have: trees of several levels, values with pages of
 * their own, older versions, what is kept of deleted names, an index of what is due, events, free
 * pages. For the tests that damage one.
 */
#ifndef GHOSTKEY_TESTS_CRASH_SAMPLE_STORE_H
#define GHOSTKEY_TESTS_CRASH_SAMPLE_STORE_H

#include "store/store_tables.h"

/* How much the store has. */
struct sample_size {
    unsigned int secrets;
    unsigned int rounds; /* how often it is changed */
    size_t value_max_bytes;
};

/* Makes one on a memfd, as a --store file would be; returns the fd, which the caller owns. */
int sample_make(const struct sample_size *size, struct seal *seal);

/* A run of changes of every kind, in several transactions. 0, or the first error. */
int sample_change(struct store *store, unsigned int seed);

/* One transaction of such a run. */
int sample_change_once(struct store *store, unsigned int seed);

/* Everything in the store as text, in a fixed order. 0, or the error of what could not be read. */
int sample_dump(struct store *store, struct buffer *ret_text);

/* Bytes that are the same in each run. */
unsigned int sample_random(unsigned int *seed, unsigned int below);

#endif
