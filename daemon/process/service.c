#include "process/service.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "model/problem.h"
#include "process/log.h"
#include "process/notify.h"
#include "process/process_setup.h"

#define US_PER_S UINT64_C(1000000)
#define NS_PER_US 1000

#define REFUSED_WAIT_S 5

/* The names of what the service manager passes in. */
#define STATE_NAME "state" /* the memfd */
#define CREDENTIAL_NAME "credential"

#define TEXT_MAX_BYTES 64
#define START_WAIT_MS 5000 /* before the first connection is served */

static bool is_unconfirmed; /* a memfd was sent, and the service manager may not have read that */

/* A socket may have the name of the state, too, but only a memfd has seals. */
static bool is_state(int fd, const char *name) {
    return strcmp(name, STATE_NAME) == 0 && fcntl(fd, F_GET_SEALS) >= 0;
}

static bool was_taken(const struct service_passed *passed, int fd) {
    for (size_t at = 0; at < passed->state_count; at++) {
        if (passed->states[at] == fd) {
            return true;
        }
    }
    return false;
}

static void take_states(int count, char **names, struct service_passed *passed) {
    for (int at = 0; names != NULL && at < count; at++) {
        int fd = SD_LISTEN_FDS_START + at;

        if (is_state(fd, names[at]) && passed->state_count < SERVICE_STATES_MAX) {
            passed->states[passed->state_count++] = fd;
        }
    }
}

static int take_sockets(int count, char **names, struct service_passed *passed) {
    passed->sockets = calloc((size_t)count, sizeof(passed->sockets[0]));
    if (passed->sockets == NULL) {
        return log_error(ENOMEM, "cannot take the sockets that were passed in");
    }
    for (int at = 0; at < count; at++) {
        int fd = SD_LISTEN_FDS_START + at;

        if (!was_taken(passed, fd)) {
            passed->sockets[passed->socket_count++] = (struct service_socket){
                    fd, names != NULL && strcmp(names[at], CREDENTIAL_NAME) == 0};
        }
    }
    return 0;
}

int service_take_passed(struct service_passed *ret_passed) {
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);
    int error = 0;

    *ret_passed = SERVICE_PASSED_NULL;
    if (count < 0) {
        return log_error(count, "cannot read which sockets were passed in (LISTEN_FDS)");
    }
    if (count > 0) {
        take_states(count, names, ret_passed);
        ret_passed->is_kept = ret_passed->state_count > 0;
        error = take_sockets(count, names, ret_passed);
    }
    for (int at = 0; names != NULL && names[at] != NULL; at++) {
        free(names[at]);
    }
    free(names);
    return error;
}

void service_passed_deinit(struct service_passed *passed) {
    for (size_t at = 0; at < passed->state_count; at++) {
        passed->states[at] = gk_close(passed->states[at]);
    }
    free(passed->sockets);
    *passed = SERVICE_PASSED_NULL;
}

bool service_keep(int fd) {
    bool is_sent = notify_send("FDSTORE=1\nFDNAME=" STATE_NAME, fd, START_WAIT_MS);

    is_unconfirmed = is_unconfirmed || is_sent;
    return is_sent;
}

void service_confirm_kept(void) {
    if (is_unconfirmed && !notify_barrier(START_WAIT_MS)) {
        log_warning(
                "the service manager has not confirmed that it keeps the state: if it does not, "
                "the state ends with ghostkeyd");
    }
    is_unconfirmed = false;
}

/* A service manager that keeps it already ignores that. */
static bool hand_back(const struct service_passed *passed) {
    bool is_kept = false;

    for (size_t at = 0; at < passed->state_count; at++) {
        is_kept = (passed->states[at] >= 0 && service_keep(passed->states[at])) || is_kept;
    }
    service_confirm_kept();
    return is_kept;
}

bool service_is_listening(void) {
    return notify_is_wanted();
}

void service_ready(uint64_t secrets) {
    char text[TEXT_MAX_BYTES];

    (void)snprintf(text, sizeof(text), "READY=1\nSTATUS=secrets: %" PRIu64, secrets);
    (void)notify_send(text, -1, START_WAIT_MS);
}

void service_wait_refused(const struct service_passed *passed, const char *why) {
    struct timespec wait = {.tv_sec = REFUSED_WAIT_S};
    char text[TEXT_MAX_BYTES + PROBLEM_MAX_BYTES];
    sigset_t ending;

    log_warning("the service manager still keeps the state%s; the next start is in %d s",
            hand_back(passed) ? ", which was handed back to it as it is" : "", REFUSED_WAIT_S);
    /* only the first line: the service manager would read a second one as another variable */
    (void)snprintf(text, sizeof(text), "STATUS=not started: %.*s", (int)strcspn(why, "\n"), why);
    (void)notify_send(text, -1, 0);
    process_ending_signals(&ending);
    while (sigtimedwait(&ending, NULL, &wait) < 0 && errno == EINTR) {
        /* after SIGSTOP and SIGCONT it waits anew: a longer wait does no harm */
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
        *ret_fd = -1; /* not asked for, or not readable */
        return 0;
    }
    half_us = limit_us / 2 > 0 ? limit_us / 2 : 1;
    every.it_interval.tv_sec = (time_t)(half_us / US_PER_S);
    every.it_interval.tv_nsec = (long)(half_us % US_PER_S) * NS_PER_US;
    every.it_value = every.it_interval;
    /* a clock that is never set: a step must not delay the next sign of life */
    fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) != 0) {
        return log_error(errno, "cannot make the timer of the watchdog");
    }
    *ret_fd = gk_steal_fd(&fd);
    return 0;
}

void service_watchdog_answer(int fd) {
    uint64_t times;

    (void)!read(fd, &times, sizeof(times)); /* fd is not readable again until its next time */
    (void)notify_send("WATCHDOG=1", -1, 0);
}
