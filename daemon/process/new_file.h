/*
 * A file that gets its name only when it is complete, so that nobody reads half of it. It never
 * replaces another file: if the name is taken, publishing fails.
 */
#ifndef GHOSTKEYD_NEW_FILE_H
#define GHOSTKEYD_NEW_FILE_H

#include <limits.h>
#include <stdbool.h>

struct new_file {
    int fd;               /* who takes it over passes it to new_file_publish() */
    char path[PATH_MAX];  /* the name that the file is to get */
    char draft[PATH_MAX]; /* its temporary name; empty: no name, so closing removes it */
};

#define NEW_FILE_NULL ((struct new_file){.fd = -1})
#define NEW_FILE_AUTO __attribute__((cleanup(new_file_deinit)))

/* 0 if a file could be made at path, where nothing exists; or a negative errno. Makes nothing. */
int new_file_check(const char *path);

/*
 * Whether both paths are of one file; or, if one of them is of none yet, of the same name in the
 * same folder.
 */
bool new_file_is_same(const char *one, const char *other);

/*
 * Opens a new file, mode 0600, for reading and writing; new_file_publish() puts it at path. Until
 * then it has no name. On a file system without unnamed files (O_TMPFILE) its name is "PATH.new-"
 * and a random number, and it is left behind if the process is killed. 0 or a negative errno.
 */
int new_file_open(const char *path, struct new_file *ret_file);

/* Gives the file, open as fd, its name. 0 or a negative errno; -EEXIST: the name is taken. */
int new_file_publish(const struct new_file *file, int fd);

/*
 * Syncs the folder of path, so that a new name there is kept over a loss of power. Of a folder that
 * cannot be read it syncs all of the file system, on which the file open as fd is. 0 or a negative
 * errno.
 */
int new_file_sync_folder(const char *path, int fd);

/* Closes the file, and removes it if it was not published. */
void new_file_deinit(struct new_file *file);

#endif
