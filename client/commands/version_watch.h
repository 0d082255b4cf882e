/*
 * Secrets whose current versions are watched: which of them have a new one. A version is known by
 * its id, which is that of no other version, also after the secret was deleted and made again, and
 * by its value: after a reset, or a restart with the same seed, ids are given again.
 */
#ifndef GHOSTCTL_VERSION_WATCH_H
#define GHOSTCTL_VERSION_WATCH_H

#include <stdbool.h>

#include "common/buffer.h"
#include "wire/broker_client.h"

struct watched {
    const char *name;
    char *id;                 /* of the last version that was taken; NULL: none */
    struct buffer value;      /* of the same */
    bool is_due;              /* there may be a new version */
    struct buffer cause;      /* of the last event that made a version current; empty: not known */
    json_int_t cause_version; /* the version that it made current */
};

struct version_watch {
    struct watched *secrets;
    size_t count;
    size_t next; /* the secret that is looked at first, so that each gets its turn */
};

/* A version, with its value decoded. */
struct new_version {
    const char *name;
    json_int_t version;
    struct buffer cause;
    struct buffer value;
};

/* The names are borrowed. */
void version_watch_init(struct version_watch *watch, char *const *names, size_t count);
void version_watch_deinit(struct version_watch *watch);
void new_version_deinit(struct new_version *version);

/* Takes an event's JSON. */
void version_watch_take(struct version_watch *watch, const struct buffer *event);

/* Any of the secrets may have changed. `cause`: why, if that is known; else NULL. */
void version_watch_take_all(struct version_watch *watch, const char *cause);

/* Nothing came of the version of that secret that was taken last: it is to be taken again. */
void version_watch_again(struct version_watch *watch, const char *name);

bool version_watch_is_due(const struct version_watch *watch);

/*
 * Looks for a secret with a new current version, which counts as taken then. *ret_found: whether
 * there is one. An exit status, after a message; what is due then stays due.
 */
int version_watch_next(struct version_watch *watch, struct broker_client *broker,
        struct new_version *ret_version, bool *ret_found);

/* Takes the versions that are current now, and warns of names that no secret has. */
int version_watch_skip_current(struct version_watch *watch, struct broker_client *broker);

#endif
