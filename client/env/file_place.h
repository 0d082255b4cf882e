/*
 * Where a file is, symbolic links followed: its directory, held open, and its name in there, so
 * that all that is done to it is done in that one place.
 */
#ifndef GHOSTCTL_FILE_PLACE_H
#define GHOSTCTL_FILE_PLACE_H

struct file_place {
    int dir_fd; /* -1: none */
    char *name;
};

/*
 * Negative errno; -EISDIR for what names a directory, -EACCES for a link that another user made in
 * a directory that everybody can write to. The file itself need not be there.
 */
int file_place_find(const char *path, struct file_place *ret_place);
void file_place_deinit(struct file_place *place);

#endif
