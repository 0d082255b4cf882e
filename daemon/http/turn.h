/*
 * The turn of the loop: what its requests changed is committed once, and only then are their
 * answers sent. And what follows from a change: its events are told, the alarm for the next thing
 * due is set, the service manager learns the number of secrets.
 *
 * A turn opens with the first request that the loop reads (or the alarm) and ends when it has read
 * all that was readable (or, in memory, has so many answers that their clients should go on; with a
 * disk to wait for, when a round of the loop has brought no more): the
 * end is a timer of no time, which h2o runs after the sockets and in the same round, so that the
 * answers, too, are written in that round and nothing has to be polled anew.
 */
#ifndef GHOSTKEYD_HTTP_TURN_H
#define GHOSTKEYD_HTTP_TURN_H

#include "http/audit.h"
#include "http/feed.h"

struct turn {
    h2o_context_t *context;
    struct broker *broker;
    h2o_timeout_entry_t end; /* linked while a turn is open */
    uint64_t opened_ns;      /* clock_ticks_ns() */
    uint64_t busy_ns;        /* what turns took since the server looked last */
    h2o_linklist_t waiting;  /* links struct delivery, oldest first */
    size_t waiting_count;
    size_t gathered_count; /* of them, when it was last looked whether there are more */
    bool is_gathering;     /* another round is to come before the end */
    bool changed;          /* something may have, since the turn opened */

    h2o_socket_t *alarm; /* NULL on a virtual clock */
    instant alarm_at;    /* what it is set to; INT64_MAX: not to ring */

    struct metrics metrics;
    struct audit *audit;
    const struct token *token;
    struct feed feed;

    h2o_timeout_entry_t status; /* linked while the service manager may have to be told anew */
    uint64_t told;              /* how many secrets it was told of */

    h2o_timeout_entry_t settle; /* linked while commits may have left something for later */
    bool is_busy;               /* there was another since it was linked */
};

/*
 * audit stays the caller's. A negative errno (logged): no alarm is to be had, or the store cannot
 * be read.
 */
int turn_init(
        struct turn *turn, h2o_context_t *context, struct broker *broker, struct audit *audit);
void turn_deinit(struct turn *turn);

/* Before each round of the loop. */
void turn_go_on(struct turn *turn);

/* Before each request: opens a turn if none is open. */
void turn_begin(struct turn *turn);

/* The delivery's answer goes out at the end of the turn. */
void turn_add(struct turn *turn, struct delivery *delivery);

#endif
