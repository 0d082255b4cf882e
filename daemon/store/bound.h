/*
 * How large the store may become. A turn that keeps more than there was is refused before that is
 * too much; what is left then is enough to delete all of it, and to write the journal anew.
 */
#ifndef GHOSTKEYD_STORE_BOUND_H
#define GHOSTKEYD_STORE_BOUND_H

#include <stdbool.h>
#include <stddef.h>

struct store;

/* Before the turn keeps another record of len bytes: 0, or GK_E_STORE_FULL (logged once). */
int bound_check(struct store *store, size_t len);

/* Logs, unless it is known, that the store is full, and why. Returns GK_E_STORE_FULL. */
int bound_refuse(struct store *store, const char *why);

/* Whether the store is full, or almost: then its journal is written anew before it is mostly
 * dead. */
bool bound_is_near(const struct store *store);

#endif
