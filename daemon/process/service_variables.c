#include "process/service_variables.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTEN_PID "LISTEN_PID"
#define LISTEN_FDS "LISTEN_FDS"
#define LISTEN_NAMES "LISTEN_FDNAMES"
#define WATCHDOG_PID "WATCHDOG_PID"
#define WATCHDOG_LIMIT "WATCHDOG_USEC"

/* The number in a variable, digits alone. False: it is something else, 0, or larger than max. */
static bool read_number(const char *variable, uint64_t max, uint64_t *ret_number) {
    uint64_t number = 0;

    for (const char *at = getenv(variable); at != NULL && *at != '\0'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');

        if (*at < '0' || *at > '9' || number > (max - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *ret_number = number;
    return number > 0;
}

static int count_names(const char *names) {
    int count = 1;

    for (const char *at = names; (at = strchr(at, ':')) != NULL; at++) {
        count += 1;
    }
    return count;
}

static int take_fds(char **ret_names) {
    const char *names = getenv(LISTEN_NAMES);
    uint64_t pid;
    uint64_t count;

    if (getenv(LISTEN_PID) == NULL || getenv(LISTEN_FDS) == NULL) {
        return 0;
    }
    if (!read_number(LISTEN_PID, INT_MAX, &pid)) {
        return -EINVAL;
    }
    if (pid != (uint64_t)getpid()) {
        return 0; /* they were passed to a process that has started this one */
    }
    if (!read_number(LISTEN_FDS, INT_MAX - SERVICE_FD_FIRST, &count) ||
            (names != NULL && count_names(names) != (int)count)) {
        return -EINVAL;
    }
    for (int at = 0; at < (int)count; at++) {
        if (fcntl(SERVICE_FD_FIRST + at, F_SETFD, FD_CLOEXEC) != 0) {
            return -errno;
        }
    }
    *ret_names = names != NULL ? strdup(names) : NULL;
    return names != NULL && *ret_names == NULL ? -ENOMEM : (int)count;
}

int service_variables_take_fds(char **ret_names) {
    int count;

    *ret_names = NULL;
    count = take_fds(ret_names);
    (void)unsetenv(LISTEN_PID); /* it fails only for a name that is none */
    (void)unsetenv(LISTEN_FDS);
    (void)unsetenv(LISTEN_NAMES);
    return count;
}

bool service_variables_is_named(const char *names, int at, const char *name) {
    size_t len = strlen(name);

    for (; names != NULL && at > 0; at--) {
        names = strchr(names, ':');
        names = names != NULL ? names + 1 : NULL;
    }
    return names != NULL && strncmp(names, name, len) == 0 &&
           (names[len] == ':' || names[len] == '\0');
}

bool service_variables_watchdog(uint64_t *ret_limit_us) {
    uint64_t pid;

    if (getenv(WATCHDOG_PID) != NULL &&
            (!read_number(WATCHDOG_PID, INT_MAX, &pid) || pid != (uint64_t)getpid())) {
        return false;
    }
    return read_number(WATCHDOG_LIMIT, UINT64_MAX - 1, ret_limit_us);
}
