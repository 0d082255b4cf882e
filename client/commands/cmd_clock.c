/* ghostctl clock: what time it is for the daemon, and moving that time. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "commands/clock_view.h"
#include "commands/duration_option.h"
#include "common/instant.h"
#include "terminal/output.h"

/* "next_due: 2000-01-01T00:15:00.000Z (in 15m)" */
static void print_next_due(const char *now, const char *next_due) {
    int64_t now_ms;
    int64_t due_ms;
    BUFFER_AUTO struct buffer duration = BUFFER_NULL;

    if (next_due == NULL) {
        output_text("next_due: -\n");
    } else if (instant_parse(span_of(now), &now_ms) == 0 &&
               instant_parse(span_of(next_due), &due_ms) == 0) {
        duration_append(&duration, due_ms - now_ms);
        output_shown("next_due: %s (in %s)", next_due, buffer_string(&duration));
    } else {
        output_shown("next_due: %s", next_due);
    }
}

/* What a move of the clock has caused. */
static int print_counts(const json_t *document) {
    static const char *const members[] = {"rotated", "expired", "deleted"};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const json_t *count = json_object_get(document, members[i]);

        if (!json_is_integer(count)) {
            return broker_answer_misunderstood("a moved clock without all of its counts");
        }
        output_text("%s: %lld\n", members[i], (long long)json_integer_value(count));
    }
    return GK_EXIT_DONE;
}

static int print_clock(const json_t *document) {
    const char *mode = json_string_value(json_object_get(document, "mode"));
    const char *now = json_string_value(json_object_get(document, "now"));

    if (mode == NULL || now == NULL) {
        return broker_answer_misunderstood("no 'mode' or no 'now'");
    }
    output_shown("mode: %s", mode);
    output_shown("now: %s", now);
    print_next_due(now, json_string_value(json_object_get(document, "next_due")));
    clock_view_ahead(document);
    return json_object_get(document, "rotated") != NULL ? print_counts(document) : GK_EXIT_DONE;
}

/* Checks D or T. GK_EXIT_USAGE, after a message. */
static int check_move(const struct invocation *invocation, bool advances) {
    const char *text = invocation->arguments[1];
    int64_t number;

    if (advances && (ttl_parse(span_of(text), &number) != 0 || number < 1)) {
        return command_usage(invocation->command,
                "'%s' is not a length of time of 1s or more, such as " DURATION_WORDS, text);
    }
    if (!advances && instant_parse(span_of(text), &number) != 0) {
        return command_usage(invocation->command,
                "'%s' is not an RFC 3339 time such as 2000-01-01T12:00:00Z", text);
    }
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    const char *verb = invocation->argument_count > 0 ? invocation->arguments[0] : NULL;
    bool advances = verb != NULL && strcmp(verb, "advance") == 0;
    bool sets = verb != NULL && strcmp(verb, "set") == 0;
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error;

    if (verb != NULL && !advances && !sets) {
        return command_usage(invocation->command,
                "'%s' is unknown; the clock takes 'advance D' or 'set T'", verb);
    }
    if (verb != NULL && invocation->argument_count < 2) {
        return command_usage(invocation->command,
                advances ? "by how much? as in 'clock advance 1h30m'"
                         : "to what time? as in 'clock set 2000-01-01T12:00:00Z'");
    }
    if (verb != NULL) {
        error = check_move(invocation, advances);
        if (error != 0) {
            return error;
        }
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    if (advances) {
        error = broker_clock_advance(broker, invocation->arguments[1], &answer);
    } else if (sets) {
        error = broker_clock_set(broker, invocation->arguments[1], &answer);
    } else {
        error = broker_clock(broker, &answer);
    }
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    return print_clock(answer.document);
}

const struct command cmd_clock = {
        .name = "clock",
        .args = "[advance D | set T]",
        .summary = "Show the daemon's clock, or move a virtual one.",
        .help = "D is a number of seconds, or a duration such as 90s, 15m, 1h30m or 7d. T is an\n"
                "RFC 3339 time such as 2000-01-01T12:00:00Z. Everything that falls due on the\n"
                "way happens at its own time. A move prints how many secrets rotated, expired\n"
                "and were deleted for good. A clock of mode 'system' cannot be moved.",
        .example = "ghostctl clock advance 1h",
        .arguments_max = 2,
        .completes = COMMAND_COMPLETES_WORDS,
        .completion_words = "advance set",
        .run = run,
};
