/*
 * Keeps values out of swap. Without a limit on locked memory (RLIMIT_MEMLOCK), or with the right to
 * exceed it, all memory of the process is locked, each page when it is first used. With a limit,
 * which the state alone would exceed, only the heap as it is after the start is locked: it has the
 * seed's key, the store's key and the token. A failure to lock is ignored: README.md promises to
 * lock only as far as the limit allows.
 */
#ifndef GHOSTKEY_MEMORY_LOCK_H
#define GHOSTKEY_MEMORY_LOCK_H

#include <stdbool.h>

/* Call before the state is opened. A state in a file is not locked: its pages go to that file, not
 * to swap. */
void memory_lock_begin(bool state_is_file);

/* Call when the daemon is set up. */
void memory_lock_end(void);

#endif
