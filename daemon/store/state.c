#include <sys/mman.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "process/log.h"
#include "store/journal.h"
#include "store/state_internal.h"
#include "store/store_tables.h"

#define SEED_BYTES 32

static int draw_seed(struct buffer *seed) {
    char *place = buffer_reserve(seed, SEED_BYTES);

    if (place == NULL) {
        return -ENOMEM;
    }
    /* up to 256 bytes come whole or not at all (getrandom(2)) */
    if (getrandom(place, SEED_BYTES, 0) != SEED_BYTES) {
        return -errno;
    }
    buffer_commit(seed, SEED_BYTES);
    return 0;
}

static int make_state(struct store *store, const struct state_options *options) {
    STATE_AUTO struct state state = STATE_NULL;
    int error;

    if (options->has_clock && options->clock_kind == CLOCK_VIRTUAL) {
        state.clock_kind = CLOCK_VIRTUAL;
        state.now = options->clock_start;
        state.began_at = options->clock_start;
    }
    if (options->has_seed) {
        buffer_append_span(&state.seed, options->seed);
        error = buffer_finish(&state.seed);
    } else {
        error = draw_seed(&state.seed);
    }
    if (error != 0) {
        return log_error(error, "cannot make a seed");
    }
    error = store_open_turn(store);
    if (error != 0) {
        return error;
    }
    error = store_put_state(store, &state);
    return error != 0 ? error : store_commit(store);
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

int state_check(struct store *store, const struct state_options *options, struct problem *problem) {
    STATE_AUTO struct state state = STATE_NULL;
    int error = store_get_state(store, &state);

    if (error == GK_E_NO_SECRET) {
        return log_error(EBADMSG, "the store has no state");
    }
    return error != 0 ? error : check_state(&state, options, problem);
}

int state_make(struct state_home *home, enum store_home kind, const struct state_options *options) {
    int error = store_new(kind, home->seal, &home->store);

    if (error != 0) {
        return log_error(error, "cannot make a store");
    }
    home->is_new = true;
    return make_state(home->store, options);
}

static int refuse_kept(int error, const struct damage *damage, struct problem *problem) {
    if (error == -EPROTOTYPE || error == -ENODATA) {
        return problem_set(problem, GK_E_INTERNAL,
                "the state that the service manager keeps was made by another version of GhostKey; "
                "install that version to use it, or 'systemctl --user stop ghostkey.service' to "
                "forget it");
    }
    if (error == -EBADMSG) {
        return problem_set(problem, GK_E_INTERNAL,
                "the state that the service manager keeps is damaged: %s (byte %llu); "
                "'systemctl --user stop ghostkey.service' forgets it",
                damage->what, (unsigned long long)damage->at);
    }
    return log_error(error, "cannot read the state that the service manager keeps");
}

/* The one of them with the highest generation below `below`; kept_count: none. Empty ones pass. */
static int find_newest(const int *kept_fds, size_t kept_count, uint64_t below, size_t *ret_at,
        uint64_t *ret_generation) {
    uint64_t newest = 0;
    size_t found = kept_count;

    for (size_t at = 0; at < kept_count; at++) {
        struct journal_head head = {0};
        int error = kept_fds[at] < 0 ? 0 : journal_peek(kept_fds[at], &head);

        if (error != 0) {
            return error;
        }
        if (head.generation > newest && head.generation < below) {
            newest = head.generation;
            found = at;
        }
    }
    *ret_at = found;
    *ret_generation = newest;
    return 0;
}

/* Reads the newest journal that is whole. GK_E_NO_SECRET: all are empty. */
static int load_kept(
        int *kept_fds, size_t kept_count, struct state_home *home, struct problem *problem) {
    uint64_t generation = UINT64_MAX;
    struct damage damage = {"no head was found", 0};
    int error;
    size_t at;

    do {
        error = find_newest(kept_fds, kept_count, generation, &at, &generation);
        if (error != 0) {
            return refuse_kept(error, &damage, problem);
        }
        if (at == kept_count) {
            return GK_E_NO_SECRET;
        }
        home->store = store_free(home->store);
        error = store_new(STORE_FDSTORE, NULL, &home->store);
        if (error != 0) {
            return log_error(error, "cannot make a store");
        }
        error = store_load(home->store, kept_fds[at], &damage);
    } while (error == -ENOMSG); /* it was still being written */
    if (error != 0) {
        return refuse_kept(error, &damage, problem);
    }
    kept_fds[at] = -1; /* taken over */
    return 0;
}

/* The state that was kept, or a new one. */
static int load_or_make(const struct state_options *options, int *kept_fds, size_t kept_count,
        struct state_home *home, struct problem *problem) {
    int error = load_kept(kept_fds, kept_count, home, problem);

    if (error == GK_E_NO_SECRET) {
        home->store = store_free(home->store);
        return state_make(home, STORE_MEMORY, options);
    }
    return error != 0 ? error : state_check(home->store, options, problem);
}

int state_open_memory(const struct state_options *options, int *kept_fds, size_t kept_count,
        struct state_home *ret_home, struct problem *problem) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    int error = load_or_make(options, kept_fds, kept_count, &home, problem);

    if (error != 0) {
        return error;
    }
    for (size_t at = 0; at < kept_count; at++) { /* those that nothing is kept in, or nothing new */
        for (size_t spare = 0; kept_fds[at] >= 0 && spare < STATE_MEMFDS; spare++) {
            if (home.spare_fds[spare] < 0) {
                home.spare_fds[spare] = gk_steal_fd(&kept_fds[at]);
            }
        }
    }
    *ret_home = home;
    home = STATE_HOME_NULL; /* handed over */
    return 0;
}

/* A memfd that the service manager keeps. GK_E_NO_SECRET: there is no service manager. */
static int take_memfd(struct state_home *home, bool (*keep)(int fd), int *ret_fd) {
    GK_AUTO_CLOSE int fd = -1;

    for (size_t at = 0; at < STATE_MEMFDS; at++) {
        if (home->spare_fds[at] >= 0) {
            *ret_fd = gk_steal_fd(&home->spare_fds[at]);
            return ftruncate(*ret_fd, 0) == 0 ? 0 : -errno;
        }
    }
    fd = memfd_create("ghostkey", MFD_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (!keep(fd)) {
        return GK_E_NO_SECRET;
    }
    *ret_fd = gk_steal_fd(&fd);
    return 0;
}

static int park_journal(struct state_home *home, bool (*keep)(int fd)) {
    GK_AUTO_CLOSE int fd = -1;
    int error = take_memfd(home, keep, &fd);

    if (error != 0) {
        return error;
    }
    error = store_keep_in(home->store, fd, STORE_FDSTORE);
    if (error != 0) {
        return error;
    }
    fd = -1; /* taken over */
    return 0;
}

/* The memfd of the journal, if there is none yet, and the spare one. GK_E_NO_SECRET: nothing keeps
 * them. */
static int park(struct state_home *home, bool (*keep)(int fd), int *ret_spare) {
    if (store_home(home->store) == STORE_MEMORY) {
        int error = park_journal(home, keep);

        if (error != 0) {
            return error;
        }
    }
    return store_home(home->store) == STORE_FDSTORE ? take_memfd(home, keep, ret_spare) : 0;
}

int state_park(struct state_home *home, bool (*keep)(int fd)) {
    int spare = -1;
    int error = park(home, keep, &spare);

    if (error == GK_E_NO_SECRET) {
        return 0;
    }
    if (error != 0) {
        return log_error(error, "cannot make the memory that the state is kept in");
    }
    store_set_spare(home->store, spare);
    return 0;
}

void state_home_deinit(struct state_home *home) {
    home->store = store_free(home->store);
    home->seal = seal_free(home->seal);
    for (size_t at = 0; at < STATE_MEMFDS; at++) {
        home->spare_fds[at] = gk_close(home->spare_fds[at]);
    }
    new_file_deinit(&home->draft);
}
