/*
 * Notices when a file is written, cut, moved, replaced or removed (inotify(7)), so that nobody has
 * to look again and again.
 */
#ifndef GHOSTKEYD_FILE_WATCH_H
#define GHOSTKEYD_FILE_WATCH_H

#include <stdbool.h>

/* Returns an fd, the caller's, or a negative errno. It watches nothing yet. */
int file_watch_new(void);

/* Watches the file that bears that name now. The fd becomes readable when something happens to it
 * or to one that was watched before. Without_writes: not when it is written or cut. */
void file_watch_renew(int fd, const char *path, bool without_writes);

#endif
