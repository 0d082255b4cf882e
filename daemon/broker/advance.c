/* Moving the virtual clock: all that falls due on the way fires, or nothing moves at all. */
#include "broker/broker_internal.h"

#define FIRINGS_MAX 1000000
#define MS_PER_S 1000

struct forecast {
    instant to;
    uint64_t firings;
};

/* How often an armed secret would fire on the way; once if it does not rotate. */
static int visit_armed(void *userdata, const struct secret *secret) {
    struct forecast *forecast = userdata;
    instant due = secret_expires_at(secret);

    if (!secret->armed || due > forecast->to) {
        return 0;
    }
    forecast->firings += 1;
    if (secret->policy.on_expiry) {
        forecast->firings += (uint64_t)(forecast->to - due) / ((uint64_t)secret->ttl_s * MS_PER_S);
    }
    return forecast->firings > FIRINGS_MAX;
}

static int check_firings(struct txn *txn, instant to, struct problem *problem) {
    struct forecast forecast = {.to = to};
    int error = store_walk_secrets(txn, SPAN_NULL, SPAN_NULL, visit_armed, &forecast);

    if (error > 0) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "that would fire more than %d expiries at once: move the clock in smaller steps",
                FIRINGS_MAX);
    }
    return error;
}

/* Fires up to the instant to, each thing at its own. */
static int fire_all(
        struct broker *broker, struct txn *txn, instant to, struct advance *ret_advance) {
    struct advance advance = {0};
    char place[GK_NAME_MAX_BYTES];
    struct span name;
    instant due;
    int error = store_first_due(txn, &due, place, &name);

    while (error == 0 && due <= to) {
        enum fired fired;

        error = rotation_fire(broker, txn, name, due, &fired);
        advance.rotated += error == 0 && fired == FIRED_ROTATED;
        advance.expired += error == 0 && fired == FIRED_EXPIRED;
        if (error == 0) {
            error = store_first_due(txn, &due, place, &name);
        }
    }
    if (error == 0) {
        advance.next_due = due;
        *ret_advance = advance;
    }
    return error;
}

static int set_clock(
        struct broker *broker, instant to, struct advance *ret_advance, struct problem *problem) {
    struct txn *txn;
    int error;

    if (broker->clock.kind != CLOCK_VIRTUAL) {
        return problem_set(problem, GK_E_CLOCK_KIND,
                "the clock is the system's and cannot be moved: start ghostkeyd with "
                "--clock virtual");
    }
    if (to < broker->clock.now) {
        return problem_set(problem, GK_E_BAD_REQUEST, "the clock cannot go back in time");
    }
    if (to > INSTANT_CEILING) {
        return problem_set(
                problem, GK_E_BAD_REQUEST, "the clock cannot go past 9900-01-01T00:00:00.000Z");
    }
    error = store_write(broker->store, &txn);
    if (error == 0) {
        error = check_firings(txn, to, problem);
    }
    if (error == 0) {
        error = fire_all(broker, txn, to, ret_advance);
    }
    if (error == 0) {
        error = store_put_clock(txn, to);
    }
    if (error == 0) {
        (void)clock_move(&broker->clock, to);
        broker->clock_moved = true;
    }
    return error;
}

int broker_advance(
        struct broker *broker, int64_t by_s, struct advance *ret_advance, struct problem *problem) {
    int64_t by_ms;
    instant to;

    if (__builtin_mul_overflow(by_s, (int64_t)MS_PER_S, &by_ms) ||
            __builtin_add_overflow(broker->clock.now, by_ms, &to)) {
        to = INT64_MAX; /* past any instant that can be set */
    }
    return broker_set_clock(broker, to, ret_advance, problem);
}

int broker_set_clock(
        struct broker *broker, instant to, struct advance *ret_advance, struct problem *problem) {
    return verb_end(broker, set_clock(broker, to, ret_advance, problem));
}
