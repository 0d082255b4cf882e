/* ghostctl events: what happened, and what happens. */
#include "command.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include <ghostkey/error.h>

#include "event_stream.h"
#include "fold.h"
#include "output.h"
#include "signals.h"
#include "table.h"

static const struct option_spec options[] = {
        {"follow", 'f', OPTION_TAKES_NOTHING, NULL, "go on with each event as it comes"},
        {"after", '\0', OPTION_TAKES_VALUE, "SEQ", "begin behind that one; 0: the oldest kept"},
        {NULL},
};

#define EVENT_WIDTH 7 /* of the longest word for one */
#define NAME_WIDTH 24
#define REST_WIDTH 48 /* time, event, a version of 6 digits, cause, and the blanks between */

static const int ending_signals[] = {SIGINT, 0};

/* "2000-01-01T00:00:00.000Z rotated db_pass 3 expiry", in columns on a terminal. */
static int print_event(const json_t *event) {
    const char *at = json_string_value(json_object_get(event, "at"));
    const char *what = json_string_value(json_object_get(event, "event"));
    const char *name = json_string_value(json_object_get(event, "name"));
    const char *cause = json_string_value(json_object_get(event, "cause"));
    const char *reason = json_string_value(json_object_get(event, "reason"));
    long long version = json_integer_value(json_object_get(event, "version"));
    AUTO_BUFFER shown = {0};
    AUTO_BUFFER line = {0};
    AUTO_BUFFER folded = {0};
    size_t columns = SIZE_MAX; /* nothing is folded */

    if (at == NULL || what == NULL || name == NULL || cause == NULL) {
        return broker_answer_misunderstood("an event has 'at', 'event', 'name' and 'cause'");
    }
    if (output_is_terminal()) {
        size_t width;

        columns = output_columns();
        width = columns > REST_WIDTH + NAME_WIDTH ? columns - REST_WIDTH : NAME_WIDTH;
        columns = columns > 0 ? columns : SIZE_MAX;
        table_append_cut(&shown, name, width);
        buffer_printf(&line, "%s %-*s %s%*s %lld %s", at, EVENT_WIDTH, what, shown.data,
                strlen(name) < NAME_WIDTH ? (int)(NAME_WIDTH - strlen(name)) : 0, "", version,
                cause);
    } else {
        buffer_printf(&line, "%s %s %s %lld %s", at, what, name, version, cause);
    }
    if (reason != NULL) {
        buffer_printf(&line, " %s", reason);
    }
    fold_append(&folded, line.data, columns);
    output_text("%s\n", folded.data);
    return GK_EXIT_DONE;
}

static int print_text(const struct invocation *invocation, const struct buffer *text) {
    json_auto_t *event = NULL;

    if (invocation->json) {
        output_data(text->data, text->length);
        output_data("\n", 1);
        return GK_EXIT_DONE;
    }
    event = json_loadb(text->data, text->length, 0, NULL);
    return print_event(event);
}

/* One page; *ret_next is where the next begins. */
static int print_page(
        const struct invocation *invocation, const struct broker_answer *page, bool *ret_end) {
    json_t *events = json_object_get(page->document, "events");
    json_t *event;
    size_t index;
    int rc = GK_EXIT_DONE;

    if (!json_is_array(events)) {
        return broker_answer_misunderstood("no 'events'");
    }
    json_array_foreach(events, index, event) {
        AUTO_WIPE char *text = invocation->json ? json_dumps(event, JSON_COMPACT) : NULL;

        if (text != NULL) {
            output_text("%s\n", text);
        } else {
            rc = rc != GK_EXIT_DONE ? rc : print_event(event);
        }
    }
    *ret_end = json_array_size(events) == 0;
    return rc;
}

static int print_all(const struct invocation *invocation, const char *after) {
    AUTO_BROKER *broker = NULL;
    AUTO_BUFFER place = {0};
    bool end = false;
    int rc = command_connect(invocation, &broker);

    buffer_append_text(&place, after);
    while (rc == GK_EXIT_DONE && !end) {
        AUTO_ANSWER page = {0};

        rc = broker_events(broker, place.data, &page);
        rc = rc != GK_EXIT_DONE ? rc : print_page(invocation, &page, &end);
        if (rc == GK_EXIT_DONE) {
            buffer_clear(&place);
            buffer_printf(&place, "%lld",
                    (long long)json_integer_value(json_object_get(page.document, "next")));
        }
        end = end || !output_flush();
    }
    return rc;
}

static int follow(const struct invocation *invocation, const char *after) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    AUTO_EVENT_STREAM *stream = NULL;
    AUTO_BUFFER event = {0};
    int signal_fd = -1;
    int rc = command_target(invocation, &target);

    rc = rc != GK_EXIT_DONE ? rc : event_stream_open(&target, after, &stream);
    if (rc != GK_EXIT_DONE) {
        return rc;
    }
    signal_fd = signals_open(ending_signals);
    while (rc == GK_EXIT_DONE && signals_read(signal_fd) == 0) {
        enum event_stream_news news;

        rc = event_stream_wait(stream, signal_fd, -1, &news, &event);
        if (rc == GK_EXIT_DONE && news == EVENT_STREAM_EVENT) {
            rc = print_text(invocation, &event);
            if (!output_flush()) {
                break;
            }
        }
    }
    (void)gk_close(signal_fd);
    return rc;
}

static int run(const struct invocation *invocation) {
    const char *after = option_value(invocation->options, "after");

    if (after != NULL && (after[0] == '\0' || strspn(after, "0123456789") != strlen(after))) {
        return command_usage(invocation->command, "'--after %s' is no number of an event", after);
    }
    if (option_is_given(invocation->options, "follow")) {
        return follow(invocation, after);
    }
    return print_all(invocation, after != NULL ? after : "0");
}

const struct command cmd_events = {
        .name = "events",
        .args = "",
        .summary = "Show what happened to the secrets.",
        .help = "A line each: time, event, name, version, cause. With --follow alone only what\n"
                "comes from now on, until interrupted; with --after 0 all that is kept before it.\n"
                "A restart of the daemon is waited for, and nothing is lost by it.",
        .example = "ghostctl events --follow --json",
        .options = options,
        .arguments_max = 0,
        .run = run,
};
