/* Forgets everything but the seed. */
#include <errno.h>

#include "broker/advance.h"
#include "broker/broker_internal.h"
#include "broker/events.h"

/* Stores the state anew: its seed, and its clock at where it began. */
static int begin_anew(struct broker *broker) {
    STATE_AUTO struct state state = STATE_NULL;
    int error = store_get_state(broker->store, &state);

    if (error != 0) {
        return error < 0 ? error : -EBADMSG;
    }
    error = store_clear(broker->store);
    if (error != 0) {
        return error;
    }
    state.now = broker->clock.kind == CLOCK_VIRTUAL ? broker->began_at : broker->clock.now;
    return store_put_state(broker->store, &state);
}

static int fill(struct broker *broker) {
    const struct broker_options *options = &broker->options;
    int error = options->begin == NULL ? 0 : options->begin(options->begin_userdata, broker);

    if (error != 0) {
        store_void(broker->store, error); /* a part of it may be there */
    }
    return error;
}

int broker_begin_state(struct broker *broker) {
    int error;

    broker_begin_turn(broker);
    error = fill(broker);
    if (error != 0) {
        (void)broker_commit(broker); /* it fails, too */
        return error;
    }
    return broker_commit(broker);
}

static int reset(struct broker *broker, bool is_forced, struct problem *problem) {
    int error;

    if (broker->clock.kind != CLOCK_VIRTUAL && !is_forced) {
        return problem_set(problem, GK_E_CLOCK_KIND,
                "the clock is the system's and cannot be put back, so what follows would not be as "
                "after a start; everything is forgotten only if that is forced");
    }
    error = store_open_turn(broker->store);
    if (error != 0) {
        return error;
    }
    if (store_is_changing(broker->store)) {
        return -EAGAIN; /* the turn fails, and each of its requests is done again by itself */
    }
    error = fault_table_make_room(&broker->faults, broker->faults.count);
    if (error != 0) {
        return error;
    }
    error = begin_anew(broker);
    if (error != 0) {
        return error;
    }
    fault_table_forget(&broker->faults);
    broker->pending.last_event = 0;
    broker->is_resetting = true;
    if (broker->clock.kind == CLOCK_VIRTUAL) {
        clock_init(&broker->clock, CLOCK_VIRTUAL, broker->began_at);
    }
    return fill(broker);
}

int broker_reset(struct broker *broker, bool is_forced, struct problem *problem) {
    return verb_end(broker, reset(broker, is_forced, problem));
}

uint64_t broker_resets(const struct broker *broker) {
    return broker->resets;
}
