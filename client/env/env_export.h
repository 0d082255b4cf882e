/* From the broker to the env file: fetch, format, compare, write. */
#ifndef GHOSTCTL_ENV_EXPORT_H
#define GHOSTCTL_ENV_EXPORT_H

#include <stdbool.h>

#include "env/env_format.h"
#include "wire/broker_client.h"

struct env_export {
    struct env_format_choice format;
    const char *path;   /* NULL: the descriptor */
    int fd;             /* open for writing, borrowed */
    const char *prefix; /* NULL: all secrets */
    bool check;         /* write nothing; GK_EXIT_FAILED if the file would change */
    bool force;         /* overwrite a file that GhostKey did not write */
    bool in_place;      /* write into the existing file, which is not done in one step */
};

/*
 * Sets `path` or `fd`. "-" and /dev/stdout are standard output, /dev/fd/N is a descriptor that
 * ghostctl was started with. `path` NULL: the default file of the format, which the caller has set.
 * Call it before anything is opened. An exit status, after a message.
 */
int env_export_aim(struct env_export *export, const char *path);

/* Exports once. An exit status, after a message. */
int env_export_run(struct broker_client *broker, const struct env_export *export);

/*
 * Exports now and at each change of the secrets, until SIGINT (GK_EXIT_DONE). A failure of the
 * first export is returned; a later one is printed, and the export is tried again at the next
 * change.
 */
int env_export_watch(const struct target *target, const struct env_export *export);

#endif
