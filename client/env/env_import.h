/* From an environment file to the broker; env_import_plan.h says which secret gets what. */
#ifndef GHOSTCTL_ENV_IMPORT_H
#define GHOSTCTL_ENV_IMPORT_H

#include <stdbool.h>

#include "env/env_parsed.h"
#include "wire/broker_client.h"

struct env_import {
    const char *shown; /* what messages call the file */
    const char
            *prefix;   /* before the names of new secrets, and of those looked among; "" for none */
    const json_t *ttl; /* NULL: static */
    bool keep_going;   /* put what is good although something is bad */
    bool json;         /* print what the daemon said to each */
};

/* An exit status, said. Unless `keep_going`, nothing is put if there is any fault. */
int env_import_run(
        struct broker_client *broker, const struct env_import *import, struct env_parsed *parsed);

#endif
