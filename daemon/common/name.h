/*
 * The names of secrets and of environment variables (contract, section 2, "Name" and
 * "Environment name").
 */
#ifndef GHOSTKEY_NAME_H
#define GHOSTKEY_NAME_H

#include "common/span.h"
#include "ghostkey/protocol.h"

/* NULL if name is a secret's name, else what is wrong with it ("is empty", ...). */
const char *name_fault(struct span name);

/* Whether every byte of text may stand in a name. A prefix need not be a valid name itself. */
bool name_has_only_name_bytes(struct span text);

/* Whether text is the name of an environment variable: [A-Za-z_][A-Za-z0-9_]*, at most 255 bytes.
 */
bool env_name_is_valid(struct span text);

/*
 * Whether a secret of that name can have the environment name env: a valid one, or its default,
 * which may be a byte longer.
 */
bool env_name_is_of(struct span env, struct span name);

/*
 * The environment name that a secret has by default: upper case, every byte that is no letter or
 * digit as '_', '_' in front of a digit. Writes at most GK_NAME_MAX_BYTES + 1 bytes into place and
 * returns how many; no NUL is added. name is valid.
 */
size_t env_name_default(struct span name, char place[GK_NAME_MAX_BYTES + 1]);

#endif
