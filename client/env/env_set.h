/*
 * What goes into an environment: the current value of each secret that is not expired and not kept
 * out (`"env": false`), under its environment name, in byte order of those names.
 */
#ifndef GHOSTCTL_ENV_SET_H
#define GHOSTCTL_ENV_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/broker_client.h"
#include "wire/secret_page.h"

/* Begins as {0}. */
struct env_set {
    char **packed; /* entry by entry: env_set_at() unpacks one */
    size_t count;
    size_t capacity;
    struct env_set_block *last_block; /* what `packed` points into */
};

void env_set_deinit(struct env_set *set);
#define ENV_SET_AUTO GK_CLEANUP(env_set_deinit)

/*
 * Reads the entries of all secrets whose names begin with `prefix` (NULL: all). An exit status,
 * after a message: GK_EXIT_FAILED also if two secrets share an environment name.
 */
int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set);

/* Copies entries into the set; env_set_sort() puts them in order. */
void env_set_add(struct env_set *set, const struct env_entry *entries, size_t count);
void env_set_sort(struct env_set *set);

/* The entry at that place, which lasts as long as the set. */
struct env_entry env_set_at(const struct env_set *set, size_t index);

/* Whether a sorted set has the variable, given as `NAME=value`. */
bool env_set_has(const struct env_set *set, const char *variable);

/* Prints each pair of secrets that share an environment name; returns how many pairs there are. */
size_t env_set_say_pairs(const struct env_set *set);

#endif
