/*
 * Standard output and standard error. Both are files of somebody else's choosing: a terminal with
 * ^S pressed, a pipe that nobody reads. A write to one never makes the daemon wait: what is not
 * taken at once is lost.
 */
#ifndef GHOSTKEYD_OUTPUT_H
#define GHOSTKEYD_OUTPUT_H

#include "common/span.h"

#define OUTPUT_GUARD_MS 5

enum output_way {
    OUTPUT_WRITE,   /* fd is a regular file, or open without waiting (O_NONBLOCK) */
    OUTPUT_SEND,    /* fd is a socket */
    OUTPUT_GUARDED, /* each write to fd is interrupted by a signal after OUTPUT_GUARD_MS */
};

struct output {
    int fd; /* what is written to */
    enum output_way way;
    bool is_in_line;     /* the last write ended in the middle of a line */
    unsigned int passed; /* OUTPUT_GUARDED: so many writes are still passed over */
};

/*
 * Looks what fd, which must stay open, is. A terminal or pipe is opened a second time for that: its
 * other users share the flag O_NONBLOCK of the first, and must not find it changed.
 */
void output_init(struct output *output, int fd);

/* Closes what init opened; fd itself stays open. */
void output_deinit(struct output *output, int fd);

/*
 * Writes whole lines. 0, or a negative errno: not all of it was taken. The next lines begin a line
 * of their own in any case.
 */
int output_write(struct output *output, struct span lines);

#endif
