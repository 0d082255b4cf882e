/* One number for all that a store holds, however it came to hold it. */
#ifndef GHOSTKEY_TESTS_CRASH_DIGEST_H
#define GHOSTKEY_TESTS_CRASH_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* Of a file's bytes: what a start finds in it. 0 if a start would refuse it. */
uint64_t digest_of(const unsigned char *content, size_t content_len);

#endif
