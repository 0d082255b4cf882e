#include "store/store_tables.h"

#include "ghostkey/protocol.h"
#include "process/log.h"
#include "store/store_internal.h"

/* Keeps the scratch buffer under this key, if there is room for it. */
static int keep_scratch(
        struct store *store, enum table table, struct span key, struct node **ret_node) {
    struct span record = buffer_span(&store->scratch);
    int error = buffer_finish(&store->scratch);

    store->bound.turn_bytes += CHANGE_HEAD_BYTES + key.len + record.len;
    if (error != 0) {
        return error;
    }
    if (store->is_growing) {
        error = store_check_room(store, key.len + record.len);
        if (error != 0) {
            return error;
        }
    }
    return memory_put_node(&store->memory, table, key, record, ret_node);
}

/* Stores the scratch buffer under this key; *ret_node is the entry that holds it. */
static int put_scratch_node(struct store *store, enum table table, struct span key,
        const char *doing, struct node **ret_node) {
    int error = keep_scratch(store, table, key, ret_node);

    buffer_clear(&store->scratch);
    return error == 0 ? 0 : store_fail(store, error, doing);
}

static int put_scratch(struct store *store, enum table table, struct span key, const char *doing) {
    struct node *node;

    return put_scratch_node(store, table, key, doing, &node);
}

static int drop(struct store *store, enum table table, struct span key, const char *doing) {
    int error = memory_delete(&store->memory, table, key);

    return error == 0 ? 0 : store_fail(store, error, doing);
}

int store_get_state(struct store *store, struct state *ret_state) {
    STATE_AUTO struct state state = STATE_NULL;
    struct node *node;
    int error;

    if (!memory_get(&store->memory, TABLE_STATE, KEY_STATE, &node)) {
        return GK_E_NO_SECRET;
    }
    error = record_decode_state(node_record(node), &state);
    if (error != 0) {
        return log_error(error, "the store cannot read its state");
    }
    if (!memory_get(&store->memory, TABLE_STATE, KEY_CLOCK, &node)) {
        return log_error(EBADMSG, "the store has no clock");
    }
    error = record_decode_clock(node_record(node), &state.now);
    if (error != 0) {
        return log_error(error, "the store cannot read its clock");
    }
    *ret_state = state;
    state = STATE_NULL;
    return 0;
}

int store_put_clock(struct store *store, instant now) {
    record_encode_clock(&store->scratch, now);
    return put_scratch(store, TABLE_STATE, KEY_CLOCK, "keep the clock");
}

int store_put_state(struct store *store, const struct state *state) {
    int error;

    record_encode_state(&store->scratch, state);
    error = put_scratch(store, TABLE_STATE, KEY_STATE, "keep its state");
    return error != 0 ? error : store_put_clock(store, state->now);
}

static void read_node(const struct node *node, struct secret *ret_secret) {
    (void)record_decode_secret(node_key(node), node_record(node),
            ret_secret); /* it was sound when it came into memory */
}

int store_get_secret(struct store *store, struct span name, struct secret *ret_secret) {
    struct node *node;

    if (!memory_get(&store->memory, TABLE_SECRETS, name, &node)) {
        return GK_E_NO_SECRET;
    }
    read_node(node, ret_secret);
    return 0;
}

int store_put_secret(struct store *store, struct secret *secret) {
    struct buffer made = secret->made;
    struct node *node;
    int error;

    store->is_growing = true;
    record_encode_secret(&store->scratch, secret);
    error = put_scratch_node(store, TABLE_SECRETS, secret->name, "keep a secret", &node);
    if (error != 0) {
        return error;
    }
    read_node(node, secret);
    secret->made = made; /* still the caller's */
    return 0;
}

int store_delete_secret(struct store *store, const struct secret *secret) {
    struct tombstone tombstone = {.revision = secret->revision, .generation = secret->generation};
    int error = store_drop_versions(store, secret->name, UINT64_MAX, NULL, NULL);

    if (error != 0) {
        return error;
    }
    record_encode_tombstone(&store->scratch, &tombstone);
    error = put_scratch(store, TABLE_TOMBSTONES, secret->name, "keep a tombstone");
    return error != 0 ? error : drop(store, TABLE_SECRETS, secret->name, "delete a secret");
}

int store_get_tombstone(struct store *store, struct span name, struct tombstone *ret_tombstone) {
    struct node *node;
    int error;

    *ret_tombstone = (struct tombstone){0};
    if (!memory_get(&store->memory, TABLE_TOMBSTONES, name, &node)) {
        return 0;
    }
    error = record_decode_tombstone(node_record(node), ret_tombstone);
    return error == 0 ? 0 : log_error(error, "the store cannot read a tombstone");
}

static int visit_secret(const struct node *node, secret_visitor visit, void *userdata) {
    struct secret secret;

    read_node(node, &secret);
    return visit(userdata, &secret);
}

/* Visits the secrets from node on, in the order that `next` gives, as long as their names begin
 * with prefix. */
static int walk_names(struct node *node, struct node *(*next)(struct node *), struct span prefix,
        struct span after, secret_visitor visit, void *userdata) {
    for (; node != NULL && span_starts_with(node_key(node), prefix); node = next(node)) {
        int error = span_equals(node_key(node), after) ? 0 : visit_secret(node, visit, userdata);

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static struct span later(struct span one, struct span other) {
    return span_compare(one, other) > 0 ? one : other;
}

int store_walk_secrets(struct store *store, struct span prefix, struct span after,
        secret_visitor visit, void *userdata) {
    return walk_names(memory_seek(&store->memory, TABLE_SECRETS, later(prefix, after)), memory_next,
            prefix, after, visit, userdata);
}

int store_walk_expired(struct store *store, struct span prefix, struct span after,
        secret_visitor visit, void *userdata) {
    return walk_names(memory_seek_due(&store->memory, INT64_MAX, later(prefix, after)),
            memory_next_due, prefix, after, visit, userdata);
}

int store_walk_due(struct store *store, instant to, secret_visitor visit, void *userdata) {
    struct node *node = memory_seek_due(&store->memory, INT64_MIN, SPAN_NULL);

    for (; node != NULL && node_due(node) <= to; node = memory_next_due(node)) {
        int error = visit_secret(node, visit, userdata);

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

uint64_t store_count_secrets(const struct store *store) {
    return store->memory.counts[TABLE_SECRETS] - store->memory.without_value;
}

void store_first_due(struct store *store, instant *ret_due, struct span *ret_name) {
    struct node *node = memory_seek_due(&store->memory, INT64_MIN, SPAN_NULL);

    *ret_due = INT64_MAX;
    *ret_name = SPAN_NULL;
    if (node != NULL && node_due(node) != INT64_MAX) {
        *ret_due = node_due(node);
        *ret_name = node_key(node);
    }
}

int store_put_version(struct store *store, struct span name, const struct version *version) {
    char place[VERSION_KEY_MAX_BYTES];

    store->is_growing = true;
    record_encode_version(&store->scratch, version);
    return put_scratch(
            store, TABLE_VERSIONS, version_key(place, name, version->number), "keep a version");
}

int store_get_version(
        struct store *store, struct span name, uint64_t number, struct version *ret_version) {
    char place[VERSION_KEY_MAX_BYTES];
    struct node *node;
    int error;

    if (!memory_get(&store->memory, TABLE_VERSIONS, version_key(place, name, number), &node)) {
        return GK_E_NO_VERSION;
    }
    error = record_decode_version(number, node_record(node), ret_version);
    return error == 0 ? 0 : log_error(error, "the store cannot read a version");
}

int store_walk_versions(
        struct store *store, struct span name, version_visitor visit, void *userdata) {
    char place[VERSION_KEY_MAX_BYTES];
    struct node *node = memory_seek(&store->memory, TABLE_VERSIONS, version_key(place, name, 0));
    struct version version;
    uint64_t number;

    for (; node != NULL && version_key_is_of(node_key(node), name, &number);
            node = memory_next(node)) {
        int error = record_decode_version(number, node_record(node), &version);

        if (error != 0) {
            return error;
        }
        error = visit(userdata, &version);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int store_drop_version(struct store *store, struct span name, uint64_t number) {
    char place[VERSION_KEY_MAX_BYTES];

    return drop(store, TABLE_VERSIONS, version_key(place, name, number), "drop a version");
}

int store_drop_versions(struct store *store, struct span name, uint64_t last,
        version_filter is_kept, const void *userdata) {
    char place[VERSION_KEY_MAX_BYTES];
    struct node *node = memory_seek(&store->memory, TABLE_VERSIONS, version_key(place, name, 0));
    struct version version;
    uint64_t number;

    while (node != NULL && version_key_is_of(node_key(node), name, &number) && number <= last) {
        struct node *next = memory_next(node);
        int error = record_decode_version(number, node_record(node), &version);

        if (error != 0) {
            return error;
        }
        if (is_kept == NULL || !is_kept(userdata, &version)) {
            error = drop(store, TABLE_VERSIONS, node_key(node), "drop old versions");
            if (error != 0) {
                return error;
            }
        }
        node = next;
    }
    return 0;
}

bool store_get_own(struct store *store, enum owner owner, struct span key, struct span *ret_bytes) {
    char place[OWN_KEY_ROOM_BYTES];
    struct node *node;

    return memory_get(&store->memory, TABLE_OWN, own_key(place, owner, key), &node) &&
           record_decode_own(node_record(node), ret_bytes) == 0;
}

int store_put_own(struct store *store, enum owner owner, struct span key, struct span bytes) {
    char place[OWN_KEY_ROOM_BYTES];

    store->is_growing = true;
    record_encode_own(&store->scratch, bytes);
    return put_scratch(store, TABLE_OWN, own_key(place, owner, key), "keep what an API needs");
}

int store_delete_own(struct store *store, enum owner owner, struct span key) {
    char place[OWN_KEY_ROOM_BYTES];

    return drop(store, TABLE_OWN, own_key(place, owner, key), "forget what an API needed");
}

int store_walk_own(struct store *store, enum owner owner, struct span prefix, own_visitor visit,
        void *userdata) {
    char place[OWN_KEY_ROOM_BYTES];
    struct span from = own_key(place, owner, prefix);
    struct node *node = memory_seek(&store->memory, TABLE_OWN, from);

    for (; node != NULL && span_starts_with(node_key(node), from); node = memory_next(node)) {
        struct span key = {node_key(node).data + 1, node_key(node).len - 1};
        struct span bytes;
        int error = record_decode_own(node_record(node), &bytes);

        if (error != 0) {
            return error;
        }
        error = visit(userdata, key, bytes);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int store_append_event(struct store *store, struct event *event) {
    char place[EVENT_KEY_BYTES];
    uint64_t oldest;
    int error;

    event->seq = store_last_seq(store) + 1;
    record_encode_event(&store->scratch, event);
    error = put_scratch(store, TABLE_EVENTS, event_key(place, event->seq), "keep an event");
    if (error != 0 || event->seq <= GK_EVENTS_KEPT) {
        return error;
    }
    oldest = event->seq - GK_EVENTS_KEPT;
    return oldest > store->held_after
                   ? 0
                   : drop(store, TABLE_EVENTS, event_key(place, oldest), "drop an old event");
}

void store_hold_events(struct store *store, uint64_t after) {
    store->held_after = after;
}

int store_drop_events(struct store *store, uint64_t last) {
    struct node *node = memory_seek(&store->memory, TABLE_EVENTS, SPAN_NULL);

    while (node != NULL && event_key_seq(node_key(node)) <= last) {
        struct node *next = memory_next(node);
        int error = drop(store, TABLE_EVENTS, node_key(node), "drop old events");

        if (error != 0) {
            return error;
        }
        node = next;
    }
    return 0;
}

static uint64_t seq_of(const struct node *node) {
    return node == NULL ? 0 : event_key_seq(node_key(node));
}

uint64_t store_first_seq(struct store *store) {
    return seq_of(memory_seek(&store->memory, TABLE_EVENTS, SPAN_NULL));
}

uint64_t store_last_seq(struct store *store) {
    return seq_of(memory_last(&store->memory, TABLE_EVENTS));
}

int store_walk_events(struct store *store, uint64_t after, event_visitor visit, void *userdata) {
    char place[EVENT_KEY_BYTES];
    struct node *node = after == UINT64_MAX ? NULL
                                            : memory_seek(&store->memory, TABLE_EVENTS,
                                                      event_key(place, after + 1));
    struct event event;

    for (; node != NULL; node = memory_next(node)) {
        int error = record_decode_event(seq_of(node), node_record(node), &event);

        if (error != 0) {
            return error;
        }
        error = visit(userdata, &event);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}
