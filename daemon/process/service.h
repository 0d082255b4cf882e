/*
 * What the service manager gives and is told (sd-daemon(3)): passed-in sockets, readiness, status,
 * watchdog. Without a service manager all of it is quietly nothing.
 */
#ifndef GHOSTKEYD_SERVICE_H
#define GHOSTKEYD_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was passed in: sockets to listen on, and the memfd that service_keep() sent once. */
struct service_passed {
    int *sockets; /* whoever adopts one takes it over */
    size_t socket_count;
    int state;    /* -1: none was kept, or it was taken over */
    bool is_kept; /* a state was passed in: the service manager keeps it, until the unit has failed
                   */
};

#define SERVICE_PASSED_NULL ((struct service_passed){.state = -1})
#define SERVICE_PASSED_AUTO __attribute__((cleanup(service_passed_deinit)))

/*
 * Takes the file descriptors that were passed in, once: the variables that announced them are gone
 * afterwards. A negative errno (logged) if the announcement cannot be read, or for want of memory;
 * is_kept is right then as well.
 */
int service_take_passed(struct service_passed *ret_passed);

/* Closes the memfd, if it is still there; the sockets are left to who adopted them. */
void service_passed_deinit(struct service_passed *passed);

/*
 * Has the service manager keep the memfd over a crash and a restart (FDSTORE= of sd_notify(3)); it
 * comes back among what is passed in. Whether somebody was there to be asked.
 */
bool service_keep(int fd);

/* Whether anybody is told what the following say. */
bool service_is_listening(void);

/*
 * When a start is refused although a state was passed in. The service manager drops the state if
 * the unit fails, and keeps it while the unit is about to be restarted. So this waits for 5 s,
 * which stays below the unit's start limit, or until a signal asks for the end; the process is to
 * exit with SERVICE_EXIT_REFUSED then, for which the unit is restarted. `why` is shown by
 * `systemctl status` meanwhile.
 */
#define SERVICE_EXIT_REFUSED 75
void service_wait_refused(const char *why);

void service_ready(uint64_t secrets);
void service_status(uint64_t secrets);
void service_stopping(void);

/*
 * An fd that becomes readable whenever the service manager wants a sign of life, to be answered
 * with service_watchdog_answer(). *ret_fd is -1 if it wants none. The caller owns it. A negative
 * errno (logged) if there is none to be had.
 */
int service_watchdog_new(int *ret_fd);
void service_watchdog_answer(int fd);

#endif
