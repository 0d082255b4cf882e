/*
 * Answers whose bodies have no bound: sent in pieces. A piece is written when the one before it has
 * gone out, at the end of a turn, from what is committed then. So such an answer takes the memory
 * of one piece, and delays nobody.
 */
#ifndef GHOSTKEYD_HTTP_PIECES_H
#define GHOSTKEYD_HTTP_PIECES_H

#include <h2o.h>

#include "http/call.h"

struct metrics;
struct piece_sender;

struct pieces {
    TAILQ_HEAD(piece_senders, piece_sender) waiting; /* for the end of a turn */
    void (*begin_turn)(struct pieces *pieces);       /* if none is open */
};

void pieces_init(struct pieces *pieces, void (*begin_turn)(struct pieces *pieces));

/* Counts and sends the answer, whose first piece is written (answer.more). h2o may free the call at
 * once. */
void pieces_begin(struct pieces *pieces, struct call *call, struct metrics *metrics);

/* At the end of a turn, after its commit: sends the next piece of each answer that waits for it. */
void pieces_go_on(struct pieces *pieces);

#endif
