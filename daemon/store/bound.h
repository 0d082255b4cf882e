/*
 * How large the store may become. A turn that keeps more than there was is refused before that is
 * too much; what is left then is enough to delete all of it, and to write the journal anew.
 */
#ifndef GHOSTKEYD_STORE_BOUND_H
#define GHOSTKEYD_STORE_BOUND_H

#include "process/limits.h"
#include "store/rewrite.h"

struct bound {
    const struct memory *memory; /* the store's */
    const struct journal *journal;
    const struct rewrite *rewrite;
    struct limits limits;
    uint64_t turn_bytes;    /* what the turn writes at most */
    bool is_full;           /* the last turn that kept more was refused for want of room */
    bool is_file_in_memory; /* the store's file is on a tmpfs */
};

/* There are no limits, at first. */
void bound_init(struct bound *bound, const struct memory *memory, const struct journal *journal,
        const struct rewrite *rewrite);

/* Which limit is passed once the turn keeps another record of len bytes; NULL: none. */
const char *bound_check(const struct bound *bound, size_t len);

/* Logs, unless it is known, that the store is full, and why. Returns GK_E_STORE_FULL. */
int bound_refuse(struct bound *bound, const char *why);

/* The room in a file that is left for deletions, and then for the journal that is written anew. */
uint64_t bound_deletion_bytes(const struct bound *bound);

/* And with what the turn writes. If most of the journal is dead, then also for what is live: else
 * it could not be written anew once the disk is full. */
uint64_t bound_growth_bytes(const struct bound *bound);

/* Whether the store is full, or almost: then its journal is written anew before it is mostly
 * dead. */
bool bound_is_near(const struct bound *bound);

#endif
