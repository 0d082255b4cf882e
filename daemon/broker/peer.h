/*
 * Who sends requests: a program on this machine, or whoever gives itself a name. Two peers may be
 * the same one (peer_equals). A peer is shared; the last peer_unref() frees it.
 */
#ifndef GHOSTKEYD_BROKER_PEER_H
#define GHOSTKEYD_BROKER_PEER_H

#include <sys/types.h>

#include "common/span.h"

#define PEER_MAX_BYTES 255 /* of its text */

struct peer {
    uint32_t refs;
    uint32_t hash;
    pid_t pid;            /* 0: it is not known which process it is, so it never ends */
    int64_t seen_boot_ms; /* when the process was there: process/program.h */
    bool is_mended;       /* the text is not what the peer said */
    uint8_t len;
    char text[];
};

/* "node[4711]". pid 0: "-". NULL: there is no memory */
struct peer *peer_of_program(pid_t pid);

/*
 * A peer that says its name; empty: "-". The text is UTF-8 of PEER_MAX_BYTES at most: what is too
 * long is cut, and bytes that are not UTF-8 become '?'. NULL: there is no memory
 */
struct peer *peer_of_name(struct span name);

struct peer *peer_ref(struct peer *peer);
struct peer *peer_unref(struct peer *peer); /* NULL is allowed */

bool peer_equals(const struct peer *one, const struct peer *other);

/* Whether peer_of_name() would make this peer. */
bool peer_is_named(const struct peer *peer, struct span name);

/* Whether its process has ended: as process/program.h says, and quickly but not always right. */
bool peer_has_ended(const struct peer *peer);
bool peer_is_gone(const struct peer *peer);

static inline struct span peer_text(const struct peer *peer) {
    return (struct span){peer->text, peer->len};
}

#endif
