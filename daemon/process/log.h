/*
 * What the daemon says to whoever runs it: single lines on stderr, for the journal or for a person.
 *
 * Lines never hold a value. A stderr that is closed, full or gone loses the line and changes
 * nothing else.
 */
#ifndef GHOSTKEYD_LOG_H
#define GHOSTKEYD_LOG_H

#include "common/span.h"

/*
 * Looks where stderr goes: to the journal ($JOURNAL_STREAM) lines bear a level that sd-daemon(3)
 * defines, elsewhere the program's name. Without it: the name.
 */
void log_setup(void);

/*
 * Something unexpected, said once, where it is born. error is an errno of either sign, whose text
 * is added, or 0. Returns it with a negative sign: `return log_error(errno, "cannot ...");`
 */
int log_error(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Something that somebody should look at, though the daemon goes on as it was. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A mark on the way: started, stopping. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether stderr is the journal: then events are entries of their own (journal.h), no lines. */
bool log_is_journal(void);

/*
 * Whole lines about events on stderr, in one write; PIPE_BUF bytes at most, of which a pipe takes
 * all or nothing. 0, or a negative errno: not all was taken. It never waits (output.h).
 */
int log_lines(struct span lines);

#endif
