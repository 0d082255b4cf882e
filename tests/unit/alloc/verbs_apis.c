#include "verbs.h"

#include "broker/own.h"
#include "broker/staging.h"
#include "broker/version_states.h"

/* One label, `x`, as a list (model/policy.h). */
#define LABELS SPAN_LITERAL("\1\0\0\0x")

static void say(struct buffer *said, const struct secret *secret) {
    buffer_append_span(said, secret->current.value);
    bench_say_number(said, secret->revision);
    bench_say_number(said, secret->pending);
}

int verb_put_aside(struct bench *bench, struct buffer *said) {
    struct definition definition = bench_definition("plain", "beside");
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error;

    definition.version_labels = LABELS;
    error = broker_put_aside(bench->broker, &definition, true, &secret, &bench->problem);
    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

int verb_rotate_as(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_rotate_as(
            bench->broker, SPAN_LITERAL("plain"), SPAN_LITERAL("id"), &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

int verb_set_stage(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_set_stage(
            bench->broker, SPAN_LITERAL("staged"), STAGE_PENDING, 0, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

/* The current version gets the label, then an older one takes it over. */
int verb_set_label(struct bench *bench, struct buffer *said) {
    for (uint64_t number = 3; number >= 2; number--) {
        SECRET_AUTO struct secret secret = SECRET_NULL;
        int error = broker_set_label(bench->broker, SPAN_LITERAL("plain"), SPAN_LITERAL("x"),
                number, &secret, &bench->problem);

        if (error != 0) {
            return error;
        }
        say(said, &secret);
    }
    return 0;
}

int verb_change_versions(struct bench *bench, struct buffer *said) {
    const uint64_t numbers[] = {2, 3};

    return broker_change_versions(
            bench->broker, SPAN_LITERAL("plain"), VERSION_DESTROY, numbers, 2);
}

int verb_delete_below(struct bench *bench, struct buffer *said) {
    return broker_delete_below(bench->broker, SPAN_NULL);
}

static int on_entry(void *userdata, struct span key, struct span bytes) {
    buffer_append_span(userdata, key);
    buffer_append_span(userdata, bytes);
    return 0;
}

int verb_own(struct bench *bench, struct buffer *said) {
    int error = broker_own_put(
            bench->broker, OWNER_VAULT, SPAN_LITERAL("mount"), SPAN_LITERAL("its config"));

    if (error != 0) {
        return error;
    }
    error = broker_own_put(bench->broker, OWNER_VAULT, SPAN_LITERAL("other"), SPAN_LITERAL(""));
    if (error != 0) {
        return error;
    }
    error = broker_own_delete(bench->broker, OWNER_VAULT, SPAN_LITERAL("other"));
    return error != 0 ? error
                      : broker_own_walk(bench->broker, OWNER_VAULT, SPAN_NULL, on_entry, said);
}
