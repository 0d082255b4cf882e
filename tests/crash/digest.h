/* A digest of everything that a store holds. It is the same however the store came to hold it. */
#ifndef GHOSTKEY_TESTS_CRASH_DIGEST_H
#define GHOSTKEY_TESTS_CRASH_DIGEST_H

#include "store/journal.h"
#include <stddef.h>
#include <stdint.h>

/* The digest of what a start would find in a file of these bytes; 0, with the reason, if a start
 * would refuse the file. */
uint64_t digest_of(const unsigned char *content, size_t content_len, struct damage *ret_damage);

#endif
