#include "process/file_watch.h"

#include <errno.h>
#include <stdalign.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS_BYTES 4096

int file_watch_new(void) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    return fd >= 0 ? fd : -errno;
}

void file_watch_renew(int fd, const char *path, bool without_writes) {
    alignas(struct inotify_event) char events[EVENTS_BYTES];

    while (read(fd, events, sizeof(events)) > 0) {
        /* the caller looks by itself at what has happened */
    }
    /* IN_ATTRIB: its last name was removed, or another file got it. If nothing bears the name now,
     * the next change says so. */
    (void)inotify_add_watch(
            fd, path, IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | (without_writes ? 0 : IN_MODIFY));
}
