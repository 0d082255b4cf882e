/*
 * Where a file is, once symbolic links are followed: its directory, which stays open, and its name
 * in it. So everything that is done to the file happens in the same directory.
 */
#ifndef GHOSTCTL_FILE_PLACE_H
#define GHOSTCTL_FILE_PLACE_H

struct file_place {
    int dir_fd; /* -1: none */
    char *name;
};

/*
 * A negative errno: -EISDIR if the path names a directory, -EACCES for a link that another user
 * made in a directory that everybody can write to. The file itself need not exist.
 */
int file_place_find(const char *path, struct file_place *ret_place);
void file_place_deinit(struct file_place *place);

#endif
