/*
 * A shared object to be preloaded (LD_PRELOAD) into a daemon with --store: while the file
 * $SLOW_DISK exists, a flush to the disk takes SLOW_S. The flush then removes the file, so a test
 * makes the file for each slow flush.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SLOW_S 12

__attribute__((visibility("default"))) int fdatasync(int fd) {
    int (*real)(int);
    const char *order = getenv("SLOW_DISK");

    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync"); /* as dlsym(3) has it */
    if (order != NULL && access(order, F_OK) == 0) {
        struct timespec pause = {.tv_sec = SLOW_S};

        (void)nanosleep(&pause, NULL); /* no signal cuts it short: the daemon blocks them */
        (void)unlink(order);
    }
    return real(fd);
}
