#include "sandbox/broker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/buffer.h"
#include "heap.h"
#include "terminal/output.h"

#define PROGRAM "ghostkeyd"
#define FIRST_PASSED_FD 3
#define END_MAX_MS 5000
#define READ_BYTES 4096
#define NUMBER_BYTES 16
#define EXIT_NOT_STARTED 127 /* of the child, if there is no such program */

/* What a service manager has said to ghostctl, and is not meant for a ghostkeyd of its own. */
static const char *const not_passed_on[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM"};

/* Sets `path` to what the program would be in that folder. Whether it is there. */
static bool is_in(const char *folder, size_t len, char path[PATH_MAX]) {
    struct stat status;
    int path_len = len > 0 ? snprintf(path, PATH_MAX, "%.*s/" PROGRAM, (int)len, folder)
                           : snprintf(path, PATH_MAX, "./" PROGRAM);

    return path_len < PATH_MAX && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           access(path, X_OK) == 0;
}

/* The program beside ghostctl, else the one in PATH. False: there is none. */
static bool find_program(char path[PATH_MAX]) {
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
    const char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    const char *folder = getenv("PATH");

    if (slash != NULL && is_in(self, (size_t)(slash - self), path)) {
        return true;
    }
    while (folder != NULL) {
        const char *end = strchrnul(folder, ':');

        if (is_in(folder, (size_t)(end - folder), path)) {
            return true;
        }
        folder = *end == ':' ? end + 1 : NULL;
    }
    return false;
}

/* Gives the sockets the numbers from FIRST_PASSED_FD on. False: it failed. */
static bool place_sockets(const int *sockets, size_t count) {
    int moved[BROKER_SOCKETS_MAX];

    for (size_t i = 0; i < count; i++) {
        moved[i] = fcntl(sockets[i], F_DUPFD_CLOEXEC, FIRST_PASSED_FD + BROKER_SOCKETS_MAX);
        if (moved[i] < 0) {
            return false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(moved[i], FIRST_PASSED_FD + (int)i) < 0) {
            return false;
        }
    }
    return true;
}

static void set_variables(size_t socket_count) {
    char number[NUMBER_BYTES];

    for (size_t i = 0; i < sizeof(not_passed_on) / sizeof(not_passed_on[0]); i++) {
        (void)unsetenv(not_passed_on[i]);
    }
    (void)snprintf(number, sizeof(number), "%d", (int)getpid());
    (void)setenv("LISTEN_PID", number, 1); /* the child has memory for so little */
    (void)snprintf(number, sizeof(number), "%zu", socket_count);
    (void)setenv("LISTEN_FDS", number, 1);
}

/* In the child: never returns. */
static void __attribute__((noreturn)) become(const struct guardian *guardian, const char *path,
        char *const *arguments, const int *sockets, size_t socket_count, int out, int err) {
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    if (!guardian_announce(guardian) || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
            dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) {
        _exit(EXIT_NOT_STARTED);
    }
    (void)setsid(); /* no key of the terminal ends it before COMMAND has ended */
    set_variables(socket_count);
    (void)sigemptyset(&none); /* this and the next cannot fail */
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (place_sockets(sockets, socket_count)) {
        (void)execv(path, arguments);
    }
    (void)dprintf(STDERR_FILENO, "cannot run %s: %s\n", path, strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

/* Appends what can be read. False: nothing more will come. */
static bool take_some(int fd, struct buffer *text) {
    ssize_t len = read(fd, buffer_reserve(text, READ_BYTES), READ_BYTES);

    if (len > 0) {
        buffer_commit(text, (size_t)len);
    }
    return len > 0 || (len < 0 && errno == EINTR);
}

/* Reads both until ghostkeyd says where it listens (true), or has ended. */
static bool read_until_ready(int out, int err, struct buffer *log) {
    BUFFER_AUTO struct buffer said = BUFFER_NULL;
    struct pollfd ends[] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};

    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        (void)poll(ends, 2, -1);
        if (ends[1].revents != 0 && !take_some(err, log)) {
            ends[1].fd = -1;
        }
        if (ends[0].revents != 0 && !take_some(out, &said)) {
            ends[0].fd = -1;
        }
        if (said.len > 0 && said.data[said.len - 1] == '\n') { /* all lines come in one write */
            return true;
        }
    }
    return false;
}

static void close_output(struct broker_process *broker) {
    broker->out = gk_close(broker->out);
    broker->err = gk_close(broker->err);
}

/* It has ended instead of serving. */
static int say_not_started(struct broker_process *broker, const struct buffer *log) {
    int status = 0; /* it stays so if child_look() was faster */

    (void)waitpid(broker->pid, &status, 0);
    broker->pidfd = gk_close(broker->pidfd);
    broker->pid = 0;
    if (WIFSIGNALED(status)) {
        output_error(
                PROGRAM " did not start: it was ended by SIG%s", sigabbrev_np(WTERMSIG(status)));
    } else {
        output_error(PROGRAM " did not start; its log:");
    }
    for (const char *line = buffer_string(log); line[0] != '\0';) {
        size_t len = strcspn(line, "\n");

        output_error("  %.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == GK_EXIT_USAGE ? GK_EXIT_USAGE
                                                                     : GK_EXIT_FAILED;
}

int broker_process_start(const struct guardian *guardian, char *const *arguments,
        const int *sockets, size_t socket_count, struct broker_process *ret_broker) {
    char path[PATH_MAX];
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    pid_t pid = -1;

    if (!find_program(path)) {
        output_error("cannot run " PROGRAM ": it is neither beside ghostctl nor in PATH");
        return GK_EXIT_FAILED;
    }
    if (pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0) {
        pid = fork();
    }
    if (pid == 0) {
        become(guardian, path, arguments, sockets, socket_count, out[1], err[1]);
    }
    (void)gk_close(out[1]);
    (void)gk_close(err[1]);
    if (pid < 0) {
        output_error("cannot start " PROGRAM ": %s", strerror(errno));
        (void)gk_close(out[0]);
        (void)gk_close(err[0]);
        return GK_EXIT_FAILED;
    }
    *ret_broker = (struct broker_process){
            .pid = pid, .pidfd = pidfd_open(pid, 0), .out = out[0], .err = err[0]};
    return GK_EXIT_DONE;
}

int broker_process_await(struct broker_process *broker) {
    BUFFER_AUTO struct buffer log = BUFFER_NULL;
    bool is_ready = broker->out < 0 || read_until_ready(broker->out, broker->err, &log);

    close_output(broker); /* from now on its log has no reader, and what it writes is lost */
    return is_ready ? GK_EXIT_DONE : say_not_started(broker, &log);
}

void broker_process_end(struct broker_process *broker, int number) {
    struct pollfd process = {.fd = broker->pidfd, .events = POLLIN};

    if (broker->pidfd < 0) {
        return;
    }
    close_output(broker);
    (void)pidfd_send_signal(broker->pidfd, number, NULL, 0); /* it may have ended already */
    if (poll(&process, 1, END_MAX_MS) <= 0) {
        (void)pidfd_send_signal(broker->pidfd, SIGKILL, NULL, 0);
        (void)poll(&process, 1, END_MAX_MS);
    }
    (void)waitpid(broker->pid, NULL, WNOHANG); /* child_look() may have been faster */
    broker->pidfd = gk_close(broker->pidfd);
    broker->pid = 0;
}

void broker_process_deinit(struct broker_process *broker) {
    close_output(broker);
    broker->pidfd = gk_close(broker->pidfd);
}
