#include "terminal/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/cleanup.h"
#include "terminal/output.h"
#include "terminal/signals.h"

#define SIGNAL_EXIT_BASE 128
#define ARGUMENTS_MAX_BYTES (6L * 1024 * 1024) /* Linux's limit, however large the stack may be */

void child_init(struct child *child) {
    *child = (struct child){0};
    foreground_init(&child->foreground);
    /* Fails only for other numbers. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void child_deinit(struct child *child) {
    foreground_deinit(&child->foreground);
}

/* As Linux counts: each string with its NUL and the pointer to it. */
static size_t size_of(char *const *strings) {
    size_t size = 0;

    for (; *strings != NULL; strings++) {
        size += strlen(*strings) + 1 + sizeof(*strings);
    }
    return size;
}

/* How many bytes arguments and environment may have together. */
static size_t size_most(void) {
    long most = sysconf(_SC_ARG_MAX); /* a quarter of the stack's limit; < 0: it has none */

    return most < 0 || most > ARGUMENTS_MAX_BYTES ? ARGUMENTS_MAX_BYTES : (size_t)most;
}

static int say_too_big(char *const *arguments, char *const *environment) {
    output_error(
            "cannot run '%s': its environment has %zu bytes with the secrets and its arguments "
            "have %zu; together they may have %zu here (a quarter of 'ulimit -s', at most 6 "
            "MiB). Pass fewer secrets with 'run --prefix P'",
            arguments[0], size_of(environment), size_of(arguments), size_most());
    return CHILD_NOT_EXECUTABLE;
}

static int say_failed(const char *command, int error) {
    output_error("cannot run '%s': %s", command, strerror(error));
    return error == ENOENT ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE;
}

int child_become(char *const *arguments, char *const *environment) {
    signals_restore_actions();
    (void)execvpe(arguments[0], arguments, environment);
    return errno == E2BIG ? say_too_big(arguments, environment) : say_failed(arguments[0], errno);
}

/* In the child: never returns. */
static void __attribute__((noreturn))
become(const struct child *child, pid_t parent, char *const *arguments, char *const *environment) {
    (void)setpgid(0, 0);
    if (child->foreground.is_lent) {
        foreground_lend_take(&child->foreground);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* fails only for an invalid signal */
    if (getppid() != parent) {
        _exit(SIGNAL_EXIT_BASE + SIGTERM); /* the parent died before the prctl() */
    }
    signals_release();
    _exit(child_become(arguments, environment));
}

int child_start(struct child *child, char *const *arguments, char *const *environment) {
    pid_t parent = getpid();
    pid_t pid;

    (void)foreground_lend_begin(&child->foreground);
    pid = fork();
    if (pid < 0) {
        int error = errno;

        child->foreground.is_lent = false;
        return say_failed(arguments[0], error);
    }
    if (pid == 0) {
        become(child, parent, arguments, environment);
    }
    (void)setpgid(pid, pid); /* parent and child both call it, since either may run first */
    child->group = pid;
    child->is_running = true;
    child->was_asked_to_end = false;
    child->status = child->key = 0;
    return 0;
}

bool child_has_processes(const struct child *child) {
    return child->group > 0 && (child->is_running || kill(-child->group, 0) == 0 || errno == EPERM);
}

void child_signal(const struct child *child, int number) {
    if (child_has_processes(child)) {
        (void)kill(-child->group, number); /* the group may be gone already */
    }
}

void child_end(struct child *child, int number) {
    child->was_asked_to_end = true;
    child_signal(child, number);
    child_signal(child, SIGCONT);
}

/*
 * Stops ghostctl, so that the shell notices: with its whole group where the terminal's driver would
 * have stopped the group. False if the kernel did not stop it, because no shell could continue it.
 */
static bool stop_ourselves(int number, bool with_group) {
    const struct timespec now = {0};
    sigset_t stopping;
    sigset_t continued;
    sigset_t before;

    (void)sigemptyset(&stopping); /* these fail only for an invalid signal */
    (void)sigaddset(&stopping, number);
    (void)sigemptyset(&continued);
    (void)sigaddset(&continued, SIGCONT);
    (void)sigprocmask(SIG_UNBLOCK, &stopping, &before);
    (void)kill(with_group ? 0 : getpid(), number);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return sigtimedwait(&continued, NULL, &now) == SIGCONT;
}

static bool stop_together(struct child *child, int number) {
    bool wants_terminal = number == SIGTTIN || number == SIGTTOU;
    bool was_lent = child->foreground.is_lent;
    bool was_stopped;

    foreground_suspend(&child->foreground);
    was_stopped = stop_ourselves(wants_terminal ? number : SIGTSTP, was_lent || wants_terminal);
    if (was_lent || wants_terminal) {
        foreground_lend(&child->foreground, child->group); /* if the shell has given it back */
    }
    /* If no shell can continue ghostctl, a key must not stop the command, either. */
    if (was_stopped || (was_lent && number != SIGSTOP)) {
        child_signal(child, SIGCONT);
    }
    return was_stopped;
}

/* The command was stopped by that signal. Whether ghostctl was stopped as well, and continued. */
static bool take_stop(struct child *child, int number) {
    struct foreground *foreground = &child->foreground;

    if (number == SIGTTIN || number == SIGTTOU) {
        foreground_lend(foreground, child->group);
        if (foreground_is_of(foreground, child->group)) {
            child_signal(child, SIGCONT);
            return false;
        }
    }
    /* Only the command was stopped, by another process: the terminal is not concerned. */
    if (foreground->fd < 0 || (number == SIGSTOP && !foreground->is_lent)) {
        return false;
    }
    return stop_together(child, number);
}

static void take_end(struct child *child, int status) {
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    child->is_running = false;
    child->status = number != 0 ? SIGNAL_EXIT_BASE + number : WEXITSTATUS(status);
    child->had_terminal = child->foreground.is_lent;
    if ((number == SIGINT || number == SIGQUIT) &&
            (child->had_terminal || foreground_is_own(&child->foreground))) {
        child->key = number;
    }
    /* A command that succeeded, such as stty, may have set the modes on purpose. */
    foreground_take_back(&child->foreground, child->status != 0 || child->was_asked_to_end);
}

bool child_look(struct child *child) {
    bool was_stopped = false;
    int status = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (pid != child->group || !child->is_running) {
            continue; /* another process, which ghostctl has adopted */
        }
        if (WIFSTOPPED(status)) {
            was_stopped = take_stop(child, WSTOPSIG(status)) || was_stopped;
        } else {
            take_end(child, status);
        }
    }
    return was_stopped;
}

bool child_says_key(const struct child *child) {
    return child->key != 0 || child->status == SIGNAL_EXIT_BASE + SIGINT ||
           child->status == SIGNAL_EXIT_BASE + SIGQUIT;
}

/*
 * After SIGTTIN or SIGTTOU: whether another program of ghostctl's own group, such as a pager behind
 * a pipe, wanted the terminal. That program has it from now on.
 */
static bool leave_terminal(struct child *child) {
    if (!child->foreground.is_lent) {
        return false;
    }
    foreground_take_back(&child->foreground, false);
    (void)kill(0, SIGCONT); /* the program that wanted the terminal was stopped */
    return true;
}

void child_pass_on(struct child *child, int number) {
    if (number == SIGCHLD) {
        return;
    }
    if ((number == SIGTTIN || number == SIGTTOU) && leave_terminal(child)) {
        return;
    }
    if (number == SIGCONT) {
        foreground_check(&child->foreground, child->group);
    }
    child_signal(child, number);
}

void child_take_signals(struct child *child, int signal_fd) {
    int number;

    while ((number = signals_read(signal_fd)) != 0) {
        child_pass_on(child, number);
    }
    (void)child_look(child);
}

/* Waits until something has happened to the command, or there is news. */
static void await_one(int signal_fd, struct child_news *news) {
    struct pollfd ends[1 + CHILD_NEWS_FDS] = {{.fd = signal_fd, .events = POLLIN}};
    bool has_news = false;

    for (size_t i = 0; i < CHILD_NEWS_FDS; i++) {
        ends[1 + i] = (struct pollfd){.fd = news != NULL ? news->fds[i] : -1, .events = POLLIN};
    }
    (void)poll(ends, 1 + CHILD_NEWS_FDS, -1); /* nothing interrupts it: the signals are blocked */
    for (size_t i = 0; i < CHILD_NEWS_FDS; i++) {
        has_news = has_news || ends[1 + i].revents != 0;
    }
    if (has_news) {
        news->take(news);
    }
}

int child_run(struct child *child, char *const *arguments, char *const *environment,
        struct child_news *news) {
    GK_AUTO_CLOSE int signal_fd = -1;
    int error;

    child_init(child);
    signal_fd = signals_open_passed();
    if (signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    error = child_start(child, arguments, environment);
    if (error != 0) {
        return error;
    }
    while (child->is_running) {
        await_one(signal_fd, news);
        child_take_signals(child, signal_fd);
    }
    child_deinit(child);
    return child->status;
}

void child_die_alike(const struct child *child) {
    if (child->key != 0) {
        signals_die(child->key, child->had_terminal);
    }
}
