/*
 * Makes a --store file with COUNT secrets in it: a value of 40 bytes each, every second one with a
 * TTL, each with its event.
 *
 *   store_fill FILE COUNT
 */
#include "ghostkey/cleanup.h"
#include "store/store.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define COMMIT_EVERY 50000
#define FAR_S 300000000

static int put(struct txn *txn, unsigned int number) {
    char name[64];
    char value[64];
    int name_len = snprintf(name, sizeof(name), "service-%03u/secret-%07u", number % 1000, number);
    int value_len = snprintf(value, sizeof(value), "%040u", number);
    const struct secret secret = {
            .name = {name, (size_t)name_len},
            .value = {value, (size_t)value_len},
            .version = 1,
            .revision = 1,
            .created_at = INSTANT_VIRTUAL_DEFAULT,
            .updated_at = INSTANT_VIRTUAL_DEFAULT,
            .made_at = INSTANT_VIRTUAL_DEFAULT,
            .ttl_s = number % 2 == 0 ? FAR_S : 0,
            .armed = number % 2 == 0,
            .policy = {.strategy = SPAN_LITERAL("token")},
    };
    struct event event = {.kind = EVENT_CREATED,
            .at = INSTANT_VIRTUAL_DEFAULT,
            .name = secret.name,
            .version = 1};
    int error = store_put_secret(txn, &secret, NULL);

    return error != 0 ? error : store_append_event(txn, &event);
}

static int fill(struct store *store, unsigned int count) {
    STATE_AUTO struct state state = {.clock_kind = CLOCK_VIRTUAL, .now = INSTANT_VIRTUAL_DEFAULT};
    struct txn *txn;
    int error = store_write(store, &txn);

    buffer_append_text(&state.seed, "bench");
    if (error == 0) {
        error = store_put_state(txn, &state);
    }
    for (unsigned int number = 0; error == 0 && number < count; number++) {
        error = put(txn, number);
        if (error == 0 && (number + 1) % COMMIT_EVERY == 0) {
            error = store_commit(store);
        }
        if (error == 0) {
            error = store_write(store, &txn);
        }
    }
    return error != 0 ? error : store_commit(store);
}

int main(int argc, char **argv) {
    const struct store_options options = {.home = STORE_FILE};
    struct store *store = NULL;
    GK_AUTO_CLOSE int fd =
            argc == 3 ? open(argv[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    int error;

    if (fd < 0) {
        (void)fprintf(stderr, "usage: store_fill FILE COUNT (FILE must not exist)\n");
        return 2;
    }
    error = store_open(fd, &options, &store);
    if (error == 0) {
        error = fill(store, (unsigned int)strtoul(argv[2], NULL, 10));
    }
    store_free(store);
    return error == 0 ? 0 : 1;
}
