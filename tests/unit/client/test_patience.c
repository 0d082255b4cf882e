#include "support/test.h"

#include "wire/patience.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)

static struct patience begin(bool is_endless) {
    struct patience patience = {.limits = &patience_default};

    patience_begin(&patience, is_endless);
    return patience;
}

static void silence_lasts_ten_minutes_in_all(void **state) {
    struct patience patience = begin(false);

    assert_int_equal(patience_wait(&patience), 10 * MINUTE);
    assert_null(patience_spend(&patience, 4 * MINUTE, true));
    assert_int_equal(patience_wait(&patience), 6 * MINUTE);
    assert_null(patience_spend(&patience, 6 * MINUTE - 1, true));
    assert_non_null(patience_spend(&patience, 5 * SECOND, true));
}

static void silence_in_steps_is_silence(void **state) {
    struct patience patience = begin(false);

    for (int i = 1; i < 600; i++) {
        assert_null(patience_spend(&patience, SECOND, false));
    }
    assert_int_equal(patience_wait(&patience), SECOND);
    assert_non_null(patience_spend(&patience, SECOND, false));
}

static void what_takes_long_may_be_silent_for_ever(void **state) {
    struct patience patience = begin(true);

    assert_int_equal(patience_wait(&patience), -1);
    assert_null(patience_spend(&patience, 100000 * MINUTE, true));
    assert_int_equal(patience_wait(&patience), -1);
    for (int i = 0; i < 60; i++) {
        assert_null(patience_spend(&patience, SECOND, true));
    }
    assert_non_null(patience_spend(&patience, SECOND, true)); /* but not slow */
}

static void a_piece_now_and_then_is_slow(void **state) {
    struct patience patience = begin(false);
    int pieces = 0;

    while (patience_spend(&patience, 4 * SECOND, true) == NULL) {
        patience.moved_bytes++;
        pieces++;
    }
    assert_int_equal(pieces, 15);
}

static void what_moves_is_not_slow(void **state) {
    struct patience patience = begin(false);

    for (int i = 0; i < 100000; i++) {
        patience.moved_bytes += 16000;
        assert_null(patience_spend(&patience, SECOND, true));
    }
}

static void the_next_exchange_begins_anew(void **state) {
    struct patience patience = begin(false);

    patience.moved_bytes = 1;
    assert_null(patience_spend(&patience, 9 * MINUTE, true));
    assert_null(patience_spend(&patience, SECOND, true));
    patience_begin(&patience, false);
    assert_int_equal(patience_wait(&patience), 10 * MINUTE);
    assert_int_equal(patience.moved_bytes + (uint64_t)patience.slow_ms, 0);
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
