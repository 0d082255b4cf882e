/*
 * What goes into an environment: the current value of each secret that is not expired and not kept
 * out (`"env": false`), under its environment name, in byte order of those names.
 */
#ifndef GHOSTCTL_ENV_SET_H
#define GHOSTCTL_ENV_SET_H

#include <stddef.h>

#include "broker_client.h"
#include "secret_list.h"

/* Borrowed from the set. The value of a binary secret is its base64. */
struct env_entry {
    const char *env;
    const char *name;
    const char *value;
    size_t value_length;
};

struct env_set {
    struct secret_list list;
    struct env_entry *entries;
    size_t count;
};

/*
 * `prefix` NULL: all names. An exit status, said: GK_EXIT_FAILED also if two secrets share an
 * environment name, with both of each such pair named.
 */
int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set);
void env_set_deinit(struct env_set *set);

/* Orders entries by environment name and says each pair that shares one; returns how many. */
size_t env_set_arrange(struct env_entry *entries, size_t count);

#endif
