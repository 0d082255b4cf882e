#include "sample_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "store/store_internal.h"

#define VALUE_MAX_BYTES 65536
#define KEPT_VERSIONS 3
#define NEW_EACH_ROUND 10
#define CHANGES_EACH_ROUND 40

unsigned int sample_random(unsigned int *seed, unsigned int below) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed % below;
}

static struct span name_at(char place[64], unsigned int number) {
    int len = snprintf(place, 64, "%s/%05u", number % 3 == 0 ? "app" : "shared.team", number);

    return (struct span){place, (size_t)len};
}

static int append_event(
        struct store *store, struct span name, enum event_kind kind, const struct secret *secret) {
    struct event event = {.kind = kind,
            .at = secret->updated_at,
            .name = name,
            .version = secret->current.number};

    return store_append_event(store, &event);
}

/* Puts another value, and keeps the one before as a version. */
static int put(struct store *store, unsigned int number, unsigned int *seed, size_t value_max) {
    static char value[VALUE_MAX_BYTES];
    SECRET_AUTO struct secret before = SECRET_NULL;
    char place[64];
    struct secret after = {.name = name_at(place, number)};
    int error = store_get_secret(store, after.name, &before);
    bool is_new = error == GK_E_NO_SECRET;
    size_t len = sample_random(seed, 20) == 0 ? sample_random(seed, (unsigned int)value_max)
                                              : sample_random(seed, 60);

    memset(value, (int)('a' + sample_random(seed, 26)), len);
    after.current.value = (struct span){value, len};
    after.current.number = before.current.number + 1;
    after.newest = after.current.number;
    after.revision = before.revision + 1;
    after.generation = sample_random(seed, 9);
    after.updated_at = after.created_at = after.in_force_at = after.current.made_at =
            INSTANT_VIRTUAL_DEFAULT + *seed % 100000;
    after.ttl_s = number % 2 == 0 ? 60 + sample_random(seed, 1000) : 0;
    after.armed = after.ttl_s > 0;
    after.policy.strategy = SPAN_LITERAL("token");
    after.policy.on_expiry = after.armed;
    after.labels = number % 5 == 0 ? SPAN_LITERAL("\4team\4core") : SPAN_NULL;
    if (error == 0) {
        const struct version old = {.number = before.current.number,
                .made_at = before.current.made_at,
                .value = before.current.value};

        error = store_put_version(store, after.name, &old);
    } else if (is_new) {
        error = 0;
    }
    if (error == 0 && after.current.number > KEPT_VERSIONS) {
        error = store_drop_versions(
                store, after.name, after.current.number - KEPT_VERSIONS, NULL, NULL);
    }
    if (error == 0) {
        error = store_put_secret(store, &after);
    }
    return error != 0 ? error
                      : append_event(
                                store, after.name, is_new ? EVENT_CREATED : EVENT_UPDATED, &after);
}

static int delete (struct store *store, unsigned int number) {
    SECRET_AUTO struct secret secret = SECRET_NULL;
    char place[64];
    struct span name = name_at(place, number);
    int error = store_get_secret(store, name, &secret);

    if (error == GK_E_NO_SECRET) {
        return 0;
    }
    if (error == 0) {
        error = store_delete_secret(store, &secret);
    }
    return error != 0 ? error : append_event(store, name, EVENT_DELETED, &secret);
}

/* One transaction: changes among the first count names, some of them deletions. */
static int change(struct store *store, unsigned int count, unsigned int *seed, size_t value_max) {
    int error = store_open_turn(store);

    for (unsigned int i = 0; error == 0 && i < CHANGES_EACH_ROUND; i++) {
        unsigned int number = sample_random(seed, count);

        error = i % 5 == 0 ? delete (store, number) : put(store, number, seed, value_max);
    }
    if (error == 0) {
        error = store_put_clock(store, INSTANT_VIRTUAL_DEFAULT + sample_random(seed, 1000000));
    }
    if (error != 0) {
        store_abort(store);
        return error;
    }
    return store_commit(store);
}

static int fill(struct store *store, const struct sample_size *size) {
    STATE_AUTO struct state state = {.clock_kind = CLOCK_VIRTUAL, .now = INSTANT_VIRTUAL_DEFAULT};
    unsigned int seed = 46;
    int error = store_open_turn(store);

    buffer_append_text(&state.seed, "sample");
    if (error == 0) {
        error = store_put_state(store, &state);
    }
    for (unsigned int number = 0; error == 0 && number < size->secrets; number++) {
        error = put(store, number, &seed, size->value_max_bytes);
    }
    if (error == 0) {
        error = store_commit(store);
    }
    for (unsigned int round = 0; error == 0 && round < size->rounds; round++) {
        error = change(store, size->secrets, &seed, size->value_max_bytes);
    }
    return error;
}

int sample_make(const struct sample_size *size, struct seal *seal) {
    int fd = memfd_create("sample", MFD_CLOEXEC);
    struct store *store = NULL;

    if (fd < 0 || store_new(STORE_FILE, seal, &store) != 0 || fill(store, size) != 0 ||
            store_keep_in(store, dup(fd), STORE_FILE) != 0) {
        (void)fprintf(stderr, "cannot make a store to damage\n");
        exit(1);
    }
    store_free(store);
    return fd;
}

int sample_change(struct store *store, unsigned int seed) {
    int error = 0;

    for (int round = 0; error == 0 && round < 4; round++) {
        error = change(store, 200 + (unsigned int)round * NEW_EACH_ROUND, &seed, 9000);
    }
    return error;
}

int sample_change_once(struct store *store, unsigned int seed) {
    return change(store, 200, &seed, 300);
}

struct dump {
    struct store *store;
    struct buffer *text;
    struct buffer names; /* all secrets, each after its length */
};

static void add_number(struct buffer *text, uint64_t number) {
    buffer_append_byte(text, ' ');
    buffer_append_decimal(text, number);
}

static int add_secret(void *userdata, const struct secret *secret) {
    struct dump *dump = userdata;

    buffer_append_span(dump->text, secret->name);
    add_number(dump->text, secret->current.number);
    add_number(dump->text, secret->revision);
    add_number(dump->text, secret->generation);
    add_number(dump->text, (uint64_t)secret->updated_at);
    add_number(dump->text, secret->ttl_s);
    add_number(dump->text, secret->armed);
    buffer_append_byte(dump->text, ' ');
    buffer_append_span(dump->text, secret->policy.strategy);
    buffer_append_span(dump->text, secret->labels);
    buffer_append_byte(dump->text, '=');
    buffer_append_span(dump->text, secret->current.value);
    buffer_append_byte(dump->text, '\n');
    buffer_append_byte(&dump->names, (char)secret->name.len);
    buffer_append_span(&dump->names, secret->name);
    return 0;
}

static int add_version(void *userdata, const struct version *version) {
    struct dump *dump = userdata;

    add_number(dump->text, version->number);
    add_number(dump->text, (uint64_t)version->made_at);
    buffer_append_byte(dump->text, '=');
    buffer_append_span(dump->text, version->value);
    return 0;
}

/* Looks each name up as well: reading the list would not see a page that only a look-up cannot
 * reach. */
static int add_versions(struct dump *dump) {
    int error = buffer_finish(&dump->names);

    for (size_t at = 0; error == 0 && at < dump->names.len;) {
        struct span name = {dump->names.data + at + 1, (unsigned char)dump->names.data[at]};
        SECRET_AUTO struct secret secret = SECRET_NULL;

        at += 1 + name.len;
        buffer_append_span(dump->text, name);
        error = store_walk_versions(dump->store, name, add_version, dump);
        if (error == 0) {
            error = store_get_secret(dump->store, name, &secret);
        }
        if (error == 0) {
            buffer_append_span(dump->text, secret.current.value);
            buffer_append_byte(dump->text, '\n');
        }
    }
    return error;
}

static int add_event(void *userdata, const struct event *event) {
    struct dump *dump = userdata;

    add_number(dump->text, event->seq);
    add_number(dump->text, event->kind);
    add_number(dump->text, (uint64_t)event->at);
    add_number(dump->text, event->version);
    buffer_append_span(dump->text, event->name);
    buffer_append_byte(dump->text, '\n');
    return 0;
}

/* What is kept of deleted names, the first thing that is due, and the state. */
static int add_rest(struct dump *dump) {
    STATE_AUTO struct state state = STATE_NULL;
    struct node *node = memory_seek(&dump->store->memory, TABLE_TOMBSTONES, SPAN_NULL);
    struct span name;
    instant due = 0;
    int error;

    store_first_due(dump->store, &due, &name);
    add_number(dump->text, (uint64_t)due);
    for (; node != NULL; node = memory_next(node)) {
        buffer_append_byte(dump->text, '\n');
        buffer_append_span(dump->text, node_key(node));
        buffer_append_span(dump->text, node_record(node));
    }
    error = store_get_state(dump->store, &state);
    if (error == 0) {
        add_number(dump->text, (uint64_t)state.now);
        buffer_append_span(dump->text, buffer_span(&state.seed));
    }
    return error;
}

int sample_dump(struct store *store, struct buffer *ret_text) {
    struct dump dump = {.store = store, .text = ret_text};
    int error = store_walk_secrets(store, SPAN_NULL, SPAN_NULL, add_secret, &dump);

    if (error == 0) {
        error = add_versions(&dump);
    }
    if (error == 0) {
        error = store_walk_events(store, 0, add_event, &dump);
    }
    if (error == 0) {
        error = add_rest(&dump);
    }
    buffer_deinit(&dump.names);
    return error != 0 ? error : buffer_finish(ret_text);
}
