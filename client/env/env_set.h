/*
 * What goes into an environment: the current value of each secret that is not expired and not kept
 * out (`"env": false`), under its environment name, in byte order of those names.
 */
#ifndef GHOSTCTL_ENV_SET_H
#define GHOSTCTL_ENV_SET_H

#include <stddef.h>

#include "wire/broker_client.h"
#include "wire/secret_page.h"

/* Begins as {0}. */
struct env_set {
    struct env_entry *entries;
    size_t count;
    size_t capacity;
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

/* Names each pair of secrets that share an environment name; returns how many pairs there are. */
size_t env_set_say_pairs(const struct env_set *set);

#endif
