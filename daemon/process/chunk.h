/*
 * Chunks of memory for the state, taken from the system in areas of 2 MiB and given back to it.
 *
 * A large state is in huge pages: the kernel then sets up one page in place of 512, which is most
 * of what reading a large state takes, and look-ups find their pages sooner.
 */
#ifndef GHOSTKEYD_CHUNK_H
#define GHOSTKEYD_CHUNK_H

#include <stddef.h>

#define CHUNK_BYTES ((size_t)32 << 10) /* it begins at a multiple of that */

void *chunk_take(void); /* NULL: no memory is left */

/* An area whose last chunk was given back is given back at once, other chunks by chunk_trim(). */
void chunk_give(void *chunk);

/* Gives the system all that is unused. None of it may be locked. */
void chunk_trim(void);

/* Locks what was taken and what will be taken, each page when it is first used, as far as the limit
 * of locked memory allows. */
void chunk_lock(void);

#endif
