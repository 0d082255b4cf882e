/*
 * A shared object to be preloaded (LD_PRELOAD) into ghostctl: there is no pidfd_open(), as in a
 * container that forbids it. The programs that ghostctl runs do not load it.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/pidfd.h>

__attribute__((constructor)) static void begin(void) {
    (void)unsetenv("LD_PRELOAD");
}

__attribute__((visibility("default"))) int pidfd_open(pid_t pid, unsigned int flags) {
    (void)pid;
    (void)flags;
    errno = ENOSYS;
    return -1;
}
