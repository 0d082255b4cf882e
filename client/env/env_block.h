/* The environment of a command: ghostctl's own, with the secrets in it. */
#ifndef GHOSTCTL_ENV_BLOCK_H
#define GHOSTCTL_ENV_BLOCK_H

#include <stddef.h>

#include "common/buffer.h"
#include "env/env_set.h"
#include "wire/target.h"

#define ENV_BLOCK_NAMES_MAX 5

struct env_block {
    struct buffer text; /* `NAME=value` and a NUL for each secret */
    char **strings;     /* for execve(): ghostctl's own variables that no secret replaces, then the
                           secrets in `text` */
};

/*
 * GK_EXIT_FAILED, after a message for each, if an entry holds a NUL byte or is longer than Linux
 * accepts (ENV_ENTRY_MAX_BYTES). The set is sorted.
 */
int env_block_make(const struct env_set *set, struct env_block *ret_block);

/* Fetches the secrets whose names begin with `prefix` (NULL: all). An exit status, after a message.
 */
int env_block_fetch(const struct target *target, const char *prefix, struct env_block *ret_block);

void env_block_deinit(struct env_block *block);
#define ENV_BLOCK_AUTO GK_CLEANUP(env_block_deinit)

/*
 * How many variables of secrets were changed, added or removed. Appends the names of the first
 * ENV_BLOCK_NAMES_MAX to `ret_names`, and how many more there are.
 */
size_t env_block_changes(
        const struct env_block *before, const struct env_block *after, struct buffer *ret_names);

#endif
