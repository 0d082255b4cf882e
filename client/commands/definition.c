#include "commands/definition.h"

#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "commands/duration_option.h"
#include "commands/option_check.h"
#include "commands/strategy_words.h"
#include "common/name.h"
#include "heap.h"
#include "terminal/input.h"

#define LENGTH_MIN 2 /* of a generated value */

static int contradict(const struct invocation *invocation, const char *one, const char *other) {
    return command_usage(invocation->command, "--%s and --%s contradict each other", one, other);
}

static bool are_given(const struct invocation *invocation, const char *one, const char *other) {
    return option_is_given(invocation->options, one) && option_is_given(invocation->options, other);
}

/* `value` NULL: the text was not UTF-8. */
static int set_member(const struct invocation *invocation, json_t *object, const char *member,
        json_t *value, const char *option) {
    if (json_object_set_new(object, member, value) == 0) {
        return GK_EXIT_DONE;
    }
    return command_usage(invocation->command, "'--%s' is not UTF-8", option);
}

/* The option's text as the member of the same name, if it is given. */
static int set_text(const struct invocation *invocation, json_t *object, const char *option) {
    const char *text = option_value(invocation->options, option);

    return text == NULL ? GK_EXIT_DONE
                        : set_member(invocation, object, option, json_string(text), option);
}

/* Seconds from `min` on. */
static int set_duration(
        const struct invocation *invocation, json_t *object, const char *option, int64_t min) {
    json_t *seconds;
    int error = duration_option_read(invocation, option, min, &seconds);

    return error != 0 || seconds == NULL ? error
                                         : set_member(invocation, object, option, seconds, option);
}

static int set_length(const struct invocation *invocation, json_t *rotation) {
    const char *text = option_value(invocation->options, "length");
    int64_t number;

    if (text == NULL) {
        return GK_EXIT_DONE;
    }
    number = number_read(text);
    if (number == NUMBER_NONE) { /* it is not shown, since it may be a value */
        return command_usage(invocation->command, "'--length' takes a whole number from %d to %d",
                LENGTH_MIN, GK_GENERATED_MAX_CHARS);
    }
    if (number < LENGTH_MIN || number > GK_GENERATED_MAX_CHARS) {
        return command_usage(invocation->command, "'--length %s' is no whole number from %d to %d",
                text, LENGTH_MIN, GK_GENERATED_MAX_CHARS);
    }
    return set_member(invocation, rotation, "length", json_integer(number), "length");
}

/* The lines of the file of --values. */
static int set_values(const struct invocation *invocation, json_t *rotation) {
    const char *path = option_value(invocation->options, "values");
    BUFFER_AUTO struct buffer lines = BUFFER_NULL;
    json_auto_t *values = json_array();
    int error;

    if (path == NULL) {
        return GK_EXIT_DONE;
    }
    error = input_read_file(path, "the file of '--values'", &lines);
    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < lines.len;) {
        const char *line = lines.data + at;
        const char *newline = memchr(line, '\n', lines.len - at);
        size_t len = newline != NULL ? (size_t)(newline - line) : lines.len - at;

        if (json_array_append_new(values, json_stringn(line, len)) < 0) {
            return command_usage(invocation->command, "the file of '--values' is not UTF-8");
        }
        at += len + 1;
    }
    return set_member(invocation, rotation, "values", json_incref(values), "values");
}

/* --template and --values imply their strategies. */
static int set_strategy(const struct invocation *invocation, json_t *rotation) {
    const char *strategy = option_value(invocation->options, "strategy");

    if (strategy == NULL && option_is_given(invocation->options, "template")) {
        strategy = "template";
    } else if (strategy == NULL && option_is_given(invocation->options, "values")) {
        strategy = "cycle";
    }
    if (strategy != NULL && !strategy_is_known(strategy)) {
        return strategy_say_unknown(invocation);
    }
    return strategy == NULL ? GK_EXIT_DONE
                            : set_member(invocation, rotation, "strategy", json_string(strategy),
                                      "strategy");
}

static int set_on_expiry(const struct invocation *invocation, json_t *rotation) {
    bool rotates = option_is_given(invocation->options, "rotate-on-expiry");

    if (!rotates && !option_is_given(invocation->options, "no-rotate-on-expiry")) {
        return GK_EXIT_DONE;
    }
    return set_member(invocation, rotation, "on_expiry", json_boolean(rotates), "rotate-on-expiry");
}

static int set_rotation(const struct invocation *invocation, json_t *patch) {
    json_auto_t *rotation = json_object();
    int error = set_strategy(invocation, rotation);

    if (error != 0) {
        return error;
    }
    error = set_length(invocation, rotation);
    if (error != 0) {
        return error;
    }
    error = set_text(invocation, rotation, "template");
    if (error != 0) {
        return error;
    }
    error = set_values(invocation, rotation);
    if (error != 0) {
        return error;
    }
    error = set_on_expiry(invocation, rotation);
    if (error != 0) {
        return error;
    }
    error = set_duration(invocation, rotation, "grace", 0);
    if (error != 0 || json_object_size(rotation) == 0) {
        return error;
    }
    return set_member(invocation, patch, "rotation", json_incref(rotation), "strategy");
}

static int set_ttl(const struct invocation *invocation, json_t *patch) {
    if (option_is_given(invocation->options, "no-ttl")) {
        return set_member(invocation, patch, "ttl", json_null(), "no-ttl");
    }
    return set_duration(invocation, patch, "ttl", 1);
}

static int set_env(const struct invocation *invocation, json_t *patch) {
    const char *env = option_value(invocation->options, "env");

    if (option_is_given(invocation->options, "no-env")) {
        return set_member(invocation, patch, "env", json_false(), "no-env");
    }
    if (env == NULL) {
        return GK_EXIT_DONE;
    }
    if (env[0] == '\0') {
        return set_member(invocation, patch, "env", json_null(), "env");
    }
    if (!env_name_is_valid(span_of(env))) {
        return command_usage(invocation->command,
                "'--env' takes the name of a variable: at most %d letters, digits and '_', no "
                "digit first",
                GK_ENV_MAX_BYTES);
    }
    return set_member(invocation, patch, "env", json_string(env), "env");
}

/* `text` is K=V, or K alone if `is_removed`. */
static int add_label(
        const struct invocation *invocation, json_t *labels, const char *text, bool is_removed) {
    const char *option = is_removed ? "no-label" : "label";
    const char *equals = strchr(text, '=');
    size_t len = is_removed ? strlen(text) : equals != NULL ? (size_t)(equals - text) : 0;
    GK_AUTO_FREE char *key = heap_duplicate(text, len);

    if (len == 0 || len > GK_LABEL_NAME_MAX_BYTES) {
        return command_usage(invocation->command,
                is_removed ? "'--no-label' takes the name of a label, of 1 to %d bytes"
                           : "'--label' takes K=V, where K has 1 to %d bytes",
                GK_LABEL_NAME_MAX_BYTES);
    }
    if (!is_removed && strlen(equals + 1) > GK_LABEL_VALUE_MAX_BYTES) {
        return command_usage(invocation->command,
                "'--label' takes K=V, where V has at most %d bytes", GK_LABEL_VALUE_MAX_BYTES);
    }
    if (json_object_get(labels, key) != NULL) {
        return command_usage(
                invocation->command, "'--label' and '--no-label' name the same label twice");
    }
    return set_member(
            invocation, labels, key, is_removed ? json_null() : json_string(equals + 1), option);
}

static int set_labels(const struct invocation *invocation, json_t *patch) {
    static const char *const options[] = {"label", "no-label"};
    json_auto_t *labels = json_object();

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const char *label;
        size_t place = 0;

        while ((label = option_next_value(invocation->options, options[i], &place)) != NULL) {
            int error = add_label(invocation, labels, label, i == 1);

            if (error != 0) {
                return error;
            }
        }
    }
    if (json_object_size(labels) == 0) {
        return GK_EXIT_DONE;
    }
    return set_member(invocation, patch, "labels", json_incref(labels), "label");
}

static int set_description(const struct invocation *invocation, json_t *patch) {
    const char *text = option_value(invocation->options, "description");

    if (text != NULL && strlen(text) > GK_DESCRIPTION_MAX_BYTES) {
        return command_usage(invocation->command, "'--description' takes at most %d bytes",
                GK_DESCRIPTION_MAX_BYTES);
    }
    return set_text(invocation, patch, "description");
}

static int check_contradictions(const struct invocation *invocation) {
    static const char *const pairs[][2] = {
            {"ttl", "no-ttl"},
            {"rotate-on-expiry", "no-rotate-on-expiry"},
            {"rotate-on-expiry", "no-ttl"},
            {"env", "no-env"},
            {"template", "values"},
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (are_given(invocation, pairs[i][0], pairs[i][1])) {
            return contradict(invocation, pairs[i][0], pairs[i][1]);
        }
    }
    return GK_EXIT_DONE;
}

int definition_read(const struct invocation *invocation, json_t *patch) {
    static int (*const steps[])(const struct invocation *, json_t *) = {
            set_ttl, set_rotation, set_env, set_labels, set_description};
    int error = check_contradictions(invocation);

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && error == 0; i++) {
        error = steps[i](invocation, patch);
    }
    return error;
}

json_t *definition_of_patch(const json_t *patch) {
    json_t *definition = json_object();
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)patch, key, value) { /* the macro lacks a const */
        if (json_is_object(value)) {
            json_object_set_new(definition, key, definition_of_patch(value));
        } else if (!json_is_null(value)) {
            json_object_set(definition, key, value);
        }
    }
    return definition;
}
