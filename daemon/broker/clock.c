#include "broker/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MAX_MS 60000 /* if the machine's clock is further behind, this one does not wait */
#define LATE_MAX_MS 60000 /* what is noticed later than this was missed */
#define NS_PER_MS 1000000
#define MS_PER_S 1000
#define FAR_S 9000000000 /* the year 2255: the kernel lets nobody set its clock past 2232 */

/* Reading cannot fail for the clocks that are read here. */
static int64_t read_ms(clockid_t id) {
    struct timespec time = {0};

    (void)clock_gettime(id, &time);
    return (int64_t)time.tv_sec * MS_PER_S + time.tv_nsec / NS_PER_MS;
}

static instant later(instant a, instant b) {
    return a > b ? a : b;
}

void clock_init(struct clock *clock, enum clock_kind kind, instant start) {
    *clock =
            (struct clock){.kind = kind, .now = start, .target = start, .missed_before = INT64_MIN};
    if (kind == CLOCK_SYSTEM) {
        clock->machine = read_ms(CLOCK_REALTIME);
        clock->boot_ms = read_ms(CLOCK_BOOTTIME);
        clock->worked_ms = read_ms(CLOCK_THREAD_CPUTIME_ID);
    }
}

/* The time if nobody had set the machine's clock since the last look. */
static instant expected(const struct clock *clock, int64_t boot_ms) {
    int64_t passed_ms = later(boot_ms - clock->boot_ms, 0);

    if (clock_ahead_ms(clock) > 0) {
        return clock->target + passed_ms;
    }
    return later(clock->target, clock->machine + passed_ms);
}

instant clock_look(struct clock *clock) {
    int64_t worked_ms;
    int64_t boot_ms;
    instant awake_until; /* the last target plus the time for which the process worked */
    instant machine;
    instant own;

    if (clock->kind == CLOCK_VIRTUAL) {
        return clock->now;
    }
    machine = read_ms(CLOCK_REALTIME);
    boot_ms = read_ms(CLOCK_BOOTTIME);
    worked_ms = read_ms(CLOCK_THREAD_CPUTIME_ID);
    own = expected(clock, boot_ms);
    awake_until = clock->target + worked_ms - clock->worked_ms;
    clock->target = own - machine > WAIT_MAX_MS ? own : later(clock->target, machine);
    clock->machine = machine;
    clock->boot_ms = boot_ms;
    clock->worked_ms = worked_ms;
    if (clock->target - awake_until > LATE_MAX_MS) {
        clock->missed_before = clock->target - LATE_MAX_MS;
        clock->missed_until = clock->target;
    }
    return clock->target;
}

instant clock_move(struct clock *clock, instant at) {
    clock->now = later(clock->now, at);
    return clock->now;
}

instant clock_move_to_due(struct clock *clock, instant due) {
    return clock_move(clock, due < clock->missed_before ? clock->missed_until : due);
}

int64_t clock_ahead_ms(const struct clock *clock) {
    int64_t ahead_ms = clock->kind == CLOCK_SYSTEM ? clock->target - clock->machine : 0;

    return ahead_ms > WAIT_MAX_MS ? ahead_ms : 0;
}

bool clock_is_ahead(const struct clock *clock) {
    return clock->kind == CLOCK_SYSTEM && clock->now > clock->machine;
}

instant clock_machine_instant(const struct clock *clock, instant at) {
    return at == INT64_MAX ? at : at - clock_ahead_ms(clock);
}

const char *clock_kind_text(enum clock_kind kind) {
    return kind == CLOCK_VIRTUAL ? "virtual" : "system";
}

uint64_t clock_ticks_ns(void) {
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int64_t clock_boot_ms(void) {
    return read_ms(CLOCK_BOOTTIME);
}

int clock_alarm_new(void) {
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int clock_alarm_set(int alarm_fd, instant at) {
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)FAR_S}};
    uint64_t rings;

    if (at != INT64_MAX) {
        when.it_value.tv_sec = at / MS_PER_S;
        when.it_value.tv_nsec = at % MS_PER_S * NS_PER_MS;
    }
    if (at <= 0) { /* zeros would switch the alarm off; it must ring at once */
        when.it_value = (struct timespec){.tv_nsec = 1};
    }
    if (timerfd_settime(alarm_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) != 0 &&
            errno != ECANCELED) {
        return -errno;
    }
    /* an alarm that rang before the new setting is cleared */
    while (at == INT64_MAX && read(alarm_fd, &rings, sizeof(rings)) > 0) {
    }
    return 0;
}
