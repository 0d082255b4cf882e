/*
 * A shared object to be preloaded (LD_PRELOAD) into a daemon that is to end with its parent. Just
 * before the daemon begins to watch its parent, it makes the file $ORPHANED and waits until the
 * parent has ended and the number of that process is another's: process 1 stands in for it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 1000000

__attribute__((visibility("default"))) int pidfd_open(pid_t pid, unsigned int flags) {
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    int (*real)(pid_t, unsigned int);
    const char *path = getenv("ORPHANED");

    *(void **)&real = dlsym(RTLD_NEXT, "pidfd_open"); /* as dlsym(3) has it */
    (void)close(open(path != NULL ? path : "/dev/null", O_WRONLY | O_CREAT, 0600));
    while (getppid() == pid) {
        (void)nanosleep(&pause, NULL);
    }
    return real(1, flags);
}
