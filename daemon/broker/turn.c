/* What all changes need: events, counters, and the commit that ends a turn. */
#include "broker/broker_internal.h"
#include "process/log.h"

/* Keeps the event in memory, from where it is logged and streamed at the end of the turn. */
static void remember(struct broker *broker, const struct event *event) {
    struct recent_event *recent = &broker->recent[event->seq % RECENT_EVENTS];

    recent->event = *event;
    memcpy(recent->name, event->name.data, event->name.len);
    recent->event.name.data = recent->name;
}

int event_keep(struct broker *broker, struct event *event) {
    int error = store_append_event(broker->store, event);

    if (error != 0) {
        return error;
    }
    broker->pending.events[event->kind] += 1;
    if (event->kind == EVENT_ROTATED) {
        broker->pending.rotations[event->cause] += 1;
    }
    broker->pending.last_event = event->seq;
    remember(broker, event);
    return 0;
}

int event_append(struct broker *broker, enum event_kind kind, enum cause cause,
        const struct secret *secret, instant at, struct span reason) {
    struct event event = {
            .at = at,
            .kind = kind,
            .cause = cause,
            .name = secret->name,
            .version = secret->current.number,
            .reason = reason,
    };

    return event_keep(broker, &event);
}

int remove_secret(struct broker *broker, struct secret *secret, enum event_kind kind,
        enum cause cause, instant at) {
    int error;

    secret->revision += 1;
    error = store_delete_secret(broker->store, secret);
    if (error != 0) {
        return error;
    }
    return event_append(broker, kind, cause, secret, at, SPAN_NULL);
}

/* After the transaction that resets the state: whether it was kept. */
static void end_reset(struct broker *broker, bool is_kept) {
    if (broker->is_resetting && is_kept) {
        broker->resets += 1;
        broker->first_event = 0;
        broker->clock_moved = false;
        reader_table_clear(&broker->readers);
        log_info("the state was reset: it is as after a start from nothing");
    } else if (broker->is_resetting) { /* it gave its events numbers that other events have */
        memset(broker->recent, 0, sizeof(broker->recent));
    }
    broker->is_resetting = false;
}

int turn_commit(struct broker *broker) {
    bool is_writing = store_is_writing(broker->store);
    int error = store_commit(broker->store);

    if (error != 0) {
        broker->pending = broker->counters;
        broker->pending.failed_commits += 1;
        fault_table_take_back(&broker->faults);
    } else {
        broker->pending.commits += is_writing;
        fault_table_keep(&broker->faults);
    }
    broker->counters = broker->pending;
    end_reset(broker, error == 0);
    return error;
}

int turn_end(struct broker *broker, int error) {
    if (error != 0) {
        store_abort(broker->store);
        fault_table_take_back(&broker->faults);
        broker->pending = broker->counters;
        end_reset(broker, false);
        return error;
    }
    return turn_commit(broker);
}

int verb_end(struct broker *broker, int error) {
    if (error < 0) {
        store_void(broker->store, error);
    }
    return error;
}

int no_secret(struct problem *problem, struct span name) {
    return problem_set(problem, GK_E_NO_SECRET, "no secret named '%.*s'", SPAN_ARGS(name));
}

int not_readable(int error, struct problem *problem, struct span name) {
    if (error == GK_E_NO_SECRET) {
        return no_secret(problem, name);
    }
    return error;
}
