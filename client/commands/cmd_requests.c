/* ghostctl requests: prints the requests that the daemon has answered. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "heap.h"
#include "terminal/ending.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/request_feed.h"

static const struct option_spec options[] = {
        {"follow", 'f', OPTION_TAKES_NOTHING, NULL, "print each request when it is answered"},
        {NULL},
};

/* A word of the line, in as many columns on a terminal, and a blank. */
static void append_cell(struct buffer *line, const char *text, int width) {
    buffer_printf(line, "%-*s ", output_is_terminal() ? width : 0, text);
}

static const char *word(const json_t *request, const char *member) {
    const char *text = json_string_value(json_object_get(request, member));

    return text != NULL ? text : "-";
}

/* The number of a member, or `without` if it is null. */
static void append_number(struct buffer *line, const json_t *request, const char *member,
        const char *unit, const char *without, int width) {
    const json_t *number = json_object_get(request, member);
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    if (json_is_integer(number)) {
        buffer_printf(&text, "%lld%s", (long long)json_integer_value(number), unit);
    }
    append_cell(line, json_is_integer(number) ? buffer_string(&text) : without, width);
}

/* "2000-01-01T00:00:00.000Z aws GetSecretValue db_pass 200 41us - node[4711]" */
static int print_line(const json_t *request) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;

    if (!json_is_string(json_object_get(request, "at")) ||
            !json_is_string(json_object_get(request, "peer"))) {
        return broker_answer_misunderstood("a request without 'at' or 'peer'");
    }
    append_cell(&line, word(request, "at"), 24);
    append_cell(&line, word(request, "api"), 8);
    append_cell(&line, word(request, "operation"), 14);
    append_cell(&line, word(request, "name"), 20);
    append_number(&line, request, "status", "", "closed", 6);
    append_number(&line, request, "us", "us", "-", 8);
    append_cell(&line, word(request, "fault"), 8);
    buffer_append_text(&line, word(request, "peer"));
    output_shown("%s", buffer_string(&line));
    return GK_EXIT_DONE;
}

/* With --json each request as the daemon has sent it. */
static int print_requests(const struct invocation *invocation, const json_t *requests) {
    const json_t *request;
    size_t index;

    json_array_foreach(requests, index, request) {
        GK_AUTO_FREE char *text = NULL;
        int error;

        if (!invocation->json) {
            error = print_line(request);
            if (error != 0) {
                return error;
            }
            continue;
        }
        text = json_dumps(request, JSON_COMPACT);
        if (text == NULL) {
            heap_exhausted();
        }
        output_json_line(text, strlen(text));
    }
    return GK_EXIT_DONE;
}

static int print_kept(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const json_t *requests;
    int error = command_connect(invocation, &broker);

    if (error != 0) {
        return error;
    }
    error = broker_requests(broker, &answer);
    if (error != 0) {
        return error;
    }
    requests = json_object_get(answer.document, "requests");
    return json_is_array(requests) ? print_requests(invocation, requests)
                                   : broker_answer_misunderstood("no 'requests'");
}

static int print_until(const struct invocation *invocation, struct request_feed *feed,
        const struct ending *ending) {
    while (!ending_has_come(ending) && output_flush()) {
        json_auto_t *requests = NULL;
        int error = request_feed_take(feed, ending->wake_fd, &requests);

        if (error != 0) {
            return error;
        }
        error = print_requests(invocation, requests);
        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

static int follow(const struct invocation *invocation) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    REQUEST_FEED_AUTO struct request_feed feed = {.http = NULL};
    ENDING_AUTO struct ending ending = ENDING_NULL;
    int error = command_target(invocation, &target);

    if (error != 0) {
        return error;
    }
    error = request_feed_open(&feed, &target);
    if (error != 0) {
        return error;
    }
    error = ending_open(&ending);
    if (error != 0) {
        return error;
    }
    signals_set_interrupt_fd(ending.signal_fd);
    error = print_until(invocation, &feed, &ending);
    signals_set_interrupt_fd(-1);
    return error;
}

static int run(const struct invocation *invocation) {
    return option_is_given(invocation->options, "follow") ? follow(invocation)
                                                          : print_kept(invocation);
}

const struct command cmd_requests = {
        .name = "requests",
        .args = "",
        .summary = "Show what the daemon was asked.",
        .help = "One line for each of the last 1000 requests: time, API, operation, name, status,\n"
                "time taken, the fault that was injected, program. '-' stands for none. A status\n"
                "is 'closed' if the connection was closed instead. --follow goes on until\n"
                "interrupted, and begins with the next request. The daemon forgets its requests\n"
                "when it ends.",
        .example = "ghostctl requests --follow",
        .options = options,
        .arguments_max = 0,
        .run = run,
};
