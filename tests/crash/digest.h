/* What a start of the daemon finds, as a digest: the same however the store came to hold it. */
#ifndef GHOSTKEY_TESTS_CRASH_DIGEST_H
#define GHOSTKEY_TESTS_CRASH_DIGEST_H

#include "store/state.h"

#define NAMES 2 /* the file and the one it is written anew in; or two memfds */

enum kind { KIND_FILE, KIND_SEALED, KIND_MEMFD };

struct start {
    enum kind kind;
    const char *path; /* where a --store file may be made; none for memfds */
};

/* The key of a sealed store, in each test. */
#define DEATHS_KEY \
    { 4, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 6 }

/*
 * The digest of what a start finds that has these contents; data NULL: there is no such file. 0,
 * with the reason, if the start is refused, or leaves a file beside the store.
 */
uint64_t digest_of(
        const struct start *start, const struct span contents[NAMES], struct problem *problem);

#endif
