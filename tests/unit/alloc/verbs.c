#include "verbs.h"

#include "support/test.h"
#include <errno.h>

static void say(struct buffer *said, const struct secret *secret) {
    buffer_append_span(said, secret->value);
    bench_say_number(said, secret->revision);
    bench_say_number(said, secret->version);
}

static int put_as(struct bench *bench, struct definition definition, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_put(bench->broker, &definition, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int put_new(struct bench *bench, struct buffer *said) {
    struct definition definition = bench_definition("app/new", "a new value");

    definition.ttl_s = 90;
    definition.labels[definition.label_count++] =
            (struct label){SPAN_LITERAL("a"), SPAN_LITERAL("b")};
    return put_as(bench, definition, said);
}

static int put_again(struct bench *bench, struct buffer *said) {
    return put_as(bench, bench_definition("plain", "another value"), said);
}

static int put_generated(struct bench *bench, struct buffer *said) {
    struct definition definition = bench_definition("plain", NULL);

    definition.policy = (struct policy_change){
            .given = true,
            .strategy = SPAN_LITERAL("template"),
            .parameter_count = 1,
            .parameters = {{"template",
                    {.type = PARAMETER_TEXT, .text = SPAN_LITERAL("{name}:{alnum:200}")}}},
    };
    return put_as(bench, definition, said);
}

static int patch(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition = bench_definition("turning", "patched");
    int error;

    definition.has_ttl = true;
    definition.ttl_s = 1; /* so it is due at once, and rotates */
    definition.has_labels = true;
    definition.labels[definition.label_count++] =
            (struct label){SPAN_LITERAL("tier"), SPAN_LITERAL("one")};
    definition.value_source = VALUE_KEPT;
    error = broker_patch(bench->broker, &definition, &secret, &bench->problem);
    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int rotate(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_rotate(bench->broker, SPAN_LITERAL("plain"), &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int delete_it(struct bench *bench, struct buffer *said) {
    return broker_delete(bench->broker, SPAN_LITERAL("plain"), NULL, &bench->problem);
}

static void on_removed(void *userdata, struct span name) {
    buffer_append_span(userdata, name);
}

static int cleanup(struct bench *bench, struct buffer *said) {
    return broker_cleanup(bench->broker, on_removed, said);
}

static int advance(struct bench *bench, struct buffer *said) {
    struct advance advance = {0};
    int error = broker_advance(bench->broker, 200, &advance, &bench->problem);

    bench_say_number(said, advance.rotated);
    return error;
}

static int set_clock(struct bench *bench, struct buffer *said) {
    struct advance advance = {0};
    int error = broker_set_clock(
            bench->broker, INSTANT_VIRTUAL_DEFAULT + 100000, &advance, &bench->problem);

    bench_say_number(said, advance.rotated);
    return error;
}

static int get(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_get(bench->broker, SPAN_LITERAL("turning"), &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int get_version(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error =
            broker_get_version(bench->broker, SPAN_LITERAL("plain"), 3, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int status(struct bench *bench, struct buffer *said) {
    bench_say_number(said, broker_status(bench->broker).secrets);
    bench_say_number(said, (uint64_t)broker_next_due(bench->broker));
    return 0;
}

/* ---- what happens by itself --------------------------------------------------------------------
 */

static int idle(struct bench *bench, struct buffer *said) {
    return broker_idle(bench->broker, true) >= -1 ? 0 : -EINVAL;
}

/* Ends it, and starts anew on the same store: on the machine's clock something is due then. */
static int restart(struct bench *bench, struct buffer *said) {
    bench_machine_ms = BENCH_MACHINE_MS + 200000;
    bench_close(bench);
    return bench_open(bench);
}

/* A turn finds something due; held back for want of memory, the broker says when to try again. */
static int fall_due(struct bench *bench, struct buffer *said) {
    int error;

    bench_machine_ms = broker_wake_at(bench->broker);
    broker_begin_turn(bench->broker);
    error = broker_commit(bench->broker);
    if (error == 0 && broker_now(bench->broker) != bench_machine_ms) {
        error = -ENOMEM;
    }
    return error;
}

const struct verb verbs[] = {
        {"put_new", put_new},
        {"put_again", put_again},
        {"put_generated", put_generated},
        {"patch", patch},
        {"rotate", rotate},
        {"delete", delete_it},
        {"cleanup", cleanup},
        {"advance", advance},
        {"set_clock", set_clock},
        {"get", get, .asks_for_none = true},
        {"get_version", get_version, .asks_for_none = true},
        {"list", bench_list},
        {"events", bench_events},
        {"status", status},
        {"idle", idle, .asks_for_none = true},
        {"restart", restart, .begins_turns = true},
        {"restart_when_due", restart, .begins_turns = true, .on_machine_clock = true},
        {"fall_due", fall_due, .begins_turns = true, .on_machine_clock = true},
        {NULL},
};
