/* The file of a journal after another one has taken its place. */
#ifndef GHOSTKEYD_STORE_OLD_FILE_H
#define GHOSTKEYD_STORE_OLD_FILE_H

/*
 * Closes fd. If that is the last that is left of the file, its blocks are given back in steps: a
 * flush of another file waits until the file system has given back all that was taken before it,
 * 50 ms for 300 MiB at once. May take long; 0 or -1 as close(2).
 */
int old_file_close(int fd);

#endif
