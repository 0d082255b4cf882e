/*
 * Makes a --store file with COUNT secrets in it: a value of 40 bytes each, every second one with a
 * TTL, each with its event. With DUE, an instant in milliseconds since 1970, the state is on the
 * system clock, and all of them rotate by themselves then.
 *
 * With TURNS, each secret is put so many times, so that most of the file can be written anew.
 *
 *   store_fill FILE COUNT [DUE [TURNS]]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "store/store_tables.h"

#define COMMIT_EVERY 50000
#define FAR_S 300000000
#define DUE_TTL_S 3600

static int put(struct store *store, unsigned int number, instant due) {
    char name[64];
    char value[64];
    int name_len = snprintf(name, sizeof(name), "service-%03u/secret-%07u", number % 1000, number);
    int value_len = snprintf(value, sizeof(value), "%040u", number);
    bool has_ttl = due != 0 || number % 2 == 0;
    instant made_at = due != 0 ? due - (instant)DUE_TTL_S * 1000 : INSTANT_VIRTUAL_DEFAULT;
    struct secret secret = {
            .name = {name, (size_t)name_len},
            .current.value = {value, (size_t)value_len},
            .current.number = 1,
            .newest = 1,
            .revision = 1,
            .created_at = made_at,
            .updated_at = made_at,
            .current.made_at = made_at,
            .in_force_at = made_at,
            .ttl_s = !has_ttl   ? 0
                     : due != 0 ? DUE_TTL_S
                                : FAR_S,
            .armed = has_ttl,
            .policy = {.strategy = SPAN_LITERAL("token"), .on_expiry = due != 0},
    };
    struct event event = {.kind = EVENT_CREATED, .at = made_at, .name = secret.name, .version = 1};
    int error = store_put_secret(store, &secret);

    return error != 0 ? error : store_append_event(store, &event);
}

static int fill(struct store *store, unsigned int count, instant due, unsigned int turns) {
    STATE_AUTO struct state state = {
            .clock_kind = due != 0 ? CLOCK_SYSTEM : CLOCK_VIRTUAL, .now = INSTANT_VIRTUAL_DEFAULT};
    int error = store_open_turn(store);

    buffer_append_text(&state.seed, "bench");
    if (error == 0) {
        error = store_put_state(store, &state);
    }
    for (unsigned int number = 0; error == 0 && number < count * turns; number++) {
        error = put(store, number % count, due);
        if (error == 0 && (number + 1) % COMMIT_EVERY == 0) {
            error = store_commit(store);
        }
        if (error == 0) {
            error = store_open_turn(store);
        }
    }
    return error != 0 ? error : store_commit(store);
}

int main(int argc, char **argv) {
    struct store *store = NULL;
    GK_AUTO_CLOSE int fd = argc >= 3 && argc <= 5
                                   ? open(argv[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
                                   : -1;
    int error;

    if (fd < 0) {
        (void)fprintf(stderr, "usage: store_fill FILE COUNT [DUE [TURNS]] (FILE must not exist)\n");
        return 2;
    }
    error = store_new(STORE_FILE, NULL, &store);
    if (error == 0) {
        error = store_keep_in(store, dup(fd), STORE_FILE);
    }
    if (error == 0) {
        error = fill(store, (unsigned int)strtoul(argv[2], NULL, 10),
                argc >= 4 ? strtoll(argv[3], NULL, 10) : 0,
                argc == 5 ? (unsigned int)strtoul(argv[4], NULL, 10) : 1);
    }
    store_free(store);
    return error == 0 ? 0 : 1;
}
