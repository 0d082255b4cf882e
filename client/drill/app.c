#include "drill/app.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/cleanup.h"
#include "monotonic.h"

#define END_MS 5000
#define STAT_BYTES 512
#define PATH_BYTES 64
#define ANCESTORS_MAX 100

int drill_app_start(struct drill_app *app) {
    if (drill_process_runs(&app->process)) {
        return GK_EXIT_DONE;
    }
    return drill_process_start(&app->process, app->command, app->environment, false);
}

void drill_app_end(struct drill_app *app) {
    drill_process_end(&app->process, END_MS);
}

void drill_app_pause(const struct drill_app *app, int64_t ms) {
    struct pollfd wake = {.fd = app->wake_fd, .events = POLLIN};

    (void)poll(&wake, 1, ms > 0 ? (int)ms : 0); /* the caller looks at wake_fd itself */
}

/* Waits until the probe has ended, and takes its exit status. */
static void await_probe(struct drill_app *app, struct drill_process *probe, int64_t limit_ms) {
    struct pollfd ends[] = {
            {.fd = probe->pidfd, .events = POLLIN}, {.fd = app->wake_fd, .events = POLLIN}};

    (void)poll(ends, 2, limit_ms > 0 ? (int)limit_ms : 0);
    app->probe_status = drill_process_runs(probe) ? DRILL_PROBE_ENDED : probe->status;
}

bool drill_app_is_healthy(struct drill_app *app, int64_t limit_ms) {
    struct drill_process probe = DRILL_PROCESS_NULL;

    if (app->probe == NULL) {
        return drill_process_runs(&app->process);
    }
    if (drill_process_start_shell(&probe, app->probe, app->environment, true) != GK_EXIT_DONE) {
        app->probe_status = DRILL_PROBE_ENDED;
        return false;
    }
    await_probe(app, &probe, limit_ms);
    drill_process_end(&probe, 0);
    return app->probe_status == 0;
}

/* From /proc/PID/stat: "PID (NAME) STATE PARENT GROUP ...", where NAME may hold anything. */
static bool read_stat(long pid, long *ret_parent, long *ret_group) {
    char path[PATH_BYTES];
    char text[STAT_BYTES];
    GK_AUTO_CLOSE int fd = -1;
    const char *after_name;
    char *end;
    ssize_t len;

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid); /* it fits */
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (len <= 0) {
        return false;
    }
    text[len] = '\0';
    after_name = strrchr(text, ')');
    if (after_name == NULL || strlen(after_name) < sizeof(") S ")) {
        return false;
    }
    *ret_parent = strtol(after_name + strlen(") S "), &end, 10);
    *ret_group = strtol(end, NULL, 10);
    return true;
}

bool drill_app_has(const struct drill_app *app, long pid) {
    long group = 0;

    for (size_t i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
        long parent = 0;

        if (pid == app->process.pid) {
            return true;
        }
        if (!read_stat(pid, &parent, &group)) {
            return false;
        }
        if (group == app->process.pid) {
            return true;
        }
        pid = parent;
    }
    return false;
}
