/*
 * Signals that a loop looks at in place of being interrupted by them. One of these at a time.
 */
#ifndef GHOSTCTL_SIGNALS_H
#define GHOSTCTL_SIGNALS_H

#include <stdbool.h>

/*
 * A descriptor that can be read while one of `numbers` (ended by 0) is waiting; they are blocked
 * from now on. A signal that whoever started us had ignored stays ignored. -1, said, on failure.
 */
int signals_open(const int *numbers);

/* The next one that came; 0 if none waits. */
int signals_read(int fd);

/* The same, and whether the kernel sent it, as it does for a key of the terminal. */
int signals_read_source(int fd, bool *ret_from_kernel);

/* As before signals_open(); what is still waiting is delivered. For a child, and at the end. */
void signals_release(void);

/*
 * A closed pipe is an error of write() here and no signal. A command that is run gets that back as
 * whoever started us had it.
 */
void signals_ignore_pipe(void);
void signals_restore_pipe(void);

#endif
