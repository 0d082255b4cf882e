/*
 * Which secret each variable of an environment file becomes.
 *
 * A variable goes to the secret that has that environment name already, so that what was exported
 * goes back to where it came from; else to a new one. A new one is named like the variable in lower
 * case (DB_PASS: db_pass). If that name is not free, because a secret of another variable has it or
 * because another variable of the file takes it, the new one is named as the variable is written
 * (HTTP_PROXY, beside http_proxy), and if that is not free either, in lower case with "-2" behind
 * it. Of several variables that differ in case alone, the one that is written in lower case takes
 * that name, else the first in the file.
 *
 * Where the environment name of the secret would not be the variable's again (Path, http_proxy, or
 * with a prefix), the secret is given it ("env").
 *
 * A member of JSON that is no variable's name is the name of a secret.
 */
#ifndef GHOSTCTL_ENV_IMPORT_PLAN_H
#define GHOSTCTL_ENV_IMPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "env/env_parsed.h"
#include "wire/broker_client.h"

struct import_target {
    const struct env_parsed_entry *entry; /* of the parsed file, which must outlive the plan */
    char *name;                           /* of the secret */
    bool needs_env;                       /* its environment name must be given */
};

struct import_plan {
    struct import_target *targets; /* in the order of the file */
    size_t count;
};

/*
 * `prefix` is put before the name of each new secret, and only secrets whose names begin with it
 * are looked at. A variable for which there is no name becomes a fault of `parsed`. An exit status,
 * said.
 */
int import_plan_make(struct broker_client *broker, const char *prefix, struct env_parsed *parsed,
        struct import_plan *ret_plan);
void import_plan_deinit(struct import_plan *plan);

#endif
