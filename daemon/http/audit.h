/*
 * Tells of each event once it is committed (contract, section 6): to the log, which is the journal
 * or stderr, and to the --audit-log file. What cannot be told is counted, said once, and forgotten:
 * the events themselves are in the store.
 */
#ifndef GHOSTKEYD_HTTP_AUDIT_H
#define GHOSTKEYD_HTTP_AUDIT_H

#include "http/metrics.h"
#include "model/problem.h"

struct audit {
    int fd; /* of the file; -1: none */
    const char *path;
    uint64_t seq; /* told up to here */
    bool said_log;
    bool said_file;
    bool said_missed;
};

/* Whether audit_init() would succeed now; refused as there. Nothing is made. */
int audit_check(const char *path, struct problem *problem);

/*
 * Opens the file at path to append to, made with mode 0600 if it is not there; NULL: none. The mode
 * of one that is there stays; a warning says so if others can open it. seq is the last event that
 * was told of before. GK_E_BAD_REQUEST: it is no file of ours to write to.
 */
int audit_init(struct audit *audit, const char *path, uint64_t seq, struct problem *problem);
void audit_deinit(struct audit *audit);

/* Tells of what has happened since the last time. */
void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics);

#endif
