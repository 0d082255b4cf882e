/* A process's environment: ours, with the secrets in it. */
#ifndef GHOSTCTL_ENV_BLOCK_H
#define GHOSTCTL_ENV_BLOCK_H

#include <stdbool.h>

#include "buffer.h"
#include "env_set.h"

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
void env_block_deinit(struct env_block *block);

/* Whether the secrets in both are the same. */
bool env_block_equals(const struct env_block *a, const struct env_block *b);

#endif
