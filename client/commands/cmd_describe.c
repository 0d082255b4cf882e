/* ghostctl describe: all about a secret but its value. */
#include "command.h"

#include <string.h>

#include <ghostkey/error.h>

#include "commands/secret_suggest.h"
#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"

/* Whether the text can stand beside other text without quotes: it has no blank and no quote. */
static bool is_word(const char *text) {
    if (text[0] == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || strchr("\"\\\x7f", *text) != NULL) {
            return false;
        }
    }
    return true;
}

/* A word stands as it is; any other value as JSON. */
static void append_word(struct buffer *line, json_t *value) {
    GK_AUTO_WIPE char *text = NULL;

    if (json_is_string(value) && is_word(json_string_value(value))) {
        buffer_append_text(line, json_string_value(value));
        return;
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    buffer_append_text(line, text != NULL ? text : "");
}

/* "strategy=hex length=32 on_expiry=true": an object in one line. */
static void append_members(struct buffer *line, json_t *object) {
    const char *separator = "";
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value) {
        json_auto_t *name = json_string(key);

        buffer_append_text(line, separator);
        append_word(line, name);
        buffer_append_byte(line, '=');
        append_word(line, value);
        separator = " ";
    }
}

static void print_version(json_t *version) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;

    append_members(&line, version);
    output_shown("  %s", buffer_string(&line));
}

static void print_member(const char *key, json_t *value) {
    BUFFER_AUTO struct buffer line = BUFFER_NULL;
    size_t index;
    json_t *item;

    if (json_is_array(value)) {
        output_shown("%s:", key);
        json_array_foreach(value, index, item) {
            print_version(item);
        }
        return;
    }
    if (json_is_object(value)) {
        append_members(&line, value);
    } else if (json_is_string(value)) {
        buffer_append_text(&line, json_string_value(value));
    } else if (json_is_null(value)) {
        buffer_append_text(&line, "-");
    } else {
        GK_AUTO_WIPE char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

        buffer_append_text(&line, text != NULL ? text : "");
    }
    output_shown("%s: %s", key, line.len > 0 ? buffer_string(&line) : "-");
}

static int run(const struct invocation *invocation) {
    const char *name = invocation->arguments[0];
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const char *key;
    json_t *value;
    int error = secret_name_check(name);

    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_describe(broker, name, &answer);
    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    print_member("name", json_object_get(answer.document, "name"));
    print_member("expired", json_object_get(answer.document, "expired"));
    json_object_foreach(json_object_get(answer.document, "metadata"), key, value) {
        print_member(key, value);
    }
    return GK_EXIT_DONE;
}

const struct command cmd_describe = {
        .name = "describe",
        .args = "NAME",
        .summary = "Show all about a secret except its value.",
        .example = "ghostctl describe db_pass",
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};
