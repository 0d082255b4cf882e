/*
 * The --audit-log file: a line for each event that was committed, over crashes, too. It goes on
 * behind its last line if the state has that very event, else with the first event that the state
 * has. What cannot be written is counted, and the log says so once; it is written as soon as the
 * file takes lines again, if the state still has it.
 */
#ifndef GHOSTKEYD_HTTP_AUDIT_FILE_H
#define GHOSTKEYD_HTTP_AUDIT_FILE_H

#include "http/event_form.h"
#include "model/problem.h"

struct broker;
struct metrics;

struct audit_file {
    int fd; /* -1: there is none */
    const char *path;
    const struct event_form *form;
    uint64_t seq;        /* it has all events up to here */
    uint64_t failed_seq; /* those up to here are counted as lost */
    bool has_said;       /* that it cannot be written */
};

#define AUDIT_FILE_NULL ((struct audit_file){.fd = -1})

/* Whether audit_file_open() would succeed now; refused as there. Nothing is made. */
int audit_file_check(const char *path, struct problem *problem);

/* Opens it, made with mode 0600 if it is not there. GK_E_BAD_REQUEST: it is
 * none that this daemon may write to. */
int audit_file_open(struct audit_file *file, const char *path, const struct event_form *form,
        struct problem *problem);
void audit_file_close(struct audit_file *file);

/* Finds where it goes on. A last line that a crash cut short is completed, or taken back. */
void audit_file_begin(struct audit_file *file, struct broker *broker);

/* Appends what is committed and not in it. */
void audit_file_write(struct audit_file *file, struct broker *broker, struct metrics *metrics);

/* Events up to here need not be held for it; UINT64_MAX: none need. */
uint64_t audit_file_seq(const struct audit_file *file);

#endif
