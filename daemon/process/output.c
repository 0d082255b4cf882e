#include "process/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define SKIPPED_AFTER_WAIT 200 /* so many writes are skipped after one that was interrupted */

static bool is_open_without_waiting(int fd) {
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

static void on_guard(int number) {
    (void)number; /* the signal only has to interrupt write() */
}

/* For an fd that cannot be opened again: another user's terminal, as after su(1), or no /proc. */
static void init_guarded(struct output *output) {
    const struct sigaction action = {.sa_handler = on_guard}; /* no SA_RESTART */

    if (!is_open_without_waiting(output->fd) && sigaction(SIGALRM, &action, NULL) == 0) {
        output->way = OUTPUT_GUARDED;
    }
}

void output_init(struct output *output, int fd) {
    struct stat stat = {0};
    char path[32];
    int again;

    *output = (struct output){.fd = fd, .way = OUTPUT_WRITE};
    if (fstat(fd, &stat) != 0 || S_ISREG(stat.st_mode)) {
        return;
    }
    if (S_ISSOCK(stat.st_mode)) {
        output->way = OUTPUT_SEND;
        return;
    }
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    again = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (again >= 0) {
        output->fd = again;
    } else {
        init_guarded(output);
    }
}

void output_deinit(struct output *output, int fd) {
    if (output->fd != fd) {
        (void)close(output->fd);
    }
    output->fd = fd;
}

/* The timer repeats: if its first signal comes just before write(), the next one interrupts it. */
static ssize_t write_guarded(int fd, struct span lines) {
    const struct timeval after = {.tv_usec = OUTPUT_GUARD_MS * 1000};
    const struct itimerval guard = {after, after};
    const struct itimerval off = {0};
    ssize_t written;
    int error;

    if (setitimer(ITIMER_REAL, &guard, NULL) != 0) {
        return -1;
    }
    written = write(fd, lines.data, lines.len);
    error = errno;
    (void)setitimer(ITIMER_REAL, &off, NULL);
    errno = error;
    return written;
}

static ssize_t write_some(struct output *output, struct span lines) {
    if (output->way == OUTPUT_SEND) {
        return send(output->fd, lines.data, lines.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (output->way == OUTPUT_WRITE) {
        return write(output->fd, lines.data, lines.len);
    }
    if (output->to_skip > 0) {
        output->to_skip -= 1;
        errno = EAGAIN;
        return -1;
    }
    if (poll(&(struct pollfd){output->fd, POLLOUT, 0}, 1, 0) != 1) {
        errno = EAGAIN;
        return -1;
    }
    return write_guarded(output->fd, lines);
}

int output_write(struct output *output, struct span lines) {
    ssize_t written;
    int error = 0;

    if (output->is_in_line) {
        written = write_some(output, SPAN_LITERAL("\n"));
        if (written != 1) {
            return written < 0 ? -errno : -EAGAIN;
        }
        output->is_in_line = false;
    }
    written = write_some(output, lines);
    if (written < 0) {
        error = errno == EINTR ? -EAGAIN : -errno;
    } else if ((size_t)written < lines.len) {
        error = -EAGAIN;
        output->is_in_line = written > 0 && lines.data[written - 1] != '\n';
    }
    if (error == -EAGAIN && output->way == OUTPUT_GUARDED && output->to_skip == 0) {
        output->to_skip = SKIPPED_AFTER_WAIT;
    }
    return error;
}
