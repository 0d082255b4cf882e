/*
 * What keeps values out of swap. Where the limit on locked memory (RLIMIT_MEMLOCK) is none, or does
 * not count for this process, all of its memory is locked, page by page as it comes into use. Where
 * there is a limit, the state alone would be past it, so the heap is locked as it is once the
 * daemon is set up: the seed's key, the store's key and the token are in there. A failure is no
 * error: swap is the machine's business, and README.md says what is promised.
 */
#ifndef GHOSTKEY_MEMORY_LOCK_H
#define GHOSTKEY_MEMORY_LOCK_H

#include <stdbool.h>

/* Before the state is opened. A state in a file has its pages there, not in swap: it is left out.
 */
void memory_lock_begin(bool state_is_file);

/* When all is set up. */
void memory_lock_end(void);

#endif
