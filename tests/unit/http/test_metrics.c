#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/ghostkey/api.h"
#include "http/metrics.h"
#include "support/test.h"

#define FIRST ghostkey_api.operations
#define NS_PER_MS UINT64_C(1000000)

/* Zeroed before each test. */
static struct metrics metrics;
static struct broker_counters counters;
static struct broker_status status;

static int set_up(void **state) {
    metrics = (struct metrics){0};
    counters = (struct broker_counters){0};
    status = (struct broker_status){.secrets = 42};
    return 0;
}

static bool says(const char *line) {
    BUFFER_AUTO struct buffer buffer = BUFFER_NULL;

    metrics_write(&buffer, &metrics, &counters, &status);
    buffer_append_byte(&buffer, '\0');
    assert_int_equal(buffer_finish(&buffer), 0);
    return strstr(buffer.data, line) != NULL;
}

static void assert_bucket(const char *bound, uint64_t count) {
    char line[128];

    (void)snprintf(line, sizeof(line),
            "\nghostkey_http_request_duration_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", bound,
            count);
    assert_true(says(line));
}

static void nothing_is_counted_at_first(void **state) {
    assert_false(says("ghostkey_http_requests_total{"));
    assert_bucket("0.00005", 0);
    assert_bucket("+Inf", 0);
    assert_true(says("\nghostkey_http_request_duration_seconds_sum 0.000000000\n"));
    assert_true(says("\nghostkey_rotations_total{cause=\"expiry\"} 0\n"));
    assert_true(says("\nghostkey_events_total{event=\"failed\"} 0\n"));
    assert_true(says("\nghostkey_secrets 42\n"));
}

static void a_journal_is_shown_where_there_is_one(void **state) {
    assert_false(says("ghostkey_journal"));
    status.journal_bytes = 4711;
    assert_true(says("\nghostkey_journal_bytes 4711\n"));
    assert_false(says("ghostkey_journal_rewritten"));
    status.rewritten_at = INSTANT_VIRTUAL_DEFAULT + 999;
    assert_true(says("\nghostkey_journal_rewritten_timestamp_seconds 946684800\n"));
}

static void a_request_is_one_of_its_route_and_status(void **state) {
    metrics_count(&metrics, &ghostkey_api, FIRST, 200, 1);
    metrics_count(&metrics, &ghostkey_api, FIRST + 1, 200, 1); /* another method of that path */
    metrics_count(&metrics, &ghostkey_api, FIRST, 404, 1);
    metrics_count(&metrics, &ghostkey_api, NULL, 404, 1);
    assert_true(says("{api=\"ghostkey\",route=\"/v1/secrets/{name}\",status=\"200\"} 2\n"));
    assert_true(says("{api=\"ghostkey\",route=\"/v1/secrets/{name}\",status=\"404\"} 1\n"));
    assert_true(says("{api=\"ghostkey\",route=\"none\",status=\"404\"} 1\n"));
    assert_false(says("status=\"500\""));
}

static void every_status_has_a_row(void **state) {
    const int statuses[] = {200, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 417, 500};

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        char line[64];

        metrics_count(&metrics, &ghostkey_api, FIRST + 1, statuses[i], 1);
        (void)snprintf(line, sizeof(line), ",status=\"%d\"} 1\n", statuses[i]);
        assert_true(says(line));
    }
}

static void a_status_that_is_not_known_counts_as_an_error(void **state) {
    metrics_count(&metrics, &ghostkey_api, FIRST, 299, 1);
    assert_true(says(",status=\"500\"} 1\n"));
}

static void a_bucket_holds_what_is_below_its_bound(void **state) {
    metrics_count(&metrics, &ghostkey_api, FIRST, 200, 0);
    metrics_count(&metrics, &ghostkey_api, FIRST, 200, 50000);
    metrics_count(&metrics, &ghostkey_api, FIRST, 200, 50001);
    metrics_count(&metrics, &ghostkey_api, FIRST, 200, 3 * NS_PER_MS);
    metrics_count(&metrics, &ghostkey_api, FIRST, 200, 10000 * NS_PER_MS);
    metrics_count(&metrics, &ghostkey_api, FIRST, 200, 10000 * NS_PER_MS + 1);
    assert_bucket("0.00005", 2);
    assert_bucket("0.0001", 3);
    assert_bucket("0.0025", 3);
    assert_bucket("0.005", 4);
    assert_bucket("1", 4);
    assert_bucket("10", 5);
    assert_bucket("+Inf", 6);
    assert_true(says("\nghostkey_http_request_duration_seconds_count 6\n"));
    assert_true(says("\nghostkey_http_request_duration_seconds_sum 20.003100002\n"));
}

static void counts_of_the_broker_are_shown(void **state) {
    counters.rotations[CAUSE_ROTATE] = 3;
    counters.rotations[CAUSE_EXPIRY] = 365000;
    counters.events[EVENT_CREATED] = 1;
    counters.events[EVENT_FAILED] = UINT64_MAX;
    counters.commits = 7;
    counters.failed_commits = 8;
    metrics.lost_lines = 9;
    metrics.streams = 10;
    assert_true(says("\nghostkey_rotations_total{cause=\"rotate\"} 3\n"));
    assert_true(says("\nghostkey_rotations_total{cause=\"expiry\"} 365000\n"));
    assert_true(says("\nghostkey_events_total{event=\"created\"} 1\n"));
    assert_true(says("\nghostkey_events_total{event=\"failed\"} 18446744073709551615\n"));
    assert_true(says("\nghostkey_commits_total 7\n"));
    assert_true(says("\nghostkey_commit_failures_total 8\n"));
    assert_true(says("\nghostkey_log_lost_total 9\n"));
    assert_true(says("\nghostkey_event_streams 10\n"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(nothing_is_counted_at_first),
            TEST(a_journal_is_shown_where_there_is_one),
            TEST(a_request_is_one_of_its_route_and_status),
            TEST(every_status_has_a_row),
            TEST(a_status_that_is_not_known_counts_as_an_error),
            TEST(a_bucket_holds_what_is_below_its_bound),
            TEST(counts_of_the_broker_are_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
