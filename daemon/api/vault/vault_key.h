/*
 * One key of a KV engine: the secret that a path means, and what only this API keeps about it.
 */
#ifndef GHOSTKEYD_API_VAULT_VAULT_KEY_H
#define GHOSTKEYD_API_VAULT_VAULT_KEY_H

#include "api/vault/vault.h"

/* What the metadata of a key say beside what the secret itself knows. */
struct vault_settings {
    uint32_t max_versions; /* 0: not chosen */
    bool cas_required;
    uint32_t delete_version_after_s; /* 0: never */
    uint32_t given_ttl_s;    /* the TTL that delete_version_after gave the secret; 0: none */
    uint32_t replaced_ttl_s; /* if given_ttl_s is not 0: the TTL before it; 0: none */
};

struct vault_key {
    struct span name;     /* of the secret */
    bool exists;          /* false also while the secret's deletion can be undone */
    struct secret secret; /* if it exists */
    struct vault_settings settings;
};

#define VAULT_KEY_AUTO GK_CLEANUP(vault_key_deinit)
void vault_key_deinit(struct vault_key *key);

/* Finds the key of the request's path, which is below a mount. A negative errno */
int vault_key_find(struct call *call, struct vault_key *key);

/* Whether clients are shown the version: the current one, and the newest that are not pending. */
bool vault_shows(struct call *call, const struct secret *secret, const struct version *version);

/* The version of that number, or the current one (0). GK_E_NO_VERSION: it is not shown. */
int vault_find_version(struct call *call, const struct vault_key *key, uint64_t number,
        struct version *ret_version);

/* Whether it can be read: it is live, and has not expired. */
bool vault_is_live(struct call *call, const struct secret *secret, const struct version *version);

/* Appends `"created_time":…,"deletion_time":…,"destroyed":…` */
void vault_append_times(
        struct buffer *buffer, const struct secret *secret, const struct version *version);

/* Appends the metadata of one version, an object. */
void vault_append_version(
        struct buffer *buffer, const struct secret *secret, const struct version *version);

/* Appends the secret's labels, an object; null if it has none. */
void vault_append_custom(struct buffer *buffer, const struct secret *secret);

/* Appends what the secret's `extra` becomes with these settings. */
void vault_settings_set(
        struct span extra, const struct vault_settings *settings, struct buffer *buffer);

/* How long a new version lives; 0: without end. */
uint32_t vault_life_s(const struct vault_mount *mount, const struct vault_settings *settings);

/* GK_E_MEDIA_TYPE: the body is not said to be a merge patch. */
int vault_check_patch(struct call *call);

#endif
