/*
 * A broker on a new store in memory, with the seed "test" and a virtual clock, for the tests of
 * store and broker.
 */
#ifndef GHOSTKEY_TESTS_SUPPORT_BROKER_FIXTURE_H
#define GHOSTKEY_TESTS_SUPPORT_BROKER_FIXTURE_H

#include <stdlib.h>

#include "broker/advance.h"
#include "broker/broker.h"
#include "broker/events.h"
#include "broker/secrets.h"
#include "broker/status.h"
#include "broker/versions.h"
#include "store/store_tables.h"

struct fixture {
    int fd;
    struct store *store;
    struct broker *broker;
    struct problem problem;
};

#define FIXTURE_OPTIONS ((struct broker_options){.value_max_bytes = 64, .keep_versions = 3})

/* A setup and a teardown for cmocka; *state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A store alone, on a memfd, with a state in it. */
void fixture_open(struct fixture *fixture, enum clock_kind clock_kind);
void fixture_close(struct fixture *fixture);

/* Ends the broker and starts another on the same store, with these options. */
void fixture_restart(struct fixture *fixture, struct broker_options options);

/* A definition of PUT that gives value and nothing else. */
struct definition definition_of(const char *name, const char *value);

/* Puts it in a turn of its own, which must succeed. */
void fixture_put(struct fixture *fixture, struct definition definition);

/* Reads it in a turn of its own; the caller owns *ret_secret. */
int fixture_get(struct fixture *fixture, const char *name, struct secret *ret_secret);

/* Moves the clock on in a turn of its own, which must succeed. */
struct advance fixture_advance(struct fixture *fixture, int64_t by_s);

/* All events as lines "seq kind cause name version", in a string that the caller frees. */
char *fixture_events(struct fixture *fixture);

/* A function, so that the macro evaluates its argument once. */
void assert_span_is(struct span span, const char *text);

#endif
