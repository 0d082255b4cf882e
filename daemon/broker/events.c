#include "broker/broker_internal.h"

/*
 * Keeps the event in memory for those who log and stream it at the turn's end. One with a reason is
 * read from the store: that is rare.
 */
static void remember(struct broker *broker, const struct event *event) {
    struct recent_event *recent = &broker->recent[event->seq % RECENT_EVENTS];

    recent->event = *event;
    if (event->reason.len > 0) {
        recent->event.seq = 0;
        return;
    }
    memcpy(recent->name, event->name.data, event->name.len);
    recent->event.name.data = recent->name;
}

int event_append(struct broker *broker, struct txn *txn, enum event_kind kind, enum cause cause,
        const struct secret *secret, instant at, struct span reason) {
    struct event event = {
            .at = at,
            .kind = kind,
            .cause = cause,
            .name = secret->name,
            .version = secret->version,
            .reason = reason,
    };
    int error = store_append_event(txn, &event);

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

struct page {
    void (*on_event)(void *userdata, const struct event *event);
    void *userdata;
    size_t left;
    uint64_t last;
};

static int visit_event(void *userdata, const struct event *event) {
    struct page *page = userdata;

    if (event->seq > page->last) {
        return 1; /* this turn's: not before its commit */
    }
    page->on_event(page->userdata, event);
    page->left -= 1;
    return page->left == 0;
}

/* Visits those past `after` that are in memory, up to the first that is not; how many. */
static size_t visit_recent(const struct broker *broker, uint64_t after, struct page *page) {
    size_t count = 0;

    while (page->left > 0 && after + count < page->last) {
        uint64_t seq = after + count + 1;
        const struct event *event = &broker->recent[seq % RECENT_EVENTS].event;

        if (event->seq != seq) {
            return count;
        }
        page->on_event(page->userdata, event);
        page->left -= 1;
        count += 1;
    }
    return count;
}

int broker_held_events(struct broker *broker, uint64_t after, size_t limit,
        void (*on_event)(void *userdata, const struct event *event), void *userdata) {
    struct page page = {
            .on_event = on_event,
            .userdata = userdata,
            .left = limit,
            .last = broker->counters.last_event,
    };
    struct txn *txn;
    int error;

    after += visit_recent(broker, after, &page);
    if (page.left == 0 || after >= page.last) {
        return 0;
    }
    error = store_read(broker->store, &txn);
    if (error != 0) {
        return error;
    }
    error = store_walk_events(txn, after, visit_event, &page);
    return error < 0 ? error : 0;
}

int broker_events(struct broker *broker, uint64_t after, size_t limit,
        void (*on_event)(void *userdata, const struct event *event), void *userdata) {
    uint64_t last = broker->counters.last_event;

    if (last > GK_EVENTS_KEPT && after < last - GK_EVENTS_KEPT) {
        after = last - GK_EVENTS_KEPT;
    }
    return broker_held_events(broker, after, limit, on_event, userdata);
}

/* Drops what is no longer held and is not among those that are kept. */
static int drop_events(struct broker *broker, uint64_t last) {
    struct txn *txn;
    uint64_t first;
    int error = store_read(broker->store, &txn);

    if (error == 0) {
        error = store_first_seq(txn, &first);
    }
    if (error != 0 || first > last) {
        return error;
    }
    error = store_write(broker->store, &txn);
    if (error == 0) {
        error = store_drop_events(txn, last);
    }
    if (error != 0) {
        store_abort(broker->store);
        return error;
    }
    return turn_commit(broker);
}

void broker_release_events(struct broker *broker, uint64_t up_to) {
    uint64_t last = broker->counters.last_event;

    if (up_to == broker->released) {
        return;
    }
    store_hold_events(broker->store, up_to);
    if (last <= GK_EVENTS_KEPT ||
            drop_events(broker, up_to < last - GK_EVENTS_KEPT ? up_to : last - GK_EVENTS_KEPT) ==
                    0) {
        broker->released = up_to; /* else the store has said why not */
    }
}
