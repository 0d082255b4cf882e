/*
 * The env file on disk. It is written whole or not at all: a temporary in the same directory, 0600
 * from its first moment and nameless where the file system can do that; fsync; rename; fsync of the
 * directory. A reader sees the old file or the new one, never a part and never another mode.
 *
 * A symbolic link is followed: the file it points at is replaced and the link stays.
 *
 * Nothing that GhostKey did not write is replaced unless the user says so. Its files are known by
 * the mark on their first line, or in a format that has no place for one by their name.
 */
#ifndef GHOSTCTL_ENV_FILE_H
#define GHOSTCTL_ENV_FILE_H

#include <stdbool.h>

#include "env/env_text.h"

#define ENV_FILE_MODE 0600

enum env_file_state {
    ENV_FILE_SAME,  /* exactly this text, mode 0600 */
    ENV_FILE_OTHER, /* ours, with another text or mode */
    ENV_FILE_ABSENT,
    ENV_FILE_FOREIGN, /* not known as GhostKey's */
};

/* What may be at the path when it is written. */
enum env_file_may {
    ENV_FILE_MAY_MAKE,    /* nothing */
    ENV_FILE_MAY_REPLACE, /* a file of the same user */
    ENV_FILE_MAY_FORCE,   /* any file */
};

/*
 * How the file at `path` compares with `text`. `suffix`: how the names of files end that are ours
 * without a mark, NULL: none is. GK_EXIT_FAILED, said, if it cannot be told.
 */
int env_file_examine(const char *path, const char *suffix, const struct env_text *text,
        enum env_file_state *ret_state);

bool env_file_has_suffix(const char *path, const char *suffix);

/*
 * Puts `text` in the place of what is at `path`. GK_EXIT_FAILED, said, and no trace of it.
 * GK_EXIT_PRECONDITION, not said, if it may only be made and something is there by now.
 */
int env_file_replace(const char *path, const struct env_text *text, enum env_file_may may);

/*
 * Writes `text` into the file at `path`, which stays the same file: for one that is mounted, or
 * whose directory cannot be written. A reader may see a part of it, and a failure may leave one.
 */
int env_file_overwrite(const char *path, const struct env_text *text, enum env_file_may may);

/* An env_text_take that writes to the descriptor at `fd_place`. 0 or a negative errno. */
int env_file_write_piece(void *fd_place, const char *piece, size_t len);

/* Says "cannot DOING PATH: …"; returns GK_EXIT_FAILED. */
int env_file_say_failed(const char *doing, const char *path, int error);

#endif
