#include "drill/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "common/cleanup.h"
#include "terminal/child.h"
#include "terminal/output.h"
#include "terminal/signals.h"

#define SHELL "/bin/sh"
#define SIGNAL_EXIT_BASE 128
#define KILLED_MS 1000 /* how long the kernel may take to end what was killed */

/* In the child: never returns. */
static void __attribute__((noreturn))
become(pid_t parent, char *const *arguments, char *const *environment, bool quiet) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* fails only for an invalid signal */
    if (getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
            dup2(quiet ? null : STDERR_FILENO, STDOUT_FILENO) < 0 ||
            (quiet && dup2(null, STDERR_FILENO) < 0)) {
        _exit(CHILD_NOT_EXECUTABLE);
    }
    signals_release();
    _exit(child_become(arguments, environment));
}

int drill_process_start(struct drill_process *process, char *const *arguments,
        char *const *environment, bool quiet) {
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        become(parent, arguments, environment, quiet);
    }
    if (pid > 0) {
        (void)setpgid(pid, pid); /* parent and child both call it, since either may run first */
        *process = (struct drill_process){.pid = pid, .pidfd = pidfd_open(pid, 0)};
    }
    if (pid < 0 || process->pidfd < 0) {
        output_error("cannot run '%s': %s", arguments[0], strerror(errno));
        return GK_EXIT_FAILED;
    }
    return GK_EXIT_DONE;
}

int drill_process_start_shell(
        struct drill_process *process, const char *command, char *const *environment, bool quiet) {
    char *const arguments[] = {(char *)SHELL, (char *)"-c", (char *)command, NULL};

    return drill_process_start(process, arguments, environment, quiet);
}

bool drill_process_runs(struct drill_process *process) {
    siginfo_t end = {0};
    int status = 0;

    if (process->pidfd < 0) {
        return false;
    }
    if (waitid(P_PID, (id_t)process->pid, &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            end.si_pid == 0) {
        return true;
    }
    /* What it has left ends, too. While its status is not taken, no other group has its number. */
    (void)kill(-process->pid, SIGKILL);
    (void)waitpid(process->pid, &status, 0);
    process->status =
            WIFSIGNALED(status) ? SIGNAL_EXIT_BASE + WTERMSIG(status) : WEXITSTATUS(status);
    process->pidfd = gk_close(process->pidfd);
    return false;
}

void drill_process_end(struct drill_process *process, int patience_ms) {
    struct pollfd ended = {.fd = process->pidfd, .events = POLLIN};

    if (process->pidfd < 0) {
        return;
    }
    if (patience_ms > 0) {
        (void)kill(-process->pid, SIGTERM);
        (void)poll(&ended, 1, patience_ms);
    }
    (void)kill(-process->pid, SIGKILL);
    (void)poll(&ended, 1, KILLED_MS);
    (void)drill_process_runs(process);
    process->pidfd = gk_close(process->pidfd);
}
