/*
 * The journal's native protocol: one datagram of NAME=value lines (systemd's documentation,
 * "Native Journal Protocol"). sd_journal_send(3) is not used: it waits while the journal does not
 * read, and the daemon must not wait.
 */
#ifndef GHOSTKEYD_JOURNAL_H
#define GHOSTKEYD_JOURNAL_H

#include "common/span.h"

/* name: upper case, digits and '_'. The value has no line break. */
struct journal_field {
    const char *name;
    struct span value;
};

/* Sends one entry. 0, or a negative errno: the journal did not take it. */
int journal_send(const struct journal_field *fields, size_t count);

#endif
