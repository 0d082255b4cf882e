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
    COURSE_RESTARTS, /* it was sent a signal to end, and will be started again */
    COURSE_ENDS,     /* it was sent a signal to end, and ghostctl ends with it */
};

struct running {
    const struct run_plan *plan;
    struct env_block block;
    struct env_watch watch;
    struct child child;
    int signal_fd;
    int wake_fd; /* readable when a signal is pending or the terminal has hung up */
    enum course course;
    bool is_killed;       /* the group got SIGKILL because it did not end in time */
    int64_t deadline_ms;  /* by when the group must have ended; unused in COURSE_RUNS */
    int64_t passed_on_ms; /* when a signal that ends most commands was passed on; 0: never */
    bool is_stale;        /* the secrets changed, but the reading of them was interrupted */
    int watch_status;     /* 0: the secrets are watched; else the exit status that ended that */
};

static void tell_to_end(struct running *running, enum course course, int number) {
    running->course = course;
    running->is_killed = false;
    running->deadline_ms = monotonic_ms() + GRACE_MS;
    child_end(&running->child, number);
}

/* Restarts or signals the command if the secrets differ. If they cannot be read, it runs on. */
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
            running->is_stale = true; /* handle the signal first, then try again */
            return;
        }
        output_warning("'%s' keeps the secrets that it was started with", command);
        return;
    }
    if (env_block_changes(&running->block, &block, &names) == 0) {
        env_block_deinit(&block);
        return;
    }
    env_block_deinit(&running->block);
    running->block = block;
    if (plan->notify != 0) {
        output_line("%s changed: sending SIG%s to '%s'", buffer_string(&names),
                sigabbrev_np(plan->notify), command);
        child_signal(&running->child, plan->notify);
        return;
    }
    output_line("%s changed: restarting '%s'", buffer_string(&names), command);
    if (running->course == COURSE_RUNS) {
        tell_to_end(running, COURSE_RESTARTS, SIGTERM);
    }
}

static void pass_on(struct running *running, int number) {
    child_pass_on(&running->child, number);
    if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT) {
        /* The command may handle it and go on. */
        running->passed_on_ms = monotonic_ms();
    }
    if (running->course == COURSE_RESTARTS && (number == SIGINT || number == SIGTERM)) {
        running->course = COURSE_ENDS;
    }
}

/* If the terminal has hung up, the command must end, even if it handles SIGHUP. */
static void take_hang_up(struct running *running) {
    struct foreground *foreground = &running->child.foreground;

    if (foreground->fd < 0 || signals_is_ignored(SIGHUP) || !foreground_has_hung_up(foreground)) {
        return;
    }
    foreground_deinit(foreground); /* which also removes it from `wake_fd` */
    tell_to_end(running, COURSE_ENDS, SIGHUP);
}

/* The command itself has ended; other processes of its group may still run. */
static void take_end(struct running *running) {
    if (running->course == COURSE_RESTARTS && child_says_key(&running->child)) {
        running->course = COURSE_ENDS; /* a key of the terminal ended it before the signal did */
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

/* Kills the processes of the group that have not ended in time. */
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

/* Whether no process of the command is left to wait for. */
static bool is_over(const struct running *running) {
    if (running->child.is_running) {
        return false;
    }
    /* A killed process may remain: blocked in the kernel, or a zombie of another parent. */
    return running->course == COURSE_RUNS || !child_has_processes(&running->child) ||
           (running->is_killed && monotonic_ms() >= running->deadline_ms);
}

/* Handles signals and changes of the command. True if it is over, with the exit status. */
static bool look(struct running *running, int *ret_status) {
    bool was_running = running->child.is_running;
    int number;

    while ((number = signals_read(running->signal_fd)) != 0) {
        pass_on(running, number);
    }
    take_hang_up(running);
    if (child_look(&running->child)) {
        running->deadline_ms = monotonic_ms() + GRACE_MS; /* a stopped process cannot end */
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
        (void)poll(&wake, 1, time_left(running)); /* the caller looks at wake_fd itself */
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

/* One descriptor for signals and for the hang-up of the terminal, which epoll always reports. */
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
        /* A shell ends its script, too, if its command died of the signal of a key. */
        signals_die(running.child.key, running.child.had_terminal);
    }
    return status;
}
