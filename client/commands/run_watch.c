#include "commands/run_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

#include <ghostkey/error.h>

#include "env/env_block.h"
#include "env/env_watch.h"
#include "monotonic.h"
#include "terminal/child.h"
#include "terminal/output.h"
#include "terminal/signals.h"

#define GRACE_MS 5000
#define KILLED_MS 1000 /* how long the kernel may take to end what was killed */

enum course {
    COURSE_RUNS,     /* the command runs, or has ended by itself */
    COURSE_RESTARTS, /* it was told to end, to be started again */
    COURSE_ENDS,     /* it was told to end, and ghostctl ends with it */
};

struct running {
    const struct run_plan *plan;
    struct env_block block;
    struct env_watch watch;
    struct child child;
    int signal_fd;
    int wake_fd; /* readable for a signal, and when the terminal has gone */
    enum course course;
    bool is_killed;       /* the group was, since it was told to end */
    int64_t deadline_ms;  /* by when the group must have ended; of no meaning in COURSE_RUNS */
    int64_t passed_on_ms; /* when a signal that ends most commands was passed on; 0: never */
    bool is_stale;        /* a change was told, and the secrets could not be read yet */
    int watch_status;     /* why the secrets are watched no longer; GK_EXIT_DONE: they are */
};

static void tell_to_end(struct running *running, enum course course, int number) {
    running->course = course;
    running->is_killed = false;
    running->deadline_ms = monotonic_ms() + GRACE_MS;
    child_end(&running->child, number);
}

/* The secrets may have changed: acts if they did. That they cannot be read now is no end. */
static void refresh(struct running *running) {
    const struct run_plan *plan = running->plan;
    const char *command = plan->arguments[0];
    struct env_block block = {0};
    BUFFER_AUTO struct buffer names = BUFFER_NULL;

    if (running->course == COURSE_ENDS) {
        return;
    }
    running->is_stale = false;
    if (env_block_fetch(plan->target, plan->prefix, &block) != GK_EXIT_DONE) {
        if (signals_is_interrupted()) {
            running->is_stale = true; /* first what came to ghostctl, then once more */
            return;
        }
        output_warning("'%s' goes on with what it has", command);
        return;
    }
    if (env_block_changes(&running->block, &block, &names) == 0) {
        env_block_deinit(&block);
        return;
    }
    env_block_deinit(&running->block);
    running->block = block;
    if (plan->notify != 0) {
        output_line("ghostctl: %s changed: sending SIG%s to '%s'", buffer_string(&names),
                sigabbrev_np(plan->notify), command);
        child_signal(&running->child, plan->notify);
        return;
    }
    output_line("ghostctl: %s changed: restarting '%s'", buffer_string(&names), command);
    if (running->course == COURSE_RUNS) {
        tell_to_end(running, COURSE_RESTARTS, SIGTERM);
    }
}

static void pass_on(struct running *running, int number) {
    struct child *child = &running->child;

    if (number == SIGCHLD) {
        return;
    }
    if ((number == SIGTTIN || number == SIGTTOU) && child_leave_terminal(child)) {
        return;
    }
    if (number == SIGCONT) {
        foreground_check(&child->foreground, child->group);
    }
    child_signal(child, number);
    if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT) {
        /* The command may handle it and go on. */
        running->passed_on_ms = monotonic_ms();
    }
    if (running->course == COURSE_RESTARTS && (number == SIGINT || number == SIGTERM)) {
        running->course = COURSE_ENDS;
    }
}

/* The terminal has gone, and the command goes with it, also one that handles SIGHUP. */
static void take_hang_up(struct running *running) {
    struct foreground *foreground = &running->child.foreground;

    if (foreground->fd < 0 || signals_is_ignored(SIGHUP) || !foreground_has_hung_up(foreground)) {
        return;
    }
    foreground_deinit(foreground); /* and so `wake_fd` forgets it */
    tell_to_end(running, COURSE_ENDS, SIGHUP);
}

/* The command itself has ended; others of its group may still be there. */
static void take_end(struct running *running) {
    if (running->course == COURSE_RESTARTS && child_says_key(&running->child)) {
        running->course = COURSE_ENDS; /* a key of the terminal was faster */
    }
    if (running->course != COURSE_RUNS) {
        return;
    }
    if (running->child.key != 0) {
        running->passed_on_ms = monotonic_ms();
    }
    if (running->passed_on_ms != 0 && monotonic_ms() < running->passed_on_ms + GRACE_MS) {
        running->course = COURSE_ENDS; /* the signal went to the whole group */
        running->deadline_ms = running->passed_on_ms + GRACE_MS;
    }
}

/* Kills what has not ended in time. */
static void keep_deadline(struct running *running) {
    const char *command = running->plan->arguments[0];

    if (running->course == COURSE_RUNS || monotonic_ms() < running->deadline_ms ||
            !child_has_processes(&running->child)) {
        return;
    }
    if (!running->is_killed && running->child.is_running) {
        output_warning("'%s' did not end in %d s: killed", command, GRACE_MS / 1000);
    } else if (!running->is_killed) {
        output_warning(
                "'%s' left processes that did not end in %d s: killed", command, GRACE_MS / 1000);
    }
    running->is_killed = true;
    running->deadline_ms = monotonic_ms() + KILLED_MS;
    child_signal(&running->child, SIGKILL);
}

/* Whether nothing of the command is left to be waited for. */
static bool is_over(const struct running *running) {
    if (running->child.is_running) {
        return false;
    }
    /* Whatever was killed and is still there waits in the kernel, or for a parent of its own. */
    return running->course == COURSE_RUNS || !child_has_processes(&running->child) ||
           (running->is_killed && monotonic_ms() >= running->deadline_ms);
}

/* What came to ghostctl. True if it is over, with the exit status. */
static bool look(struct running *running, int *ret_status) {
    bool was_running = running->child.is_running;
    int number;

    while ((number = signals_read(running->signal_fd)) != 0) {
        pass_on(running, number);
    }
    take_hang_up(running);
    if (child_look(&running->child)) {
        running->deadline_ms = monotonic_ms() + GRACE_MS; /* nothing ends while it is stopped */
    }
    if (was_running && !running->child.is_running) {
        take_end(running);
    }
    if (!is_over(running)) {
        keep_deadline(running);
        return false;
    }
    if (running->course == COURSE_RESTARTS) {
        running->course = COURSE_RUNS;
        running->passed_on_ms = 0;
        running->is_killed = false;
        *ret_status =
                child_start(&running->child, running->plan->arguments, running->block.strings);
        return *ret_status != 0;
    }
    *ret_status =
            running->watch_status != GK_EXIT_DONE ? running->watch_status : running->child.status;
    return true;
}

static int time_left(const struct running *running) {
    int64_t left = running->deadline_ms - monotonic_ms();

    if (running->course == COURSE_RUNS) {
        return -1;
    }
    return left > 0 ? (int)left : 0;
}

static void wait_for_news(struct running *running) {
    struct pollfd wake = {.fd = running->wake_fd, .events = POLLIN};
    bool changed = false;
    int error;

    if (running->watch_status != GK_EXIT_DONE) {
        (void)poll(&wake, 1, time_left(running)); /* woken or not, the caller looks */
        return;
    }
    if (running->is_stale) {
        refresh(running);
        return;
    }
    error = env_watch_wait(&running->watch, running->wake_fd, time_left(running), &changed);
    if (error != 0) {
        running->watch_status = error;
        tell_to_end(running, COURSE_ENDS, SIGTERM);
    } else if (changed) {
        refresh(running);
    }
}

/* One descriptor for signals and for the end of the terminal, which poll() tells unasked. */
static int open_wake(struct running *running) {
    struct epoll_event signals = {.events = EPOLLIN};
    struct epoll_event terminal = {0};
    int terminal_fd = running->child.foreground.fd;

    running->signal_fd = signals_open_passed();
    if (running->signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    running->wake_fd = epoll_create1(EPOLL_CLOEXEC);
    if (running->wake_fd < 0 ||
            epoll_ctl(running->wake_fd, EPOLL_CTL_ADD, running->signal_fd, &signals) < 0 ||
            (terminal_fd >= 0 && !signals_is_ignored(SIGHUP) &&
                    epoll_ctl(running->wake_fd, EPOLL_CTL_ADD, terminal_fd, &terminal) < 0)) {
        output_error("cannot wait for signals: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    return GK_EXIT_DONE;
}

static void running_deinit(struct running *running) {
    signals_set_interrupt_fd(-1);
    child_deinit(&running->child);
    env_block_deinit(&running->block);
    env_watch_deinit(&running->watch);
    (void)gk_close(running->signal_fd);
    (void)gk_close(running->wake_fd);
}

static int run_to_the_end(struct running *running) {
    const struct run_plan *plan = running->plan;
    int status = env_watch_open(&running->watch, plan->target, plan->prefix);

    if (status != GK_EXIT_DONE) {
        return status;
    }
    status = env_block_fetch(plan->target, plan->prefix, &running->block);
    if (status != GK_EXIT_DONE) {
        return status;
    }
    status = open_wake(running);
    if (status != GK_EXIT_DONE) {
        return status;
    }
    status = child_start(&running->child, plan->arguments, running->block.strings);
    if (status != 0) {
        return status;
    }
    signals_set_interrupt_fd(running->wake_fd);
    while (!look(running, &status)) {
        wait_for_news(running);
    }
    return status;
}

int run_watch(const struct run_plan *plan) {
    struct running running = {.plan = plan, .signal_fd = -1, .wake_fd = -1};
    int status;

    child_init(&running.child);
    status = run_to_the_end(&running);
    running_deinit(&running);
    if (running.child.key != 0) {
        /* So the shell learns that it was a key, and a script ends, too. */
        signals_die(running.child.key, running.child.had_terminal);
    }
    return status;
}
