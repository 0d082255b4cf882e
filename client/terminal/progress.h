/*
 * The progress of long work, in one line on standard error that is written again and again. It is
 * shown only on a terminal, and only if the work takes longer than 0.3 s.
 */
#ifndef GHOSTCTL_PROGRESS_H
#define GHOSTCTL_PROGRESS_H

#include <stddef.h>

/* "reading 2000 of 10000". `total` 0: not known. */
void progress_show(const char *doing, size_t done, size_t total);

/* Removes the line, before anything else is printed. */
void progress_clear(void);

#endif
