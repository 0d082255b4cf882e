/* ghostctl cleanup: remove expired secrets that do not rotate. */
#include <string.h>

#include <ghostkey/error.h>

#include "command.h"
#include "heap.h"
#include "terminal/output.h"
#include "wire/secret_list.h"

static const struct option_spec options[] = {
        {"dry-run", '\0', OPTION_TAKES_NOTHING, NULL, "print the names, and remove none"},
        {NULL},
};

static bool begin_names(void *userdata) {
    return json_array_clear(userdata) == 0;
}

static int take_names(void *userdata, const struct secret_list_page *page) {
    for (size_t i = 0; i < page->count; i++) {
        json_array_append_new(userdata, json_string(page->views[i].name));
    }
    return GK_EXIT_DONE;
}

/*
 * Appends the names of the secrets that the daemon would remove now: the expired ones. One that
 * rotates on expiry is expired only if that has failed, and then it is not tried again.
 */
static int find_names(struct broker_client *broker, json_t *names) {
    const struct secret_query query = {.expired = "only"};
    const struct secret_list_reader reader = {
            .begin = begin_names, .take = take_names, .userdata = names};

    return secret_list_read(broker, &query, &reader);
}

static int print_names(const json_t *names) {
    const json_t *name;
    size_t index;

    if (!json_is_array(names)) {
        return broker_answer_misunderstood("no 'removed'");
    }
    json_array_foreach(names, index, name) {
        output_shown("%s", json_is_string(name) ? json_string_value(name) : "");
    }
    if (json_array_size(names) == 0) {
        output_note("no secret is expired");
    }
    return GK_EXIT_DONE;
}

/* In the form of the daemon's answer to a cleanup. */
static int print_dry_run(const struct invocation *invocation, struct broker_client *broker) {
    json_auto_t *names = json_array();
    json_auto_t *answer = json_pack("{s:O}", "removed", names);
    GK_AUTO_FREE char *text = NULL;
    int error = find_names(broker, names);

    if (error != 0) {
        return error;
    }
    if (!invocation->json) {
        return print_names(names);
    }
    text = json_dumps(answer, JSON_COMPACT);
    if (text == NULL) {
        heap_exhausted();
    }
    output_json_line(text, strlen(text));
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = command_connect(invocation, &broker);

    if (error != 0) {
        return error;
    }
    if (option_is_given(invocation->options, "dry-run")) {
        return print_dry_run(invocation, broker);
    }
    error = broker_cleanup(broker, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    return print_names(json_object_get(answer.document, "removed"));
}

const struct command cmd_cleanup = {
        .name = "cleanup",
        .args = "",
        .summary = "Remove expired secrets.",
        .help = "Removes the secrets that are expired and will not rotate by themselves, and\n"
                "prints their names.",
        .example = "ghostctl cleanup --dry-run",
        .options = options,
        .arguments_max = 0,
        .run = run,
};
