/*
 * The env file on disk. It is written whole or not at all: a temporary in the same directory, 0600
 * from its first moment and nameless where the file system can do that; fsync; rename; fsync of the
 * directory. A reader sees the old file or the new one, never a part and never another mode.
 *
 * A symbolic link is followed: the file it points at is replaced and the link stays.
 */
#ifndef GHOSTCTL_ENV_FILE_H
#define GHOSTCTL_ENV_FILE_H

#include "env_text.h"

enum env_file_state {
    ENV_FILE_SAME,  /* exactly this text, mode 0600 */
    ENV_FILE_OTHER, /* ours, with another text or mode */
    ENV_FILE_ABSENT,
    ENV_FILE_FOREIGN, /* without GhostKey's mark on its first line */
};

/* How the file at `path` compares with `text`. GK_EXIT_FAILED, said, if that cannot be told. */
int env_file_examine(const char *path, const struct env_text *text, enum env_file_state *ret_state);

/* Puts `text` in the place of whatever is at `path`. GK_EXIT_FAILED, said, and no trace of it. */
int env_file_replace(const char *path, const struct env_text *text);

/*
 * Writes `text` into the file at `path`, which stays the same file: for one that is mounted, or
 * whose directory cannot be written. A reader may see a part of it, and a failure may leave one.
 */
int env_file_overwrite(const char *path, const struct env_text *text);

#endif
