/*
 * The log: single lines on stderr, for the journal or for a person.
 *
 * A line never holds a value. If stderr is closed or full, the line is lost and the daemon goes on.
 */
#ifndef GHOSTKEYD_LOG_H
#define GHOSTKEYD_LOG_H

#include "common/span.h"

/*
 * Finds out where stderr goes. In the journal ($JOURNAL_STREAM) a line begins with its level as
 * sd-daemon(3) has it, elsewhere with the program's name. Before this call: with the name.
 */
void log_setup(void);

/*
 * Logs an unexpected error. Only the function where it happens does so. error is an errno of either
 * sign, whose text is added, or 0. Returns it negative: `return log_error(errno, "cannot ...");`
 */
int log_error(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Logs what somebody should look at, though the daemon goes on. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Logs a step such as started or stopping. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What is logged beside errors, warnings and steps. Each word includes those before it. */
enum log_what {
    LOG_WARNINGS, /* nothing else */
    LOG_EVENTS,   /* each event: the default */
    LOG_REQUESTS, /* each request */
};

void log_set_what(enum log_what what);
bool log_has(enum log_what what);

/* Whether stderr is the journal. If so, events go there as entries (journal.h), not as lines. */
bool log_is_journal(void);

/*
 * Writes whole lines about events to stderr, in one write that never waits (output.h). lines has at
 * most PIPE_BUF bytes, so that a pipe takes all or nothing. 0, or a negative errno: not all of it
 * was written.
 */
int log_lines(struct span lines);

#endif
