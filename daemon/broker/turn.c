/* What all changes need: events, counters, and the commit that ends a turn. */
#include "broker/broker_internal.h"

/* Keeps the event in memory, from where it is logged and streamed at the end of the turn. */
static void remember(struct broker *broker, const struct event *event) {
    struct recent_event *recent = &broker->recent[event->seq % RECENT_EVENTS];

    recent->event = *event;
    memcpy(recent->name, event->name.data, event->name.len);
    recent->event.name.data = recent->name;
}

int event_append(struct broker *broker, enum event_kind kind, enum cause cause,
        const struct secret *secret, instant at, struct span reason) {
    struct event event = {
            .at = at,
            .kind = kind,
            .cause = cause,
            .name = secret->name,
            .version = secret->version,
            .reason = reason,
    };
    int error = store_append_event(broker->store, &event);

    if (error != 0) {
        return error;
    }
    broker->pending.events[kind] += 1;
    if (kind == EVENT_ROTATED) {
        broker->pending.rotations[cause] += 1;
    }
    broker->pending.last_event = event.seq;
    remember(broker, &event);
    return 0;
}

int turn_commit(struct broker *broker) {
    bool is_writing = store_is_writing(broker->store);
    int error = store_commit(broker->store);

    if (error != 0) {
        broker->pending = broker->counters;
        broker->pending.failed_commits += 1;
    } else {
        broker->pending.commits += is_writing;
    }
    broker->counters = broker->pending;
    return error;
}

int turn_end(struct broker *broker, int error) {
    if (error != 0) {
        store_abort(broker->store);
        broker->pending = broker->counters;
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
