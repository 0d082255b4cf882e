/*
 * The index of what is due: the secrets with a TTL by (due, name). Those whose expiry has fired,
 * and which nothing will happen to by themselves, come last: they are due never (secret_due_at()).
 * store_put_secret() and store_delete_secret() keep it.
 */
#ifndef GHOSTKEYD_STORE_STORE_DUE_H
#define GHOSTKEYD_STORE_STORE_DUE_H

#include "store/store.h"

/* The armed secret that is due first, but for those passed over. place takes the name; *ret_due is
 * INT64_MAX if there is none. */
int store_first_due(
        struct txn *txn, instant *ret_due, char place[GK_NAME_MAX_BYTES], struct span *ret_name);

/* From now on it passes over a name whose record is damaged, so that the others can fire. */
int store_pass_over(struct store *store, struct span name);

/* Walks, in its order, the armed secrets that are due at to or before. visit is as in
 * store_walk_secrets(). */
int store_walk_due(struct txn *txn, instant to, secret_visitor visit, void *userdata);

/* Walks, in byte order of names, those whose expiry has fired, as store_walk_secrets() does. */
int store_walk_expired(struct txn *txn, struct span prefix, struct span after, secret_visitor visit,
        void *userdata);

/* Moves the entry of a secret that becomes after; NULL: none before, or none after. */
int store_update_due(
        struct txn *txn, struct span name, const struct secret *before, const struct secret *after);

#endif
