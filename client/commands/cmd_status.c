/* ghostctl status: how the daemon is. */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/clock_view.h"
#include "commands/duration_option.h"
#include "common/instant.h"
#include "terminal/output.h"
#include "terminal/signals.h"

#define WAIT_DEFAULT_S 10
#define WAIT_MAX_S 86400
#define MS_PER_S 1000

static const struct option_spec options[] = {
        {"wait", '\0', OPTION_MAY_TAKE_VALUE, "D",
                "wait until it answers, at most D (default: 10s)"},
        {NULL},
};

/* What the state is kept in. */
static void print_journal(const json_t *journal) {
    const char *at = json_string_value(json_object_get(journal, "rewritten_at"));

    output_shown("journal: %lld bytes, %s%s",
            (long long)json_integer_value(json_object_get(journal, "bytes")),
            at != NULL ? "written anew at " : "never written anew", at != NULL ? at : "");
}

static void print_status(const json_t *status) {
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)status, key, value) { /* the macro lacks a const */
        if (strcmp(key, "journal") == 0) {
            print_journal(value);
        } else if (json_is_string(value)) {
            output_shown("%s: %s", key, json_string_value(value));
        } else if (json_is_integer(value)) {
            output_shown("%s: %lld", key, (long long)json_integer_value(value));
        }
    }
}

/* The daemon's clock of mode 'system' may be ahead of the machine's. */
static int print_clock_ahead(struct broker_client *broker, const json_t *status) {
    const char *clock = json_string_value(json_object_get(status, "clock"));
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error;

    if (clock == NULL || strcmp(clock, "system") != 0) {
        return GK_EXIT_DONE;
    }
    error = broker_clock(broker, &answer);
    if (error != 0) {
        return error;
    }
    clock_view_ahead(answer.document);
    return 0;
}

/* *ret_seconds: 0 without --wait. */
static int read_wait(const struct invocation *invocation, int64_t *ret_seconds) {
    const char *text = option_value(invocation->options, "wait");

    *ret_seconds = 0;
    if (!option_is_given(invocation->options, "wait")) {
        return GK_EXIT_DONE;
    }
    *ret_seconds = WAIT_DEFAULT_S;
    if (text != NULL && (ttl_parse(span_of(text), ret_seconds) != 0 || *ret_seconds < 1 ||
                                *ret_seconds > WAIT_MAX_S)) {
        return command_usage(invocation->command,
                "'--wait=%s' is not a length of time from 1s to 1d, such as " DURATION_WORDS, text);
    }
    return GK_EXIT_DONE;
}

static int await_status(const struct target *target, int64_t wait_s,
        struct broker_client **ret_broker, struct broker_answer *ret_answer) {
    int error = broker_client_await(target, wait_s * MS_PER_S, ret_broker);

    return error != 0 ? error : broker_status(*ret_broker, ret_answer);
}

/* Asks a daemon that may not be there yet. timer_fd can be read when the time is over; -1: it is
 * not waited for. */
static int ask_in_time(const struct target *target, int64_t wait_s, int timer_fd,
        struct broker_client **ret_broker, struct broker_answer *ret_answer) {
    int error;

    signals_set_interrupt_fd(timer_fd);
    error = await_status(target, wait_s, ret_broker, ret_answer);
    if (error != 0 && *ret_broker != NULL && signals_is_interrupted()) {
        output_error(
                "the daemon at %s has not answered in %lld s", target->shown, (long long)wait_s);
        error = GK_EXIT_UNREACHABLE;
    }
    signals_set_interrupt_fd(-1);
    return error;
}

static int ask(const struct target *target, int64_t wait_s, struct broker_client **ret_broker,
        struct broker_answer *ret_answer) {
    const struct itimerspec end = {.it_value = {.tv_sec = wait_s}};
    GK_AUTO_CLOSE int timer_fd = -1;

    if (wait_s == 0) {
        return ask_in_time(target, 0, -1, ret_broker, ret_answer);
    }
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer_fd < 0 || timerfd_settime(timer_fd, 0, &end, NULL) != 0) {
        output_error("cannot make a timer: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    return ask_in_time(target, wait_s, timer_fd, ret_broker, ret_answer);
}

static int run(const struct invocation *invocation) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int64_t wait_s = 0;
    int error = read_wait(invocation, &wait_s);

    if (error != 0) {
        return error;
    }
    error = command_target(invocation, &target);
    if (error != 0) {
        return error;
    }
    error = ask(&target, wait_s, &broker, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    print_status(answer.document);
    return print_clock_ahead(broker, answer.document);
}

const struct command cmd_status = {
        .name = "status",
        .args = "",
        .summary = "Show the state of the daemon.",
        .help = "With --wait a script waits for a daemon that is being started: exit status 5 if\n"
                "it does not answer in time.",
        .example = "ghostctl status --wait=30s",
        .options = options,
        .arguments_max = 0,
        .run = run,
};
