#include "instant.h"

#include <errno.h>

#include "support/test.h"

static void the_epoch_and_a_leap_day_are_read(void **state) {
    int64_t ms = -1;

    assert_int_equal(instant_parse("1970-01-01T00:00:00.000Z", &ms), 0);
    assert_int_equal(ms, 0);
    assert_int_equal(instant_parse("2000-02-29T12:34:56.789Z", &ms), 0);
    assert_int_equal(ms, INT64_C(951827696789));
    assert_int_equal(instant_parse("9900-12-31T23:59:59.999Z", &ms), 0);
    assert_int_equal(ms, INT64_C(250278163199999)); /* past what 32 bits of seconds can tell */
}

static void other_forms_are_refused(void **state) {
    static const char *const bad[] = {"", "now", "2000-01-01", "2000-01-01T00:00:00Z",
            "2000-01-01T00:00:00.000", "2000-01-01T00:00:00.000+01:00", "2000-01-01T00:00:00.00Z",
            "2000-01-01T00:00:00.000Z!", "2000-00-01T00:00:00.000Z", "2000-13-01T00:00:00.000Z"};
    int64_t ms = 7;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(instant_parse(bad[i], &ms), -EINVAL);
        assert_int_equal(ms, 7);
    }
}

static void a_duration_shows_its_two_largest_units(void **state) {
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{1, "1s"}, {1500, "1s"}, {59000, "59s"}, {60000, "1m"}, {870000, "14m30s"},
            {3600000, "1h"}, {5400000, "1h30m"}, {5405000, "1h30m"}, {86400000, "1d"},
            {INT64_C(86400000) * 3 + 4 * 3600000, "3d4h"}, {86400000 + 60000, "1d"},
            {INT64_C(315360000) * 1000, "3650d"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_BUFFER text = {0};

        instant_append_duration(&text, rows[i].ms);
        assert_string_equal(text.data, rows[i].text);
    }
}

static void times_to_live_are_told_from_other_words(void **state) {
    static const char *const good[] = {"1", "900", "90s", "15m", "1h30m", "1d2h3m4s", "7d4s"};
    static const char *const bad[] = {"", "s", "1x", "1m1h", "1s1s", "1h30", "-1", "1.5h", " 1s"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(instant_is_ttl(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(instant_is_ttl(bad[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_epoch_and_a_leap_day_are_read),
            cmocka_unit_test(other_forms_are_refused),
            cmocka_unit_test(a_duration_shows_its_two_largest_units),
            cmocka_unit_test(times_to_live_are_told_from_other_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
