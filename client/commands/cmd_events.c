/* ghostctl events: prints the events that the daemon keeps, and new ones as they come. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/event_view.h"
#include "terminal/ending.h"
#include "terminal/output.h"
#include "wire/event_place.h"
#include "wire/event_stream.h"

static const struct option_spec options[] = {
        {"follow", 'f', OPTION_TAKES_NOTHING, NULL, "print each event when it happens"},
        {"after", '\0', OPTION_TAKES_VALUE, "SEQ", "begin after that one; 0: the oldest kept"},
        {"limit", '\0', OPTION_TAKES_VALUE, "N", "the newest N; after SEQ the next N"},
        {NULL},
};

#define NEWEST_BY_DEFAULT 1000

/*
 * Takes one page. *next_seq is the number that its first event must have (0: any), and afterwards
 * that of the event behind its last.
 */
static int take_page(struct event_view *view, const struct broker_answer *page, uint64_t *next_seq,
        bool *ret_end) {
    json_t *events = json_object_get(page->document, "events");
    json_t *event;
    size_t index;

    if (!json_is_array(events)) {
        return broker_answer_misunderstood("no 'events'");
    }
    json_array_foreach(events, index, event) {
        uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
        int error;

        if (*next_seq != 0 && seq > *next_seq && seq <= INT64_MAX) {
            return event_place_say_gap(*next_seq, seq);
        }
        if (seq == 0 || seq > INT64_MAX || seq < *next_seq) {
            return broker_answer_misunderstood(
                    "an event whose 'seq' is not one more than the last");
        }
        *next_seq = seq + 1;
        error = event_view_take(view, event);
        if (error != 0) {
            return error;
        }
    }
    *ret_end = json_array_size(events) == 0 || event_view_is_full(view);
    return GK_EXIT_DONE;
}

/*
 * A user who names an event has seen it. If the daemon has no event of that number yet, it has lost
 * its state and counts from 1 again. *ret_last: the number of the last event.
 */
static int check_after(struct broker_client *broker, const char *after, json_int_t *ret_last) {
    size_t secrets = 0;
    int error = broker_count(broker, ret_last, &secrets);

    if (error != 0) {
        return error;
    }
    if (strtoull(after, NULL, 10) <= (uint64_t)*ret_last) {
        return 0;
    }
    output_error(
            "there is no event %s yet, the last one is %lld; if there was one, the daemon has lost "
            "its state since: '--after 0' prints all events that it keeps",
            after, (long long)*ret_last);
    return GK_EXIT_FAILED;
}

/* Takes the events after `after` that exist at the start; with later ones it might never end. */
static int take_pages(
        struct event_view *view, struct broker_client *broker, uint64_t after, json_int_t last) {
    uint64_t next_seq =
            after + (after > 0); /* after 0 the daemon begins with the oldest it keeps */
    json_int_t place = (json_int_t)after;
    bool end = place >= last;

    while (!end && output_flush()) {
        BROKER_ANSWER_AUTO struct broker_answer page = {0};
        BUFFER_AUTO struct buffer text = BUFFER_NULL;
        int error;

        buffer_printf(&text, "%lld", (long long)place);
        error = broker_events(broker, buffer_string(&text), &page);
        if (error != 0) {
            return error;
        }
        error = take_page(view, &page, &next_seq, &end);
        if (error != 0) {
            return error;
        }
        place = json_integer_value(json_object_get(page.document, "next"));
        end = end || next_seq > (uint64_t)last;
    }
    return event_view_end(view);
}

/*
 * The number of the event after which to read if only the newest events are wanted; 0: read all
 * that the daemon keeps. The newest events of chosen secrets can stand anywhere among them.
 */
static uint64_t begin_of_newest(const struct event_view *view, json_int_t last) {
    bool is_of_all = view->choice.pattern_count == 0;

    return is_of_all && view->newest_count < GK_EVENTS_KEPT && (uint64_t)last > view->newest_count
                   ? (uint64_t)last - view->newest_count
                   : 0;
}

/* *ret_last: the number of the last event that was looked at. */
static int print_kept(struct event_view *view, const char *after, json_int_t *ret_last) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    uint64_t begin = after != NULL ? strtoull(after, NULL, 10) : 0;
    int error = command_connect(view->invocation, &broker);

    if (error != 0) {
        return error;
    }
    error = check_after(broker, after != NULL ? after : "0", ret_last);
    if (error != 0) {
        return error;
    }
    if (after == NULL) {
        begin = begin_of_newest(view, *ret_last);
    }
    error = take_pages(view, broker, begin, *ret_last);
    if (error != 0) {
        return error;
    }
    if (after == NULL && begin + view->dropped > 0) {
        output_note("these are the newest %zu; '--after 0' prints all that are kept",
                view->newest_count);
    }
    return GK_EXIT_DONE;
}

static int open_stream(const struct invocation *invocation, const struct target *target,
        const char *after, struct event_stream **ret_stream) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    json_int_t last = 0;
    int error;

    if (after == NULL) {
        return event_stream_open(target, NULL, ret_stream);
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = check_after(broker, after, &last);
    if (error != 0) {
        return error;
    }
    return event_stream_open(target, after, ret_stream);
}

static int print_text(struct event_view *view, const struct buffer *text) {
    json_auto_t *event = json_loadb(text->data, text->len, 0, NULL);

    return event_view_take(view, event);
}

static int follow(struct event_view *view, const char *after) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    ENDING_AUTO struct ending ending = ENDING_NULL;
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    int error = command_target(view->invocation, &target);

    if (error != 0) {
        return error;
    }
    error = open_stream(view->invocation, &target, after, &stream);
    if (error != 0) {
        return error;
    }
    error = ending_open(&ending);
    if (error != 0) {
        return error;
    }
    while (!ending_has_come(&ending) && output_flush()) {
        enum event_stream_news news;

        error = event_stream_wait(stream, ending.wake_fd, -1, &news, &event);
        if (error != 0) {
            return error;
        }
        if (news != EVENT_STREAM_EVENT) {
            continue;
        }
        error = print_text(view, &event);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* --follow with --limit: the newest events, then what comes. */
static int print_and_follow(struct event_view *view) {
    BUFFER_AUTO struct buffer place = BUFFER_NULL;
    json_int_t last = 0;
    int error = print_kept(view, NULL, &last);

    if (error != 0) {
        return error;
    }
    view->newest_count = 0;
    buffer_printf(&place, "%lld", (long long)last);
    return follow(view, buffer_string(&place));
}

static int read_limit(const struct invocation *invocation, size_t *ret_limit) {
    const char *text = option_value(invocation->options, "limit");
    json_auto_t *number = text != NULL ? broker_number_or_text(text) : NULL;

    *ret_limit = NEWEST_BY_DEFAULT;
    if (text == NULL) {
        return GK_EXIT_DONE;
    }
    if (json_integer_value(number) < 1) {
        return command_usage(
                invocation->command, "'--limit %s' is no number of events, from 1", text);
    }
    *ret_limit = (size_t)json_integer_value(number);
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    const char *after = option_value(invocation->options, "after");
    bool has_limit = option_is_given(invocation->options, "limit");
    bool follows = option_is_given(invocation->options, "follow");
    GK_CLEANUP(event_view_deinit)
    struct event_view view = {.invocation = invocation,
            .choice = {.patterns = invocation->arguments,
                    .pattern_count = invocation->argument_count}};
    json_int_t last = 0;
    size_t limit = 0;
    int error = name_choice_check(invocation);

    if (error != 0) {
        return error;
    }
    if (after != NULL && (after[0] == '\0' || strspn(after, "0123456789") != strlen(after))) {
        return command_usage(invocation->command, "'--after %s' is no number of an event", after);
    }
    error = read_limit(invocation, &limit);
    if (error != 0) {
        return error;
    }
    if (follows && after != NULL && has_limit) {
        return command_usage(invocation->command,
                "--follow goes on without end, so --limit does not go with --after there");
    }
    view.newest_count = after == NULL ? limit : 0;
    view.is_limited = after != NULL && has_limit;
    view.left_count = limit;
    if (follows && !has_limit) {
        view.newest_count = 0;
        return follow(&view, after);
    }
    return follows ? print_and_follow(&view) : print_kept(&view, after, &last);
}

const struct command cmd_events = {
        .name = "events",
        .args = "[PATTERN...]",
        .summary = "Show what happened to the secrets.",
        .help = "One line for each event: time, event, name, version, cause; the newest 1000\n"
                "unless --after or --limit says otherwise. --follow goes on until interrupted,\n"
                "and prints earlier events only with --after or --limit. If the daemon restarts,\n"
                "ghostctl waits for it. If the daemon has lost its state, or events in between\n"
                "are no longer kept, ghostctl prints that and exits with status 1. A PATTERN is\n"
                "a name, or one with '?', '*' or '**' as in 'ghostctl list'.",
        .example = "ghostctl events db_pass --limit 20",
        .options = options,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};
