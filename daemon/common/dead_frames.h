/*
 * The stack below the caller, where functions ran that have returned. What they left there stays
 * until something else is written over it: pieces of a value among it, also of functions that wipe
 * their own variables. The C library copies with vector registers, and the dynamic linker saves
 * those on the stack when a function of a library, or a thread's variable, is used first.
 */
#ifndef GHOSTKEY_DEAD_FRAMES_H
#define GHOSTKEY_DEAD_FRAMES_H

#include <string.h>

#define GK_DEAD_FRAMES_BYTES 32768 /* the calls that handle values go less deep */

/*
 * For a loop, between its work on values and its wait. Not inlined: its own frame is to lie where
 * the dead ones are.
 */
__attribute__((noinline)) static void wipe_dead_frames(void) {
    char dead[GK_DEAD_FRAMES_BYTES];

    explicit_bzero(dead, sizeof(dead));
}

#endif
