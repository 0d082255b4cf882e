/*
 * What the store lives on, and what a state was made with (contract, section 1, "Passed-in sockets,
 * readiness, state"): memory, with a journal that the service manager keeps if there is one, or the
 * --store file, locked and checked; the seed and the clock in it.
 */
#ifndef GHOSTKEYD_STORE_STATE_H
#define GHOSTKEYD_STORE_STATE_H

#include "model/problem.h"
#include "model/state.h"
#include "process/new_file.h"
#include "store/seal.h"
#include "store/store.h"

/* What the command line asks of the state; what is not asked for is taken as it is kept. */
struct state_options {
    bool has_seed;
    struct span seed;
    bool has_clock;
    enum clock_kind clock_kind;
    instant clock_start; /* of a new virtual clock */
    const char *path;    /* the --store file; NULL: in memory */
    bool has_key;        /* for a file */
    unsigned char key[SEAL_KEY_BYTES];
};

#define STATE_MEMFDS 2 /* the journal, and where it is written anew */

/* An open store and what it needs; deinit frees all of it in order. */
struct state_home {
    int fd;                      /* of a file: the store's */
    int spare_fds[STATE_MEMFDS]; /* that the service manager keeps, and nothing new is in */
    struct seal *seal;
    struct store *store;
    bool is_new;           /* made just now: nothing was in it */
    struct new_file draft; /* of a --store file that is new: where it is to be */
    char path[PATH_MAX];   /* of the --store file: not of a link to it */
};

#define STATE_HOME_NULL ((struct state_home){.fd = -1, .spare_fds = {-1, -1}, .draft = {.fd = -1}})
#define STATE_HOME_AUTO __attribute__((cleanup(state_home_deinit)))

/*
 * Opens the state, and makes it if it is new: with the seed given or one drawn at random, on the
 * clock given or the system's. A new --store file has no name yet, and the mode of one that exists
 * is as it was: state_publish() is what the file system shows. kept_fds are
 * memfds that the service manager kept, each with a journal or empty; -1 in place of those that are
 * taken over. If the state is to live in a file, they are left alone.
 *
 * 0; GK_E_BAD_REQUEST if the state was made with another seed, clock or key than those given;
 * GK_E_INTERNAL if the file is held by somebody, damaged, or cannot be used, or if another version
 * made what was kept. A line in *problem says which and what to do; it shows no seed. Or a negative
 * errno (logged).
 */
int state_open(const struct state_options *options, int *kept_fds, size_t kept_count,
        struct state_home *ret_home, struct problem *problem);

/*
 * Once nothing else can refuse the start: gives a new --store file its name, and closes one that
 * others could open (mode 0600). path NULL: the state is in memory, and nothing is to be done. 0 or
 * GK_E_INTERNAL with a line in *problem.
 */
int state_publish(const char *path, struct state_home *home, struct problem *problem);

/* Has the service manager keep a state that lives in memory, if there is one: keep() hands it a
 * file descriptor, and says whether anybody was there to take it. */
int state_park(struct state_home *home, bool (*keep)(int fd));
void state_home_deinit(struct state_home *home);

#endif
