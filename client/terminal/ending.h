/*
 * What ends a command that goes on by itself: an interrupt (SIGINT), or that nobody reads its
 * standard output any more.
 */
#ifndef GHOSTCTL_ENDING_H
#define GHOSTCTL_ENDING_H

#include <stdbool.h>

struct ending {
    int signal_fd;
    int wake_fd; /* can be read as soon as there may be an end */
};

/* SIGINT is blocked from now on: see signals_open(). An exit status, said. */
int ending_open(struct ending *ending);
void ending_close(struct ending *ending);
#define ENDING_AUTO GK_CLEANUP(ending_close)

bool ending_has_come(const struct ending *ending);

#endif
