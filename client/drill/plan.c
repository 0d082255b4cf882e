#include "drill/plan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "commands/duration_option.h"
#include "common/instant.h"
#include "heap.h"
#include "secret_name.h"
#include "terminal/output.h"

#define MS_PER_S 1000
#define WITHIN_MAX_S 86400
#define FAULT_ID_MAX_BYTES 64
#define FAULT_ID_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

enum object {
    OBJECT_NAME,
    OBJECT_TEXTS,
    OBJECT_DURATION,
    OBJECT_RULES,
    OBJECT_ID,
    OBJECT_COMMAND,
    OBJECT_TRUE,
};

static const struct {
    const char *word;
    enum object object;
} verbs[] = {
        [DRILL_ROTATE] = {"rotate", OBJECT_NAME},
        [DRILL_DELETE] = {"delete", OBJECT_NAME},
        [DRILL_RESTORE] = {"restore", OBJECT_NAME},
        [DRILL_PUT] = {"put", OBJECT_TEXTS},
        [DRILL_ADVANCE] = {"advance", OBJECT_DURATION},
        [DRILL_FAULT] = {"fault", OBJECT_RULES},
        [DRILL_UNFAULT] = {"unfault", OBJECT_ID},
        [DRILL_RUN] = {"run", OBJECT_COMMAND},
        [DRILL_RESTART] = {"restart", OBJECT_TRUE},
        [DRILL_KILL] = {"kill", OBJECT_TRUE},
        [DRILL_STOP] = {"stop", OBJECT_TRUE},
        [DRILL_START] = {"start", OBJECT_TRUE},
        [DRILL_PAUSE] = {"pause", OBJECT_DURATION},
};
#define VERBS_OF_USERS DRILL_PAUSE /* those before it */
#define VERB_WORDS \
    "rotate, delete, restore, put, advance, fault, unfault, run, restart, kill, stop, start"

static const char *const expect_words[] = {
        [DRILL_HEALTHY] = "healthy",
        [DRILL_UNHEALTHY] = "unhealthy",
        [DRILL_FRESH] = "fresh",
};
#define EXPECT_COUNT (sizeof(expect_words) / sizeof(expect_words[0]))

/* Reads a plan and counts its mistakes. */
struct reading {
    const char *shown;
    size_t step; /* the number of the step that is read, from 1 */
    size_t mistakes;
};

__attribute__((format(printf, 2, 3))) static void say(
        struct reading *reading, const char *format, ...) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    output_error("%s: step %zu: %s", reading->shown, reading->step, buffer_string(&text));
    reading->mistakes++;
}

/* Seconds, 1 or more, of a number or a text such as "1h30m". 0: it is neither. */
static int64_t seconds_of(const json_t *length) {
    const char *text = json_string_value(length);
    int64_t seconds = json_integer_value(length);

    if (text != NULL && ttl_parse(span_of(text), &seconds) != 0) {
        return 0;
    }
    return seconds > 0 ? seconds : 0;
}

static void check_name(struct reading *reading, const char *verb, const char *name) {
    if (name == NULL || !secret_name_is_valid(name)) {
        say(reading, "'%s' needs the name of a secret: " SECRET_NAME_RULE, verb, GK_NAME_MAX_BYTES);
    }
}

static void check_texts(struct reading *reading, const char *verb, json_t *texts) {
    const char *name;
    json_t *text;

    if (json_object_size(texts) == 0) {
        say(reading, "'%s' needs an object of names and texts, as in {\"db_pass\":\"s3cr3t\"}",
                verb);
    }
    json_object_foreach(texts, name, text) {
        check_name(reading, verb, name);
        if (!json_is_string(text)) {
            say(reading, "'%s' of '%s' is no text", verb, name);
        }
    }
}

static bool is_fault_id(const char *id) {
    size_t len = id != NULL ? strlen(id) : 0;

    return len >= 1 && len <= FAULT_ID_MAX_BYTES && strcmp(id, ".") != 0 && strcmp(id, "..") != 0 &&
           strspn(id, FAULT_ID_BYTES) == len;
}

static void check_id(struct reading *reading, const char *verb, const char *id) {
    if (!is_fault_id(id)) {
        say(reading, "'%s' needs the id of a rule: 1 to %d of A-Z a-z 0-9 . _ -", verb,
                FAULT_ID_MAX_BYTES);
    }
}

static void check_rules(struct reading *reading, const char *verb, json_t *rules) {
    const char *id;
    json_t *rule;

    if (json_object_size(rules) == 0) {
        say(reading,
                "'%s' needs an object of ids and rules, as in "
                "{\"slow\":{\"effect\":{\"delay\":\"1s\"}}}",
                verb);
    }
    json_object_foreach(rules, id, rule) {
        const char *member;
        json_t *value;

        check_id(reading, verb, id);
        if (json_object_size(json_object_get(rule, "effect")) == 0) {
            say(reading, "the rule '%s' needs an 'effect'", id);
        }
        json_object_foreach(rule, member, value) {
            if (strcmp(member, "match") != 0 && strcmp(member, "effect") != 0 &&
                    strcmp(member, "when") != 0) {
                say(reading,
                        "the rule '%s' has the unknown member '%s'; it takes 'match', 'effect' and "
                        "'when'",
                        id, member);
            } else if (!json_is_object(value)) {
                say(reading, "'%s' of the rule '%s' is no object", member, id);
            }
        }
    }
}

static void check_object(struct reading *reading, enum drill_verb verb, json_t *object) {
    const char *word = verbs[verb].word;
    const char *text = json_string_value(object);

    switch (verbs[verb].object) {
    case OBJECT_NAME:
        check_name(reading, word, text);
        return;
    case OBJECT_TEXTS:
        check_texts(reading, word, object);
        return;
    case OBJECT_DURATION:
        if (seconds_of(object) == 0) {
            say(reading, "'%s' needs a length of time, such as " DURATION_WORDS, word);
        }
        return;
    case OBJECT_RULES:
        check_rules(reading, word, object);
        return;
    case OBJECT_ID:
        check_id(reading, word, text);
        return;
    case OBJECT_COMMAND:
        if (text == NULL || text[0] == '\0') {
            say(reading, "'%s' needs a command for the shell", word);
        }
        return;
    case OBJECT_TRUE:
        if (!json_is_true(object)) {
            say(reading, "'%s' takes nothing but true", word);
        }
        return;
    }
}

/* The verb of that word among the first `count`; `count` if there is none. */
static enum drill_verb find_verb(const char *word, enum drill_verb count) {
    enum drill_verb verb = 0;

    while (verb < count && strcmp(verbs[verb].word, word) != 0) {
        verb++;
    }
    return verb;
}

static void read_do(struct reading *reading, json_t *action, struct drill_step *step) {
    const char *word = json_object_iter_key(json_object_iter(action));
    enum drill_verb verb;

    if (json_object_size(action) != 1) {
        say(reading, "'do' is an object with one member: " VERB_WORDS);
        return;
    }
    verb = find_verb(word, VERBS_OF_USERS);
    if (verb == VERBS_OF_USERS) {
        say(reading, "'do' has the unknown member '%s'; it takes one of " VERB_WORDS, word);
        return;
    }
    check_object(reading, verb, json_object_get(action, word));
    json_array_append(step->actions, action);
}

static void read_expect(struct reading *reading, const json_t *expect, struct drill_step *step) {
    const char *word = json_string_value(expect);

    for (size_t i = 0; i < EXPECT_COUNT && word != NULL; i++) {
        if (strcmp(expect_words[i], word) == 0) {
            step->expect = (enum drill_expect)i;
            return;
        }
    }
    say(reading, "'expect' is \"healthy\", \"unhealthy\" or \"fresh\"");
}

static void read_within(struct reading *reading, const json_t *within, struct drill_step *step) {
    int64_t seconds = seconds_of(within);

    if (seconds == 0 || seconds > WITHIN_MAX_S) {
        say(reading, "'within' is a length of time from 1s to 1d, such as \"10s\"");
    }
    step->within_ms = seconds * MS_PER_S;
}

static void read_step(struct reading *reading, json_t *document, struct drill_step *step) {
    const char *member;
    json_t *value;

    if (!json_is_object(document)) {
        say(reading, "it must be an object, such as {\"do\":{\"rotate\":\"db_pass\"}}");
        return;
    }
    if (json_object_get(document, "do") == NULL) {
        say(reading, "it needs a 'do'");
    }
    json_object_foreach(document, member, value) {
        if (strcmp(member, "do") == 0) {
            read_do(reading, value, step);
        } else if (strcmp(member, "expect") == 0) {
            read_expect(reading, value, step);
        } else if (strcmp(member, "within") == 0) {
            read_within(reading, value, step);
        } else {
            say(reading, "unknown member '%s'; a step has 'do', 'expect' and 'within'", member);
        }
    }
}

static void read_steps(struct reading *reading, const json_t *document, int64_t within_ms,
        struct drill_plan *plan) {
    json_t *steps = json_object_get(document, "steps");
    json_t *each;
    size_t index;

    plan->steps = heap_resize(NULL, json_array_size(steps), sizeof(*plan->steps));
    json_array_foreach(steps, index, each) {
        struct drill_step *step = &plan->steps[plan->count++];

        *step = (struct drill_step){.actions = json_array(), .within_ms = within_ms};
        reading->step = index + 1;
        read_step(reading, each, step);
    }
}

int drill_plan_read(const struct buffer *text, const char *shown, int64_t within_ms,
        struct drill_plan *ret_plan) {
    DRILL_PLAN_AUTO struct drill_plan plan = {0};
    struct reading reading = {.shown = shown};
    json_error_t fault;
    json_auto_t *document = json_loadb(
            text->data != NULL ? text->data : "", text->len, JSON_REJECT_DUPLICATES, &fault);

    if (document == NULL) {
        output_error("%s: it is no JSON: line %d, column %d", shown, fault.line, fault.column);
        return GK_EXIT_USAGE;
    }
    if (json_object_size(document) != 1 ||
            json_array_size(json_object_get(document, "steps")) == 0) {
        output_error("%s: a plan is {\"steps\":[...]}, with one step at least", shown);
        return GK_EXIT_USAGE;
    }
    read_steps(&reading, document, within_ms, &plan);
    if (reading.mistakes > 0) {
        return GK_EXIT_USAGE;
    }
    *ret_plan = plan;
    plan = (struct drill_plan){0}; /* consumed */
    return GK_EXIT_DONE;
}

void drill_plan_deinit(struct drill_plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        json_decref(plan->steps[i].title);
        json_decref(plan->steps[i].actions);
    }
    free(plan->steps);
    *plan = (struct drill_plan){0};
}

enum drill_verb drill_action_verb(const json_t *action) {
    return find_verb(json_object_iter_key(json_object_iter((json_t *)action)), DRILL_PAUSE);
}

const json_t *drill_action_object(const json_t *action) {
    return json_object_iter_value(json_object_iter((json_t *)action));
}

const char *drill_expect_word(enum drill_expect expect) {
    return expect_words[expect];
}

/* A name, an id or a command as it is; of an object the names of its members, but no value. */
static void append_object(const json_t *object, struct buffer *text) {
    const char *name;
    json_t *value;

    if (json_is_string(object)) {
        buffer_printf(text, " %s", json_string_value(object));
    } else if (json_is_integer(object)) {
        buffer_printf(text, " %llds", (long long)json_integer_value(object));
    }
    json_object_foreach((json_t *)object, name, value) {
        buffer_printf(text, " %s", name);
    }
}

void drill_step_append(const struct drill_step *step, struct buffer *text) {
    json_t *action;
    size_t index;

    if (step->title != NULL) {
        buffer_append_text(text, json_string_value(step->title));
        return;
    }
    json_array_foreach(step->actions, index, action) {
        buffer_printf(text, "%s%s", index > 0 ? ", " : "", verbs[drill_action_verb(action)].word);
        append_object(drill_action_object(action), text);
    }
}
