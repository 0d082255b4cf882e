/*
 * How far long work has come, in one line that is written over, on standard error and only for a
 * person: on a terminal, and if it takes longer than a moment.
 */
#ifndef GHOSTCTL_PROGRESS_H
#define GHOSTCTL_PROGRESS_H

#include <stddef.h>

/* "reading 2000 of 10000". `total` 0: not known. */
void progress_show(const char *doing, size_t done, size_t total);

/* Before anything else is said: the line is gone. */
void progress_clear(void);

#endif
