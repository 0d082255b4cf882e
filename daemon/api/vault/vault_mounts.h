/*
 * The mounts of KV version 2: the one of --vault-mount, which has all secrets, and further ones,
 * each of which has the secrets whose names begin with its path (ghostkey.vault(7)). A mount's path
 * ends in
 * '/'. No mount lies within another one.
 */
#ifndef GHOSTKEYD_API_VAULT_VAULT_MOUNTS_H
#define GHOSTKEYD_API_VAULT_VAULT_MOUNTS_H

#include "common/buffer.h"
#include "ghostkey/protocol.h"
#include "model/problem.h"

#define VAULT_PATH_MAX_BYTES 4096       /* of a decoded path */
#define VAULT_MOUNT_TEXT_MAX_BYTES 2048 /* of a description */

struct api_context;

struct vault_mount {
    struct span path; /* "secret/" */
    bool is_first;    /* of --vault-mount */
    struct span description;
    uint64_t max_versions; /* M/config; 0: not set */
    bool cas_required;
    uint32_t delete_version_after_s; /* 0: never */
};

/*
 * Finds the mount that a path, without the `/v1/` before it, lies below; the path of the mount
 * itself, without its '/', counts. The spans are valid until the next change of a mount.
 * GK_E_NO_ROUTE: there is none.
 */
int vault_mount_find(
        const struct api_context *context, struct span path, struct vault_mount *ret_mount);

/* The name of the secret that has a path below the mount. NULL, or what is wrong with it. */
const char *vault_mount_name(const struct vault_mount *mount, struct span path,
        char place[GK_NAME_MAX_BYTES], struct span *ret_name);

/* Whether the path lies below a mount, or is one's. */
bool vault_mount_has(const struct api_context *context, struct span path);

/* The larger max_versions of the mounts that have the secret, at most two. */
uint64_t vault_mounts_keep(const struct api_context *context, struct span name);

/* Keeps what has changed of a mount, which is not its path. */
int vault_mount_keep(const struct api_context *context, const struct vault_mount *mount);

/* Calls visit for each mount: that of --vault-mount first, the others in byte order. */
int vault_mount_walk(const struct api_context *context,
        void (*visit)(void *userdata, const struct vault_mount *mount), void *userdata);

/* Makes a mount; path ends in '/'. GK_E_BAD_REQUEST: it cannot be a mount's, or is in use. */
int vault_mount_make(const struct api_context *context, struct span path, struct span description,
        struct problem *problem);

/* Removes the mount, and its secrets for good. GK_E_BAD_REQUEST: it is that of --vault-mount. */
int vault_mount_remove(const struct api_context *context, const struct vault_mount *mount,
        struct problem *problem);

#endif
