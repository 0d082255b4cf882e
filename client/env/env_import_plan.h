/*
 * Which secret each variable of an environment file becomes.
 *
 * A variable becomes the value of the secret that has it as its environment name. So what was
 * exported returns to the same secret. If there is none, it becomes a new secret, which is named
 * like the variable in lower case (DB_PASS: db_pass). If that name is taken, by a secret of another
 * variable or by another variable of the file, the secret is named as the variable is written
 * (HTTP_PROXY, beside http_proxy), and if that is taken, too, in lower case with "-2" behind it. Of
 * several variables that differ only in case, the one in lower case gets that name, else the first
 * in the file.
 *
 * Where the default environment name of the secret would not be the variable (Path, http_proxy, or
 * with a prefix), the secret gets it as its `env`.
 *
 * If the name of a JSON member cannot be a variable's, it is the name of the secret.
 */
#ifndef GHOSTCTL_ENV_IMPORT_PLAN_H
#define GHOSTCTL_ENV_IMPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "env/env_parsed.h"
#include "wire/broker_verbs.h"

struct import_target {
    const struct env_parsed_entry *entry; /* of the parsed file, which must outlive the plan */
    char *name;                           /* of the secret */
    bool exists;                          /* the broker has that secret */
    bool needs_env;                       /* of a new one: its environment name must be given */
};

struct import_plan {
    struct import_target *targets; /* in the order of the file */
    size_t count;
};

/*
 * The name of each new secret begins with `prefix`, and only secrets whose names begin with it are
 * looked at. A variable for which no name is left becomes a fault of `parsed`. An exit status,
 * after a message.
 */
int import_plan_make(struct broker_client *broker, const char *prefix, struct env_parsed *parsed,
        struct import_plan *ret_plan);
void import_plan_deinit(struct import_plan *plan);

#endif
