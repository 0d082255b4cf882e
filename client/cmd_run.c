/* ghostctl run: a command with the secrets in its environment, and nothing on disk. */
#include "command.h"

#include <signal.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <ghostkey/error.h>

#include "child.h"
#include "env_block.h"
#include "env_watch.h"
#include "output.h"
#include "signals.h"

#define GRACE_MS 5000

static const struct option_spec options[] = {
        {"prefix", '\0', OPTION_TAKES_VALUE, "P", "only secrets whose names begin so"},
        {"watch", 'w', OPTION_TAKES_NOTHING, NULL, "restart it when the secrets change"},
        {"signal", '\0', OPTION_TAKES_VALUE, "SIG", "send it SIG instead, as HUP; with --watch"},
        {NULL},
};

/* What is passed on to the command; SIGCHLD is for us. */
static const int watched_signals[] = {
        SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, 0};

struct running {
    const struct invocation *invocation;
    const struct target *target;
    const char *prefix;
    struct env_block block;
    struct child child;
    int notify;         /* the signal in place of a restart; 0: restart */
    bool restarting;    /* was told to end, to be started again */
    bool ending;        /* was told to end by whoever told us */
    int64_t kill_at_ms; /* when `restarting` has taken too long */
};

static int64_t now_ms(void) {
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* this clock is always there */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int make_block(const struct target *target, const char *prefix, struct env_block *block) {
    GK_CLEANUP(env_set_deinit) struct env_set set = {0};
    AUTO_BROKER *broker = NULL;
    int rc = broker_client_open(target, &broker);

    rc = rc != GK_EXIT_DONE ? rc : env_set_fetch(broker, prefix, &set);
    return rc != GK_EXIT_DONE ? rc : env_block_make(&set, block);
}

/* `HUP`, `SIGHUP`, `hup` or a number; 0 if it is no signal. */
static int signal_number(const char *name) {
    size_t digits = strspn(name, "0123456789");

    if (digits > 0 && digits < 3 && name[digits] == '\0') {
        int number = (int)strtol(name, NULL, 10);

        return sigabbrev_np(number) != NULL ? number : 0;
    }
    name += strncasecmp(name, "SIG", 3) == 0 ? 3 : 0;
    for (int number = 1; number < NSIG; number++) {
        const char *known = sigabbrev_np(number);

        if (known != NULL && strcasecmp(known, name) == 0) {
            return number;
        }
    }
    return 0;
}

/* The secrets may have changed: acts if they did. That they cannot be read now is no end. */
static void refresh(struct running *running) {
    struct env_block block = {0};

    if (make_block(running->target, running->prefix, &block) != GK_EXIT_DONE) {
        output_warning("'%s' goes on with what it has", running->invocation->arguments[0]);
        return;
    }
    if (env_block_equals(&block, &running->block)) {
        env_block_deinit(&block);
        return;
    }
    env_block_deinit(&running->block);
    running->block = block;
    if (running->notify != 0) {
        output_note("ghostctl: the secrets changed: SIG%s", sigabbrev_np(running->notify));
        child_signal(&running->child, running->notify);
    } else if (!running->restarting) {
        output_note("ghostctl: the secrets changed: restarting '%s'",
                running->invocation->arguments[0]);
        running->restarting = true;
        running->kill_at_ms = now_ms() + GRACE_MS;
        child_signal(&running->child, SIGTERM);
        child_signal(&running->child, SIGCONT); /* a stopped one would not hear it */
    }
}

/* What came to us; true if the command has ended for good, with *ret_status. */
static bool take_signals(struct running *running, int signal_fd, int *ret_status) {
    bool from_terminal = false;
    int number;

    while ((number = signals_read_source(signal_fd, &from_terminal)) != 0) {
        if (number == SIGCHLD || number == SIGCONT || from_terminal) {
            continue; /* a key of the terminal reaches the command by itself */
        }
        running->ending = running->ending || number == SIGTERM || number == SIGINT ||
                          number == SIGHUP || number == SIGQUIT;
        child_signal(&running->child, number);
    }
    if (!child_look(&running->child, ret_status)) {
        return false;
    }
    if (!running->restarting || running->ending) {
        return true;
    }
    running->restarting = false;
    *ret_status =
            child_start(&running->child, running->invocation->arguments, running->block.strings);
    return *ret_status != 0;
}

/* How long until the command must be killed; -1: no need. */
static int time_left(struct running *running) {
    int64_t left = running->kill_at_ms - now_ms();

    if (!running->restarting) {
        return -1;
    }
    if (left <= 0) {
        output_warning("'%s' did not end in %d s: killed", running->invocation->arguments[0],
                GRACE_MS / 1000);
        child_signal(&running->child, SIGKILL);
        running->kill_at_ms = now_ms() + GRACE_MS;
        return GRACE_MS;
    }
    return (int)left;
}

static int watch_child(struct running *running, struct env_watch *watch, int signal_fd) {
    int status = 0;

    while (!take_signals(running, signal_fd, &status)) {
        bool changed = false;
        int rc = env_watch_wait(watch, signal_fd, time_left(running), &changed);

        if (rc != GK_EXIT_DONE) {
            child_signal(&running->child, SIGTERM);
            return rc;
        }
        if (changed) {
            refresh(running);
        }
    }
    return status;
}

static int run_watched(const struct invocation *invocation, const struct target *target,
        const char *prefix, int notify) {
    GK_CLEANUP(env_watch_deinit) struct env_watch watch = {0};
    struct running running = {.invocation = invocation, .target = target, .prefix = prefix};
    int signal_fd = -1;
    int rc = env_watch_open(&watch, target, prefix);

    running.notify = notify;
    rc = rc != GK_EXIT_DONE ? rc : make_block(target, prefix, &running.block);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    child_init(&running.child);
    signal_fd = signals_open(watched_signals);
    rc = signal_fd < 0 ? GK_EXIT_FAILED
                       : child_start(&running.child, invocation->arguments, running.block.strings);
    rc = rc != 0 ? rc : watch_child(&running, &watch, signal_fd);
    child_deinit(&running.child);
    env_block_deinit(&running.block);
    (void)gk_close(signal_fd);
    return rc;
}

static int run(const struct invocation *invocation) {
    const char *prefix = option_value(invocation->options, "prefix");
    const char *signal_name = option_value(invocation->options, "signal");
    int notify = signal_name != NULL ? signal_number(signal_name) : 0;
    GK_CLEANUP(target_deinit) struct target target = {0};
    GK_CLEANUP(env_block_deinit) struct env_block block = {0};
    bool watch = option_is_given(invocation->options, "watch");
    int rc;

    if (signal_name != NULL && notify == 0) {
        return command_usage(
                invocation->command, "'--signal %s' is no signal, as HUP or USR1", signal_name);
    }
    if (signal_name != NULL && !watch) {
        return command_usage(invocation->command, "--signal goes with --watch");
    }
    rc = command_target(invocation, &target);
    if (rc == GK_EXIT_DONE && watch) {
        return run_watched(invocation, &target, prefix, notify);
    }
    rc = rc != GK_EXIT_DONE ? rc : make_block(&target, prefix, &block);
    return rc != GK_EXIT_DONE ? rc : child_become(invocation->arguments, block.strings);
}

const struct command cmd_run = {
        .name = "run",
        .args = "-- COMMAND...",
        .summary = "Run a command with the secrets set.",
        .help = "Nothing is written to disk, and a secret replaces a variable of its name that is\n"
                "set already. The command takes ghostctl's place: signals, the terminal and the\n"
                "exit status are its own. With --watch ghostctl stays as its parent and, when the\n"
                "secrets change, ends it (TERM, 5 s later KILL) and starts it again; an end of\n"
                "its own ends ghostctl with its status, 128 + N for signal N. Exit status 127: no\n"
                "such command; 126: it cannot be run.",
        .example = "ghostctl run --prefix app/ --watch -- npm start",
        .options = options,
        .only_leading_options = true,
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_PROGRAMS,
        .run = run,
};
