#include "commands/rotate_with.h"

#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "commands/command_input.h"
#include "commands/secret_suggest.h"
#include "heap.h"
#include "terminal/child.h"
#include "terminal/output.h"
#include "wire/secret_view.h"

#define SHELL "/bin/sh"

/* In single quotes for a shell. */
static void append_quoted(struct buffer *line, const char *text) {
    buffer_append_byte(line, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            buffer_append_text(line, "'\\'");
        }
        buffer_append_byte(line, *text);
    }
    buffer_append_byte(line, '\'');
}

/* Appends the line that the user can type, with the options that say where the daemon is. */
static void append_by_hand(
        struct buffer *line, const struct invocation *invocation, const char *verb) {
    static const char *const places[] = {"socket", "url", "token-file"};
    const char *name = invocation->arguments[0];

    buffer_append_text(line, "ghostctl ");
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *place = option_value(invocation->options, places[i]);

        if (place != NULL) {
            buffer_printf(line, "--%s ", places[i]);
            append_quoted(line, place);
            buffer_append_byte(line, ' ');
        }
    }
    buffer_printf(line, "%s %s", verb, name[0] == '-' ? "-- " : "");
    if (strchr(name, '!') != NULL) { /* a shell that talks to a user would take it for history */
        append_quoted(line, name);
    } else {
        buffer_append_text(line, name);
    }
}

static void say_by_hand(const struct invocation *invocation, const char *before, const char *verb) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;

    append_by_hand(&line, invocation, verb);
    if (strchr(buffer_string(&line), '\'') == NULL) { /* in quotes it stays in one row */
        output_error("%s '%s'", before, buffer_string(&line));
    } else {
        output_error("%s: %s", before, buffer_string(&line));
    }
}

/* Makes the pending version. If there is one of an earlier run, says how to finish that. */
static int make_pending(const struct invocation *invocation, struct broker_client *broker,
        struct broker_answer *ret_made) {
    const char *name = invocation->arguments[0];
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_rotate(broker, name, true, ret_made);

    if (error == 0 || broker_client_is_broken(broker)) {
        return error;
    }
    if (broker_describe(broker, name, &answer) == 0 &&
            secret_version_of_stage(answer.document, "pending") != 0) {
        say_by_hand(invocation, "if the COMMAND that it was made for succeeded, finish with",
                "promote");
        say_by_hand(invocation, "if it did not, finish with", "discard");
    }
    return error;
}

/* {"version":2,"value":"…"}, or with "value_base64"; the value stays where it is. */
static json_t *version_of(const json_t *document) {
    static const char *const members[] = {"value", "value_base64"};
    json_t *version = json_object();

    json_object_set(
            version, "version", json_object_get(json_object_get(document, "metadata"), "version"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *value = json_object_get(document, members[i]);

        if (value != NULL) {
            json_object_set(version, members[i], value);
        }
    }
    return version;
}

/* Both values are the standard input of the command. */
static int pass_values(const char *name, const json_t *current, const json_t *made) {
    json_auto_t *document = json_pack("{s:s, s:o, s:o}", "name", name, "current",
            version_of(current), "pending", version_of(made));
    GK_AUTO_WIPE char *text = json_dumps(document, JSON_COMPACT);
    BUFFER_AUTO struct buffer line = BUFFER_NULL;

    if (text == NULL) {
        heap_exhausted();
    }
    buffer_printf(&line, "%s\n", text);
    return command_input_set(line.data, line.len);
}

/* route: what is done with the pending version of the secret. */
static int end_pending(const struct invocation *invocation, struct broker_client **broker,
        const char *route, json_int_t version, struct broker_answer *ret_answer) {
    int error = command_connect(invocation, broker);

    return error != 0 ? error
                      : broker_stage(*broker, route, invocation->arguments[0], version, ret_answer);
}

/* The command did not succeed. Nothing is to stay of the pending version. */
static void give_up(const struct invocation *invocation, struct broker_client **broker,
        json_int_t version, const char *what) {
    const char *name = invocation->arguments[0];
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};

    if (end_pending(invocation, broker, GK_ROUTE_DISCARD, version, &answer) == 0) {
        output_error("%s: version %lld of '%s' is discarded, and nothing has changed", what,
                (long long)version, name);
        return;
    }
    output_error("%s, and version %lld of '%s' is still pending", what, (long long)version, name);
    say_by_hand(invocation, "finish with", "discard");
}

static int promote(const struct invocation *invocation, struct broker_client **broker,
        json_int_t version, struct broker_answer *ret_promoted) {
    const char *name = invocation->arguments[0];
    int error = end_pending(invocation, broker, GK_ROUTE_PROMOTE, version, ret_promoted);

    if (error != 0) {
        output_error("COMMAND succeeded, but version %lld of '%s' may not be current yet",
                (long long)version, name);
        say_by_hand(invocation, "finish with", "promote");
    }
    return error;
}

/* The version is pending: runs the command, and makes it current or gives it up. */
static int finish(const struct invocation *invocation, struct broker_client **broker,
        const char *command, const json_t *current, const json_t *made,
        struct broker_answer *ret_promoted) {
    const char *name = invocation->arguments[0];
    json_int_t version =
            json_integer_value(json_object_get(json_object_get(made, "metadata"), "version"));
    char *const arguments[] = {(char *)SHELL, (char *)"-c", (char *)command, NULL};
    BUFFER_AUTO struct buffer what = BUFFER_NULL;
    struct child child = {0};
    int status = pass_values(name, current, made);

    *broker = broker_client_close(*broker); /* the daemon may close it while COMMAND runs */
    if (status == 0) {
        command_input_name(name, version);
        status = child_run(&child, arguments, environ, NULL);
    }
    if (status == 0) {
        return promote(invocation, broker, version, ret_promoted);
    }
    if (child.group == 0) {
        buffer_append_text(&what, "COMMAND was not run");
    } else {
        buffer_printf(&what, "COMMAND failed with exit status %d", status);
    }
    give_up(invocation, broker, version, buffer_string(&what));
    child_die_alike(&child);
    return status;
}

int rotate_with(const struct invocation *invocation, struct broker_client **broker,
        const char *command, struct broker_answer *ret_made, struct broker_answer *ret_promoted) {
    const char *name = invocation->arguments[0];
    BROKER_ANSWER_AUTO struct broker_answer current = {0};
    struct secret_view view;
    int error = broker_get(*broker, name, NULL, NULL, &current);

    if (error != 0) {
        return secret_suggest_after(error, *broker, name);
    }
    error = make_pending(invocation, *broker, ret_made);
    if (error != 0) {
        return error;
    }
    error = secret_view_read(ret_made->document, &view);
    if (error != 0) {
        return error;
    }
    return finish(invocation, broker, command, current.document, ret_made->document, ret_promoted);
}
