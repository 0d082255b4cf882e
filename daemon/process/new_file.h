/*
 * A file that is written before it has its name, so that nobody finds half of it, and that never
 * takes the place of another file: if something bears the name by then, that stays as it is.
 */
#ifndef GHOSTKEYD_NEW_FILE_H
#define GHOSTKEYD_NEW_FILE_H

#include <limits.h>
#include <stdbool.h>

struct new_file {
    int fd;               /* whoever steals it hands it to new_file_publish() */
    char path[PATH_MAX];  /* the name that the file is to get */
    char draft[PATH_MAX]; /* its name until then; empty: it has none, and is gone when closed */
};

#define NEW_FILE_NULL ((struct new_file){.fd = -1})
#define NEW_FILE_AUTO __attribute__((cleanup(new_file_deinit)))

/* Whether a file could be made at path, which does not exist: 0, or a negative errno. Nothing is
 * made. */
int new_file_check(const char *path);

/* Whether both paths lead to the same place: one name in one folder. A link at that place is not
 * followed. */
bool new_file_is_same(const char *one, const char *other);

/*
 * Opens a file for reading and writing, mode 0600, that is to be at path later. On a file system
 * that cannot have a file without a name, the file is called "PATH.new-" and a random number, and
 * stays there if the process is killed. 0 or a negative errno.
 */
int new_file_open(const char *path, struct new_file *ret_file);

/* Gives the file, open as fd, its name. -EEXIST if something bears that name; else 0 or a negative
 * errno. */
int new_file_publish(const struct new_file *file, int fd);

/* Closes the file; one that was never published is gone. */
void new_file_deinit(struct new_file *file);

#endif
