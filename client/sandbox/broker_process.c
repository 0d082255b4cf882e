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
#define LOG_MAX_BYTES 65536          /* that are kept */
#define READS_MAX 32                 /* of what a process has left in a pipe */
#define EXIT_MS 100                  /* at most, from the end of its output to its own */
#define READY "listening"            /* how ghostkeyd's lines begin once it serves */
#define PATH_DEFAULT "/bin:/usr/bin" /* as of execvp(3) */
#define NUMBER_BYTES 16
#define EXIT_NOT_STARTED 127 /* of the child, if there is no such program */

/* What a service manager has said to ghostctl, and is not meant for a ghostkeyd of its own. */
static const char *const not_passed_on[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM"};

/* Sets `path` to what the program would be in that folder. Whether it is there. */
static bool is_in(const char *folder, size_t len, char path[PATH_MAX]) {
    struct stat status;

    return snprintf(path, PATH_MAX, "%.*s/" PROGRAM, (int)len, folder) < PATH_MAX &&
           stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
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
    for (folder = folder != NULL ? folder : PATH_DEFAULT; folder != NULL;) {
        const char *end = strchrnul(folder, ':');

        /* an empty one is the working directory */
        if (end == folder ? is_in(".", 1, path) : is_in(folder, (size_t)(end - folder), path)) {
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
        char *const *arguments, const int *sockets, size_t socket_count, int log_fd) {
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    if (!guardian_announce(guardian) || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
            dup2(log_fd, STDOUT_FILENO) < 0 || dup2(log_fd, STDERR_FILENO) < 0) {
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

static bool is_readable(int fd, int limit_ms) {
    struct pollfd end = {.fd = fd, .events = POLLIN};

    return fd >= 0 && poll(&end, 1, limit_ms) > 0;
}

/* From now on its log has no reader, and what it writes is lost. */
static void stop_reading(struct broker_process *broker) {
    broker->log_fd = gk_close(broker->log_fd);
}

/* Whether a whole line begins with READY. */
static bool says_ready(const struct buffer *log) {
    const char *end = log->data + log->len;
    const char *line = log->len > 0 ? log->data : NULL;

    while (line != NULL) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));

        if (line_end == NULL) {
            return false;
        }
        if (strncmp(line, READY, strlen(READY)) == 0) {
            return true;
        }
        line = line_end + 1;
    }
    return false;
}

static void keep_end(struct buffer *log) {
    if (log->len > LOG_MAX_BYTES) {
        memmove(log->data, log->data + log->len - LOG_MAX_BYTES / 2, LOG_MAX_BYTES / 2);
        buffer_truncate(log, LOG_MAX_BYTES / 2);
    }
}

/* Reads once. False: nothing more will come. */
static bool read_log(struct broker_process *broker) {
    ssize_t len = read(broker->log_fd, buffer_reserve(&broker->log, READ_BYTES), READ_BYTES);

    if (len <= 0) {
        return len < 0 && errno == EINTR;
    }
    buffer_commit(&broker->log, (size_t)len);
    keep_end(&broker->log);
    return true;
}

static void show_log(const struct buffer *log) {
    for (const char *line = buffer_string(log); line[0] != '\0';) {
        size_t len = strcspn(line, "\n");

        output_error("  %.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

/* It has ended instead of serving. Returns ghostctl's exit status. */
static int say_not_started(struct broker_process *broker) {
    int status = 0; /* stays 0 if child_look() has taken it */
    bool is_known = waitpid(broker->pid, &status, 0) == broker->pid;

    if (is_known && WIFSIGNALED(status)) {
        output_error(PROGRAM " did not start: it was ended by signal %d (%s)", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    } else if (broker->log.len > 0) {
        output_error(PROGRAM " did not start; its log:");
    } else if (is_known) {
        output_error(PROGRAM " did not start: its exit status is %d, and its log is empty",
                WEXITSTATUS(status));
    } else {
        output_error(PROGRAM " did not start, and its log is empty");
    }
    show_log(&broker->log);
    broker->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == GK_EXIT_USAGE ? GK_EXIT_USAGE
                                                                     : GK_EXIT_FAILED;
}

/* Without waiting: reads some of the log, or all of it if the process has ended. */
static enum broker_state follow(struct broker_process *broker) {
    bool has_served = broker->state == BROKER_SERVING;
    bool has_ended = is_readable(broker->pidfd, 0);

    for (int i = 0; i < (has_ended ? READS_MAX : 1) && is_readable(broker->log_fd, 0); i++) {
        if (!read_log(broker)) {
            stop_reading(broker);
            has_ended = is_readable(broker->pidfd, EXIT_MS);
        }
        has_served = has_served || says_ready(&broker->log);
    }
    if (has_ended || has_served) {
        stop_reading(broker);
    }
    if (has_ended) {
        return has_served ? BROKER_ENDED : BROKER_FAILED;
    }
    return has_served ? BROKER_SERVING : BROKER_STARTING;
}

int broker_process_start(const struct guardian *guardian, char *const *arguments,
        const int *sockets, size_t socket_count, struct broker_process *ret_broker) {
    char path[PATH_MAX];
    int ends[2] = {-1, -1};
    pid_t pid = -1;

    if (!find_program(path)) {
        output_error(
                "cannot run " PROGRAM ": none that can be executed is beside ghostctl or in PATH");
        return GK_EXIT_FAILED;
    }
    if (pipe2(ends, O_CLOEXEC) == 0) {
        pid = fork();
    }
    if (pid == 0) {
        become(guardian, path, arguments, sockets, socket_count, ends[1]);
    }
    (void)gk_close(ends[1]);
    if (pid < 0) {
        output_error("cannot start " PROGRAM ": %s", strerror(errno));
        (void)gk_close(ends[0]);
        return GK_EXIT_FAILED;
    }
    *ret_broker =
            (struct broker_process){.pid = pid, .pidfd = pidfd_open(pid, 0), .log_fd = ends[0]};
    if (ret_broker->pidfd < 0) {
        output_error("cannot watch " PROGRAM " (pidfd_open: %s)", strerror(errno));
        return GK_EXIT_FAILED; /* the guardian ends it */
    }
    return GK_EXIT_DONE;
}

int broker_process_await(struct broker_process *broker) {
    while (broker->state == BROKER_STARTING) {
        struct pollfd ends[] = {
                {.fd = broker->log_fd, .events = POLLIN}, {.fd = broker->pidfd, .events = POLLIN}};

        (void)poll(ends, 2, -1);
        broker->state = follow(broker);
    }
    return broker->state == BROKER_FAILED ? say_not_started(broker) : GK_EXIT_DONE;
}

enum broker_state broker_process_look(struct broker_process *broker) {
    if (broker->state == BROKER_ENDED || broker->state == BROKER_FAILED) {
        return broker->state;
    }
    broker->state = follow(broker);
    if (broker->state == BROKER_FAILED) {
        (void)say_not_started(broker);
    }
    return broker->state;
}

void broker_process_end(struct broker_process *broker, int number) {
    struct pollfd process = {.fd = broker->pidfd, .events = POLLIN};

    if (broker->pidfd < 0) {
        return;
    }
    stop_reading(broker);
    (void)pidfd_send_signal(broker->pidfd, number, NULL, 0); /* it may have ended already */
    if (poll(&process, 1, END_MAX_MS) <= 0) {
        (void)pidfd_send_signal(broker->pidfd, SIGKILL, NULL, 0);
        (void)poll(&process, 1, END_MAX_MS);
    }
    (void)waitpid(broker->pid, NULL, WNOHANG); /* child_look() may have been faster */
    broker->pid = 0;
    broker_process_deinit(broker);
}

void broker_process_deinit(struct broker_process *broker) {
    stop_reading(broker);
    broker->pidfd = gk_close(broker->pidfd);
    buffer_deinit(&broker->log);
}
