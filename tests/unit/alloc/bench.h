/*
 * What the verbs are tried on: a broker on a fresh store, in memory or as a sealed file, with
 * secrets of each kind in it; and all that can be read of it, as text.
 */
#ifndef GHOSTKEY_TESTS_UNIT_ALLOC_BENCH_H
#define GHOSTKEY_TESTS_UNIT_ALLOC_BENCH_H

#include "broker/advance.h"
#include "broker/apply.h"
#include "broker/broker.h"
#include "broker/events.h"
#include "broker/fault.h"
#include "broker/secrets.h"
#include "broker/status.h"
#include "broker/versions.h"
#include "store/seal.h"
#include "store/store_tables.h"

/* What the machine's clock shows once bench_set_up() is done. */
#define BENCH_MACHINE_MS INT64_C(1000000000000)

/* What it shows now; the linker's --wrap puts this in its place. */
extern instant bench_machine_ms;

struct bench {
    bool is_sealed;
    bool on_machine_clock;
    int fd;
    struct seal *seal;
    struct store *store;
    struct broker *broker;
    struct problem problem;
};

/* A PUT of that value, or with NULL of a generated one. */
struct definition bench_definition(const char *name, const char *value);

/* Static and expired secrets, one that rotates, older versions; ten seconds past the epoch. */
void bench_set_up(struct bench *bench, bool is_sealed, bool on_machine_clock);
void bench_tear_down(struct bench *bench);

/* Opens all that is on bench->fd, and closes it; whatever of it is open. */
int bench_open(struct bench *bench);
void bench_close(struct bench *bench);

/* Each secret, each event; in the caller's turn. What the text lacks makes it broken. */
int bench_list(struct bench *bench, struct buffer *said);
int bench_events(struct bench *bench, struct buffer *said);
int bench_faults(struct bench *bench, struct buffer *said);

/* A rule that only bench_match() matches. */
struct fault_rule bench_rule(const char *id, uint64_t percent);

/* A request that matches the rules: the first never fires, the second draws. Says which fires. */
int bench_match(struct bench *bench, struct buffer *said);

/* All three and the virtual time, in a turn of its own, which must succeed. */
void bench_look(struct bench *bench, struct buffer *ret_text);

void bench_say_number(struct buffer *text, uint64_t number);

#endif
