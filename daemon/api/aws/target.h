/*
 * Finds the secret that a SecretId means: a secret of the request's region, or the replica there of
 * a secret of another region, which is called its primary.
 *
 * The text OWN_REPLICAS of a primary (own.h) lists its replicas, as packed labels: the region, and
 * the KMS key there. For each replica there is also an entry of OWNER_AWS (broker/own.h): its key
 * is REGION/PATH; its bytes are the primary's region, a zero byte and the primary's born_after.
 *
 * An entry is ignored if its primary is gone or does not list it. A secret of the region itself
 * hides a replica that has the same name.
 */
#ifndef GHOSTKEYD_API_AWS_TARGET_H
#define GHOSTKEYD_API_AWS_TARGET_H

#include "api/aws/ask.h"
#include "api/aws/place.h"

#define REPLICA_KEY_MAX_BYTES (REGION_MAX_BYTES + 1 + GK_NAME_MAX_BYTES)

/* path and name may point into the struct itself, so a target is not copied. */
struct target {
    struct span region;   /* where it was found */
    struct span path;     /* its name in AWS */
    struct span name;     /* its name in GhostKey; for a replica, that of its primary */
    struct span primary;  /* the primary's region; data NULL: it is no replica */
    uint64_t born_after;  /* tells it from an earlier secret of that name: broker_born_after() */
    struct secret secret; /* as broker_describe() shows it */
    char path_place[GK_NAME_MAX_BYTES];
    char name_place[GK_NAME_MAX_BYTES];
};

/*
 * Finds a secret or a replica by SecretId. Refuses with a ResourceNotFoundException or a
 * ValidationException.
 */
int target_find(struct call *call, struct span secret_id, struct target *target);

/* Like target_find(), but refuses a replica. */
int target_find_primary(struct call *call, struct span secret_id, struct target *target);

/* Like target_find(), but refuses a replica and a deleted secret. */
int target_find_live(struct call *call, struct span secret_id, struct target *target);

/*
 * Finds a secret or a replica by its name in a region. GK_E_NO_SECRET, or it refuses with a
 * ValidationException.
 */
int target_find_path(
        struct call *call, struct span region, struct span path, struct target *target);

/* Like target_find_path(), but finds only a replica, even if a secret of the region hides it. */
int target_find_replica(
        struct call *call, struct span region, struct span path, struct target *target);

/*
 * Adds to call->named the name of the secret that a SecretId means, or would mean if it existed.
 * Nothing is added if no secret can have such a name.
 */
void target_note_name(struct call *call, struct span secret_id);

/* Reads the secret again, after a change. */
int target_read(struct call *call, struct target *target);

/* Appends `{"ARN":"..."` */
int target_begin_arn(struct call *call, struct buffer *buffer, const struct target *target);

/* Appends `{"ARN":"...","Name":"..."` */
int target_begin(struct call *call, struct buffer *buffer, const struct target *target);

/* The key of a replica's entry, written to place. */
struct span replica_key(char place[REPLICA_KEY_MAX_BYTES], struct span region, struct span path);

/* The KMS key that was chosen for the secret or the replica; empty: none was. */
struct span target_key(const struct target *target);

/* Appends `,"ReplicationStatus":[...]`, if there are replicas. */
int append_replicas(struct call *call, struct buffer *buffer, const struct target *target);

#endif
