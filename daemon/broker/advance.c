/*
 * Moving the virtual clock. Everything that falls due on the way fires, or the clock does not move.
 *
 * What an advance would do is counted first, so that one that is too large is refused before
 * anything changes (contract, section 4). Values that would be dropped again within the advance are
 * not made (rotation.c), so the count bounds its cost.
 */
#include "broker/advance.h"

#include "broker/broker_internal.h"
#include "broker/versions_internal.h"

#define FIRINGS_MAX 1000000
#define NEW_VALUES_MAX_BYTES ((uint64_t)1 << 30)
#define MS_PER_S 1000

struct forecast {
    const struct broker *broker;
    instant to;
    uint64_t firings;
    uint64_t kept_bytes; /* of new values, in versions that are kept after the advance */
};

/* The length of the value that the secret's nth rotation from now would make. */
static size_t measure_nth(const struct secret *secret, uint64_t nth) {
    return strategy_measure(
            &secret->policy, secret->name, secret->generation + nth, secret->newest + nth);
}

/* How many of the secret's next count rotations succeed before one makes a value too large. */
static uint64_t count_rotations(const struct secret *secret, uint64_t count, size_t max_bytes) {
    uint64_t good = 0;
    uint64_t bad = count + 1;

    if (strategy_may_shrink(&secret->policy)) {
        while (good < count && measure_nth(secret, good + 1) <= max_bytes) {
            good += 1;
        }
        return good;
    }
    if (measure_nth(secret, count) <= max_bytes) {
        return count;
    }
    while (bad - good > 1) { /* rotation `good` succeeds, rotation `bad` fails */
        uint64_t middle = good + (bad - good) / 2;

        if (measure_nth(secret, middle) <= max_bytes) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return good;
}

/* Adds the firings and the new values of one secret. Not 0: the advance is too large. */
static int visit_due(void *userdata, const struct secret *secret) {
    struct forecast *forecast = userdata;
    uint64_t keep = versions_kept(forecast->broker, secret);
    uint64_t count = 1;
    uint64_t rotations;

    if (secret->is_deleted || !secret->policy.on_expiry) {
        forecast->firings += 1;
        return forecast->firings > FIRINGS_MAX;
    }
    count += (uint64_t)(forecast->to - secret_expires_at(secret)) /
             ((uint64_t)secret->ttl_s * MS_PER_S);
    count = count < FIRINGS_MAX + 1 ? count : FIRINGS_MAX + 1;
    rotations = count_rotations(secret, count, forecast->broker->options.value_max_bytes);
    forecast->firings += rotations < count ? rotations + 1 : count;
    for (uint64_t nth = rotations; nth > 0 && (rotations - nth < keep || rotations - nth < 2);
            nth--) {
        forecast->kept_bytes += measure_nth(secret, nth);
        if (forecast->kept_bytes > NEW_VALUES_MAX_BYTES) {
            return 1;
        }
    }
    return forecast->firings > FIRINGS_MAX;
}

static int check_cost(
        struct broker *broker, instant to, instant next_due, struct problem *problem) {
    struct forecast forecast = {.broker = broker, .to = to};
    char at[INSTANT_TEXT_BYTES];
    int error;

    if (to <= next_due) {
        return 0; /* if this step were refused, the clock could never get past next_due */
    }
    error = store_walk_due(broker->store, to, visit_due, &forecast);
    if (error <= 0) {
        return error;
    }
    instant_format(next_due, at);
    if (forecast.firings > FIRINGS_MAX) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "that would fire more than %d expiries at once: move the clock in smaller steps; a "
                "step to %.*s, when the next thing is due, is always accepted",
                FIRINGS_MAX, INSTANT_TEXT_BYTES, at);
    }
    return problem_set(problem, GK_E_BAD_REQUEST,
            "that would leave more than 1 GiB of new values: move the clock in smaller steps; a "
            "step to %.*s, when the next thing is due, is always accepted",
            INSTANT_TEXT_BYTES, at);
}

/* Fires all that is due up to an instant, each secret at its own. */
static int fire_all(struct broker *broker, instant to, struct advance *ret_advance) {
    struct advance advance = {0};
    enum fired fired;
    struct span name;
    instant due;

    store_first_due(broker->store, &due, &name);
    while (due <= to) {
        int error = rotation_fire(broker, name, due, to, &fired);

        if (error != 0) {
            return error;
        }
        advance.rotated += fired == FIRED_ROTATED;
        advance.expired += fired == FIRED_EXPIRED;
        advance.deleted += fired == FIRED_DELETED;
        store_first_due(broker->store, &due, &name);
    }
    advance.next_due = due;
    *ret_advance = advance;
    return 0;
}

static int set_clock(
        struct broker *broker, instant to, struct advance *ret_advance, struct problem *problem) {
    struct span name;
    instant next_due;
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
    error = store_open_turn(broker->store);
    if (error != 0) {
        return error;
    }
    store_first_due(broker->store, &next_due, &name);
    error = check_cost(broker, to, next_due, problem);
    if (error != 0) {
        return error;
    }
    error = fire_all(broker, to, ret_advance);
    if (error != 0) {
        return error;
    }
    error = store_put_clock(broker->store, to);
    if (error != 0) {
        return error;
    }
    (void)clock_move(&broker->clock, to);
    broker->clock_moved = true;
    return 0;
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
