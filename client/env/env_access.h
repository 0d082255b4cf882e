/*
 * The variables by which an app finds a broker: GhostKey's own, and those that clients of Vault and
 * of AWS Secrets Manager read (contract, section 8, `env`).
 */
#ifndef GHOSTCTL_ENV_ACCESS_H
#define GHOSTCTL_ENV_ACCESS_H

#include <stdbool.h>

#include "common/buffer.h"

enum access_api {
    ACCESS_VAULT = 1,
    ACCESS_AWS = 2,
};

#define ACCESS_ALL (ACCESS_VAULT | ACCESS_AWS)

/* Where a broker is. */
struct access_place {
    const char *socket;     /* its absolute path; NULL: only TCP is known, */
    const char *url;        /* by this URL, */
    const char *token_file; /* with the token of this file */
    const char *tcp;        /* ADDRESS:PORT; NULL: it has no TCP */
    const char *token;      /* for TCP */
    const char *region;     /* of AWS */
};

/* Reads a list such as "vault,aws" ("ghostkey" is accepted, and always there). False: it is none.
 */
bool access_apis_read(const char *text, unsigned *ret_apis);

/* Appends `NAME=value` and a NUL for each variable. */
void access_append(const struct access_place *place, unsigned apis, struct buffer *variables);

/*
 * The environment of a command that is to find this broker and no other: ghostctl's own, without
 * what would lead elsewhere, and with `variables`, to which it points. The caller frees it.
 */
char **access_environment(const struct buffer *variables, bool has_tcp, unsigned apis);

#endif
