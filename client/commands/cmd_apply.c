/* ghostctl apply: make secrets and fault rules agree with what files say. */
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "command.h"
#include "heap.h"
#include "terminal/input.h"
#include "terminal/output.h"

static const struct option_spec options[] = {
        {"prune", '\0', OPTION_TAKES_NOTHING, NULL, "delete what the files do not name"},
        {"dry-run", '\0', OPTION_TAKES_NOTHING, NULL, "say what would be done, and do nothing"},
        {NULL},
};

static int read_file(const char *path, const char *shown, struct buffer *content) {
    return strcmp(path, "-") == 0 ? input_read_all(STDIN_FILENO, shown, content)
                                  : input_read_file(path, shown, content);
}

/* The text that jansson has for an error is not shown: it holds a piece of the file. */
static int refuse_text(const char *shown, const json_error_t *error) {
    bool is_repeated = json_error_code(error) == json_error_duplicate_key;

    output_error("%s: line %d, column %d: %s", shown, error->line, error->column,
            is_repeated ? "this member is given a second time" : "from here on it is not JSON");
    return GK_EXIT_USAGE;
}

/* `part`: the member that both have, such as "secrets". */
static int merge_part(const char *shown, const char *part, json_t *merged, json_t *given) {
    const char *name;
    json_t *definition;

    json_object_foreach(given, name, definition) {
        if (json_object_get(merged, name) != NULL) {
            output_error("%s: '%s' is in '%s' of another file, too", shown, name, part);
            return GK_EXIT_USAGE;
        }
        if (json_object_set(merged, name, definition) != 0) {
            heap_exhausted();
        }
    }
    return GK_EXIT_DONE;
}

/* Adds the members of a file. The daemon checks them. */
static int merge(const char *shown, json_t *merged, json_t *given) {
    const char *part;
    json_t *members;

    json_object_foreach(given, part, members) {
        json_t *other = json_object_get(merged, part);
        int error;

        if (other == NULL) {
            if (json_object_set(merged, part, members) != 0) {
                heap_exhausted();
            }
            continue;
        }
        if (!json_is_object(members) || !json_is_object(other)) {
            output_error("%s: '%s' must be an object in each file", shown, part);
            return GK_EXIT_USAGE;
        }
        error = merge_part(shown, part, other, members);
        if (error != 0) {
            return error;
        }
    }
    return GK_EXIT_DONE;
}

static int add_file(const char *path, json_t *merged) {
    const char *shown = strcmp(path, "-") == 0 ? "standard input" : path;
    BUFFER_AUTO struct buffer content = BUFFER_NULL;
    json_auto_t *given = NULL;
    json_error_t mistake;
    int error = read_file(path, shown, &content);

    if (error != 0) {
        return error;
    }
    /* a NUL in a text is for the daemon to refuse: it names the member */
    given = json_loadb(buffer_string(&content), content.len,
            JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &mistake);
    if (given == NULL) {
        return refuse_text(shown, &mistake);
    }
    if (!json_is_object(given)) {
        output_error("%s: it must be a JSON object, such as {\"secrets\":{\"db_pass\":{}}}", shown);
        return GK_EXIT_USAGE;
    }
    return merge(shown, merged, given);
}

static int check_arguments(const struct invocation *invocation) {
    size_t inputs = 0;

    for (size_t i = 0; i < invocation->argument_count; i++) {
        inputs += strcmp(invocation->arguments[i], "-") == 0;
    }
    return inputs <= 1 ? GK_EXIT_DONE
                       : command_usage(invocation->command, "'-' can be given only once");
}

/* Prints `word` and a name for each of the list. Returns how many. */
static size_t print_names(const json_t *changes, const char *list, const char *word) {
    const json_t *names = json_object_get(changes, list);
    const json_t *name;
    size_t index;

    json_array_foreach(names, index, name) {
        output_shown("%s %s", word, json_is_string(name) ? json_string_value(name) : "");
    }
    return json_array_size(names);
}

static size_t print_changes(const json_t *changes, bool is_dry, bool is_of_faults) {
    static const struct {
        const char *list;
        const char *words[2][2]; /* done or not, of secrets or of faults */
    } lists[] = {
            {"made", {{"made", "made fault"}, {"would make", "would make fault"}}},
            {"changed", {{"changed", "changed fault"}, {"would change", "would change fault"}}},
            {"deleted", {{"deleted", "deleted fault"}, {"would delete", "would delete fault"}}},
    };
    size_t count = 0;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        count += print_names(changes, lists[i].list, lists[i].words[is_dry][is_of_faults]);
    }
    return count;
}

static int run(const struct invocation *invocation) {
    bool is_dry = option_is_given(invocation->options, "dry-run");
    bool prunes = option_is_given(invocation->options, "prune");
    json_auto_t *merged = json_object();
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    size_t count;
    int error = check_arguments(invocation);

    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < invocation->argument_count; i++) {
        error = add_file(invocation->arguments[i], merged);
        if (error != 0) {
            return error;
        }
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_apply(broker, merged, prunes, is_dry, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    count = print_changes(answer.document, is_dry, false);
    count += print_changes(json_object_get(answer.document, "faults"), is_dry, true);
    if (count == 0) {
        output_line("nothing to change");
    }
    return GK_EXIT_DONE;
}

const struct command cmd_apply = {
        .name = "apply",
        .args = "FILE...",
        .summary = "Make secrets and faults agree with files.",
        .help = "FILE '-': standard input. A file is JSON, as 'ghostctl dump' prints it:\n"
                "{\"secrets\":{\"db_pass\":{\"ttl\":\"15m\"}},\"faults\":{}}. A value that is "
                "left\n"
                "out stays; where there is none, or it has expired, one is generated.\n"
                "What agrees already is not touched. All of it is done, or nothing; then\n"
                "ghostctl names each mistake.\n"
                "Several files count as one; a name or an id may be in one of them only.",
        .example = "ghostctl apply secrets.json --dry-run",
        .options = options,
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_FILES,
        .run = run,
};
