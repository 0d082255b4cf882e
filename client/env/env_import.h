/* Puts the variables of an environment file; env_import_plan.h says which secret each becomes. */
#ifndef GHOSTCTL_ENV_IMPORT_H
#define GHOSTCTL_ENV_IMPORT_H

#include <stdbool.h>

#include "env/env_parsed.h"
#include "wire/broker_client.h"

struct env_import {
    const char *shown;    /* what messages call the file */
    const char *prefix;   /* of the names of all secrets that are looked at or made; may be "" */
    const json_t *ttl;    /* NULL: a new secret is static */
    const char *strategy; /* NULL: a new secret cannot be rotated */
    bool dry_run;         /* print what would be put, and put nothing */
    bool keep_going;      /* put the valid variables although others have faults */
    bool is_command;      /* the command has --keep-going, which a message names */
    bool json;            /* print the daemon's answer to each put */
};

/* What messages call that file: "-" is standard input. */
const char *env_import_shown(const char *path);

/* Reads the file whole. Its faults are in *ret_parsed. An exit status, after a message. */
int env_import_read(const char *path, struct env_parsed *ret_parsed);

/* An exit status, after a message. If there is any fault, nothing is put unless `keep_going`. */
int env_import_run(
        struct broker_client *broker, const struct env_import *import, struct env_parsed *parsed);

#endif
