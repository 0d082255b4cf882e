#include "bench.h"

#include <sys/mman.h>
#include <time.h>

#include "broker/readers.h"
#include "common/cleanup.h"
#include "model/labels.h"
#include "store/journal.h"
#include "support/test.h"

#define OPTIONS \
    ((struct broker_options){.value_max_bytes = 4096, .keep_versions = 3, .begin = begin})

struct definition bench_definition(const char *name, const char *value) {
    return (struct definition){
            .name = span_of(name),
            .value_source = value != NULL ? VALUE_GIVEN : VALUE_GENERATED,
            .value = value != NULL ? span_of(value) : SPAN_NULL,
    };
}

/* What a state begins with. */
static int begin(const void *begin_userdata, struct broker *broker) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct definition definition = bench_definition("begun", "a value");
    struct problem problem = PROBLEM_NULL;

    return broker_put(broker, &definition, &secret, &problem);
}

/* ---- the machine's clock ----------------------------------------------------------------------
 */

instant bench_machine_ms;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);

/* All of the daemon's clocks: they are alike in that they go on only when a test says so. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now) {
    ret_now->tv_sec = bench_machine_ms / 1000;
    ret_now->tv_nsec = bench_machine_ms % 1000 * 1000000;
    return 0;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static enum store_home home_of(const struct bench *bench) {
    return bench->is_sealed ? STORE_FILE : STORE_FDSTORE;
}

static int set_up_store(struct bench *bench) {
    static const unsigned char key[SEAL_KEY_BYTES] = "a key of exactly thirty-two byt";
    int error = bench->is_sealed ? seal_new(key, &bench->seal) : 0;

    return error != 0 ? error : store_new(home_of(bench), bench->seal, &bench->store);
}

static int load_store(struct bench *bench) {
    GK_AUTO_CLOSE int fd = dup(bench->fd);
    struct damage damage;
    int error = set_up_store(bench);

    if (error != 0) {
        return error;
    }
    error = store_load(bench->store, fd, &damage);
    if (error != 0) {
        return error;
    }
    fd = -1; /* taken over */
    return store_begin(bench->store, NULL);
}

int bench_open(struct bench *bench) {
    struct broker_options options = OPTIONS;
    int error = load_store(bench);

    return error != 0 ? error : broker_new(bench->store, &options, &bench->broker);
}

void bench_close(struct bench *bench) {
    bench->broker = broker_free(bench->broker);
    bench->store = store_free(bench->store);
    bench->seal = seal_free(bench->seal);
}

static void put_state(struct bench *bench) {
    STATE_AUTO struct state state = {.now = INSTANT_VIRTUAL_DEFAULT};

    state.clock_kind = bench->on_machine_clock ? CLOCK_SYSTEM : CLOCK_VIRTUAL;
    buffer_append_text(&state.seed, "test");
    assert_int_equal(store_open_turn(bench->store), 0);
    assert_int_equal(store_put_state(bench->store, &state), 0);
    assert_int_equal(store_commit(bench->store), 0);
    assert_int_equal(store_keep_in(bench->store, dup(bench->fd), home_of(bench)), 0);
}

static void put(struct bench *bench, struct definition definition) {
    SECRET_AUTO struct secret secret = SECRET_NULL;

    broker_begin_turn(bench->broker);
    assert_int_equal(broker_put(bench->broker, &definition, &secret, &bench->problem), 0);
    assert_int_equal(broker_commit(bench->broker), 0);
}

/* One with a pending version, and one that is deleted and can be restored. */
static void put_staged_and_gone(struct bench *bench) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    instant gone_at;

    put(bench, bench_definition("staged", NULL));
    put(bench, bench_definition("gone", "a value"));
    broker_begin_turn(bench->broker);
    assert_int_equal(
            broker_rotate(bench->broker, SPAN_LITERAL("staged"), true, &secret, &bench->problem),
            0);
    assert_int_equal(broker_delete(bench->broker, SPAN_LITERAL("gone"), NULL, 1000, &gone_at,
                             &bench->problem),
            0);
    assert_int_equal(broker_commit(bench->broker), 0);
}

struct fault_rule bench_rule(const char *id, uint64_t percent) {
    struct fault_rule rule = {
            .operation = "tried",
            .effect = {.kind = FAULT_STATUS, .number = 418},
            .when = {.times = FAULT_TIMES_ANY,
                    .percent = percent,
                    .from = FAULT_FROM_ANY,
                    .until = FAULT_UNTIL_ANY},
    };

    strcpy(rule.id, id);
    return rule;
}

int bench_match(struct bench *bench, struct buffer *said) {
    const struct span names[] = {SPAN_LITERAL("plain")};
    const struct fault_request request = {
            .number = FAULT_REQUESTS_MAX - 1,
            .api = "ghostkey",
            .operation = "tried",
            .class = "",
            .names = names,
            .name_count = 1,
    };
    const struct fault_rule *rule;
    int error = broker_fault_choose(bench->broker, &request, &rule);

    if (error == 0) {
        buffer_append_text(said, rule != NULL ? rule->id : "none");
    }
    return error;
}

/* Both have matched, and that is kept. */
static void put_rules(struct bench *bench) {
    BUFFER_AUTO struct buffer said = BUFFER_NULL;
    struct fault_rule first = bench_rule("a", 0);
    struct fault_rule second = bench_rule("b", 50);

    first.when.skip = 1000;
    broker_begin_turn(bench->broker);
    assert_int_equal(broker_fault_put(bench->broker, &first, &bench->problem), 0);
    assert_int_equal(broker_fault_put(bench->broker, &second, &bench->problem), 0);
    assert_int_equal(bench_match(bench, &said), 0);
    assert_int_equal(broker_commit(bench->broker), 0);
}

static void read_as(struct bench *bench, const char *name, uint64_t version) {
    struct peer *peer = peer_of_name(span_of(name));
    const struct value_read read = {
            .name = SPAN_LITERAL("plain"), .version = version, .peer = peer, .api = "own"};

    assert_non_null(peer);
    broker_note_read(bench->broker, &read);
    (void)peer_unref(peer);
}

static void wait_ten_seconds(struct bench *bench) {
    struct advance advance;

    bench_machine_ms = BENCH_MACHINE_MS;
    broker_begin_turn(bench->broker);
    if (!bench->on_machine_clock) {
        assert_int_equal(broker_advance(bench->broker, 10, &advance, &bench->problem), 0);
    }
    assert_int_equal(broker_commit(bench->broker), 0);
}

/* What each verb finds: static and expired ones, one that rotates, with older versions; a deleted
 * one. */
void bench_set_up(struct bench *bench, bool is_sealed, bool on_machine_clock) {
    struct definition turning = bench_definition("turning", NULL);
    struct definition brief = bench_definition("brief", "gone soon");
    struct definition waning = bench_definition("waning", "gone later");

    bench_machine_ms = BENCH_MACHINE_MS - 10000;
    *bench = (struct bench){.is_sealed = is_sealed,
            .on_machine_clock = on_machine_clock,
            .fd = memfd_create("alloc", MFD_CLOEXEC)};
    assert_int_equal(set_up_store(bench), 0);
    put_state(bench);
    bench_close(bench);
    assert_int_equal(bench_open(bench), 0);
    for (int i = 0; i < 4; i++) {
        put(bench, bench_definition("plain", "a value"));
    }
    turning.ttl_s = 60;
    turning.policy = (struct policy_change){.given = true,
            .strategy = SPAN_LITERAL("hex"),
            .has_on_expiry = true,
            .on_expiry = true};
    turning.labels[turning.label_count++] =
            (struct label){SPAN_LITERAL("team"), SPAN_LITERAL("core")};
    put(bench, turning);
    brief.ttl_s = 5;
    put(bench, brief);
    waning.ttl_s = 50;
    put(bench, waning);
    put_staged_and_gone(bench);
    read_as(bench, "one", 1);
    read_as(bench, "two", 4);
    put_rules(bench);
    wait_ten_seconds(bench);
}

void bench_tear_down(struct bench *bench) {
    bench_close(bench);
    bench->fd = gk_close(bench->fd);
}

/* ---- all that can be read ---------------------------------------------------------------------
 */

struct dump {
    struct bench *bench;
    struct buffer text;
};

void bench_say_number(struct buffer *text, uint64_t number) {
    buffer_append_byte(text, ' ');
    buffer_append_decimal(text, number);
}

static void dump_version(void *userdata, const struct version *version) {
    struct buffer *text = userdata;

    bench_say_number(text, version->number);
    bench_say_number(text, (uint64_t)version->made_at);
    bench_say_number(text, version->cause);
    bench_say_number(text, version->state);
    buffer_append_span(text, version->labels);
    buffer_append_span(text, version->id);
}

static bool dump_secret(void *userdata, const struct secret *secret) {
    struct dump *dump = userdata;

    buffer_append_byte(&dump->text, '\n');
    buffer_append_span(&dump->text, secret->name);
    buffer_append_byte(&dump->text, '=');
    buffer_append_span(&dump->text, secret->current.value);
    bench_say_number(&dump->text, secret->current.number);
    bench_say_number(&dump->text, secret->revision);
    bench_say_number(&dump->text, secret->generation);
    bench_say_number(&dump->text, (uint64_t)secret->updated_at);
    bench_say_number(&dump->text, secret->ttl_s);
    bench_say_number(&dump->text, secret->armed);
    bench_say_number(&dump->text, secret->previous);
    bench_say_number(&dump->text, secret->pending);
    bench_say_number(&dump->text, secret->is_deleted);
    buffer_append_span(&dump->text, secret->labels);
    buffer_append_span(&dump->text, secret->policy.strategy);
    if (broker_versions(dump->bench->broker, secret, dump_version, &dump->text) != 0) {
        dump->text.broken = true;
    }
    return true;
}

static void dump_event(void *userdata, const struct event *event) {
    struct dump *dump = userdata;

    buffer_append_byte(&dump->text, '\n');
    buffer_append_decimal(&dump->text, event->seq);
    bench_say_number(&dump->text, event->kind);
    bench_say_number(&dump->text, event->version);
    buffer_append_span(&dump->text, event->name);
}

int bench_list(struct bench *bench, struct buffer *said) {
    const struct listing all = {.limit = SIZE_MAX};
    struct dump dump = {.bench = bench, .text = *said};
    bool more;
    int error = broker_list(bench->broker, &all, dump_secret, &dump, &more);

    *said = dump.text;
    return error;
}

int bench_events(struct bench *bench, struct buffer *said) {
    struct dump dump = {.bench = bench, .text = *said};
    int error = broker_events(bench->broker, 0, SIZE_MAX, dump_event, &dump);

    if (error == 0) { /* the same here, where none is held but those that are kept */
        error = broker_held_events(bench->broker, 0, SIZE_MAX, dump_event, &dump);
    }
    *said = dump.text;
    return error;
}

int bench_faults(struct bench *bench, struct buffer *said) {
    const struct fault *faults = NULL;
    size_t count = 0;
    int error = broker_fault_list(bench->broker, &faults, &count);

    for (size_t at = 0; at < count; at++) {
        buffer_append_byte(said, '\n');
        buffer_append_text(said, faults[at].rule.id);
        bench_say_number(said, faults[at].rule.when.percent);
        bench_say_number(said, faults[at].matched);
        bench_say_number(said, faults[at].fired);
    }
    return error;
}

void bench_look(struct bench *bench, struct buffer *ret_text) {
    broker_begin_turn(bench->broker);
    assert_int_equal(bench_list(bench, ret_text), 0);
    assert_int_equal(bench_events(bench, ret_text), 0);
    assert_int_equal(bench_faults(bench, ret_text), 0);
    assert_int_equal(broker_commit(bench->broker), 0);
    if (!bench->on_machine_clock) {
        bench_say_number(ret_text, (uint64_t)broker_now(bench->broker));
    }
    assert_int_equal(buffer_finish(ret_text), 0);
}
