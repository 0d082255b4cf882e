/* ghostctl fault: rules by which the daemon refuses, delays or spoils answers. */
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "command.h"
#include "commands/option_check.h"
#include "common/fault_words.h"
#include "common/instant.h"
#include "common/pattern.h"
#include "heap.h"
#include "terminal/output.h"
#include "terminal/table.h"

static const struct option_spec options[] = {
        {"api", '\0', OPTION_TAKES_VALUE, "A", "add: ghostkey, vault, aws or credential"},
        {"operation", '\0', OPTION_TAKES_VALUE, "O", "add: read, write, ..., GetSecretValue"},
        {"name", '\0', OPTION_TAKES_VALUE, "PATTERN", "add: requests that name such a secret"},
        {"error", '\0', OPTION_TAKES_VALUE, "K", "add: throttled, unavailable, forbidden, ..."},
        {"status", '\0', OPTION_TAKES_VALUE, "N", "add: answer with this status, 400 to 599"},
        {"delay", '\0', OPTION_TAKES_VALUE, "D", "add: answer later, as in 250ms, 2s, 1m"},
        {"drop", '\0', OPTION_TAKES_VALUE, "WHEN",
                "add: no answer: 'before' or 'after' it is done"},
        {"truncate", '\0', OPTION_TAKES_VALUE, "N", "add: only the first N bytes of the body"},
        {"stale", '\0', OPTION_TAKES_NOTHING, NULL, "add: the previous version is read"},
        {"times", '\0', OPTION_TAKES_VALUE, "N", "add: at most N times"},
        {"skip", '\0', OPTION_TAKES_VALUE, "N", "add: not the first N matches"},
        {"every", '\0', OPTION_TAKES_VALUE, "N", "add: each N-th match"},
        {"percent", '\0', OPTION_TAKES_VALUE, "P", "add: P of 100 matches, picked by the seed"},
        {"from", '\0', OPTION_TAKES_VALUE, "TIME", "add: from then on, on the daemon's clock"},
        {"until", '\0', OPTION_TAKES_VALUE, "TIME", "add: before then"},
        {"all", '\0', OPTION_TAKES_NOTHING, NULL, "remove: all rules"},
        {NULL},
};

static const char *const headings[] = {"ID", "MATCHED", "FIRED", "RULE"};

/* Where each option stands in a rule. */
enum part_kind { PART_WORD, PART_NUMBER, PART_TIME, PART_DELAY, PART_PATTERN, PART_TRUE };

static const struct part {
    const char *option;
    const char *object;
    enum part_kind kind;
    bool is_effect;           /* only one of these may be given */
    const char *const *words; /* of a PART_WORD */
    const char *fault;        /* of a PART_WORD or PART_NUMBER: what is said of any other */
    int64_t min;              /* of a PART_NUMBER */
    int64_t max;
} parts[] = {
        {"api", "match", PART_WORD, false, fault_words_apis,
                "is no API: there are ghostkey, vault, aws and credential"},
        {"operation", "match", PART_WORD, false, fault_words_operations,
                "is no operation: there are read, write, rotate, delete, list and login, and the "
                "names of single ones, such as get, kv-read or GetSecretValue"},
        {"name", "match", PART_PATTERN, false},
        {"delay", "effect", PART_DELAY, false},
        {"error", "effect", PART_WORD, true, fault_words_errors,
                "is no error: there are unavailable, internal, throttled, forbidden, sealed and "
                "not_found"},
        {"status", "effect", PART_NUMBER, true, NULL, "is no status from 400 to 599",
                GK_FAULT_STATUS_MIN, GK_FAULT_STATUS_MAX},
        {"drop", "effect", PART_WORD, true, fault_words_drops, "is neither 'before' nor 'after'"},
        {"truncate", "effect", PART_NUMBER, true, NULL, "is no number of bytes, from 0 on", 0,
                INT64_MAX},
        {"stale", "effect", PART_TRUE, true},
        {"skip", "when", PART_NUMBER, false, NULL, "is no whole number, from 0 on", 0, INT64_MAX},
        {"times", "when", PART_NUMBER, false, NULL, "is no whole number, from 1 on", 1, INT64_MAX},
        {"every", "when", PART_NUMBER, false, NULL, "is no whole number, from 1 on", 1, INT64_MAX},
        {"percent", "when", PART_NUMBER, false, NULL, "is no whole number from 1 to 100", 1, 100},
        {"from", "when", PART_TIME, false},
        {"until", "when", PART_TIME, false},
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

/* What is wrong with an option's value; NULL: nothing. */
static const char *fault_of(const struct part *part, const char *text) {
    uint32_t delay_ms;
    instant at;

    switch (part->kind) {
    case PART_WORD:
        return fault_words_have(part->words, text) ? NULL : part->fault;
    case PART_NUMBER:
        return number_read(text) >= part->min && number_read(text) <= part->max ? NULL
                                                                                : part->fault;
    case PART_TIME:
        return instant_parse(span_of(text), &at) == 0
                       ? NULL
                       : "is not an RFC 3339 time such as 2000-01-01T12:00:00Z";
    case PART_DELAY:
        return delay_parse(span_of(text), &delay_ms) == 0
                       ? NULL
                       : "is no time to wait, such as 250ms, 2s or 1m, at most 10m";
    case PART_PATTERN:
        return text[0] != '\0' && pattern_is_valid(text) ? NULL : "is no pattern of names";
    default:
        return NULL;
    }
}

/* Takes an option, if it is given, into the rule. */
static int take_part(const struct invocation *invocation, const struct part *part, json_t *rule,
        size_t *effects) {
    const char *text = option_value(invocation->options, part->option);
    const char *fault;
    json_t *value;

    if (!option_is_given(invocation->options, part->option)) {
        return GK_EXIT_DONE;
    }
    *effects += part->is_effect;
    if (part->kind == PART_TRUE) {
        json_object_set_new(json_object_get(rule, part->object), part->option, json_true());
        return GK_EXIT_DONE;
    }
    fault = fault_of(part, text);
    if (fault != NULL) {
        return command_usage(invocation->command, "'--%s %s' %s", part->option, text, fault);
    }
    value = part->kind == PART_NUMBER ? json_integer(number_read(text)) : json_string(text);
    json_object_set_new(json_object_get(rule, part->object), part->option, value);
    return GK_EXIT_DONE;
}

static int check_id(const struct invocation *invocation, const char *id) {
    return fault_id_is_valid(span_of(id))
                   ? GK_EXIT_DONE
                   : command_usage(invocation->command, "'%s' is no id: " FAULT_ID_RULE, id,
                             GK_FAULT_ID_MAX_BYTES);
}

static int read_rule(const struct invocation *invocation, json_t *rule) {
    size_t effects = 0;

    for (size_t at = 0; at < PART_COUNT; at++) {
        int error = take_part(invocation, &parts[at], rule, &effects);

        if (error != 0) {
            return error;
        }
    }
    if (effects > 1 || (effects == 0 && !option_is_given(invocation->options, "delay"))) {
        return command_usage(invocation->command,
                "say what happens: --delay, or one of --error, --status, --drop, --truncate and "
                "--stale, with or without --delay");
    }
    return GK_EXIT_DONE;
}

static int add(const struct invocation *invocation) {
    json_auto_t *rule = json_pack("{s:{}, s:{}, s:{}}", "match", "effect", "when");
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error;

    if (rule == NULL) {
        heap_exhausted();
    }
    if (invocation->argument_count != 2) {
        return command_usage(
                invocation->command, "give the rule one id, as in 'fault add slow --delay 2s'");
    }
    error = check_id(invocation, invocation->arguments[1]);
    if (error != 0) {
        return error;
    }
    error = read_rule(invocation, rule);
    if (error != 0) {
        return error;
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_fault_put(broker, invocation->arguments[1], rule, &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
    }
    return GK_EXIT_DONE;
}

/* "error=throttled times=3" */
static void append_members(struct buffer *text, json_t *object) {
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value) {
        buffer_append_text(text, text->len > 0 ? " " : "");
        if (json_is_true(value)) {
            buffer_append_text(text, key);
        } else if (json_is_string(value)) {
            buffer_printf(text, "%s=%s", key, json_string_value(value));
        } else {
            buffer_printf(text, "%s=%lld", key, (long long)json_integer_value(value));
        }
    }
}

static void add_number(struct table *table, const json_t *number) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    buffer_printf(&text, "%lld", (long long)json_integer_value(number));
    table_add(table, buffer_string(&text));
}

static void add_row(struct table *table, const json_t *fault) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    const char *id = json_string_value(json_object_get(fault, "id"));

    append_members(&text, json_object_get(fault, "match"));
    append_members(&text, json_object_get(fault, "effect"));
    append_members(&text, json_object_get(fault, "when"));
    table_add(table, id != NULL ? id : "");
    add_number(table, json_object_get(fault, "matched"));
    add_number(table, json_object_get(fault, "fired"));
    table_add(table, buffer_string(&text));
}

static int print_faults(const json_t *faults) {
    GK_CLEANUP(table_deinit) struct table table = {0};
    const json_t *fault;
    size_t at;

    if (!json_is_array(faults)) {
        return broker_answer_misunderstood("no 'faults'");
    }
    if (json_array_size(faults) == 0) {
        output_note("no fault rules");
        return GK_EXIT_DONE;
    }
    table_init(&table, headings, sizeof(headings) / sizeof(headings[0]));
    json_array_foreach(faults, at, fault) {
        add_row(&table, fault);
    }
    table_print(&table, output_is_terminal(), output_is_coloured(), output_columns());
    return GK_EXIT_DONE;
}

static int list(const struct invocation *invocation) {
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error;

    if (invocation->argument_count > 1) {
        return command_usage(invocation->command, "'fault list' takes no argument");
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    error = broker_faults(broker, "GET", &answer);
    if (error != 0) {
        return error;
    }
    if (invocation->json) {
        command_print_json(&answer);
        return GK_EXIT_DONE;
    }
    return print_faults(json_object_get(answer.document, "faults"));
}

struct removal {
    struct broker_client *broker;
    bool as_json;
};

static int remove_one(void *userdata, const char *id) {
    const struct removal *removal = userdata;
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_fault_remove(removal->broker, id, &answer);

    if (error == 0 && removal->as_json) {
        command_print_json(&answer);
    }
    return error;
}

static int remove_all(struct removal *removal) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = broker_faults(removal->broker, "DELETE", &answer);

    if (error == 0 && removal->as_json) {
        command_print_json(&answer);
    }
    return error;
}

static int remove_rules(const struct invocation *invocation) {
    bool is_all = option_is_given(invocation->options, "all");
    BROKER_CLIENT_AUTO struct broker_client *broker = NULL;
    struct removal removal;
    struct invocation ids = *invocation;
    int error;

    ids.arguments += 1;
    ids.argument_count -= 1;
    if (is_all == (ids.argument_count > 0)) {
        return command_usage(invocation->command, "which rules? their ids, or --all");
    }
    for (size_t i = 0; i < ids.argument_count; i++) {
        error = check_id(invocation, ids.arguments[i]);
        if (error != 0) {
            return error;
        }
    }
    error = command_connect(invocation, &broker);
    if (error != 0) {
        return error;
    }
    removal = (struct removal){.broker = broker, .as_json = invocation->json};
    return is_all ? remove_all(&removal) : command_each(&ids, remove_one, &removal);
}

/* The one verb that takes the option; NULL: all of ghostctl does. */
static const char *verb_of(const char *option) {
    for (size_t at = 0; at < PART_COUNT; at++) {
        if (strcmp(option, parts[at].option) == 0) {
            return "add";
        }
    }
    return strcmp(option, "all") == 0 ? "remove" : NULL;
}

static int check_options(const struct invocation *invocation, const char *verb) {
    for (size_t i = 0; i < invocation->options->given_count; i++) {
        const char *option = invocation->options->given[i].spec->name;
        const char *owner = verb_of(option);

        if (owner != NULL && strcmp(owner, verb) != 0) {
            return command_usage(invocation->command, "--%s goes with 'fault %s', not with '%s'",
                    option, owner, verb);
        }
    }
    return GK_EXIT_DONE;
}

static int run(const struct invocation *invocation) {
    static const struct {
        const char *verb;
        int (*run)(const struct invocation *invocation);
    } verbs[] = {{"add", add}, {"list", list}, {"remove", remove_rules}};
    const char *verb = invocation->arguments[0];

    for (size_t at = 0; at < sizeof(verbs) / sizeof(verbs[0]); at++) {
        if (strcmp(verb, verbs[at].verb) == 0) {
            int error = check_options(invocation, verb);

            return error != 0 ? error : verbs[at].run(invocation);
        }
    }
    return command_usage(
            invocation->command, "'%s' is unknown; there are 'add', 'list' and 'remove'", verb);
}

const struct command cmd_fault = {
        .name = "fault",
        .args = "add ID | list | remove ID...",
        .summary = "Make the daemon fail by rules.",
        .help = "A rule says which requests (--api, --operation, --name), what happens to them\n"
                "(--error, --status, --delay, --drop, --truncate, --stale) and when (--skip,\n"
                "--times, --every, --percent, --from, --until). What watches or steers the daemon\n"
                "never fails. 'list' shows how often each rule matched, and how often it fired.",
        .example = "ghostctl fault add busy --error throttled --times 3",
        .options = options,
        .arguments_min = 1,
        .arguments_max = COMMAND_ARGUMENTS_ANY,
        .completes = COMMAND_COMPLETES_FAULTS,
        .run = run,
};
