#include "broker/fault_counts.h"
#include "broker/readers.h"
#include "verbs.h"

/* What the API's answer needs after a change: without memory the turn fails. */
static int say_rules(struct bench *bench, int error, struct buffer *said) {
    if (error != 0) {
        return error;
    }
    error = bench_faults(bench, said);
    if (error != 0) {
        broker_void(bench->broker, error);
    }
    return error;
}

static int put_rule(struct bench *bench, const char *id, struct buffer *said) {
    struct fault_rule rule = bench_rule(id, 30);

    return say_rules(bench, broker_fault_put(bench->broker, &rule, &bench->problem), said);
}

int verb_fault_put(struct bench *bench, struct buffer *said) {
    return put_rule(bench, "b", said);
}

int verb_fault_put_new(struct bench *bench, struct buffer *said) {
    return put_rule(bench, "c", said);
}

int verb_fault_get(struct bench *bench, struct buffer *said) {
    const struct fault *fault;
    int error = broker_fault_get(bench->broker, SPAN_LITERAL("b"), &fault, &bench->problem);

    if (error == 0) {
        bench_say_number(said, fault->matched);
    }
    return error;
}

int verb_fault_delete(struct bench *bench, struct buffer *said) {
    return say_rules(
            bench, broker_fault_delete(bench->broker, SPAN_LITERAL("a"), &bench->problem), said);
}

int verb_faults_delete(struct bench *bench, struct buffer *said) {
    return say_rules(bench, broker_fault_delete_all(bench->broker), said);
}

/* A match is counted even if its turn fails, so this request matches no rule. */
static int choose_none(struct bench *bench) {
    const struct fault_request request = {
            .number = FAULT_REQUESTS_MAX - 2, .api = "ghostkey", .operation = "other", .class = ""};
    const struct fault_rule *rule;

    return broker_fault_choose(bench->broker, &request, &rule);
}

/* Each step but the first finds that the rules have to be read again. */
static int change_rules(struct bench *bench) {
    struct fault_rule third = bench_rule("c", 30);
    struct fault_rule fourth = bench_rule("d", 30);
    int error = broker_fault_put(bench->broker, &third, &bench->problem);

    if (error != 0) {
        return error;
    }
    error = broker_fault_put(bench->broker, &fourth, &bench->problem);
    if (error != 0) {
        return error;
    }
    error = broker_fault_delete(bench->broker, SPAN_LITERAL("a"), &bench->problem);
    if (error != 0) {
        return error;
    }
    error = choose_none(bench);
    if (error != 0) {
        return error;
    }
    error = broker_fault_delete(bench->broker, SPAN_LITERAL("d"), &bench->problem);
    return error != 0 ? error : broker_fault_keep_counts(bench->broker);
}

int verb_change_faults(struct bench *bench, struct buffer *said) {
    int error = change_rules(bench);

    if (error != 0) {
        broker_void(bench->broker, error);
    }
    return say_rules(bench, error, said);
}

/* One that is changed, one that is new, and one that stays. */
int verb_agree_fault(struct bench *bench, struct buffer *said) {
    static const char *const ids[] = {"b", "c", "b"};

    for (size_t at = 0; at < sizeof(ids) / sizeof(ids[0]); at++) {
        struct fault_rule rule = bench_rule(ids[at], 30);
        enum agreement agreement;
        int error = broker_agree_fault(bench->broker, &rule, false, &agreement, &bench->problem);

        if (error != 0) {
            broker_void(bench->broker, error);
            return error;
        }
        bench_say_number(said, agreement);
    }
    return say_rules(bench, 0, said);
}

static bool is_b(const void *document, struct span id) {
    return span_is(id, "b");
}

static void on_deleted(void *userdata, struct span id) {
    buffer_append_span(userdata, id);
}

int verb_prune_faults(struct bench *bench, struct buffer *said) {
    return say_rules(
            bench, broker_prune_faults(bench->broker, is_b, NULL, false, on_deleted, said), said);
}

int verb_fault_keep_counts(struct bench *bench, struct buffer *said) {
    return broker_fault_keep_counts(bench->broker);
}

static void on_reader(void *userdata, const struct reader *reader, struct span stage) {
    bench_say_number(userdata, reader->version);
    bench_say_number(userdata, reader->reads);
    buffer_append_span(userdata, stage);
}

int verb_readers(struct bench *bench, struct buffer *said) {
    uint64_t current = 0;
    int error = broker_readers(
            bench->broker, SPAN_LITERAL("plain"), &current, on_reader, said, &bench->problem);

    bench_say_number(said, current);
    return error;
}
