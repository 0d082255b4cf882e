/* Events are read, and dropped once they are old and released. */
#include "broker/events.h"

#include "broker/broker_internal.h"

struct page {
    void (*on_event)(void *userdata, const struct event *event);
    void *userdata;
    size_t left;
    uint64_t last;
};

static int visit_event(void *userdata, const struct event *event) {
    struct page *page = userdata;

    if (event->seq > page->last) {
        return 1; /* an event of this turn: it is shown after the commit */
    }
    page->on_event(page->userdata, event);
    page->left -= 1;
    return page->left == 0;
}

/* Visits the events past `after` that are in memory, up to the first that is not. Returns how many.
 */
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
    int error;

    after += visit_recent(broker, after, &page);
    if (page.left == 0 || after >= page.last) {
        return 0;
    }
    error = store_walk_events(broker->store, after, visit_event, &page);
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

static int write_drop(struct broker *broker, uint64_t last) {
    int error = store_open_turn(broker->store);

    return error != 0 ? error : store_drop_events(broker->store, last);
}

/* Drops the events up to last. */
static int drop_events(struct broker *broker, uint64_t last) {
    if (store_first_seq(broker->store) > last) {
        return 0;
    }
    return turn_end(broker, write_drop(broker, last));
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
        broker->released =
                up_to; /* after a failure, which the store has logged, it is tried again */
    }
}
