/*
 * Logs each event once it is committed (contract, section 6): first to the --audit-log file, before
 * the change is answered, then to the log, which is the journal or stderr.
 *
 * The file has one line for each event, also across crashes. It goes on behind its last line if the
 * state has that very event, else with the first event that the state has. An event that cannot be
 * written is counted as lost; the file gets it as soon as it takes lines again, if the state still
 * has the event. The log does not. The first failure of each is logged.
 */
#ifndef GHOSTKEYD_HTTP_AUDIT_H
#define GHOSTKEYD_HTTP_AUDIT_H

#include "http/event_form.h"
#include "model/problem.h"

struct broker;
struct metrics;

struct audit {
    const struct event_form *form;
    const char *path;
    int fd;                 /* of the file; -1: there is none */
    uint64_t file_seq;      /* the file has all events up to here */
    uint64_t lost_seq;      /* events up to here that the file lacks are counted as lost */
    uint64_t log_seq;       /* the log has all events up to here */
    uint64_t resets;        /* of the state, whose events began anew */
    bool has_reported_file; /* the first failure is logged */
    bool has_reported_log;
};

#define AUDIT_NULL ((struct audit){.fd = -1})

/* Whether audit_init() would succeed now; with the same refusals. Nothing is made. */
int audit_check(const char *path, struct problem *problem);

/*
 * Opens the file at path; NULL: there is none. A missing file is made with mode 0600. The mode of
 * an existing one stays; a warning says so if others can open it. seq is the last event that the
 * log has. GK_E_BAD_REQUEST: the daemon cannot write there, or must not.
 */
int audit_init(struct audit *audit, const char *path, const struct event_form *form, uint64_t seq,
        struct problem *problem);
void audit_deinit(struct audit *audit);

/* Finds where the file goes on. A last line that a crash cut short is completed or removed. */
void audit_begin(struct audit *audit, struct broker *broker);

/* Appends to the file the committed events that it lacks. */
void audit_keep(struct audit *audit, struct broker *broker, struct metrics *metrics);

/* Logs the events since the last call. Called between two turns, after audit_keep(). */
void audit_publish(struct audit *audit, struct broker *broker, struct metrics *metrics);

#endif
