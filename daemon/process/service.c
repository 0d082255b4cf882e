#include "process/service.h"

#include "common/cleanup.h"
#include "model/problem.h"
#include "process/log.h"
#include "process/notify.h"
#include "process/process_setup.h"
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>

#define US_PER_S UINT64_C(1000000)
#define NS_PER_US 1000

#define REFUSED_WAIT_S 5

#define STATE_NAME "state" /* the memfd's in the manager's store */

#define TEXT_MAX_BYTES 64
#define START_WAIT_MS 5000 /* before the first connection is served */

/* Only a memfd knows of seals: a socket may bear the state's name, too. */
static bool is_state(int fd, const char *name) {
    return strcmp(name, STATE_NAME) == 0 && fcntl(fd, F_GET_SEALS) >= 0;
}

/* Takes the state, and closes what was sent besides: one is all that ever was. */
static void take_state(int count, char **names, struct service_passed *passed) {
    for (int at = 0; names != NULL && at < count; at++) {
        int fd = SD_LISTEN_FDS_START + at;

        if (!is_state(fd, names[at])) {
            continue;
        }
        if (passed->is_kept) {
            (void)gk_close(fd);
        } else {
            passed->state = fd;
            passed->is_kept = true;
        }
    }
}

static int take_sockets(int count, struct service_passed *passed) {
    passed->sockets = calloc((size_t)count, sizeof(passed->sockets[0]));
    if (passed->sockets == NULL) {
        return log_error(ENOMEM, "cannot take what was passed in");
    }
    for (int at = 0; at < count; at++) {
        int fd = SD_LISTEN_FDS_START + at;

        if (fd != passed->state && fcntl(fd, F_GETFD) >= 0) { /* else take_state() closed it */
            passed->sockets[passed->socket_count++] = fd;
        }
    }
    return 0;
}

int service_take_passed(struct service_passed *ret_passed) {
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);
    int result = 0;

    *ret_passed = SERVICE_PASSED_NULL;
    if (count < 0) {
        return log_error(count, "cannot read the announcement of passed-in sockets (LISTEN_FDS)");
    }
    if (count > 0) {
        take_state(count, names, ret_passed);
        result = take_sockets(count, ret_passed);
    }
    for (int at = 0; names != NULL && names[at] != NULL; at++) {
        free(names[at]);
    }
    free(names);
    return result;
}

void service_passed_deinit(struct service_passed *passed) {
    passed->state = gk_close(passed->state);
    free(passed->sockets);
    *passed = SERVICE_PASSED_NULL;
}

bool service_keep(int fd) {
    return notify_send("FDSTORE=1\nFDNAME=" STATE_NAME, fd, START_WAIT_MS);
}

bool service_is_listening(void) {
    return notify_is_wanted();
}

/* Whether notify_send() sent it is not looked at: a manager that cannot be told misses it. */

void service_ready(uint64_t secrets) {
    char text[TEXT_MAX_BYTES];

    (void)snprintf(text, sizeof(text), "READY=1\nSTATUS=secrets: %" PRIu64, secrets);
    (void)notify_send(text, -1, START_WAIT_MS);
}

void service_wait_refused(const char *why) {
    struct timespec wait = {.tv_sec = REFUSED_WAIT_S};
    char text[TEXT_MAX_BYTES + PROBLEM_MAX_BYTES];
    sigset_t ending;

    log_warning("the state that the service manager keeps is not lost; the next start is tried in "
                "%d s",
            REFUSED_WAIT_S);
    /* its first line: another one would tell the manager something else */
    (void)snprintf(text, sizeof(text), "STATUS=not started: %.*s", (int)strcspn(why, "\n"), why);
    (void)notify_send(text, -1, 0);
    process_ending_signals(&ending);
    while (sigtimedwait(&ending, NULL, &wait) < 0 && errno == EINTR) {
        /* it was stopped and goes on (SIGSTOP, SIGCONT): a wait that is longer does no harm */
    }
}

void service_status(uint64_t secrets) {
    char text[TEXT_MAX_BYTES];

    (void)snprintf(text, sizeof(text), "STATUS=secrets: %" PRIu64, secrets);
    (void)notify_send(text, -1, 0);
}

void service_stopping(void) {
    (void)notify_send("STOPPING=1", -1, 0);
}

int service_watchdog_new(int *ret_fd) {
    GK_AUTO_CLOSE int fd = -1;
    struct itimerspec every;
    uint64_t limit_us;
    uint64_t half_us;

    if (sd_watchdog_enabled(0, &limit_us) <= 0) {
        *ret_fd =
                -1; /* not asked for; an unreadable request counts as none, as sd_notify(3) does */
        return 0;
    }
    half_us = limit_us / 2 > 0 ? limit_us / 2 : 1;
    every.it_interval.tv_sec = (time_t)(half_us / US_PER_S);
    every.it_interval.tv_nsec = (long)(half_us % US_PER_S) * NS_PER_US;
    every.it_value = every.it_interval;
    /* not the machine's date: a step of that must not look like silence */
    fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) != 0) {
        return log_error(errno, "cannot make the timer of the watchdog");
    }
    *ret_fd = gk_steal_fd(&fd);
    return 0;
}

void service_watchdog_answer(int fd) {
    uint64_t times;

    (void)!read(fd, &times, sizeof(times)); /* only to make it unreadable until the next time */
    (void)notify_send("WATCHDOG=1", -1, 0);
}
