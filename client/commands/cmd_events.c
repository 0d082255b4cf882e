/* ghostctl events: prints the events that the daemon keeps, and new ones as they come. */
#include "command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "heap.h"
#include "terminal/escape.h"
#include "terminal/fold.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "terminal/table.h"
#include "wire/event_place.h"
#include "wire/event_stream.h"

static const struct option_spec options[] = {
        {"follow", 'f', OPTION_TAKES_NOTHING, NULL, "print each event when it happens"},
        {"after", '\0', OPTION_TAKES_VALUE, "SEQ", "begin after that one; 0: the oldest kept"},
        {NULL},
};

#define EVENT_WIDTH 7 /* of the longest word for one */
#define NAME_WIDTH 24
#define REST_WIDTH 48 /* time, event, a version of 6 digits, cause, and the blanks between */

/* "2000-01-01T00:00:00.000Z rotated db_pass 3 expiry", in columns on a terminal. */
static int print_event(const json_t *event) {
    const char *at = json_string_value(json_object_get(event, "at"));
    const char *what = json_string_value(json_object_get(event, "event"));
    const char *name = json_string_value(json_object_get(event, "name"));
    const char *cause = json_string_value(json_object_get(event, "cause"));
    const char *reason = json_string_value(json_object_get(event, "reason"));
    long long version = json_integer_value(json_object_get(event, "version"));
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    BUFFER_AUTO struct buffer safe = BUFFER_NULL;
    BUFFER_AUTO struct buffer folded = BUFFER_NULL;
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
        buffer_printf(&line, "%s %-*s %s%*s %lld %s", at, EVENT_WIDTH, what, buffer_string(&shown),
                strlen(name) < NAME_WIDTH ? (int)(NAME_WIDTH - strlen(name)) : 0, "", version,
                cause);
    } else {
        buffer_printf(&line, "%s %s %s %lld %s", at, what, name, version, cause);
    }
    if (reason != NULL) {
        buffer_printf(&line, " %s", reason);
    }
    escape_append_text(&safe, buffer_string(&line));
    fold_append(&folded, buffer_string(&safe), columns);
    output_text("%s\n", buffer_string(&folded));
    return GK_EXIT_DONE;
}

static int print_text(const struct invocation *invocation, const struct buffer *text) {
    json_auto_t *event = NULL;

    if (invocation->json) {
        output_json_line(text->data, text->len);
        return GK_EXIT_DONE;
    }
    event = json_loadb(text->data, text->len, 0, NULL);
    return print_event(event);
}

/*
 * Prints one page. *next_seq is the number that its first event must have (0: any), and afterwards
 * that of the event behind its last.
 */
static int print_page(const struct invocation *invocation, const struct broker_answer *page,
        uint64_t *next_seq, bool *ret_end) {
    json_t *events = json_object_get(page->document, "events");
    json_t *event;
    size_t index;

    if (!json_is_array(events)) {
        return broker_answer_misunderstood("no 'events'");
    }
    json_array_foreach(events, index, event) {
        uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
        GK_AUTO_WIPE char *text = invocation->json ? json_dumps(event, JSON_COMPACT) : NULL;
        int error;

        if (*next_seq != 0 && seq > *next_seq && seq <= INT64_MAX) {
            return event_place_say_gap(*next_seq, seq);
        }
        if (seq == 0 || seq > INT64_MAX || seq < *next_seq) {
            return broker_answer_misunderstood("the 'seq' of each event is one more than before");
        }
        *next_seq = seq + 1;
        if (text != NULL) {
            output_json_line(text, strlen(text));
            continue;
        }
        error = print_event(event);
        if (error != 0) {
            return error;
        }
    }
    *ret_end = json_array_size(events) == 0;
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

/* Prints the events that exist at the start; with later ones it might never end. */
static int print_all(const struct invocation *invocation, const char *after) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BUFFER_AUTO struct buffer place = BUFFER_NULL;
    uint64_t next_seq = strtoull(after, NULL, 10);
    json_int_t last = 0;
    bool end = false;
    int error = command_connect(invocation, &broker);

    if (error != 0) {
        return error;
    }
    error = check_after(broker, after, &last);
    if (error != 0) {
        return error;
    }
    next_seq += next_seq > 0; /* after 0 the daemon begins with the oldest it keeps */
    buffer_append_text(&place, after);
    while (!end && output_flush()) {
        BROKER_ANSWER_AUTO struct broker_answer page = {0};

        error = broker_events(broker, buffer_string(&place), &page);
        if (error != 0) {
            return error;
        }
        error = print_page(invocation, &page, &next_seq, &end);
        if (error != 0) {
            return error;
        }
        buffer_clear(&place);
        buffer_printf(&place, "%lld",
                (long long)json_integer_value(json_object_get(page.document, "next")));
        end = end || next_seq > (uint64_t)last;
    }
    return 0;
}

/* What ends --follow: SIGINT, or that standard output has no reader any more. */
struct ending {
    int signal_fd;
    int wake_fd; /* readable when one of them may have happened */
};

static void ending_close(struct ending *ending) {
    ending->wake_fd = gk_close(ending->wake_fd);
    ending->signal_fd = gk_close(ending->signal_fd);
}
#define ENDING_AUTO GK_CLEANUP(ending_close)

/* epoll reports that the other end was closed whether or not `events` asks for it. */
static int watch(int epoll_fd, int fd, uint32_t events) {
    struct epoll_event event = {.events = events};

    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int ending_open(struct ending *ending) {
    static const int signals[] = {SIGINT, 0};

    ending->signal_fd = signals_open(signals);
    if (ending->signal_fd < 0) {
        return GK_EXIT_FAILED;
    }
    ending->wake_fd = epoll_create1(EPOLL_CLOEXEC);
    if (ending->wake_fd < 0 || watch(ending->wake_fd, ending->signal_fd, EPOLLIN) < 0) {
        output_error("cannot watch for an interrupt: %s", strerror(errno));
        return GK_EXIT_FAILED;
    }
    (void)watch(ending->wake_fd, STDOUT_FILENO, 0); /* fails for a file, which needs no reader */
    return 0;
}

static bool ending_has_come(const struct ending *ending) {
    struct pollfd out = {.fd = STDOUT_FILENO};

    return signals_read(ending->signal_fd) != 0 ||
           (poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0);
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

static int follow(const struct invocation *invocation, const char *after) {
    GK_CLEANUP(target_deinit) struct target target = {0};
    EVENT_STREAM_AUTO struct event_stream *stream = NULL;
    ENDING_AUTO struct ending ending = {.signal_fd = -1, .wake_fd = -1};
    BUFFER_AUTO struct buffer event = BUFFER_NULL;
    int error = command_target(invocation, &target);

    if (error != 0) {
        return error;
    }
    error = open_stream(invocation, &target, after, &stream);
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
        error = print_text(invocation, &event);
        if (error != 0) {
            return error;
        }
    }
    return 0;
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
        .help = "One line for each event: time, event, name, version, cause. --follow goes on\n"
                "until interrupted, and prints earlier events only with --after. If the daemon\n"
                "restarts, ghostctl waits for it. If the daemon has lost its state, or events in\n"
                "between are no longer kept, ghostctl prints that and exits with status 1.",
        .example = "ghostctl events --follow --json",
        .options = options,
        .arguments_max = 0,
        .run = run,
};
