/*
 * The names that other brokers give their secrets (paths, they call them), and the name under which
 * GhostKey keeps such a secret (common/name.h). What a name must not hold is kept as `%` and two
 * upper-case hex digits for each byte:
 *
 *   /prod/db   %2Fprod/db     every '/' that does not stand alone between two segments
 *   a//c       a%2F%2Fc
 *   a/./b      a/%2E/b        every byte of a segment '.' or '..'
 *   my key     my%20key       with PATH_ALL_BYTES: every byte that names do not have, and '%'
 *
 * The way back is exact: path_of_name() gives only what path_name() makes that name of.
 */
#ifndef GHOSTKEYD_MODEL_PATH_NAME_H
#define GHOSTKEYD_MODEL_PATH_NAME_H

#include "common/span.h"
#include "ghostkey/protocol.h"

/* Which bytes of a path are kept as hex digits. */
enum path_rule {
    PATH_SLASHES_AND_DOTS, /* paths have no bytes but those of names */
    PATH_ALL_BYTES,        /* paths have any bytes */
};

/*
 * Writes the name to place. Returns NULL, or what is wrong with the path, as name_fault() says it:
 * "is empty", "is longer than 255 bytes once it is written as a name of GhostKey's", ...
 */
const char *path_name(enum path_rule rule, struct span path, char place[GK_NAME_MAX_BYTES],
        struct span *ret_name);

/*
 * The path of a valid name, written to place. With PATH_SLASHES_AND_DOTS every name has a path: its
 * own text, if no other one is kept under that name. With PATH_ALL_BYTES a name such as `100%` has
 * none: false.
 */
bool path_of_name(enum path_rule rule, struct span name, char place[GK_NAME_MAX_BYTES],
        struct span *ret_path);

/*
 * The environment name of the secret that has the path: the default one (common/name.h) with
 * slashes at the beginning left out, and several in a row as one '_'. Writes to place and returns
 * how many bytes. The path has a name.
 */
size_t path_env_name(struct span path, char place[GK_NAME_MAX_BYTES + 1]);

#endif
