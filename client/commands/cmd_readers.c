/* ghostctl readers: who read which version of a secret last. */
#include <ghostkey/error.h>

#include "command.h"
#include "commands/secret_suggest.h"
#include "secret_name.h"
#include "terminal/output.h"
#include "terminal/table.h"

static const char *const headings[] = {"VERSION", "STAGE", "API", "READS", "LAST READ", "PEER"};
#define COLUMNS (sizeof(headings) / sizeof(headings[0]))

static void add_number(struct table *table, const json_t *number) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    buffer_printf(&text, "%lld", (long long)json_integer_value(number));
    table_add(table, buffer_string(&text));
}

static int add_row(struct table *table, const json_t *reader) {
    const char *peer = json_string_value(json_object_get(reader, "peer"));
    const char *api = json_string_value(json_object_get(reader, "api"));
    const char *stage = json_string_value(json_object_get(reader, "stage")); /* NULL: none */
    const char *at = json_string_value(json_object_get(reader, "at"));
    const json_t *version = json_object_get(reader, "version");
    const json_t *reads = json_object_get(reader, "reads");

    if (peer == NULL || api == NULL || at == NULL || !json_is_integer(version) ||
            !json_is_integer(reads)) {
        return broker_answer_misunderstood(
                "a reader has 'peer', 'api', 'version', 'at' and 'reads'");
    }
    add_number(table, version);
    table_add(table, stage != NULL ? stage : "-");
    table_add(table, api);
    add_number(table, reads);
    table_add(table, at);
    table_add(table, peer);
    return GK_EXIT_DONE;
}

static int print_readers(const json_t *document) {
    GK_CLEANUP(table_deinit) struct table table = {0};
    const json_t *readers = json_object_get(document, "readers");
    const json_t *current = json_object_get(document, "current");
    const json_t *reader;
    size_t index;

    if (!json_is_array(readers) || !json_is_integer(current)) {
        return broker_answer_misunderstood("readers have 'current' and 'readers'");
    }
    table_init(&table, headings, COLUMNS);
    json_array_foreach(readers, index, reader) {
        int error = add_row(&table, reader);

        if (error != 0) {
            return error;
        }
    }
    if (json_array_size(readers) == 0) {
        output_note("no program that still runs has read it since the daemon started or was reset");
    } else {
        table_print(&table, output_is_terminal(), output_is_coloured(), output_columns());
        output_note("the current version is %lld", (long long)json_integer_value(current));
    }
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    const char *name = invocation->arguments[0];
    int error = secret_name_check(name);

    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_readers(broker, name, &answer);
    if (error != 0) {
        return secret_suggest_after(error, broker, name);
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    return print_readers(answer.document);
}

const struct command cmd_readers = {
        .name = "readers",
        .args = "NAME",
        .summary = "Show who read which version of a secret last.",
        .help = "One line for each program and API, newest first: the version that it read last,\n"
                "the stage that this version has now, API, number of reads, time of the last one,\n"
                "program. A program leaves the list when it ends. Over TCP it is known by its\n"
                "User-Agent alone. The daemon forgets all when it ends, and at a reset.",
        .example = "ghostctl readers db_pass",
        .arguments_min = 1,
        .arguments_max = 1,
        .completes = COMMAND_COMPLETES_SECRETS,
        .run = run,
};
