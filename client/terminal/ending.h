/* What ends a command that goes on by itself: SIGINT, or that nobody reads standard output. */
#ifndef GHOSTCTL_ENDING_H
#define GHOSTCTL_ENDING_H

#include <stdbool.h>

#include "common/cleanup.h"

struct ending {
    int signal_fd;
    int wake_fd; /* readable when one of them may have happened */
};

#define ENDING_NULL ((struct ending){.signal_fd = -1, .wake_fd = -1})

/* An exit status. */
int ending_open(struct ending *ending);
void ending_close(struct ending *ending);
#define ENDING_AUTO GK_CLEANUP(ending_close)

bool ending_has_come(const struct ending *ending);

#endif
