/*
 * The secret that a SecretId means: one of the region itself, or a replica of one of another
 * region.
 *
 * A primary's own text OWN_REPLICAS holds, packed as labels, the KMS key of each region to which it
 * is replicated. For each of them the table of AWS's own has an entry: key REGION/PATH, bytes the
 * primary's region, a zero, and which secret of that name it is. An entry without its primary
 * counts for nothing, and a secret of that region itself hides it.
 */
#ifndef GHOSTKEYD_API_AWS_TARGET_H
#define GHOSTKEYD_API_AWS_TARGET_H

#include "api/aws/ask.h"
#include "api/aws/place.h"

#define REPLICA_KEY_MAX_BYTES (REGION_MAX_BYTES + 1 + GK_NAME_MAX_BYTES)

struct target {
    struct span region;  /* in which it was found */
    struct span path;    /* its name there */
    struct span name;    /* in GhostKey; of a replica that of its primary */
    struct span primary; /* the primary's region; data NULL: it is no replica */
    uint64_t born_after;
    struct secret secret; /* as broker_describe() shows it */
    char path_place[GK_NAME_MAX_BYTES];
    char name_place[GK_NAME_MAX_BYTES];
};

/* The target's spans point into it, so it stays where it is. */

/* Finds it by SecretId. A ResourceNotFoundException or ValidationException */
int target_find(struct call *call, struct span secret_id, struct target *target);

/* The same for what cannot be done to a replica; and for what cannot be done to a deleted secret.
 */
int target_find_primary(struct call *call, struct span secret_id, struct target *target);
int target_find_live(struct call *call, struct span secret_id, struct target *target);

/* Finds it by its name in a region. GK_E_NO_SECRET, or a ValidationException */
int target_find_path(
        struct call *call, struct span region, struct span path, struct target *target);

/* Notes which secret of GhostKey a SecretId means (call->named), if it means any. */
void target_name(struct call *call, struct span secret_id);

/* The same of a replica alone, also of one that a secret of the region itself hides. */
int target_find_replica(
        struct call *call, struct span region, struct span path, struct target *target);

/* Reads the secret again, after a change. */
int target_read(struct call *call, struct target *target);

/* `{"ARN":"..."`, and the same with `,"Name":"..."` */
int target_begin_arn(struct call *call, struct buffer *buffer, const struct target *target);
int target_begin(struct call *call, struct buffer *buffer, const struct target *target);

/* The key of the entry of a replica. */
struct span replica_key(char place[REPLICA_KEY_MAX_BYTES], struct span region, struct span path);

/* The KMS key that was chosen for the secret, or for the replica; empty: none. */
struct span target_key(const struct target *target);

/* `,"ReplicationStatus":[...]`, if there are replicas. */
int append_replicas(struct call *call, struct buffer *buffer, const struct target *target);

#endif
