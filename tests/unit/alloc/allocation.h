/*
 * Memory that runs out when a test says so. The linker's --wrap reaches the daemon's own calls;
 * and this takes the place of the C library's malloc for the whole program, shared libraries
 * included, so that libcrypto's and jansson's allocations fail as ours do. Not so under the address
 * sanitizer and valgrind, which bring a malloc of their own: there ours alone fail, and they look
 * for what leaks.
 */
#ifndef GHOSTKEY_TESTS_UNIT_ALLOC_ALLOCATION_H
#define GHOSTKEY_TESTS_UNIT_ALLOC_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now on fails, once; 0: none does. */
void allocation_fail_at(size_t n);

/* Whether that one has come; none fails afterwards. */
bool allocation_stop(void);

/* Blocks that were allocated and not yet freed; 0 where another malloc counts. */
size_t allocation_live(void);

#endif
