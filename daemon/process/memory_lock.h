/*
 * Keeps values out of swap. Without a limit on locked memory (RLIMIT_MEMLOCK), or with the right to
 * exceed it, all memory of the process is locked, each page when it is first used. With a limit,
 * which the state alone may exceed, only the heap as it is after the start is locked, as far as the
 * limit allows: first what was there before the state, which has the keys. A failure to lock is
 * ignored: README.md promises to lock only as far as the limit allows.
 */
#ifndef GHOSTKEY_MEMORY_LOCK_H
#define GHOSTKEY_MEMORY_LOCK_H

/* Call before the state is opened. The memory of large answers is given back when they are freed,
 * too. */
void memory_lock_begin(void);

/* Call when the daemon is set up. */
void memory_lock_end(void);

/* Gives the memory that was freed back to the system. For some milliseconds nothing is locked. */
void memory_lock_trim(void);

#endif
