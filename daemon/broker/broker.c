/* The start and the end of a broker, its turns and its status. */
#include <errno.h>

#include "broker/broker_internal.h"
#include "broker/fault_counts.h"
#include "common/cleanup.h"

#define RETRY_MS 1000

static void broker_freep(struct broker **broker) {
    *broker = broker_free(*broker);
}

static int visit_last_event(void *userdata, const struct event *event) {
    *(instant *)userdata = event->at;
    return 0;
}

/*
 * The time at which the clock goes on after a restart. The store always has the time of a virtual
 * clock. It gets the system clock's only at a stop, or while that clock is ahead of the machine's:
 * after a crash the last event may be later.
 */
static int last_instant(struct store *store, const struct state *state, instant *ret_at) {
    instant at = state->now;
    uint64_t seq = store_last_seq(store);

    if (state->clock_kind == CLOCK_SYSTEM && seq > 0) {
        int error = store_walk_events(store, seq - 1, visit_last_event, &at);

        if (error != 0) {
            return error;
        }
    }
    *ret_at = at > state->now ? at : state->now;
    return 0;
}

static int read_state(struct broker *broker) {
    STATE_AUTO struct state state = STATE_NULL;
    instant start;
    int error = store_get_state(broker->store, &state);

    if (error != 0) {
        return error;
    }
    error = last_instant(broker->store, &state, &start);
    if (error != 0) {
        return error;
    }
    broker->first_event = store_last_seq(broker->store);
    broker->began_at = state.began_at;
    clock_init(&broker->clock, state.clock_kind, start);
    broker->kept_now = state.now;
    return keyring_new(buffer_span(&state.seed), &broker->keyring);
}

int broker_new(
        struct store *store, const struct broker_options *options, struct broker **ret_broker) {
    GK_CLEANUP(broker_freep) struct broker *broker = calloc(1, sizeof(*broker));
    int error;

    if (broker == NULL) {
        return -ENOMEM;
    }
    reader_table_init(&broker->readers);
    broker->store = store;
    broker->options = *options;
    error = read_state(broker);
    if (error != 0) {
        return error < 0 ? error : -EBADMSG; /* there is no state */
    }
    broker->faults.is_old = true;
    error = fault_table_read(&broker->faults, broker->store);
    if (error != 0) {
        return error;
    }
    broker->counters.last_event = broker->first_event;
    broker->pending = broker->counters;
    store_hold_events(store, 0); /* until broker_release_events() */
    *ret_broker = broker;        /* options.keeps may use it from here on */
    error = rotation_start_up(broker);
    if (error != 0) {
        *ret_broker = NULL;
        return error;
    }
    broker->committed_now = broker->clock.now;
    broker = NULL; /* handed over */
    return 0;
}

struct broker *broker_free(struct broker *broker) {
    if (broker != NULL) {
        reader_table_deinit(&broker->readers);
        fault_table_deinit(&broker->faults);
        (void)keyring_free(broker->keyring);
        free(broker);
    }
    return NULL;
}

size_t broker_value_max_bytes(const struct broker *broker) {
    return broker->options.value_max_bytes;
}

/* Does what is due by then. */
static int catch_up(struct broker *broker, instant target) {
    int error = rotation_catch_up(broker, target);

    if (error != 0) {
        broker->clock.now = broker->committed_now;
        return error;
    }
    return ahead_keep(broker);
}

void broker_begin_turn(struct broker *broker) {
    instant target;
    int error;

    if (broker->in_turn) {
        return;
    }
    broker->in_turn = true;
    target = clock_look(&broker->clock);
    ahead_log(broker);
    if (target < broker->retry_at) {
        return;
    }
    error = catch_up(broker, target);
    broker->retry_at = error == 0 ? 0 : target + RETRY_MS;
    broker->committed_now = broker->clock.now;
    store_set_now(broker->store, broker->clock.now);
}

int broker_commit(struct broker *broker) {
    int error;

    /* a store that is full must not refuse a deletion for the counts: they wait for a turn alone */
    if (broker_is_changing(broker) && !store_is_full(broker->store)) {
        (void)broker_fault_keep_counts(broker); /* if it fails, so does the commit */
    }
    error = turn_commit(broker);
    broker->in_turn = false;
    if (error != 0) {
        broker->clock.now = broker->committed_now;
    }
    broker->committed_now = broker->clock.now;
    store_set_now(broker->store, broker->clock.now);
    return error;
}

void broker_void(struct broker *broker, int error) {
    store_void(broker->store, error);
}

bool broker_is_changing(const struct broker *broker) {
    return store_is_changing(broker->store);
}

int broker_idle(struct broker *broker, bool is_quiet) {
    store_set_now(broker->store, broker->clock.now);
    return store_idle(broker->store, is_quiet);
}

bool broker_look(struct broker *broker, int watch_fd) {
    return store_look(broker->store, watch_fd);
}

bool broker_commit_waits(const struct broker *broker) {
    return store_home(broker->store) == STORE_FILE;
}

instant broker_next_due(struct broker *broker) {
    struct span name;
    instant due;

    store_first_due(broker->store, &due, &name);
    /* an earlier one was missed, and fires now */
    return due < broker->clock.now ? broker->clock.now : due;
}

instant broker_wake_at(struct broker *broker) {
    struct span name;
    instant at;

    store_first_due(broker->store, &at, &name);
    if (at > ahead_keep_at(broker)) {
        at = ahead_keep_at(broker);
    }
    if (at < broker->retry_at) {
        at = broker->retry_at;
    }
    return clock_machine_instant(&broker->clock, at);
}

instant broker_now(const struct broker *broker) {
    return broker->clock.now;
}

enum clock_kind broker_clock_kind(const struct broker *broker) {
    return broker->clock.kind;
}

uint64_t broker_first_event(const struct broker *broker) {
    return broker->first_event;
}

const struct broker_counters *broker_counters(const struct broker *broker) {
    return &broker->counters;
}

static int end_walk(void *userdata, struct span key, struct span bytes) {
    return 1;
}

/* Whether there is an entry of an API, or a fault rule: no event shows those. */
static bool has_own_entries(const struct broker *broker) {
    for (enum owner owner = OWNER_NONE + 1; owner < OWNER_COUNT; owner++) {
        if (store_walk_own(broker->store, owner, SPAN_LITERAL(""), end_walk, NULL) != 0) {
            return true;
        }
    }
    return false;
}

bool broker_may_end(const struct broker *broker) {
    bool clock_can_restart = broker->clock.kind == CLOCK_SYSTEM ||
                             (broker->options.state_is_new && !broker->clock_moved);

    return store_home(broker->store) == STORE_FILE ||
           (broker->counters.last_event == 0 && clock_can_restart && !has_own_entries(broker));
}

struct broker_status broker_status(struct broker *broker) {
    static const char *const homes[] = {
            [STORE_MEMORY] = "memory",
            [STORE_FDSTORE] = "fdstore",
            [STORE_FILE] = "file",
    };
    struct store_journal journal = store_journal(broker->store);

    /* if that fails, the last count is reported */
    (void)fault_table_read(&broker->faults, broker->store);
    return (struct broker_status){
            .home = homes[store_home(broker->store)],
            .secrets = store_count_secrets(broker->store),
            .last_event = store_last_seq(broker->store),
            .faults = broker->faults.count,
            .journal_bytes = journal.bytes,
            .rewritten_at = journal.rewritten_at,
    };
}
