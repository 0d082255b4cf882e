#include "support/test.h"
#include "wire/timeout.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)

static struct timeout begin(bool is_endless) {
    struct timeout timeout = {.limits = &timeout_default};

    timeout_begin(&timeout, is_endless);
    return timeout;
}

static void silence_lasts_ten_minutes_in_all(void **state) {
    struct timeout timeout = begin(false);

    assert_int_equal(timeout_wait(&timeout), 10 * MINUTE);
    assert_null(timeout_spend(&timeout, 4 * MINUTE, true));
    assert_int_equal(timeout_wait(&timeout), 6 * MINUTE);
    assert_null(timeout_spend(&timeout, 6 * MINUTE - 1, true));
    assert_non_null(timeout_spend(&timeout, 5 * SECOND, true));
}

static void silence_in_steps_is_silence(void **state) {
    struct timeout timeout = begin(false);

    for (int i = 1; i < 600; i++) {
        assert_null(timeout_spend(&timeout, SECOND, false));
    }
    assert_int_equal(timeout_wait(&timeout), SECOND);
    assert_non_null(timeout_spend(&timeout, SECOND, false));
}

static void what_takes_long_may_be_silent_for_ever(void **state) {
    struct timeout timeout = begin(true);

    assert_int_equal(timeout_wait(&timeout), -1);
    assert_null(timeout_spend(&timeout, 100000 * MINUTE, true));
    assert_int_equal(timeout_wait(&timeout), -1);
    for (int i = 0; i < 60; i++) {
        assert_null(timeout_spend(&timeout, SECOND, true));
    }
    assert_non_null(timeout_spend(&timeout, SECOND, true)); /* but not slow */
}

static void a_piece_now_and_then_is_slow(void **state) {
    struct timeout timeout = begin(false);
    int pieces = 0;

    while (timeout_spend(&timeout, 4 * SECOND, true) == NULL) {
        timeout.moved_bytes++;
        pieces++;
    }
    assert_int_equal(pieces, 15);
}

static void what_moves_is_not_slow(void **state) {
    struct timeout timeout = begin(false);

    for (int i = 0; i < 100000; i++) {
        timeout.moved_bytes += 16000;
        assert_null(timeout_spend(&timeout, SECOND, true));
    }
}

static void the_next_exchange_begins_anew(void **state) {
    struct timeout timeout = begin(false);

    timeout.moved_bytes = 1;
    assert_null(timeout_spend(&timeout, 9 * MINUTE, true));
    assert_null(timeout_spend(&timeout, SECOND, true));
    timeout_begin(&timeout, false);
    assert_int_equal(timeout_wait(&timeout), 10 * MINUTE);
    assert_int_equal(timeout.moved_bytes + (uint64_t)timeout.slow_ms, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(silence_lasts_ten_minutes_in_all),
            cmocka_unit_test(silence_in_steps_is_silence),
            cmocka_unit_test(what_takes_long_may_be_silent_for_ever),
            cmocka_unit_test(a_piece_now_and_then_is_slow),
            cmocka_unit_test(what_moves_is_not_slow),
            cmocka_unit_test(the_next_exchange_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
