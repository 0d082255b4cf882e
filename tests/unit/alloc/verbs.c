#include "verbs.h"

#include <errno.h>

#include "support/test.h"

static void say(struct buffer *said, const struct secret *secret) {
    buffer_append_span(said, secret->current.value);
    bench_say_number(said, secret->revision);
    bench_say_number(said, secret->current.number);
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
    int error =
            broker_rotate(bench->broker, SPAN_LITERAL("plain"), false, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int rotate_pending(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_rotate(bench->broker, SPAN_LITERAL("plain"), true, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int promote(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_promote(bench->broker, SPAN_LITERAL("plain"), 2, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int discard(struct bench *bench, struct buffer *said) {
    uint64_t number = 0;
    int error = broker_discard(bench->broker, SPAN_LITERAL("staged"), 0, &number, &bench->problem);

    bench_say_number(said, number);
    return error;
}

static int restore(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_restore(bench->broker, SPAN_LITERAL("gone"), 0, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int verify(struct bench *bench, struct buffer *said) {
    struct verification verification = {.version = 0};
    int error = broker_verify(bench->broker, SPAN_LITERAL("plain"), SPAN_LITERAL("no such value"),
            &verification, &bench->problem);

    bench_say_number(said, verification.is_accepted);
    return error;
}

static int delete_for_a_while(struct bench *bench, struct buffer *said) {
    instant gone_at = 0;
    int error = broker_delete(
            bench->broker, SPAN_LITERAL("plain"), NULL, 60, &gone_at, &bench->problem);

    bench_say_number(said, (uint64_t)gone_at);
    return error;
}

static int reset(struct bench *bench, struct buffer *said) {
    return broker_reset(bench->broker, true, &bench->problem);
}

static int delete_it(struct bench *bench, struct buffer *said) {
    instant gone_at;

    return broker_delete(bench->broker, SPAN_LITERAL("plain"), NULL, 0, &gone_at, &bench->problem);
}

static void on_removed(void *userdata, struct span name) {
    buffer_append_span(userdata, name);
}

static int cleanup(struct bench *bench, struct buffer *said) {
    return broker_cleanup(bench->broker, on_removed, said);
}

static bool is_plain(const void *document, struct span name) {
    return span_is(name, "plain");
}

static int prune(struct bench *bench, struct buffer *said) {
    return broker_prune(bench->broker, is_plain, NULL, false, on_removed, said);
}

/* One that is new, one that gets a value, and one whose value stays. */
static int agree(struct bench *bench, struct buffer *said) {
    static const char *const names[] = {"app/new", "plain", "turning"};

    for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
        struct definition definition = bench_definition(names[at], at == 1 ? "given" : NULL);
        enum agreement agreement = AGREES_ALREADY;
        int error;

        definition.ttl_s = 90;
        definition.labels[definition.label_count++] =
                (struct label){SPAN_LITERAL("a"), SPAN_LITERAL("b")};
        error = broker_agree(bench->broker, &definition, false, &agreement, &bench->problem);
        if (error != 0) {
            return error;
        }
        bench_say_number(said, agreement);
    }
    return 0;
}

static int begin_state(struct bench *bench, struct buffer *said) {
    return broker_begin_state(bench->broker);
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

static int describe(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_describe(bench->broker, SPAN_LITERAL("gone"), &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int get_stage(struct bench *bench, struct buffer *said) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    int error = broker_get_stage(
            bench->broker, SPAN_LITERAL("staged"), STAGE_PENDING, &secret, &bench->problem);

    if (error == 0) {
        say(said, &secret);
    }
    return error;
}

static int version_id(struct bench *bench, struct buffer *said) {
    const struct version version = {.number = 1, .revision = 1};

    return broker_version_id(bench->broker, SPAN_LITERAL("plain"), &version, said);
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
        {"rotate_pending", rotate_pending},
        {"promote", promote},
        {"discard", discard},
        {"restore", restore},
        {"verify", verify, .asks_for_none = true, .writes_nothing = true},
        {"delete_for_a_while", delete_for_a_while},
        {"delete", delete_it},
        {"reset", reset, .finds_matches = true},
        {"cleanup", cleanup},
        {"prune", prune},
        {"agree", agree},
        {"begin_state", begin_state, .begins_turns = true},
        {"advance", advance},
        {"set_clock", set_clock},
        {"get", get, .asks_for_none = true, .writes_nothing = true},
        {"describe", describe, .asks_for_none = true, .writes_nothing = true},
        {"get_version", get_version, .asks_for_none = true, .writes_nothing = true},
        {"get_stage", get_stage, .asks_for_none = true, .writes_nothing = true},
        {"version_id", version_id, .writes_nothing = true},
        {"put_labelled", verb_put_labelled},
        {"patch_labelled", verb_patch_labelled},
        {"promote_newest", verb_promote_newest},
        {"rotate_too_large", verb_rotate_too_large},
        {"put_aside", verb_put_aside},
        {"rotate_as", verb_rotate_as},
        {"set_stage", verb_set_stage},
        {"set_label", verb_set_label},
        {"change_versions", verb_change_versions},
        {"delete_below", verb_delete_below},
        {"own", verb_own},
        {"fault_choose", bench_match, .writes_nothing = true},
        {"fault_choose_again", bench_match, .finds_matches = true, .writes_nothing = true},
        {"fault_put", verb_fault_put, .finds_matches = true},
        {"fault_put_new", verb_fault_put_new, .finds_matches = true},
        {"fault_get", verb_fault_get, .asks_for_none = true, .writes_nothing = true},
        {"fault_delete", verb_fault_delete, .finds_matches = true},
        {"faults_delete", verb_faults_delete, .finds_matches = true},
        {"change_faults", verb_change_faults, .finds_matches = true},
        {"agree_fault", verb_agree_fault, .finds_matches = true},
        {"prune_faults", verb_prune_faults, .finds_matches = true},
        {"fault_keep_counts", verb_fault_keep_counts, .finds_matches = true},
        {"readers", verb_readers, .asks_for_none = true, .writes_nothing = true},
        {"list", bench_list, .writes_nothing = true},
        {"events", bench_events, .writes_nothing = true},
        {"status", status, .writes_nothing = true},
        {"idle", idle, .asks_for_none = true, .writes_nothing = true},
        {"restart", restart, .begins_turns = true, .reopens = true},
        {"restart_when_due", restart, .begins_turns = true, .reopens = true,
                .on_machine_clock = true},
        {"fall_due", fall_due, .begins_turns = true, .on_machine_clock = true},
        {NULL},
};
