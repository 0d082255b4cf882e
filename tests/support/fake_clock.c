/*
 * LD_PRELOADed into ghostkeyd: the machine's clock becomes one that a test can set, and the time
 * since its boot, the CPU time of the daemon and the time of its event loop can be moved on. The
 * file that $FAKE_CLOCK names holds a struct fake_clock; the test writes into it what the clocks
 * are to show.
 *
 * A real clock that is set also ends the wait of timers with TFD_TIMER_CANCEL_ON_SET. Here a thread
 * sees that `sets` has changed and makes the timer ring, as the kernel would.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_US 1000
#define LOOK_EVERY_NS 1000000
#define FAR_S \
    8000000000 /* no instant that a test sets: the alarm waits for the clock to be set \
                */

struct fake_clock {
    _Atomic int64_t frozen_ns; /* the time that the clock shows, if it stands still; 0: it runs */
    _Atomic int64_t offset_ns; /* how far it is ahead of the machine's while it runs */
    _Atomic int64_t sets;      /* how often it was set */
    _Atomic int64_t heard;     /* how many of those times the timers were ended */
    _Atomic int64_t boot_ns;   /* by how much CLOCK_BOOTTIME is ahead of the machine's, */
    _Atomic int64_t boot_at;   /* or the time that it shows, if it stands still; 0: it runs */
    _Atomic int64_t worked_ns; /* by how much the CPU time is ahead */
    _Atomic int64_t loop_at;   /* the time that h2o's timers see, if it stands still; 0: it runs */
};

static struct fake_clock *fake;
static _Atomic int alarm_fd = -1;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_timeofday)(struct timeval *, void *);
static int (*real_settime)(int, int, const struct itimerspec *, struct itimerspec *);
static int (*real_create)(int, int);

static void *watch(void *nothing) {
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_NS};
    const struct itimerspec now = {.it_value = {.tv_nsec = 1}};

    for (;;) {
        int64_t sets = fake->sets;

        if (sets != fake->heard && alarm_fd >= 0) {
            (void)real_settime(alarm_fd, 0, &now, NULL);
            fake->heard = sets;
        }
        (void)nanosleep(&pause, NULL);
    }
    return nothing;
}

/* The thread takes no signals: they are the daemon's. */
static void begin_to_watch(void) {
    pthread_t thread;
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0 ||
            pthread_create(&thread, NULL, watch, NULL) != 0 ||
            pthread_sigmask(SIG_SETMASK, &before, NULL) != 0) {
        abort();
    }
}

__attribute__((constructor)) static void set_up(void) {
    const char *path = getenv("FAKE_CLOCK");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

    *(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    *(void **)&real_timeofday = dlsym(RTLD_NEXT, "gettimeofday");
    *(void **)&real_settime = dlsym(RTLD_NEXT, "timerfd_settime");
    *(void **)&real_create = dlsym(RTLD_NEXT, "timerfd_create");
    if (fd < 0) {
        return; /* another program that the test started */
    }
    fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (fake == MAP_FAILED) {
        abort();
    }
    begin_to_watch();
}

EXPORTED int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = real_gettime(clock, time);
    int64_t ns;

    if (fake == NULL || result != 0) {
        return result;
    }
    ns = time->tv_sec * NS_PER_S + time->tv_nsec;
    if (clock == CLOCK_REALTIME) {
        ns = fake->frozen_ns != 0 ? fake->frozen_ns : ns + fake->offset_ns;
    } else if (clock == CLOCK_BOOTTIME) {
        ns = fake->boot_at != 0 ? fake->boot_at : ns + fake->boot_ns;
    } else if (clock == CLOCK_THREAD_CPUTIME_ID) {
        ns += fake->worked_ns;
    }
    *time = (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    return 0;
}

/* h2o's event loop asks no other clock. */
EXPORTED int gettimeofday(struct timeval *time, void *zone) {
    int64_t ns = fake != NULL ? fake->loop_at : 0;

    if (ns == 0) {
        return real_timeofday(time, zone);
    }
    *time = (struct timeval){.tv_sec = ns / NS_PER_S, .tv_usec = ns % NS_PER_S / NS_PER_US};
    return 0;
}

EXPORTED int timerfd_create(int clock, int flags) {
    int fd = real_create(clock, flags);

    if (clock == CLOCK_REALTIME && fake != NULL) {
        alarm_fd = fd;
    }
    return fd;
}

/* A timer for a time of the fake clock is set for another time of the machine's. */
EXPORTED int timerfd_settime(
        int fd, int flags, const struct itimerspec *when, struct itimerspec *before) {
    struct itimerspec shifted = *when;
    int64_t ns = when->it_value.tv_sec * NS_PER_S + when->it_value.tv_nsec; /* to the year 2262 */

    if (fake == NULL || fd != alarm_fd || ns == 0 || (flags & TFD_TIMER_ABSTIME) == 0 ||
            when->it_value.tv_sec >= FAR_S) {
        return real_settime(fd, flags, when, before);
    }
    if (fake->frozen_ns != 0) { /* it fires now or, while the clock stands still, never */
        ns = ns <= fake->frozen_ns ? 1 : INT64_MAX;
    } else {
        ns = ns - fake->offset_ns > 0 ? ns - fake->offset_ns : 1;
    }
    shifted.it_value = (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    return real_settime(fd, flags, &shifted, before);
}
