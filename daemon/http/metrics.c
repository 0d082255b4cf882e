#include "http/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "http/api.h"

#define LINE_MAX_BYTES 256
#define MS_PER_S 1000

/* The upper bounds of the latency histogram. */
static const struct bucket {
    uint64_t ns;
    const char *seconds;
} buckets[METRICS_BUCKETS] = {
        {50000, "0.00005"},
        {100000, "0.0001"},
        {250000, "0.00025"},
        {500000, "0.0005"},
        {1000000, "0.001"},
        {2500000, "0.0025"},
        {5000000, "0.005"},
        {10000000, "0.01"},
        {50000000, "0.05"},
        {100000000, "0.1"},
        {1000000000, "1"},
        {10000000000, "10"},
};

#define STATUS_ERROR_MIN 400
#define STATUS_ERROR_MAX 599
#define ROW_ERROR_MIN 4 /* then one row for each status */
#define STATUS_COUNT (ROW_ERROR_MIN + STATUS_ERROR_MAX - STATUS_ERROR_MIN + 1)

_Static_assert(STATUS_COUNT == METRICS_STATUSES_MAX, "metrics have a row for each status");

/* The first rows. 0: the connection was closed without an answer. */
static const int first_statuses[ROW_ERROR_MIN] = {200, 204, 304, 0};

static size_t row_of(int status) {
    for (size_t row = 0; row < ROW_ERROR_MIN; row++) {
        if (first_statuses[row] == status) {
            return row;
        }
    }
    if (status < STATUS_ERROR_MIN || status > STATUS_ERROR_MAX) {
        status = 500;
    }
    return ROW_ERROR_MIN + (size_t)(status - STATUS_ERROR_MIN);
}

static int status_of(size_t row) {
    return row < ROW_ERROR_MIN ? first_statuses[row] : STATUS_ERROR_MIN + (int)row - ROW_ERROR_MIN;
}

/* The rows of requests without an operation stand at the end. */
static size_t row_without_operation(const struct api *api) {
    return METRICS_OPERATIONS_MAX - 1 - api_number(api);
}

static size_t number_of(const struct api *api, const struct operation *operation) {
    size_t number = operation != NULL ? api_operation_number(operation) : 0;

    assert(number < METRICS_OPERATIONS_MAX - api_count);
    return operation != NULL ? number : row_without_operation(api);
}

void metrics_count(struct metrics *metrics, const struct api *api,
        const struct operation *operation, int status, uint64_t ns) {
    size_t bucket = 0;

    while (bucket < METRICS_BUCKETS && ns > buckets[bucket].ns) {
        bucket += 1;
    }
    metrics->requests[number_of(api, operation)][row_of(status)] += 1;
    metrics->latency[bucket] += 1;
    metrics->latency_sum_ns += ns;
}

__attribute__((format(printf, 2, 3))) static void write_line(
        struct buffer *buffer, const char *format, ...) {
    char *place = buffer_reserve(buffer, LINE_MAX_BYTES);
    va_list arguments;
    int len;

    if (place == NULL) {
        return;
    }
    va_start(arguments, format);
    len = vsnprintf(place, LINE_MAX_BYTES, format, arguments);
    va_end(arguments);
    if (len > 0 && len < LINE_MAX_BYTES) {
        buffer_commit(buffer, (size_t)len);
    }
}

static void write_head(
        struct buffer *buffer, const char *name, const char *type, const char *help) {
    write_line(buffer, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_row(
        struct buffer *buffer, const struct api *api, const char *label, const uint64_t *counts) {
    for (size_t row = 0; row < STATUS_COUNT; row++) {
        if (counts[row] > 0) {
            write_line(buffer,
                    "ghostkey_http_requests_total{api=\"%s\",route=\"%s\",status=\"%d\"} %" PRIu64
                    "\n",
                    api->name, label, status_of(row), counts[row]);
        }
    }
}

static void add_counts(uint64_t *sums, const uint64_t *counts) {
    for (size_t row = 0; row < STATUS_COUNT; row++) {
        sums[row] += counts[row];
    }
}

static void write_api(struct buffer *buffer, const struct metrics *metrics, const struct api *api) {
    uint64_t sums[METRICS_STATUSES_MAX] = {0};

    for (size_t at = 0; at < api->operation_count; at++) {
        const struct operation *operation = &api->operations[at];

        add_counts(sums, metrics->requests[api_operation_number(operation)]);
        if (at + 1 == api->operation_count || strcmp(operation[1].label, operation->label) != 0) {
            write_row(buffer, api, operation->label, sums);
            memset(sums, 0, sizeof(sums));
        }
    }
    write_row(buffer, api, "none", metrics->requests[row_without_operation(api)]);
}

static void write_requests(struct buffer *buffer, const struct metrics *metrics) {
    write_head(buffer, "ghostkey_http_requests_total", "counter",
            "Requests answered, by API, route and status.");
    for (size_t at = 0; at < api_count; at++) {
        write_api(buffer, metrics, apis[at]);
    }
}

static void write_latency(struct buffer *buffer, const struct metrics *metrics) {
    uint64_t count = 0;

    write_head(buffer, "ghostkey_http_request_duration_seconds", "histogram",
            "Time from a request's arrival to its answer.");
    for (size_t bucket = 0; bucket < METRICS_BUCKETS; bucket++) {
        count += metrics->latency[bucket];
        write_line(buffer, "ghostkey_http_request_duration_seconds_bucket{le=\"%s\"} %" PRIu64 "\n",
                buckets[bucket].seconds, count);
    }
    count += metrics->latency[METRICS_BUCKETS];
    write_line(buffer,
            "ghostkey_http_request_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n"
            "ghostkey_http_request_duration_seconds_sum %" PRIu64 ".%09" PRIu64 "\n"
            "ghostkey_http_request_duration_seconds_count %" PRIu64 "\n",
            count, metrics->latency_sum_ns / 1000000000, metrics->latency_sum_ns % 1000000000,
            count);
}

static void write_number(struct buffer *buffer, const char *name, const char *type,
        const char *help, uint64_t number) {
    write_head(buffer, name, type, help);
    write_line(buffer, "%s %" PRIu64 "\n", name, number);
}

static void write_events(struct buffer *buffer, const struct broker_counters *counters) {
    write_head(buffer, "ghostkey_rotations_total", "counter", "Rotations done, by cause.");
    for (enum cause cause = CAUSE_ROTATE; cause <= CAUSE_EXPIRY; cause++) {
        write_line(buffer, "ghostkey_rotations_total{cause=\"%s\"} %" PRIu64 "\n",
                cause_text(cause), counters->rotations[cause]);
    }
    write_head(buffer, "ghostkey_events_total", "counter", "Events, by what they tell.");
    for (enum event_kind kind = EVENT_CREATED; kind < EVENT_KIND_COUNT; kind++) {
        write_line(buffer, "ghostkey_events_total{event=\"%s\"} %" PRIu64 "\n",
                event_kind_text(kind), counters->events[kind]);
    }
}

/* Only a state that is kept has a journal. */
static void write_journal(struct buffer *buffer, const struct broker_status *status) {
    if (status->journal_bytes == 0) {
        return;
    }
    write_number(buffer, "ghostkey_journal_bytes", "gauge", "Length of the journal.",
            status->journal_bytes);
    if (status->rewritten_at != 0) {
        write_number(buffer, "ghostkey_journal_rewritten_timestamp_seconds", "gauge",
                "When the journal was last written anew, on GhostKey's clock.",
                (uint64_t)status->rewritten_at / MS_PER_S);
    }
}

void metrics_write(struct buffer *buffer, const struct metrics *metrics,
        const struct broker_counters *counters, const struct broker_status *status) {
    write_requests(buffer, metrics);
    write_latency(buffer, metrics);
    write_number(buffer, "ghostkey_secrets", "gauge", "Secrets there are.", status->secrets);
    write_events(buffer, counters);
    write_number(buffer, "ghostkey_commits_total", "counter", "Transactions committed.",
            counters->commits);
    write_number(buffer, "ghostkey_commit_failures_total", "counter",
            "Transactions that could not be committed.", counters->failed_commits);
    write_journal(buffer, status);
    write_number(buffer, "ghostkey_log_lost_total", "counter",
            "Event lines that a log did not take when they came.", metrics->lost_lines);
    write_number(buffer, "ghostkey_event_streams", "gauge", "Readers of the event stream.",
            metrics->streams);
    write_number(buffer, "ghostkey_delayed_answers", "gauge",
            "Answers that wait because of a fault rule.", metrics->delayed);
}
