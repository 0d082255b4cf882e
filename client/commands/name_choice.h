/* The secrets that a command acts on: by a prefix, by patterns (common/pattern.h), or by both. */
#ifndef GHOSTCTL_NAME_CHOICE_H
#define GHOSTCTL_NAME_CHOICE_H

#include "command.h"

struct name_choice {
    const char *prefix;    /* NULL: any */
    char *const *patterns; /* a name has to match one of them; none: any name */
    size_t pattern_count;
};

/* GK_EXIT_USAGE, after a message, for a pattern with a byte that no name has. */
int name_choice_check(const struct invocation *invocation);

bool name_choice_has(const struct name_choice *choice, const char *name);

/* The longest prefix of all names that can be chosen, for the daemon. The caller frees it. */
char *name_choice_prefix(const struct name_choice *choice);

/*
 * Appends the chosen names of secrets that have a value, a NUL behind each. `skipped_strategy`:
 * secrets with that strategy are left out, with a message each; NULL: none. GK_EXIT_NOT_FOUND,
 * after a message, if no name was chosen.
 */
int name_choice_find(const struct name_choice *choice, struct broker_client *broker,
        const char *skipped_strategy, struct buffer *ret_names);

#endif
