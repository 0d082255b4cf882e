/*
 * Standard output and standard error. Either may be a terminal that was stopped with ^S, or a pipe
 * that nobody reads. A write never makes the daemon wait: what cannot be written at once is lost.
 */
#ifndef GHOSTKEYD_OUTPUT_H
#define GHOSTKEYD_OUTPUT_H

#include "common/span.h"

#define OUTPUT_GUARD_MS 5

enum output_way {
    OUTPUT_WRITE,   /* fd is a regular file, or has O_NONBLOCK */
    OUTPUT_SEND,    /* fd is a socket */
    OUTPUT_GUARDED, /* each write to fd is interrupted by a signal after OUTPUT_GUARD_MS */
};

struct output {
    int fd; /* that is written to */
    enum output_way way;
    bool is_in_line;      /* the last write ended in the middle of a line */
    unsigned int to_skip; /* OUTPUT_GUARDED: so many of the next writes are not tried */
};

/*
 * Finds out how to write to fd, which must stay open. A terminal or a pipe is opened again with
 * O_NONBLOCK: to set that flag on fd itself would set it for other processes that share fd.
 */
void output_init(struct output *output, int fd);

/* Closes what output_init() opened; fd itself stays open. */
void output_deinit(struct output *output, int fd);

/*
 * Writes whole lines. 0, or a negative errno: not all of it was written. If a line was cut, the
 * next call ends it first.
 */
int output_write(struct output *output, struct span lines);

#endif
