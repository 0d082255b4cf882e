/* From the broker to the env file: fetch, format, compare, write. */
#ifndef GHOSTCTL_ENV_EXPORT_H
#define GHOSTCTL_ENV_EXPORT_H

#include <stdbool.h>

#include "env/env_format.h"
#include "wire/broker_client.h"

struct env_export {
    struct env_format_choice format;
    const char *path;   /* NULL: the descriptor */
    int fd;             /* open for writing, not owned */
    const char *prefix; /* NULL: all secrets */
    bool check;         /* write nothing; GK_EXIT_FAILED if it would change */
    bool force;         /* also over a file that is not ours */
    bool in_place;      /* write into the file that is there, not in one step */
};

/*
 * Where it is written to: `path`, or what that stands for: "-" and /dev/stdout are standard output,
 * /dev/fd/N is a descriptor that ghostctl was started with. NULL: the default file of the format,
 * which must have been chosen. Call it before anything is opened. An exit status, said.
 */
int env_export_aim(struct env_export *export, const char *path);

/* An exit status, said. */
int env_export_run(struct broker_client *broker, const struct env_export *export);

/*
 * Once now, and again whenever the secrets change, until interrupted (SIGINT: GK_EXIT_DONE). If the
 * first export fails nothing is watched; a later one that fails is said, and the next change tried.
 */
int env_export_watch(const struct target *target, const struct env_export *export);

#endif
