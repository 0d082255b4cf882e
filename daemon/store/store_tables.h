/*
 * What is in the store: the state, secrets, their versions and tombstones, events. It is read at
 * any time, and changed within a turn (store.h, which also says what the functions return).
 */
#ifndef GHOSTKEYD_STORE_STORE_TABLES_H
#define GHOSTKEYD_STORE_STORE_TABLES_H

#include "model/event.h"
#include "model/extra.h"
#include "model/secret.h"
#include "model/state.h"
#include "store/store.h"

/* GK_E_NO_SECRET while the store is new. The seed in *ret_state is a copy. */
int store_get_state(struct store *store, struct state *ret_state);
int store_put_state(struct store *store, const struct state *state);

/* Keeps only where the clock stands; the rest of the state never changes. */
int store_put_clock(struct store *store, instant now);

/* GK_E_NO_SECRET */
int store_get_secret(struct store *store, struct span name, struct secret *ret_secret);

/* Keeps it. Its spans point into the store then, and what was read of it before is not valid any
 * more. */
int store_put_secret(struct store *store, struct secret *secret);

/* Removes it and all its versions; its revision and generation stay known as its tombstone. */
int store_delete_secret(struct store *store, const struct secret *secret);

/* Zeros if the name was never deleted. */
int store_get_tombstone(struct store *store, struct span name, struct tombstone *ret_tombstone);

/* Walks, in byte order, the secrets whose name begins with prefix and is past after. visit changes
 * nothing, and returns 0 to go on, anything else to end the walk with that. */
typedef int (*secret_visitor)(void *userdata, const struct secret *secret);
int store_walk_secrets(struct store *store, struct span prefix, struct span after,
        secret_visitor visit, void *userdata);
/* Of those that have a value (secret_has_value()). */
uint64_t store_count_secrets(const struct store *store);

/* The armed secret that is due first. *ret_due is INT64_MAX if there is none. */
void store_first_due(struct store *store, instant *ret_due, struct span *ret_name);

/* Walks, in (due, name) order, the armed secrets that are due at to or before. */
int store_walk_due(struct store *store, instant to, secret_visitor visit, void *userdata);

/* Walks, in byte order of names, the secrets whose expiry has fired, as store_walk_secrets(). */
int store_walk_expired(struct store *store, struct span prefix, struct span after,
        secret_visitor visit, void *userdata);

/* Older versions. GK_E_NO_VERSION */
int store_put_version(struct store *store, struct span name, const struct version *version);
int store_get_version(
        struct store *store, struct span name, uint64_t number, struct version *ret_version);
typedef int (*version_visitor)(void *userdata, const struct version *version);
int store_walk_versions(
        struct store *store, struct span name, version_visitor visit, void *userdata);

/* Forgets that one, if it is there. */
int store_drop_version(struct store *store, struct span name, uint64_t number);

/* Forgets those numbered up to and including last, but for those of which is_kept says so. */
typedef bool (*version_filter)(const void *userdata, const struct version *version);
int store_drop_versions(struct store *store, struct span name, uint64_t last,
        version_filter is_kept, const void *userdata);

/* What a wire API keeps for itself, by its keys. What broker/own.h says holds here. */
bool store_get_own(struct store *store, enum owner owner, struct span key, struct span *ret_bytes);
int store_put_own(struct store *store, enum owner owner, struct span key, struct span bytes);
int store_delete_own(struct store *store, enum owner owner, struct span key);
typedef int (*own_visitor)(void *userdata, struct span key, struct span bytes);
int store_walk_own(struct store *store, enum owner owner, struct span prefix, own_visitor visit,
        void *userdata);

/* Appends it, with its seq set by the store. The newest GK_EVENTS_KEPT stay, and those past a seq
 * that is held (none, at first). */
int store_append_event(struct store *store, struct event *event);
void store_hold_events(struct store *store, uint64_t after);
int store_drop_events(struct store *store, uint64_t last); /* up to and including last */
uint64_t store_first_seq(struct store *store);             /* 0: there is no event */
uint64_t store_last_seq(struct store *store);
typedef int (*event_visitor)(void *userdata, const struct event *event);
int store_walk_events(struct store *store, uint64_t after, event_visitor visit, void *userdata);

#endif
