/*
 * The service manager (sd-daemon(3)): the sockets that it passes in, and the daemon's readiness,
 * status and signs of life. Without a service manager these functions do nothing. A message that
 * the service manager does not take is dropped.
 */
#ifndef GHOSTKEYD_SERVICE_H
#define GHOSTKEYD_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVICE_STATES_MAX 8 /* FileDescriptorStoreMax= in the unit */

struct service_socket {
    int fd;             /* it belongs to the listener that adopts it */
    bool is_credential; /* FileDescriptorName=credential: it serves systemd credentials */
};

/* What was passed in: sockets to listen on, and the memfds that service_keep() has sent. */
struct service_passed {
    struct service_socket *sockets;
    size_t socket_count;
    int states[SERVICE_STATES_MAX]; /* -1: taken over */
    size_t state_count;
    bool is_kept; /* a state was passed in: the service manager keeps it until the unit fails */
};

#define SERVICE_PASSED_NULL ((struct service_passed){0})
#define SERVICE_PASSED_AUTO __attribute__((cleanup(service_passed_deinit)))

/*
 * Takes the file descriptors that were passed in, and removes the variables that announced them.
 * 0, or a negative errno (logged) if those cannot be read or memory is short. is_kept is true also
 * after an error, if a state was passed in.
 */
int service_take_passed(struct service_passed *ret_passed);

/* Closes the memfds that nobody has taken. The sockets belong to their listeners. */
void service_passed_deinit(struct service_passed *passed);

/*
 * Asks the service manager to keep the memfd over a crash and a restart (FDSTORE= of sd_notify(3)),
 * and to pass it in at the next start. Returns whether the request was sent.
 */
bool service_keep(int fd);

/* Waits until it has read these requests, 5 s at most; logs if it does not. */
void service_confirm_kept(void);

/* Whether a service manager asked for the messages that the functions below send. */
bool service_is_listening(void);

/*
 * For a start that is refused although a state was passed in. The service manager drops the state
 * if the unit fails, but keeps it while it restarts the unit. So the process must end with
 * SERVICE_EXIT_REFUSED, for which the unit is restarted. This function first waits for 5 s, so that
 * the restarts stay below the unit's start limit, or until a signal ends the daemon. Meanwhile
 * `systemctl status` shows `why`. What of the state nobody took over is handed back.
 */
#define SERVICE_EXIT_REFUSED 75
void service_wait_refused(const struct service_passed *passed, const char *why);

void service_ready(uint64_t secrets);
void service_status(uint64_t secrets);
void service_stopping(void);

/*
 * *ret_fd becomes readable whenever a sign of life is due: call service_watchdog_answer() then. It
 * is -1 if the service manager wants none. The caller owns it. 0 or a negative errno (logged).
 */
int service_watchdog_new(int *ret_fd);
void service_watchdog_answer(int fd);

#endif
