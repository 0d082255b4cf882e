#include "support/broker_fixture.h"

#include <stdio.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "store/journal.h"
#include "support/test.h"

void fixture_open(struct fixture *fixture, enum clock_kind clock_kind) {
    struct state state = {.clock_kind = clock_kind, .now = INSTANT_VIRTUAL_DEFAULT};

    *fixture = (struct fixture){.fd = memfd_create("test", MFD_CLOEXEC)};
    assert_true(fixture->fd >= 0);
    assert_int_equal(store_new(STORE_MEMORY, NULL, &fixture->store), 0);
    buffer_append_text(&state.seed, "test");
    assert_int_equal(store_open_turn(fixture->store), 0);
    assert_int_equal(store_put_state(fixture->store, &state), 0);
    assert_int_equal(store_commit(fixture->store), 0);
    assert_int_equal(store_keep_in(fixture->store, dup(fixture->fd), STORE_FDSTORE), 0);
    state_deinit(&state);
}

void fixture_close(struct fixture *fixture) {
    fixture->broker = broker_free(fixture->broker);
    fixture->store = store_free(fixture->store);
    fixture->fd = gk_close(fixture->fd);
}

int fixture_setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct broker_options options = FIXTURE_OPTIONS;

    assert_non_null(fixture);
    fixture_open(fixture, CLOCK_VIRTUAL);
    assert_int_equal(broker_new(fixture->store, &options, &fixture->broker), 0);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state) {
    struct fixture *fixture = *state;

    fixture_close(fixture);
    free(fixture);
    return 0;
}

void fixture_restart(struct fixture *fixture, struct broker_options options) {
    struct damage damage;

    fixture->broker = broker_free(fixture->broker);
    fixture->store = store_free(fixture->store);
    assert_int_equal(store_new(STORE_FDSTORE, NULL, &fixture->store), 0);
    assert_int_equal(store_load(fixture->store, dup(fixture->fd), &damage), 0);
    assert_int_equal(store_begin(fixture->store, NULL), 0);
    assert_int_equal(broker_new(fixture->store, &options, &fixture->broker), 0);
}

struct definition definition_of(const char *name, const char *value) {
    return (struct definition){
            .name = span_of(name),
            .value_source = VALUE_GIVEN,
            .value = span_of(value),
    };
}

void fixture_put(struct fixture *fixture, struct definition definition) {
    SECRET_AUTO struct secret secret = SECRET_NULL;

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_put(fixture->broker, &definition, &secret, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
}

int fixture_get(struct fixture *fixture, const char *name, struct secret *ret_secret) {
    int error;

    broker_begin_turn(fixture->broker);
    error = broker_get(fixture->broker, span_of(name), ret_secret, &fixture->problem);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return error;
}

struct advance fixture_advance(struct fixture *fixture, int64_t by_s) {
    struct advance advance = {0};

    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_advance(fixture->broker, by_s, &advance, &fixture->problem), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    return advance;
}

static void on_event(void *userdata, const struct event *event) {
    FILE *out = userdata;

    (void)fprintf(out, "%llu %s %s %.*s %llu\n", (unsigned long long)event->seq,
            event_kind_text(event->kind), cause_text(event->cause), SPAN_ARGS(event->name),
            (unsigned long long)event->version);
}

char *fixture_events(struct fixture *fixture) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    broker_begin_turn(fixture->broker);
    assert_int_equal(broker_events(fixture->broker, 0, SIZE_MAX, on_event, out), 0);
    assert_int_equal(broker_commit(fixture->broker), 0);
    (void)fclose(out);
    return text;
}

void assert_span_is(struct span span, const char *text) {
    assert_int_equal(span.len, strlen(text));
    assert_memory_equal(span.data, text, span.len);
}
