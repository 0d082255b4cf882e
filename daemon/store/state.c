#include "store/state_internal.h"

#include "common/cleanup.h"
#include "process/log.h"
#include <sys/mman.h>
#include <sys/random.h>

#define SEED_BYTES 32

static int draw_seed(struct buffer *seed) {
    char *place = buffer_reserve(seed, SEED_BYTES);

    if (place == NULL) {
        return log_error(ENOMEM, "cannot draw a seed");
    }
    /* up to 256 bytes come whole or not at all (getrandom(2)) */
    if (getrandom(place, SEED_BYTES, 0) != SEED_BYTES) {
        return log_error(errno, "cannot draw a seed");
    }
    buffer_commit(seed, SEED_BYTES);
    return 0;
}

static int make_state(struct txn *txn, const struct state_options *options) {
    STATE_AUTO struct state state = STATE_NULL;
    int result = 0;

    if (options->has_clock && options->clock_kind == CLOCK_VIRTUAL) {
        state.clock_kind = CLOCK_VIRTUAL;
        state.now = options->clock_start;
    }
    if (!options->has_seed) {
        result = draw_seed(&state.seed);
    } else {
        buffer_append_span(&state.seed, options->seed);
        if (buffer_finish(&state.seed) != 0) {
            result = log_error(ENOMEM, "cannot keep the seed");
        }
    }
    return result != 0 ? result : store_put_state(txn, &state);
}

static int check_state(
        const struct state *state, const struct state_options *options, struct problem *problem) {
    if (options->has_seed && !span_equals(buffer_span(&state->seed), options->seed)) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--seed, --seed-file: the state was made with another seed; only that one, or "
                "none, is accepted");
    }
    if (options->has_clock && options->clock_kind != state->clock_kind) {
        const char *kept = state->clock_kind == CLOCK_VIRTUAL ? "virtual" : "system";

        return problem_set(problem, GK_E_BAD_REQUEST,
                "--clock: the state was made on the %s clock; only '%s', or none, is accepted",
                kept, kept);
    }
    return 0;
}

static int refuse_state(int error, struct problem *problem) {
    if (error == -EPROTONOSUPPORT) {
        return problem_set(problem, GK_E_INTERNAL,
                "the state that the service manager keeps was made by another version of GhostKey; "
                "'systemctl --user stop ghostkey.service' forgets it");
    }
    if (error == -EACCES) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "--store-key: the store is not sealed with this key; only the key that it was made "
                "with, or none if it was made without, is accepted");
    }
    return error;
}

static int make_or_check(
        struct state_home *home, const struct state_options *options, struct problem *problem) {
    STATE_AUTO struct state state = STATE_NULL;
    struct txn *txn;
    int result = store_write(home->store, &txn);

    if (result != 0) {
        return result;
    }
    result = store_get_state(txn, &state);
    if (result == 0) {
        result = check_state(&state, options, problem);
        store_abort(home->store);
        return result;
    }
    if (result == GK_E_NO_SECRET) {
        home->is_new = true;
        result = make_state(txn, options);
        if (result == 0) {
            return store_commit(home->store);
        }
    }
    store_abort(home->store);
    return refuse_state(result, problem);
}

int state_open_store(struct state_home *home, enum store_home kind,
        const struct state_options *options, struct problem *problem) {
    struct store_options store_options = {.home = kind};
    int result = 0;

    if (options->has_key && kind == STORE_FILE) {
        result = seal_new(options->key, &home->seal);
        store_options.seal = home->seal;
    }
    if (result != 0) {
        return log_error(result, "cannot set up the encryption of the store");
    }
    result = store_open(home->fd, &store_options, &home->store);
    return result != 0 ? result : make_or_check(home, options, problem);
}

static int open_memory(const struct state_options *options, int *kept_fd,
        struct state_home *ret_home, struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    bool is_kept = *kept_fd >= 0;
    int result;

    home.fd = is_kept ? gk_steal_fd(kept_fd) : memfd_create("ghostkey", MFD_CLOEXEC);
    if (home.fd < 0) {
        return log_error(errno, "cannot make the memory that the state lives in");
    }
    result = state_open_store(&home, is_kept ? STORE_FDSTORE : STORE_MEMORY, options, problem);
    if (result == 0) {
        *ret_home = home;
        home = STATE_HOME_NULL;
    }
    return result;
}

int state_open(const struct state_options *options, int *kept_fd, struct state_home *ret_home,
        struct problem *problem) {
    return options->path != NULL ? state_open_file(options, ret_home, problem)
                                 : open_memory(options, kept_fd, ret_home, problem);
}

void state_home_deinit(struct state_home *home) {
    home->store = store_free(home->store);
    home->seal = seal_free(home->seal);
    home->fd = gk_close(home->fd);
    new_file_deinit(&home->draft);
}
