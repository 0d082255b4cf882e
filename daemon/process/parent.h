/* The process that started ghostkeyd (--exit-with-parent). */
#ifndef GHOSTKEYD_PARENT_H
#define GHOSTKEYD_PARENT_H

#include "model/problem.h"

/*
 * *ret_fd becomes readable when that process ends, whichever of its threads started ghostkeyd
 * (PR_SET_PDEATHSIG means the thread). It is -1 if that process has ended already. The caller owns
 * it. 0; GK_E_INTERNAL: the parent cannot be watched.
 *
 * A parent that ended before this call, in the milliseconds in which the program was loaded, is not
 * noticed: the kernel does not tell who it was.
 */
int parent_watch_new(int *ret_fd, struct problem *problem);

#endif
