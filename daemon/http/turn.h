/*
 * A turn of the loop: the changes of its requests are committed together, and only then are their
 * answers sent. Then the events are logged and streamed, the alarm for the next expiry is set, and
 * the service manager is told the number of secrets.
 *
 * A turn begins with the first request that the loop reads, or with the alarm. It ends when every
 * readable socket was read; in memory also when many answers wait; on disk only after a round of
 * the loop that brought no more requests, or once each connection has one. The end is an h2o timer
 * without delay: it fires after the sockets were read and in the same round, so that the answers
 * are written in that round.
 */
#ifndef GHOSTKEYD_HTTP_TURN_H
#define GHOSTKEYD_HTTP_TURN_H

#include "broker/broker.h"
#include "http/audit.h"
#include "http/call.h"
#include "http/delay.h"
#include "http/metrics.h"
#include "http/pieces.h"
#include "http/request_ring.h"
#include "http/stream.h"

struct api_context;

struct turn {
    h2o_context_t *context;
    struct broker *broker;
    h2o_timeout_entry_t end; /* linked while a turn is open */
    uint64_t opened_ns;      /* clock_ticks_ns() */
    uint64_t busy_ns;        /* time spent in turns; the server sets it to 0 in each round */
    struct call_list waiting;
    size_t waiting_count;
    size_t gathered_count;   /* waiting_count one round earlier */
    size_t connection_count; /* if so many answers wait, nobody else can ask */
    bool is_gathering;       /* the turn goes on for another round */
    bool changed;            /* something may have changed since the turn began */

    h2o_socket_t *alarm; /* NULL: the clock is virtual */
    instant alarm_at;    /* what it is set to; INT64_MAX: never */

    struct metrics metrics;
    struct request_ring requests;
    struct audit *audit;
    const struct api_context *api_context;
    struct streams streams;
    struct delays delays;

    h2o_timeout_entry_t counts; /* linked while counts of fault rules are not kept */
    struct pieces pieces;

    h2o_timeout_entry_t status; /* linked while the number of secrets may have changed */
    bool is_status_wanted;      /* there is a service manager */
    uint64_t status_secrets;    /* the number that it was told */

    h2o_timeout_entry_t quiet; /* linked while commits may have left work for later */
    bool is_busy;              /* there was a commit since it was linked */

    h2o_timeout_entry_t work; /* linked while the store has work of its own */
    h2o_timeout_t work_wait;  /* its own list: h2o looks only at the first entry of one */
};

/*
 * *turn is all zeros: it is large, and memory that is never used is not touched. api_context and
 * audit stay the caller's. A negative errno (logged): no alarm, store, or memory.
 */
int turn_init(struct turn *turn, h2o_context_t *context, const struct api_context *api_context,
        struct audit *audit);
void turn_deinit(struct turn *turn);

/* Before each round of the loop. */
void turn_go_on(struct turn *turn, size_t connection_count);

/* Before each request: begins a turn if none is open. */
void turn_begin(struct turn *turn);

/* Begins a turn, and keeps what was changed in it: what is read from here on is kept. */
void turn_keep(struct turn *turn);

/* The call's answer goes out now, in pieces if it is long, or once its delay is over. */
void turn_send(struct turn *turn, struct call *call);

/* The call's answer goes out at the end of the turn. */
void turn_add(struct turn *turn, struct call *call);

#endif
