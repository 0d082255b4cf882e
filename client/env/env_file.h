/*
 * The env file on disk. It is written whole or not at all: a temporary file in the same directory,
 * with mode 0600 from the start and without a name where the file system can do that; fsync;
 * rename; fsync of the directory. A reader sees the old file or the new one, never a part of it and
 * never another mode.
 *
 * A symbolic link is followed: the file it points at is replaced and the link stays.
 *
 * A file that GhostKey did not write is not replaced unless the user says so. Its files have a mark
 * in their first line; in a format that has no place for one, their name ends in a suffix.
 */
#ifndef GHOSTCTL_ENV_FILE_H
#define GHOSTCTL_ENV_FILE_H

#include <stdbool.h>

#include "env/env_text.h"

#define ENV_FILE_MODE 0600

enum env_file_state {
    ENV_FILE_SAME,  /* exactly this text, mode 0600 */
    ENV_FILE_OTHER, /* GhostKey's, with another text or mode */
    ENV_FILE_ABSENT,
    ENV_FILE_FOREIGN, /* not GhostKey's */
};

/* What may be at the path when it is written. */
enum env_file_may {
    ENV_FILE_MAY_MAKE,    /* nothing */
    ENV_FILE_MAY_REPLACE, /* a file of the same user */
    ENV_FILE_MAY_FORCE,   /* any file */
};

/*
 * Compares the file at `path` with `text`. `suffix`: the end of the names of GhostKey's files in a
 * format without a mark; NULL: the format has one. GK_EXIT_FAILED, after a message, if the file
 * cannot be read.
 */
int env_file_examine(const char *path, const char *suffix, const struct env_text *text,
        enum env_file_state *ret_state);

bool env_file_has_suffix(const char *path, const char *suffix);

/*
 * Replaces the file at `path` by `text`. GK_EXIT_FAILED, after a message: nothing has
 * changed, or the new file is there and its folder could not be synced.
 * GK_EXIT_PRECONDITION, without a message: ENV_FILE_MAY_MAKE was given, and the file exists.
 */
int env_file_replace(const char *path, const struct env_text *text, enum env_file_may may);

/*
 * Writes `text` into the file at `path`, which stays the same file: for one that is a mount point,
 * or whose directory cannot be written. A reader may see a part of the text, and a failure may
 * leave a part.
 */
int env_file_overwrite(const char *path, const struct env_text *text, enum env_file_may may);

/* An env_text_take that writes to the descriptor at `fd_place`. 0 or a negative errno. */
int env_file_write_piece(void *fd_place, const char *piece, size_t len);

/* Prints "cannot DOING PATH: …"; returns GK_EXIT_FAILED. */
int env_file_say_failed(const char *doing, const char *path, int error);

#endif
