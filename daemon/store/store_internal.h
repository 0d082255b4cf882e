/* What the files of the store share. */
#ifndef GHOSTKEYD_STORE_STORE_INTERNAL_H
#define GHOSTKEYD_STORE_STORE_INTERNAL_H

#include "process/limits.h"
#include "store/rewrite.h"
#include "store/seal.h"
#include "store/store.h"

struct store {
    enum store_home home;
    struct seal *seal; /* the caller's */
    struct memory memory;
    struct journal journal;
    struct rewrite rewrite;
    int spare_fd;     /* the second memfd that the service manager keeps; -1: there is none */
    instant now;      /* on GhostKey's clock */
    bool is_open;     /* a turn is */
    int trouble;      /* the outcome that the last turn was refused with; 0: none */
    bool is_growing;  /* the turn keeps more than there was: it leaves room for deletions */
    bool is_full;     /* the last turn that kept more was refused for want of room */
    bool is_on_tmpfs; /* its file takes memory */
    struct limits limits;
    uint64_t turn_bytes;   /* what the turn writes at most */
    int failed;            /* the first error of the turn: its commit fails with it */
    uint64_t heap_peak;    /* memory.heap_bytes at most since memory was given back */
    uint64_t held_after;   /* events past it are not dropped by themselves */
    struct buffer scratch; /* where records are encoded */
    struct buffer payload; /* of the frame that is being built */
};

/* The first error of a change voids the turn. Returns error, logged. */
int store_fail(struct store *store, int error, const char *doing);

/* The payload of the next frame: begun with its flags, written once it is long enough, or at the
 * end of what it holds. */
void payload_begin(struct buffer *payload);
void payload_add(struct buffer *payload, enum change_kind kind, uint8_t table, struct span key,
        struct span record);
int payload_write(struct journal *journal, struct buffer *payload, unsigned int flags);

#endif
