/*
 * The system clock while it is ahead of the machine's clock, which was set back (clock.h). The log
 * says so, and the store keeps the time, so that the clock does not go back at a restart.
 */
#include "broker/broker_internal.h"
#include "broker/fault_counts.h"
#include "process/log.h"

#define KEEP_EVERY_MS 1000
#define LOG_CHANGE_MS 60000 /* a smaller change of the difference is not logged again */
#define MS_PER_S 1000

void ahead_log(struct broker *broker) {
    int64_t ahead_ms = clock_ahead_ms(&broker->clock);
    int64_t changed_ms = ahead_ms - broker->logged_ahead_ms;

    if (ahead_ms == 0 && broker->logged_ahead_ms != 0) {
        log_info("the clock follows the machine's again");
    } else if (changed_ms > LOG_CHANGE_MS || changed_ms < -LOG_CHANGE_MS) {
        log_warning(
                "the clock is %lld s ahead of the machine's: it never goes back, and goes on from "
                "where it stood, so that TTLs stay right. To begin again at the machine's "
                "time, start ghostkeyd with a new state",
                (long long)(ahead_ms / MS_PER_S));
    } else {
        return;
    }
    broker->logged_ahead_ms = ahead_ms;
}

static int put_clock(struct broker *broker, instant now) {
    int error = store_open_turn(broker->store);

    return error != 0 ? error : store_put_clock(broker->store, now);
}

static int keep_clock(struct broker *broker, instant now) {
    int error = turn_end(broker, put_clock(broker, now));

    if (error != 0) {
        return error;
    }
    broker->kept_now = now;
    return 0;
}

int ahead_keep(struct broker *broker) {
    int64_t every_ms = clock_ahead_ms(&broker->clock) > 0 ? KEEP_EVERY_MS : 1;

    if (!clock_is_ahead(&broker->clock) || broker->clock.now - broker->kept_now < every_ms) {
        return 0;
    }
    return keep_clock(broker, broker->clock.now);
}

instant ahead_keep_at(const struct broker *broker) {
    return clock_ahead_ms(&broker->clock) > 0 ? broker->kept_now + KEEP_EVERY_MS : INT64_MAX;
}

void broker_stop(struct broker *broker) {
    if (broker->clock.kind == CLOCK_SYSTEM && store_home(broker->store) != STORE_MEMORY) {
        (void)keep_clock(broker, clock_look(&broker->clock)); /* the store has logged the error */
    }
    if (broker_fault_counts_wait(broker)) {
        (void)turn_end(broker, broker_fault_keep_counts(broker));
    }
    store_set_now(broker->store, clock_look(&broker->clock));
}

int64_t broker_ahead_s(const struct broker *broker) {
    return clock_ahead_ms(&broker->clock) / MS_PER_S;
}
