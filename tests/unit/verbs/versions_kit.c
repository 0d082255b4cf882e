#include "versions_kit.h"

#include <stdio.h>

#include "model/policy.h"

void kit_begin(struct fixture *fixture) {
    broker_begin_turn(fixture->broker);
    fixture->problem = PROBLEM_NULL;
}

int kit_end(struct fixture *fixture, int error) {
    assert_int_equal(broker_commit(fixture->broker), 0);
    return error;
}

/* Labels as a definition has them: "x" or "x,y", in byte order, one letter each. */
static struct span labels_of(const char *letters, char *place) {
    size_t len = 0;

    for (; *letters != '\0'; letters++) {
        if (*letters != ',') {
            list_put_length(place + len, 1);
            place[len + 4] = *letters;
            len += 5;
        }
    }
    return (struct span){place, len};
}

void kit_put(struct fixture *fixture, const char *value, const char *labels) {
    struct definition definition = definition_of("a", value);
    char place[64];

    definition.version_labels = labels_of(labels, place);
    fixture_put(fixture, definition);
}

int kit_put_aside(struct fixture *fixture, const char *value, bool is_pending, const char *labels) {
    struct definition definition = definition_of("a", value);
    SECRET_AUTO struct secret secret = SECRET_NULL;
    char place[64];

    definition.version_labels = labels_of(labels, place);
    kit_begin(fixture);
    return kit_end(fixture,
            broker_put_aside(fixture->broker, &definition, is_pending, &secret, &fixture->problem));
}

int kit_set_stage(struct fixture *fixture, enum stage stage, uint64_t number) {
    SECRET_AUTO struct secret secret = SECRET_NULL;

    kit_begin(fixture);
    return kit_end(fixture,
            broker_set_stage(fixture->broker, NAME, stage, number, &secret, &fixture->problem));
}

int kit_set_label(struct fixture *fixture, const char *label, uint64_t number) {
    SECRET_AUTO struct secret secret = SECRET_NULL;

    kit_begin(fixture);
    return kit_end(fixture, broker_set_label(fixture->broker, NAME, span_of(label), number, &secret,
                                    &fixture->problem));
}

void kit_change_versions(
        struct fixture *fixture, enum version_change change, uint64_t first, uint64_t second) {
    const uint64_t numbers[] = {first, second};

    kit_begin(fixture);
    assert_int_equal(
            kit_end(fixture, broker_change_versions(fixture->broker, NAME, change, numbers, 2)), 0);
}

struct shown {
    FILE *out;
    const struct secret *secret;
};

static void on_version(void *userdata, const struct version *version) {
    static const char states[] = {'+', '-', 'x'}; /* live, deleted, destroyed */
    const struct shown *shown = userdata;
    struct span rest = version->labels;
    struct span label;

    (void)fprintf(
            shown->out, "%llu%c", (unsigned long long)version->number, states[version->state]);
    (void)fprintf(shown->out, "%s", version->number == shown->secret->current.number ? "C" : "");
    (void)fprintf(shown->out, "%s", version->number == shown->secret->previous ? "P" : "");
    (void)fprintf(shown->out, "%s", version->number == shown->secret->pending ? "N" : "");
    while (list_next(&rest, &label)) {
        (void)fprintf(shown->out, "%.*s", SPAN_ARGS(label));
    }
    (void)fprintf(shown->out, " ");
}

void assert_versions(struct fixture *fixture, const char *wanted) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct shown shown = {.secret = &secret};
    char *text = NULL;
    size_t len = 0;

    shown.out = open_memstream(&text, &len);
    assert_non_null(shown.out);
    kit_begin(fixture);
    assert_int_equal(broker_describe(fixture->broker, NAME, &secret, &fixture->problem), 0);
    assert_int_equal(broker_versions(fixture->broker, &secret, on_version, &shown), 0);
    (void)fclose(shown.out);
    assert_string_equal(text, wanted);
    free(text);
    (void)kit_end(fixture, 0);
}

void assert_last_event(struct fixture *fixture, const char *wanted) {
    char *events = fixture_events(fixture);
    size_t len = strlen(events);
    size_t at = len - 1;

    while (at > 0 && events[at - 1] != '\n') {
        at -= 1;
    }
    events[len - 1] = '\0';
    assert_string_equal(events + at, wanted);
    free(events);
}
