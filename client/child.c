#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ghostkey/cleanup.h>

#include "output.h"
#include "signals.h"

#define SIGNAL_EXIT_BASE 128

void child_init(struct child *child) {
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would hide how a child ended */
    *child = (struct child){
            .own_group = getpgrp(),
            .terminal_fd = open("/dev/tty", O_RDWR | O_CLOEXEC),
    };
    /* In the background the terminal is not ours to give. */
    if (child->terminal_fd >= 0 && tcgetpgrp(child->terminal_fd) != child->own_group) {
        child->terminal_fd = gk_close(child->terminal_fd);
    }
}

void child_deinit(struct child *child) {
    child->terminal_fd = gk_close(child->terminal_fd);
}

/*
 * From one group to another, unless a third one has it by now (a shell that put us into the
 * background). Who takes it from the background gets SIGTTOU, which would stop it.
 */
static void give_terminal(const struct child *child, pid_t from, pid_t group) {
    sigset_t ttou;
    sigset_t before;

    if (child->terminal_fd < 0 || tcgetpgrp(child->terminal_fd) != from) {
        return;
    }
    (void)sigemptyset(&ttou);
    (void)sigaddset(&ttou, SIGTTOU);
    (void)sigprocmask(SIG_BLOCK, &ttou, &before);
    (void)tcsetpgrp(child->terminal_fd, group); /* a terminal that hung up needs no owner */
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static int say_failed(const char *command, int error) {
    output_error("cannot run '%s': %s", command, strerror(error));
    return error == ENOENT ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE;
}

int child_become(char *const *arguments, char *const *environment) {
    signals_restore_pipe();
    (void)execvpe(arguments[0], arguments, environment);
    return say_failed(arguments[0], errno);
}

/* In the child: never returns. The errno goes through the pipe, which a good exec closes. */
static void __attribute__((noreturn)) become(const struct child *child, int failure_fd,
        char *const *arguments, char *const *environment) {
    int error;

    (void)setpgid(0, 0);
    give_terminal(child, child->own_group, getpid());
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    signals_restore_pipe();
    signals_release();
    (void)execvpe(arguments[0], arguments, environment);
    error = errno;
    (void)!write(failure_fd, &error, sizeof(error));
    _exit(CHILD_NOT_EXECUTABLE);
}

int child_start(struct child *child, char *const *arguments, char *const *environment) {
    int pipe_fds[2];
    int error = 0;
    ssize_t length;
    pid_t pid;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        return say_failed(arguments[0], errno);
    }
    pid = fork();
    if (pid == 0) {
        become(child, pipe_fds[1], arguments, environment);
    }
    error = pid < 0 ? errno : 0;
    (void)gk_close(pipe_fds[1]);
    if (pid > 0) {
        (void)setpgid(pid, pid); /* both do it: neither knows who is first */
        length = read(pipe_fds[0], &error, sizeof(error));
        error = length == (ssize_t)sizeof(error) ? error : 0;
    }
    (void)gk_close(pipe_fds[0]);
    if (error != 0) {
        if (pid > 0) {
            (void)waitpid(pid, NULL, 0);
            give_terminal(child, pid, child->own_group);
        }
        return say_failed(arguments[0], error);
    }
    child->pid = pid;
    return 0;
}

void child_signal(const struct child *child, int number) {
    if (child->pid > 0) {
        (void)kill(-child->pid, number); /* gone meanwhile is fine */
    }
}

/* The whole job is stopped: we stop as well, so that the shell notices, and go on together. */
static void stop_together(const struct child *child) {
    give_terminal(child, child->pid, child->own_group);
    (void)raise(SIGSTOP);
    give_terminal(child, child->own_group, child->pid);
    child_signal(child, SIGCONT);
}

bool child_look(struct child *child, int *ret_status) {
    int status = 0;
    pid_t pid;

    while (child->pid > 0 && (pid = waitpid(child->pid, &status, WNOHANG | WUNTRACED)) > 0) {
        if (WIFSTOPPED(status)) {
            stop_together(child);
            continue;
        }
        *ret_status =
                WIFSIGNALED(status) ? SIGNAL_EXIT_BASE + WTERMSIG(status) : WEXITSTATUS(status);
        give_terminal(child, child->pid, child->own_group);
        child->pid = 0;
        return true;
    }
    return false;
}
