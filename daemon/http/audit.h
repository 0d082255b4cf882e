/*
 * Logs each event once it is committed (contract, section 6): to the --audit-log file before the
 * change is answered (audit_file.h), and then to the log, which is the journal or stderr. What the
 * log does not take is counted, said once, and not written later: the events are in the store.
 */
#ifndef GHOSTKEYD_HTTP_AUDIT_H
#define GHOSTKEYD_HTTP_AUDIT_H

#include "http/audit_file.h"

struct audit {
    struct audit_file file;
    const struct event_form *form;
    uint64_t seq;  /* the log has all events up to here */
    bool has_said; /* that the log does not take lines */
};

#define AUDIT_NULL ((struct audit){.file = AUDIT_FILE_NULL})

/* Whether audit_init() would succeed now; refused as there. Nothing is made. */
int audit_check(const char *path, struct problem *problem);

/*
 * Opens the file at path, NULL: none. The mode of one that is there stays; a warning says so if
 * others can open it. seq is the last event that the log has. GK_E_BAD_REQUEST: the file is none
 * that this daemon may write to.
 */
int audit_init(struct audit *audit, const char *path, const struct event_form *form, uint64_t seq,
        struct problem *problem);
void audit_deinit(struct audit *audit);

/* Finds where the file goes on. Before all else. */
void audit_begin(struct audit *audit, struct broker *broker);

/* Writes to the file all that is committed and not in it. */
void audit_keep(struct audit *audit, struct broker *broker, struct metrics *metrics);

/* Logs what has happened since the last time; between two turns, after audit_keep(). */
void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics);

#endif
