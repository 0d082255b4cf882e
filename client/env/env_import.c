#include "env/env_import.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "env/env_import_plan.h"
#include "env/env_parse.h"
#include "terminal/input.h"
#include "terminal/output.h"
#include "terminal/progress.h"
#include "terminal/table.h"

#define AHEAD_MAX 64
#define STRATEGY_OF_NEW "none" /* nobody but its owner can make a value that was imported */

static void say_at(const struct env_import *import, size_t line, const char *text) {
    if (line > 0) {
        output_error("%s:%zu: %s", import->shown, line, text);
    } else {
        output_error("%s: %s", import->shown, text);
    }
}

static void say_findings(const struct env_import *import, const struct env_parsed *parsed) {
    for (size_t i = 0; i < parsed->fault_count; i++) {
        say_at(import, parsed->faults[i].line, parsed->faults[i].text);
    }
    for (size_t i = 0; i < parsed->entry_count; i++) {
        if (parsed->entries[i].is_expandable) {
            output_warning("%s:%zu: %s: '${' is taken as it is; nothing is expanded", import->shown,
                    parsed->entries[i].line, parsed->entries[i].name);
        }
    }
}

/*
 * A value for a secret that exists, which keeps its definition but for what the user has named; or
 * the definition of a new one.
 */
static json_t *body_of(const struct env_import *import, const struct import_target *target) {
    const struct env_parsed_entry *entry = target->entry;
    const char *strategy = import->strategy != NULL ? import->strategy
                           : target->exists         ? NULL
                                                    : STRATEGY_OF_NEW;
    json_t *body = json_object();

    json_object_set_new(
            body, "value", json_stringn(buffer_string(&entry->value), entry->value.len));
    if (import->ttl != NULL) {
        json_object_set_new(body, "ttl", json_deep_copy(import->ttl));
    }
    if (strategy != NULL) {
        json_object_set_new(body, "rotation", json_pack("{s:s}", "strategy", strategy));
    }
    if (target->needs_env && !target->exists) {
        json_object_set_new(body, "env", json_string(entry->name));
    }
    return body;
}

/* Sends one put; `more`: another follows at once. */
static void begin_put(struct broker_client *broker, const struct env_import *import,
        const struct import_target *target, bool more) {
    json_auto_t *body = body_of(import, target);
    const struct broker_request request = {
            .method = target->exists ? "PATCH" : "PUT",
            .route = GK_ROUTE_SECRET,
            .name = target->name,
            .body = body,
            .condition = {.create = !target->exists},
    };

    broker_begin(broker, &request, more);
}

/* Reads the answer to the oldest unanswered put. */
static int finish_put(struct broker_client *broker, const struct env_import *import,
        const struct import_target *target) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    int error = broker_finish(broker, import->json ? &answer : NULL);

    if (error != 0) {
        progress_clear();
        buffer_printf(&text,
                broker_client_is_broken(broker) ? "whether %s was put as '%s' is not known, nor "
                                                  "what became of those after it"
                                                : "%s was not put as '%s'",
                target->entry->name, target->name);
        say_at(import, target->entry->line, buffer_string(&text));
        return error;
    }
    if (import->json) {
        output_json_line(buffer_string(&answer.body), answer.body.len);
    }
    return 0;
}

/*
 * Puts the variables in the order of the file, so that the daemon's events have that order. At
 * most AHEAD_MAX puts are unanswered at a time; more are sent once half of them are answered.
 */
static int put_all(struct broker_client *broker, const struct env_import *import,
        const struct import_plan *plan) {
    int first_failure = 0;
    size_t begun = 0;
    size_t put = 0;

    for (size_t i = 0; i < plan->count && !broker_client_is_broken(broker); i++) {
        size_t end = plan->count - i < AHEAD_MAX ? plan->count : i + AHEAD_MAX;
        int error;

        if (begun - i <= AHEAD_MAX / 2) {
            for (; begun < end; begun++) {
                begin_put(broker, import, &plan->targets[begun], begun + 1 < end);
            }
        }
        error = finish_put(broker, import, &plan->targets[i]);
        if (first_failure == 0) {
            first_failure = error;
        }
        put += error == 0;
        progress_show("putting", i + 1, plan->count);
    }
    progress_clear();
    output_note("put %zu of %zu %s from %s", put, plan->count,
            plan->count == 1 ? "secret" : "secrets", import->shown);
    return first_failure;
}

/* Prints the secret of each variable, and whether it is new. */
static void print_plan(const struct import_plan *plan) {
    static const char *const headings[] = {"NAME", "SECRET", "VARIABLE"};
    GK_CLEANUP(table_deinit) struct table table = {0};

    table_init(&table, headings, sizeof(headings) / sizeof(headings[0]));
    for (size_t i = 0; i < plan->count; i++) {
        const struct import_target *target = &plan->targets[i];

        table_add(&table, target->name);
        table_add(&table, target->exists ? "changed" : "new");
        table_add(&table, target->entry->name);
    }
    if (plan->count > 0) {
        table_print(&table, output_is_terminal(), output_is_coloured(), output_columns());
    }
}

int env_import_run(
        struct broker_client *broker, const struct env_import *import, struct env_parsed *parsed) {
    GK_CLEANUP(import_plan_deinit) struct import_plan plan = {0};
    int error = import_plan_make(broker, import->prefix, parsed, &plan);

    if (error != 0) {
        return error;
    }
    say_findings(import, parsed);
    if (parsed->fault_count > 0 && !import->keep_going) {
        output_error(
                "nothing was put%s", import->is_command ? "; --keep-going puts what is good" : "");
        return GK_EXIT_FAILED;
    }
    if (import->dry_run) {
        print_plan(&plan);
        return parsed->fault_count > 0 ? GK_EXIT_FAILED : GK_EXIT_DONE;
    }
    error = put_all(broker, import, &plan);
    if (error != 0) {
        return error;
    }
    return parsed->fault_count > 0 ? GK_EXIT_FAILED : GK_EXIT_DONE;
}

static bool is_standard_input(const char *path) {
    return strcmp(path, "-") == 0;
}

const char *env_import_shown(const char *path) {
    return is_standard_input(path) ? "standard input" : path;
}

int env_import_read(const char *path, struct env_parsed *ret_parsed) {
    const char *shown = env_import_shown(path);
    BUFFER_AUTO struct buffer content = BUFFER_NULL;
    int error = is_standard_input(path) ? input_read_all(STDIN_FILENO, shown, &content)
                                        : input_read_file(path, shown, &content);

    if (error != 0) {
        return error;
    }
    env_parse(is_standard_input(path) ? NULL : path, buffer_string(&content), content.len,
            ret_parsed);
    return GK_EXIT_DONE;
}
