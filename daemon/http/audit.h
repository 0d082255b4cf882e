/*
 * Tells of each event once it is committed (contract, section 6): to the --audit-log file before
 * the change is answered (audit_file.h), and then to the log, which is the journal or stderr. What
 * the log does not take is counted, said once, and forgotten: the events are in the store.
 */
#ifndef GHOSTKEYD_HTTP_AUDIT_H
#define GHOSTKEYD_HTTP_AUDIT_H

#include "http/audit_file.h"

struct audit {
    struct audit_file file;
    uint64_t seq; /* the log has been told up to here */
    bool said_log;
};

#define AUDIT_NULL ((struct audit){.file = AUDIT_FILE_NULL})

/* Whether audit_init() would succeed now; refused as there. Nothing is made. */
int audit_check(const char *path, struct problem *problem);

/*
 * Opens the file at path, NULL: none. The mode of one that is there stays; a warning says so if
 * others can open it. seq is the last event that the log was told of before. GK_E_BAD_REQUEST: it
 * is no file of ours to write to.
 */
int audit_init(struct audit *audit, const char *path, uint64_t seq, struct problem *problem);
void audit_deinit(struct audit *audit);

/* Finds where the file goes on. Comes first. */
void audit_begin(struct audit *audit, struct broker *broker);

/* Has the file hold all that is committed. */
void audit_keep(struct audit *audit, struct broker *broker, struct metrics *metrics);

/* Tells the log of what has happened since the last time; between two turns, after audit_keep(). */
void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics);

#endif
