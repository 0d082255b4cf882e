/*
 * The metrics (contract, section 3): counters since the daemon started, in the Prometheus text
 * format, version 0.0.4.
 */
#ifndef GHOSTKEYD_HTTP_METRICS_H
#define GHOSTKEYD_HTTP_METRICS_H

#include "broker/broker.h"
#include "broker/status.h"
#include "common/buffer.h"

struct api;
struct operation;

#define METRICS_OPERATIONS_MAX 160 /* of all APIs, and for each one row of requests without any */
#define METRICS_STATUSES_MAX 204   /* metrics.c, row_of() */
#define METRICS_BUCKETS 12

struct metrics {
    /* by the operation's and the status's place in metrics.c */
    uint64_t requests[METRICS_OPERATIONS_MAX][METRICS_STATUSES_MAX];
    uint64_t latency[METRICS_BUCKETS + 1]; /* by bucket; the last has the slower ones */
    uint64_t latency_sum_ns;
    uint64_t lost_lines; /* event lines that the log or the --audit-log file did not take */
    uint64_t streams;    /* that are open */
    uint64_t delayed;    /* answers that wait, since a fault rule wants it so */
};

/* The connections that wait: GK_STREAMS_MAX at most. */
static inline uint64_t metrics_waiting(const struct metrics *metrics) {
    return metrics->delayed + metrics->streams;
}

/* Counts a request that an API answered ns after it came. operation NULL: it has none. */
void metrics_count(struct metrics *metrics, const struct api *api,
        const struct operation *operation, int status, uint64_t ns);

void metrics_write(struct buffer *buffer, const struct metrics *metrics,
        const struct broker_counters *counters, const struct broker_status *status);

#endif
