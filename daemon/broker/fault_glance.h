/*
 * Whether a fault rule may match a name, at a glance. Of a pattern one end is compared with that
 * end of the name, by a hash: what stands before its first wildcard, or behind its last one if that
 * is longer. So most rules are ruled out, however much they have in common, and there may be a
 * thousand. What passes is to be compared in full.
 */
#ifndef GHOSTKEYD_BROKER_FAULT_GLANCE_H
#define GHOSTKEYD_BROKER_FAULT_GLANCE_H

#include "common/span.h"
#include "ghostkey/protocol.h"

/* One of each length at each end; the one without length counts as a beginning. */
#define FAULT_ENDS_MAX (2 * GK_NAME_MAX_BYTES + 1)

/* So many bytes at the beginning of a name, or at its end. */
struct fault_end {
    uint16_t len;
    bool is_last;
};

/* A name as the rules look at it: of each of their ends the hash, 0 if the name is shorter. */
struct fault_glance {
    bool is_known; /* false: there is no name, or several, and each rule may match */
    uint64_t hashes[FAULT_ENDS_MAX];
};

struct fault_end fault_end_of(const char *pattern);

/* Of that end of the text, a pattern or a name, which is as long at least. Never 0. */
uint64_t fault_end_hash(struct fault_end end, struct span text);

void fault_glance_at(struct span name, const struct fault_end *ends, size_t count,
        struct fault_glance *ret_glance);

#endif
