/* ghostctl watch: runs a command for each new current version of some secrets. */
#include <signal.h>
#include <stdlib.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/command_input.h"
#include "commands/version_watch.h"
#include "heap.h"
#include "secret_name.h"
#include "terminal/child.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/event_stream.h"

#define VAR_CAUSE "GHOSTKEY_CAUSE"
#define CAUSE_INITIAL "initial"
#define PAUSE_FIRST_MS 250 /* after the daemon failed; each further failure doubles the pause */
#define PAUSE_MAX_MS 30000
#define SIGNAL_EXIT_BASE 128

static const struct option_spec options[] = {
        {"initial", '\0', OPTION_TAKES_NOTHING, NULL, "also run COMMAND at once for each NAME"},
        {NULL},
};

struct watching {
    const struct invocation *invocation;
    char *const *command;
    struct version_watch versions;
    struct target target;
    struct event_stream *stream;
    struct child child;
    struct new_version started_for; /* the version for which the command was started last */
    int signal_fd;
    int pause_ms;   /* until the daemon is asked again; 0: at once */
    int end_signal; /* ends ghostctl as soon as the command has ended; 0: none was received */
};

static void watching_deinit(struct watching *watching) {
    signals_set_interrupt_fd(-1);
    child_deinit(&watching->child);
    watching->stream = event_stream_close(watching->stream);
    target_deinit(&watching->target);
    version_watch_deinit(&watching->versions);
    new_version_deinit(&watching->started_for);
    watching->signal_fd = gk_close(watching->signal_fd);
}

static void take_signals(struct watching *watching) {
    int number;

    while ((number = signals_read(watching->signal_fd)) != 0) {
        child_pass_on(&watching->child, number);
        if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT) {
            watching->end_signal = number;
        } else if (number == SIGTSTP && !watching->child.is_running) {
            (void)raise(SIGSTOP); /* Ctrl-Z, and no command runs that it could stop */
        }
    }
}

/* Warns if the command failed. A key or a hangup of the terminal ends ghostctl as well. */
static void after_command(struct watching *watching) {
    const struct child *child = &watching->child;

    if (child->key != 0) {
        watching->end_signal = child->key;
    } else if (child->foreground.fd >= 0 && foreground_has_hung_up(&child->foreground)) {
        watching->end_signal = SIGHUP;
    }
    if (child->status != 0 && watching->end_signal == 0) {
        output_warning("'%s' failed with exit status %d for version %lld of '%s'",
                watching->command[0], child->status, (long long)watching->started_for.version,
                watching->started_for.name);
    }
}

static int start(struct watching *watching) {
    const struct new_version *version = &watching->started_for;
    int error = command_input_set(buffer_string(&version->value), version->value.len);

    if (error != 0) {
        return error;
    }
    command_input_name(version->name, version->version);
    if (setenv(VAR_CAUSE, buffer_string(&version->cause), 1) != 0) {
        heap_exhausted();
    }
    return child_start(&watching->child, watching->command, environ);
}

static void pause_longer(struct watching *watching) {
    int pause = watching->pause_ms == 0 ? PAUSE_FIRST_MS : 2 * watching->pause_ms;

    watching->pause_ms = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

static int find_next(struct watching *watching, struct new_version *found, bool *ret_is_found) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = broker_client_open(&watching->target, &broker);

    return error != 0 ? error
                      : version_watch_next(&watching->versions, broker, found, ret_is_found);
}

/*
 * Starts the command if a secret has a new version. A daemon that fails is no error here: it is
 * asked again after a pause.
 */
static int run_next(struct watching *watching) {
    struct new_version found = {0};
    bool is_found = false;
    int error = find_next(watching, &found, &is_found);

    if (error != 0) {
        new_version_deinit(&found);
        if (!signals_is_interrupted()) { /* a signal ended the request: ask again at once */
            pause_longer(watching);
        }
        return GK_EXIT_DONE;
    }
    watching->pause_ms = 0;
    if (!is_found) {
        return GK_EXIT_DONE;
    }
    new_version_deinit(&watching->started_for);
    watching->started_for = found;
    if (start(watching) != 0) { /* it has said why: no process or descriptor is free */
        version_watch_again(&watching->versions, found.name);
        pause_longer(watching);
    }
    return GK_EXIT_DONE;
}

/* Waits for an event, a signal, or the end of the pause. */
static int wait_for_news(struct watching *watching) {
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    bool is_due = version_watch_is_due(&watching->versions) && !watching->child.is_running;
    enum event_stream_news news;
    int error = event_stream_wait(
            watching->stream, watching->signal_fd, is_due ? watching->pause_ms : -1, &news, &event);

    if (error != 0) {
        return error;
    }
    if (news == EVENT_STREAM_EVENT) {
        version_watch_take(&watching->versions, &event);
    } else if (news == EVENT_STREAM_REOPENED) {
        version_watch_take_all(&watching->versions, NULL);
        watching->pause_ms = 0;
    }
    return GK_EXIT_DONE;
}

static int watch_to_the_end(struct watching *watching) {
    for (;;) {
        bool was_running = watching->child.is_running;
        int error;

        take_signals(watching);
        (void)child_look(&watching->child);
        if (was_running && !watching->child.is_running) {
            after_command(watching);
        }
        if (watching->end_signal != 0 && !watching->child.is_running) {
            return GK_EXIT_DONE;
        }
        error = wait_for_news(watching);
        if (error != 0) {
            return error;
        }
        if (watching->end_signal == 0 && !watching->child.is_running && !signals_is_interrupted() &&
                version_watch_is_due(&watching->versions)) {
            error = run_next(watching);
        }
        if (error != 0) {
            return error;
        }
    }
}

/* Opens the stream before it reads the secrets, so that no change between the two is lost. */
static int begin(struct watching *watching) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    int error = command_target(watching->invocation, &watching->target);

    if (error != 0) {
        return error;
    }
    error = event_stream_open_changes(&watching->target, &watching->stream);
    if (error != 0) {
        return error;
    }
    if (option_is_given(watching->invocation->options, "initial")) {
        version_watch_take_all(&watching->versions, CAUSE_INITIAL);
        return GK_EXIT_DONE;
    }
    error = broker_client_open(&watching->target, &broker);
    return error != 0 ? error : version_watch_skip_current(&watching->versions, broker);
}

/* SIGINT ends ghostctl with success. Other signals kill it, as they would kill any program. */
static int end_by_signal(int number) {
    if (number == SIGINT) {
        return GK_EXIT_DONE;
    }
    signals_die(number, false);
    return SIGNAL_EXIT_BASE + number;
}

static int watch(struct watching *watching) {
    int error = begin(watching);

    if (error != 0) {
        return error;
    }
    watching->signal_fd = signals_open_passed();
    if (watching->signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    signals_set_interrupt_fd(watching->signal_fd);
    return watch_to_the_end(watching);
}

static int run(const struct invocation *invocation) {
    size_t count = invocation->options->leading_count;
    struct watching watching = {.invocation = invocation, .signal_fd = -1};
    int status;

    if (count == 0 || count == invocation->argument_count) {
        return command_usage(invocation->command,
                "usage: ghostctl watch NAME... -- COMMAND... ('--' stands between them)");
    }
    status = secret_name_check_all(invocation->arguments, count);
    if (status != 0) {
        return status;
    }
    watching.command = invocation->arguments + count;
    version_watch_init(&watching.versions, invocation->arguments, count);
    child_init(&watching.child);
    status = watch(&watching);
    watching_deinit(&watching);
    return watching.end_signal != 0 && status == GK_EXIT_DONE ? end_by_signal(watching.end_signal)
                                                              : status;
}

const struct command cmd_watch = {
        .name = "watch",
        .args = "NAME... -- COMMAND...",
        .summary = "Run a command for each new version of secrets.",
        .help = "COMMAND gets the value on its standard input, and has the variables\n"
                "GHOSTKEY_NAME, GHOSTKEY_VERSION and GHOSTKEY_CAUSE (put, patch, rotate, expiry,\n"
                "promote or initial). Only one COMMAND runs at a time. If a secret gets several\n"
                "versions meanwhile, COMMAND then runs for the newest of them only. If COMMAND\n"
                "fails, ghostctl prints a warning and goes on. If the daemon restarts, ghostctl\n"
                "waits for it.",
        .example = "ghostctl watch tls/key tls/cert -- ./reload-proxy",
        .options = options,
        .arguments_min = 2,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS_PROGRAMS,
        .run = run,
};
