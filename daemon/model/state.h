/*
 * What every state has: its seed and its clock (contract, sections 1 and 4).
 */
#ifndef GHOSTKEYD_MODEL_STATE_H
#define GHOSTKEYD_MODEL_STATE_H

#include "common/buffer.h"
#include "common/instant.h"

/* The numbers are kept in stores. */
enum clock_kind {
    CLOCK_SYSTEM = 0,
    CLOCK_VIRTUAL = 1,
};

struct state {
    enum clock_kind clock_kind;
    instant now;        /* where a virtual clock stands */
    instant began_at;   /* where a virtual clock stood when the state was made */
    struct buffer seed; /* any bytes */
};

#define STATE_NULL ((struct state){0})
#define STATE_AUTO __attribute__((cleanup(state_deinit)))

void state_deinit(struct state *state);

#endif
