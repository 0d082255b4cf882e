/* A process's environment: ours, with the secrets in it. */
#ifndef GHOSTCTL_ENV_BLOCK_H
#define GHOSTCTL_ENV_BLOCK_H

#include <stddef.h>

#include "common/buffer.h"
#include "env/env_set.h"
#include "wire/target.h"

#define ENV_BLOCK_NAMES_MAX 5

struct env_block {
    struct buffer text; /* `NAME=value` and a NUL for each secret */
    char **strings;     /* for execve(): our own variables, less those that secrets replace, and
                           then the secrets, in `text` */
};

/*
 * GK_EXIT_FAILED, said for each, if an entry is longer than Linux passes to any process
 * (ENV_ENTRY_MAX_BYTES).
 */
int env_block_make(const struct env_set *set, struct env_block *ret_block);

/* The same of the secrets that the daemon has now, below `prefix` (NULL: all). An exit status,
 * said.
 */
int env_block_fetch(const struct target *target, const char *prefix, struct env_block *ret_block);

void env_block_deinit(struct env_block *block);
#define ENV_BLOCK_AUTO GK_CLEANUP(env_block_deinit)

/*
 * How many variables of secrets differ between the two: changed, added or gone. The names of the
 * first ENV_BLOCK_NAMES_MAX of them are appended to `ret_names`, and how many more there are.
 */
size_t env_block_changes(
        const struct env_block *before, const struct env_block *after, struct buffer *ret_names);

#endif
