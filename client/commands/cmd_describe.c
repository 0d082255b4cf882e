/* ghostctl describe: all about secrets but their values. */
#include <ghostkey/error.h>

#include "command.h"
#include "commands/clock_view.h"
#include "commands/members.h"
#include "commands/secret_suggest.h"
#include "common/instant.h"
#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/table.h"

#define MS_PER_S 1000

struct description {
    const struct invocation *invocation;
    struct broker_client *broker;
    int64_t now_ms;
    bool is_first;
};

static void append_age(struct buffer *text, int64_t ms) {
    if (ms < MS_PER_S) {
        buffer_append_text(text, "0s");
    } else {
        duration_append(text, ms);
    }
}

/* "  version=2 age=5m cause=rotate state=live stages=current id=…" */
static int print_version(const json_t *version, int64_t now_ms) {
    static const char *const before_stages[] = {"cause", "state"};
    const char *made_at = json_string_value(json_object_get(version, "created_at"));
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    int64_t made_ms;

    if (made_at == NULL || instant_parse(span_of(made_at), &made_ms) != 0) {
        return broker_answer_misunderstood("a version has 'created_at'");
    }
    buffer_append_text(&line, "  version=");
    members_append_word(&line, json_object_get(version, "version"));
    buffer_append_text(&line, " age=");
    append_age(&line, now_ms - made_ms);
    for (size_t i = 0; i < sizeof(before_stages) / sizeof(before_stages[0]); i++) {
        buffer_printf(&line, " %s=", before_stages[i]);
        members_append_word(&line, json_object_get(version, before_stages[i]));
    }
    buffer_append_text(&line, " stages=");
    members_append_list(&line, json_object_get(version, "stages"));
    buffer_printf(&line, " created_at=%s id=", made_at);
    members_append_word(&line, json_object_get(version, "id"));
    output_shown("%s", buffer_string(&line));
    return GK_EXIT_DONE;
}

/* On a terminal: "7  5m  rotate  live  current  id". */
static int add_row(struct table *table, const json_t *version, int64_t now_ms) {
    static const char *const members[] = {"cause", "state"};
    const char *made_at = json_string_value(json_object_get(version, "created_at"));
    BUFFER_AUTO struct buffer number = BUFFER_NULL;
    BUFFER_AUTO struct buffer age = BUFFER_NULL;
    BUFFER_AUTO struct buffer stages = BUFFER_NULL;
    const char *id = json_string_value(json_object_get(version, "id"));
    int64_t made_ms;

    if (made_at == NULL || instant_parse(span_of(made_at), &made_ms) != 0) {
        return broker_answer_misunderstood("a version has 'created_at'");
    }
    buffer_append_text(&number, "  ");
    members_append_word(&number, json_object_get(version, "version"));
    append_age(&age, now_ms - made_ms);
    members_append_list(&stages, json_object_get(version, "stages"));
    table_add(table, buffer_string(&number));
    table_add(table, buffer_string(&age));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *word = json_string_value(json_object_get(version, members[i]));

        table_add(table, word != NULL ? word : "-");
    }
    table_add(table, buffer_string(&stages));
    table_add(table, id != NULL ? id : "-");
    return GK_EXIT_DONE;
}

static int print_table(const json_t *versions, int64_t now_ms) {
    static const char *const headings[] = {"  VERSION", "AGE", "CAUSE", "STATE", "STAGES", "ID"};
    GK_CLEANUP(table_deinit) struct table table = {0};
    const json_t *version;
    size_t index;

    table_init(&table, headings, sizeof(headings) / sizeof(headings[0]));
    json_array_foreach(versions, index, version) {
        int error = add_row(&table, version, now_ms);

        if (error != 0) {
            return error;
        }
    }
    table_print(&table, true, output_is_coloured(), output_columns());
    return GK_EXIT_DONE;
}

static int print_versions(const json_t *versions, int64_t now_ms) {
    const json_t *version;
    size_t index;

    output_shown("versions:");
    if (output_is_terminal() && json_array_size(versions) > 0) {
        return print_table(versions, now_ms);
    }
    json_array_foreach(versions, index, version) {
        int error = print_version(version, now_ms);

        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

static void print_member(const char *key, const json_t *value) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;

    if (json_is_object(value)) {
        members_append(&line, value);
    } else if (json_is_string(value)) {
        buffer_append_text(&line, json_string_value(value));
    } else if (!json_is_null(value)) {
        members_append_word(&line, value);
    }
    output_shown("%s: %s", key, line.len > 0 ? buffer_string(&line) : "-");
}

static int print_secret(const json_t *document, int64_t now_ms) {
    const char *key;
    json_t *value;

    print_member("name", json_object_get(document, "name"));
    print_member("expired", json_object_get(document, "expired"));
    json_object_foreach(json_object_get(document, "metadata"), key, value) {
        int error = 0;

        if (json_is_array(value)) {
            error = print_versions(value, now_ms);
        } else {
            print_member(key, value);
        }
        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

static int describe(void *userdata, const char *name) {
    struct description *description = userdata;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_describe(description->broker, name, &answer);

    if (error != 0) {
        return secret_suggest_after(error, description->broker, name);
    }
    if (description->invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    output_text("%s", description->is_first ? "" : "\n");
    description->is_first = false;
    return print_secret(answer.document, description->now_ms);
}

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    struct description description = {.invocation = invocation, .is_first = true};
    int error = secret_name_check_all(invocation->arguments, invocation->argument_count);

    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    description.broker = broker;
    if (!invocation->json) {
        error = clock_view_now(broker, &description.now_ms);
        if (error != 0) {
            return error;
        }
    }
    return command_each(invocation, describe, &description);
}

const struct command cmd_describe = {
        .name = "describe",
        .args = "NAME...",
        .summary = "Show all about secrets except their values.",
        .help = "Each version that is kept stands in a line of its own, the oldest first. If one\n"
                "name fails, the others are still shown; the exit status is that of the first\n"
                "that failed.",
        .example = "ghostctl describe db_pass",
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};
