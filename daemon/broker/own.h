/*
 * What a wire API keeps outside of secrets, by keys of its own: mounts, tokens, counts. It is a
 * part of the state: it survives a restart, a change of it is kept or not with the turn, and a
 * reset forgets it. A change of it is no event.
 */
#ifndef GHOSTKEYD_BROKER_OWN_H
#define GHOSTKEYD_BROKER_OWN_H

#include "model/extra.h"

struct broker;

#define OWN_KEY_MAX_BYTES 512

/* False: there is no such entry. *ret_bytes is valid until the entry or the turn ends. */
bool broker_own_get(
        struct broker *broker, enum owner owner, struct span key, struct span *ret_bytes);

/* Makes the entry or replaces it. key: 1 to OWN_KEY_MAX_BYTES. A negative errno or GK_E_STORE_...
 */
int broker_own_put(struct broker *broker, enum owner owner, struct span key, struct span bytes);

/* Removes the entry, if it is there. */
int broker_own_delete(struct broker *broker, enum owner owner, struct span key);

/*
 * Walks, in byte order, the entries whose key begins with prefix. visit changes nothing, and
 * returns 0 to go on; anything else ends the walk, and is its result.
 */
int broker_own_walk(struct broker *broker, enum owner owner, struct span prefix,
        int (*visit)(void *userdata, struct span key, struct span bytes), void *userdata);

#endif
