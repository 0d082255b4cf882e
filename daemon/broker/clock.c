#include "broker/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static instant machine_now(void) {
    struct timespec now;

    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return 0; /* cannot happen for this clock; an instant in the past makes nobody act */
    }
    return (instant)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_init(struct clock *clock, enum clock_kind kind, instant start) {
    clock->kind = kind;
    clock->now = start;
}

instant clock_target(const struct clock *clock) {
    instant machine;

    if (clock->kind == CLOCK_VIRTUAL) {
        return clock->now;
    }
    machine = machine_now();
    return machine > clock->now ? machine : clock->now;
}

instant clock_move(struct clock *clock, instant at) {
    if (at > clock->now) {
        clock->now = at;
    }
    return clock->now;
}

const char *clock_kind_text(enum clock_kind kind) {
    return kind == CLOCK_VIRTUAL ? "virtual" : "system";
}

uint64_t clock_ticks_ns(void) {
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int clock_alarm_new(void) {
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int clock_alarm_set(int alarm_fd, instant at) {
    struct itimerspec when = {0};
    uint64_t rings;

    if (at != INT64_MAX) {
        /* all zeros would switch it off: an instant long gone rings at once */
        when.it_value.tv_sec = at / 1000;
        when.it_value.tv_nsec = at % 1000 * 1000000;
        if (at <= 0) {
            when.it_value = (struct timespec){.tv_nsec = 1};
        }
    }
    if (timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) != 0 &&
            errno != ECANCELED) {
        return -errno;
    }
    /* a ring that came before the new setting is no longer news */
    while (at == INT64_MAX && read(alarm_fd, &rings, sizeof(rings)) > 0) {
    }
    return 0;
}
