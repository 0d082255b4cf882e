/*
 * What goes into an environment: the current value of each secret that is not expired and not kept
 * out (`"env": false`), under its environment name, in byte order of those names.
 *
 * A million of them have to fit into little memory, so they are kept packed: page after page as it
 * comes is put in order and written down as a run, each name as what it does not share with the one
 * before it; a page that follows its run in that order as well goes on with it. A walk merges the
 * runs.
 */
#ifndef GHOSTCTL_ENV_SET_H
#define GHOSTCTL_ENV_SET_H

#include <stdbool.h>
#include <stddef.h>

#include <ghostkey/protocol.h>

#include "wire/broker_client.h"
#include "wire/secret_page.h"

#define ENV_SET_NAME_ROOM (GK_NAME_MAX_BYTES + 1)
#define ENV_SET_ENV_ROOM (ENV_SET_NAME_ROOM + 1) /* by default it may get a '_' in front */

struct env_chunk;
struct env_cursor;

struct env_run {
    const struct env_chunk *chunk;
    size_t offset; /* of its first entry */
    size_t count;
};

/* Begins as {0}. */
struct env_set {
    struct env_chunk *first;
    struct env_chunk *last;
    struct env_run *runs;
    size_t run_count;
    size_t count;
    char last_env[ENV_SET_ENV_ROOM]; /* of the run that is last */
    char last_name[ENV_SET_NAME_ROOM];
};

/*
 * `prefix` NULL: all names. An exit status, said: GK_EXIT_FAILED also if two secrets share an
 * environment name, with both of each such pair named.
 */
int env_set_fetch(struct broker_client *broker, const char *prefix, struct env_set *ret_set);
void env_set_deinit(struct env_set *set);

/* Adds entries in any order, which it puts in order where they stand. */
void env_set_add(struct env_set *set, struct env_entry *entries, size_t count);

/* Says each pair that shares an environment name; returns how many. */
size_t env_set_say_pairs(const struct env_set *set);

/* All entries in order: `for (walk; env_walk_next(&walk); ) … walk.entry`. */
struct env_walk {
    struct env_cursor *cursors;
    struct env_cursor **heap; /* those that are not at their end, the least one first */
    size_t count;             /* of them */
    bool begun;
    struct env_entry entry; /* until the next call */
};

void env_walk_begin(struct env_walk *walk, const struct env_set *set);
bool env_walk_next(struct env_walk *walk);
void env_walk_deinit(struct env_walk *walk);
#define ENV_WALK_AUTO GK_CLEANUP(env_walk_deinit)

#endif
