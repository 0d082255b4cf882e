#include "broker/own.h"
#include "broker/staging.h"
#include "broker/version_states.h"
#include "verbs.h"

/* One label, `x`, as a list (model/policy.h). */
#define LABELS SPAN_LITERAL("\1\0\0\0x")

static void say(struct buffer *said, const struct secret *secret) {
    buffer_append_span(said, secret->current.value);
    bench_say_number(said, secret->revision);
    bench_say_number(said, secret->pending);
}

static int set_label(struct bench *bench, struct span label, uint64_t number, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_set_label(
            bench->broker, SPAN_LITERAL("plain"), label, number, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

/* A new version takes one of the two labels that the current version has. */
static int take_over(struct bench *bench, struct buffer *said,
        int (*take)(struct bench *bench, const struct definition *definition,
                struct secret *ret_secret)) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition = bench_definition("plain", "beside");
    int error = set_label(bench, SPAN_LITERAL("x"), 4, said);

    if (error != 0) {
        return error;
    }
    error = set_label(bench, SPAN_LITERAL("y"), 4, said);
    if (error != 0) {
        return error;
    }
    definition.version_labels = LABELS;
    error = take(bench, &definition, &secret);
    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int put_labelled(
        struct bench *bench, const struct definition *definition, struct secret *ret_secret) {
    return broker_put(bench->broker, definition, ret_secret, &bench->problem);
}

static int patch_labelled(
        struct bench *bench, const struct definition *definition, struct secret *ret_secret) {
    return broker_patch(bench->broker, definition, ret_secret, &bench->problem);
}

static int put_aside_labelled(
        struct bench *bench, const struct definition *definition, struct secret *ret_secret) {
    return broker_put_aside(bench->broker, definition, true, ret_secret, &bench->problem);
}

int verb_put_labelled(struct bench *bench, struct buffer *said) {
    return take_over(bench, said, put_labelled);
}

int verb_patch_labelled(struct bench *bench, struct buffer *said) {
    return take_over(bench, said, patch_labelled);
}

int verb_put_aside(struct bench *bench, struct buffer *said) {
    return take_over(bench, said, put_aside_labelled);
}

static int rotate_with_derived_id(struct bench *bench, bool is_pending, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_rotate(
            bench->broker, SPAN_LITERAL("plain"), is_pending, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

/* The ids that the next two versions derive are compared with the one that was given. */
int verb_rotate_as(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_rotate_as(
            bench->broker, SPAN_LITERAL("plain"), SPAN_LITERAL("id"), &secret, &bench->problem);

    if (error != 0) {
        return error;
    }
    say(said, &secret);
    error = rotate_with_derived_id(bench, false, said);
    return error != 0 ? error : rotate_with_derived_id(bench, true, said);
}

/* The version that was previous until then is an old one, and kept no longer. */
int verb_promote_newest(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret with_previous = SECRET_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_set_stage(bench->broker, SPAN_LITERAL("plain"), STAGE_PREVIOUS, 2,
            &with_previous, &bench->problem);

    if (error != 0) {
        return error;
    }
    error = rotate_with_derived_id(bench, true, said);
    if (error != 0) {
        return error;
    }
    error = broker_promote(bench->broker, SPAN_LITERAL("plain"), 0, &secret, &bench->problem);
    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

/* The value would be too large: that is an event, and the old value stays. */
int verb_rotate_too_large(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret put = SECRET_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition = bench_definition("plain", "small");
    int error;

    definition.policy = (struct policy_change){
            .given = true,
            .strategy = SPAN_LITERAL("template"),
            .parameter_count = 1,
            .parameters = {{"template",
                    {.type = PARAMETER_TEXT, .text = SPAN_LITERAL("{alnum:4096}{version}")}}},
    };
    error = broker_put(bench->broker, &definition, &put, &bench->problem);
    if (error != 0) {
        return error;
    }
    error = broker_rotate(bench->broker, SPAN_LITERAL("plain"), false, &secret, &bench->problem);
    bench_say_number(said, error == GK_E_CANNOT_ROTATE);
    return error == GK_E_CANNOT_ROTATE ? 0 : error;
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

/* An old version gets two labels, then an older one takes one of them over. */
int verb_set_label(struct bench *bench, struct buffer *said) {
    int error = set_label(bench, SPAN_LITERAL("x"), 3, said);

    if (error != 0) {
        return error;
    }
    error = set_label(bench, SPAN_LITERAL("y"), 3, said);
    return error != 0 ? error : set_label(bench, SPAN_LITERAL("x"), 2, said);
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
