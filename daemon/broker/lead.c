/* The system's clock ahead of the machine's (clock.h): said, and kept over restarts. */
#include "broker/broker_internal.h"

#include "process/log.h"

#define KEEP_EVERY_MS 1000
#define LEAD_CHANGE_MS 60000 /* a lead that changes by less is not said again */
#define MS_PER_S 1000

void lead_say(struct broker *broker) {
    int64_t lead_ms = clock_lead_ms(&broker->clock);
    int64_t changed_ms = lead_ms - broker->said_lead_ms;

    if (lead_ms == 0 && broker->said_lead_ms != 0) {
        log_info("the clock follows the machine's again");
    } else if (changed_ms > LEAD_CHANGE_MS || changed_ms < -LEAD_CHANGE_MS) {
        log_warning(
                "the clock is %lld s ahead of the machine's: it never goes back, and goes on from "
                "where it stood, so that TTLs stay right. To begin again at the machine's "
                "time, start ghostkeyd with a new state",
                (long long)(lead_ms / MS_PER_S));
    } else {
        return;
    }
    broker->said_lead_ms = lead_ms;
}

static int keep_clock(struct broker *broker, instant now) {
    struct txn *txn;
    int error = store_write(broker->store, &txn);

    if (error == 0) {
        error = store_put_clock(txn, now);
    }
    if (error != 0) {
        store_abort(broker->store);
        return error;
    }
    error = turn_commit(broker);
    if (error == 0) {
        broker->kept_now = now;
    }
    return error;
}

int lead_keep(struct broker *broker) {
    int64_t every_ms = clock_lead_ms(&broker->clock) > 0 ? KEEP_EVERY_MS : 1;

    if (!clock_is_ahead(&broker->clock) || broker->clock.now - broker->kept_now < every_ms) {
        return 0;
    }
    return keep_clock(broker, broker->clock.now);
}

instant lead_keep_at(const struct broker *broker) {
    return clock_lead_ms(&broker->clock) > 0 ? broker->kept_now + KEEP_EVERY_MS : INT64_MAX;
}

void broker_stop(struct broker *broker) {
    if (broker->clock.kind == CLOCK_SYSTEM && store_home(broker->store) != STORE_MEMORY) {
        (void)keep_clock(broker, clock_look(&broker->clock)); /* the store has said why not */
    }
}

int64_t broker_ahead_s(const struct broker *broker) {
    return clock_lead_ms(&broker->clock) / MS_PER_S;
}
