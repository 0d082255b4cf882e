/*
 * More secrets expire at one instant than a turn fires (SLICE_FIRINGS in broker/rotation.c): the
 * list of expired secrets has all of them, also those whose expiry has not fired yet.
 */
#include <stdio.h>
#include <time.h>

#include "support/broker_fixture.h"
#include "support/test.h"

#define SECRETS 300
#define TTL_S 60

static time_t machine_s = 1000000000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now) {
    *ret_now = (struct timespec){.tv_sec = machine_s};
    return 0;
}

static bool count(void *userdata, const struct secret *secret) {
    size_t *armed = userdata;

    armed[secret->armed] += 1;
    return true;
}

static void all_expired_are_listed(void **state) {
    const struct listing expired = {
            .limit = SIZE_MAX, .expired = LISTED_ONLY, .deleted = LISTED_EXCLUDE};
    const struct broker_options options = FIXTURE_OPTIONS;
    struct fixture fixture;
    size_t armed[2] = {0};
    bool has_more;

    fixture_open(&fixture, CLOCK_SYSTEM);
    assert_int_equal(broker_new(fixture.store, &options, &fixture.broker), 0);
    for (int i = 0; i < SECRETS; i++) {
        char name[16];
        struct definition definition;

        (void)snprintf(name, sizeof(name), "s%d", i);
        definition = definition_of(name, "a value");
        definition.ttl_s = TTL_S;
        fixture_put(&fixture, definition);
    }
    machine_s += TTL_S;
    broker_begin_turn(fixture.broker);
    assert_int_equal(broker_list(fixture.broker, &expired, count, armed, &has_more), 0);
    assert_int_equal(broker_commit(fixture.broker), 0);
    assert_true(armed[true] > 0);
    assert_int_equal(armed[false] + armed[true], SECRETS);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_expired_are_listed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
