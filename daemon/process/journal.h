/*
 * Sends entries to systemd's journal: one datagram of NAME=value lines (systemd's documentation,
 * "Native Journal Protocol"). sd_journal_send(3) is not used: it blocks while journald reads
 * nothing, and the daemon must not block.
 */
#ifndef GHOSTKEYD_JOURNAL_H
#define GHOSTKEYD_JOURNAL_H

#include "common/span.h"

/* name: upper case, digits and '_'. The value has no line break. */
struct journal_field {
    const char *name;
    struct span value;
};

/* Sends one entry. A negative errno: it was not sent. */
int journal_send(const struct journal_field *fields, size_t count);

#endif
