/*
 * A shared object to be preloaded (LD_PRELOAD) into a daemon: it delays some of its waits, as on a
 * slow or busy machine. The loop has done all its work, and sleeps a while before it asks the
 * kernel for more. $LATE has the seed from which the delays are drawn.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#define ONE_IN 3
#define LATE_MAX_US 2000
#define NS_PER_US 1000

/* Numerical Recipes' generator; its high bits are the good ones. */
static uint32_t draw(void) {
    static uint32_t state;
    static int begun;

    if (!begun) {
        const char *seed = getenv("LATE");

        state = seed != NULL ? (uint32_t)strtoul(seed, NULL, 10) : 0;
        begun = 1;
    }
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

__attribute__((visibility("default"))) int epoll_wait(
        int epoll, struct epoll_event *events, int count, int timeout_ms) {
    int (*real)(int, struct epoll_event *, int, int);

    *(void **)&real = dlsym(RTLD_NEXT, "epoll_wait"); /* as dlsym(3) has it */
    if (draw() % ONE_IN == 0) {
        struct timespec pause = {.tv_nsec = (long)(draw() % LATE_MAX_US) * NS_PER_US};

        (void)nanosleep(&pause, NULL); /* a signal cut it short: the delay was long enough */
    }
    return real(epoll, events, count, timeout_ms);
}
