#include <stdio.h>
#include <time.h>

#include "common/instant.h"
#include "support/test.h"

#define DAY_MS INT64_C(86400000)

static void assert_parsed(const char *text, const char *wanted) {
    char place[INSTANT_TEXT_BYTES];
    instant at;

    if (instant_parse(span_of(text), &at) != 0) {
        fail_msg("'%s' was not parsed", text);
    }
    instant_format(at, place);
    if (!span_is((struct span){place, sizeof(place)}, wanted)) {
        fail_msg("'%s' was read as '%.*s'", text, INSTANT_TEXT_BYTES, place);
    }
}

static void instants_are_read_and_written(void **state) {
    assert_parsed("2000-01-01T00:00:00Z", "2000-01-01T00:00:00.000Z");
    assert_parsed("2000-01-01t00:00:00z", "2000-01-01T00:00:00.000Z");
    assert_parsed("2000-01-01 00:00:00Z", "2000-01-01T00:00:00.000Z");
    assert_parsed("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z");
    assert_parsed("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
    assert_parsed("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z");
    assert_parsed("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
}

static void offsets_are_taken_off(void **state) {
    assert_parsed("2000-01-01T01:30:00+01:30", "2000-01-01T00:00:00.000Z");
    assert_parsed("1999-12-31T19:00:00-05:00", "2000-01-01T00:00:00.000Z");
    assert_parsed("2000-01-01T00:00:00-00:00", "2000-01-01T00:00:00.000Z");
    assert_parsed("2000-03-01T00:00:00+23:59", "2000-02-29T00:01:00.000Z");
}

static void digits_after_the_third_are_cut(void **state) {
    assert_parsed("2000-01-01T00:00:00.1Z", "2000-01-01T00:00:00.100Z");
    assert_parsed("2000-01-01T00:00:00.0019Z", "2000-01-01T00:00:00.001Z");
    assert_parsed("2000-01-01T00:00:00.999999999999999999999Z", "2000-01-01T00:00:00.999Z");
}

static void a_leap_second_is_the_second_after_it(void **state) {
    assert_parsed("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z");
}

static void what_is_no_instant_is_refused(void **state) {
    static const char *const texts[] = {"", "2000-01-01", "2000-01-01T00:00:00",
            "2000-01-01T00:00Z", "2000-13-01T00:00:00Z", "2000-00-01T00:00:00Z",
            "2000-01-32T00:00:00Z", "2001-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
            "2000-01-00T00:00:00Z", "2000-01-01T24:00:00Z", "2000-01-01T00:60:00Z",
            "2000-01-01T00:00:61Z", "2000-01-01T00:00:00.Z", "2000-01-01T00:00:00,5Z",
            "2000-01-01T00:00:00+0100", "2000-01-01T00:00:00+24:00", "2000-01-01T00:00:00+01:60",
            "2000-01-01T00:00:00ZZ", "2000-01-01T00:00:00Z ", " 2000-01-01T00:00:00Z",
            "02000-01-01T00:00:00Z", "-2000-01-01T00:00:00Z", "2000-1-1T00:00:00Z",
            "2000-01-01X00:00:00Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z"};
    instant at = 7;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (instant_parse(span_of(texts[i]), &at) != -1) {
            fail_msg("'%s' was taken for an instant", texts[i]);
        }
    }
    assert_int_equal(instant_parse(SPAN_LITERAL("2000-01-01T00:00:00\0Z"), &at), -1);
    assert_int_equal(at, 7);
}

static void the_named_instants_are_what_they_say(void **state) {
    instant at;

    assert_int_equal(instant_parse(SPAN_LITERAL("2000-01-01T00:00:00Z"), &at), 0);
    assert_true(at == INSTANT_VIRTUAL_DEFAULT);
    assert_int_equal(instant_parse(SPAN_LITERAL("9900-01-01T00:00:00Z"), &at), 0);
    assert_true(at == INSTANT_CEILING);
}

static void every_day_is_the_one_that_libc_says(void **state) {
    const bool is_short = sizeof(time_t) < sizeof(instant); /* libc knows fewer days then */
    const instant first = is_short ? INT64_C(1000) * INT32_MIN : -719528 * DAY_MS;
    const instant end = is_short ? INT64_C(1000) * INT32_MAX : INSTANT_CEILING;

    for (instant at = first; at < end; at += 13 * DAY_MS + 12345678) {
        instant seconds = at / 1000 - (at % 1000 < 0);
        time_t time = (time_t)seconds;
        char place[INSTANT_TEXT_BYTES];
        char wanted[64];
        instant back;
        struct tm tm;

        assert_non_null(gmtime_r(&time, &tm));
        (void)snprintf(wanted, sizeof(wanted), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                (int)(at - seconds * 1000));
        instant_format(at, place);
        assert_memory_equal(place, wanted, sizeof(place));
        assert_int_equal(instant_parse((struct span){place, sizeof(place)}, &back), 0);
        assert_true(back == at);
    }
}

static void durations_are_read(void **state) {
    static const struct {
        const char *text;
        int64_t seconds;
    } durations[] = {
            {"90s", 90},
            {"15m", 900},
            {"1h30m", 5400},
            {"1d", 86400},
            {"1d2h3m4s", 93784},
            {"0s", 0},
            {"007s", 7},
            {"1d4s", 86404},
            {"9223372036854775807s", INT64_MAX},
    };

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        int64_t seconds = -1;

        assert_int_equal(duration_parse(span_of(durations[i].text), &seconds), 0);
        assert_true(seconds == durations[i].seconds);
    }
}

static void what_is_no_duration_is_refused(void **state) {
    static const char *const texts[] = {"", "s", "90", "1", "1m1h", "1s1s", "1h1h", "1.5h", "-1s",
            "+1s", " 1s", "1s ", "1 s", "1w", "1S", "1ms", "9223372036854775808s",
            "9223372036854775807m", "106751991167300d16h", "99999999999999999999d"};
    int64_t seconds = 7;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (duration_parse(span_of(texts[i]), &seconds) != -1) {
            fail_msg("'%s' was taken for a duration", texts[i]);
        }
    }
    assert_int_equal(duration_parse(SPAN_LITERAL("1\0"), &seconds), -1);
    assert_true(seconds == 7);
}

static void a_duration_shows_its_two_largest_units(void **state) {
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{-5000, "1s"}, {1, "1s"}, {1500, "1s"}, {59000, "59s"}, {60000, "1m"},
            {870000, "14m30s"}, {3600000, "1h"}, {5400000, "1h30m"}, {5405000, "1h30m"},
            {86400000, "1d"}, {INT64_C(86400000) * 3 + 4 * 3600000, "3d4h"},
            {86400000 + 60000, "1d"}, {INT64_C(315360000) * 1000, "3650d"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        BUFFER_AUTO struct buffer text = BUFFER_NULL;

        duration_append(&text, rows[i].ms);
        assert_string_equal(buffer_string(&text), rows[i].text);
    }
}

static void a_time_to_live_is_seconds_or_a_duration(void **state) {
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {{"1", 1}, {"0", 0}, {"900", 900}, {"90s", 90}, {"15m", 900}, {"1h30m", 5400},
            {"1d2h3m4s", 93784}, {"7d4s", 604804}};
    static const char *const bad[] = {
            "", "s", "1x", "1m1h", "1s1s", "1h30", "-1", "1.5h", " 1s", "9223372036854775808"};
    int64_t seconds = -1;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(ttl_parse(span_of(rows[i].text), &seconds), 0);
        assert_int_equal(seconds, rows[i].seconds);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ttl_parse(span_of(bad[i]), &seconds), -1);
    }
}

static void a_delay_has_a_unit_and_an_end(void **state) {
    static const struct {
        const char *text;
        uint32_t ms;
    } rows[] = {{"1ms", 1}, {"007ms", 7}, {"2s", 2000}, {"1m", 60000}};
    static const char *const bad[] = {"", "5", "s", "0s", "-1s", "/s", ":s", "1 s", "1h", "1.5s",
            "18446744073709551617ms", "99999999m"};
    uint32_t ms = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(delay_parse(span_of(rows[i].text), &ms), 0);
        assert_int_equal(ms, rows[i].ms);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (delay_parse(span_of(bad[i]), &ms) != -1) {
            fail_msg("'%s' was taken for a delay", bad[i]);
        }
    }
    assert_int_equal(ms, 60000);
    assert_int_equal(delay_parse((struct span){"12s", 2}, &ms), -1); /* only digits */
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(instants_are_read_and_written),
            cmocka_unit_test(offsets_are_taken_off),
            cmocka_unit_test(digits_after_the_third_are_cut),
            cmocka_unit_test(a_leap_second_is_the_second_after_it),
            cmocka_unit_test(what_is_no_instant_is_refused),
            cmocka_unit_test(the_named_instants_are_what_they_say),
            cmocka_unit_test(every_day_is_the_one_that_libc_says),
            cmocka_unit_test(durations_are_read),
            cmocka_unit_test(what_is_no_duration_is_refused),
            cmocka_unit_test(a_duration_shows_its_two_largest_units),
            cmocka_unit_test(a_time_to_live_is_seconds_or_a_duration),
            cmocka_unit_test(a_delay_has_a_unit_and_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
