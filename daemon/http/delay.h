/*
 * Answers that a fault rule delays (contract, section 11). They are ready, and what they tell is
 * kept; nothing else waits for them. An answer whose client has gone is given up.
 */
#ifndef GHOSTKEYD_HTTP_DELAY_H
#define GHOSTKEYD_HTTP_DELAY_H

#include <h2o.h>

#include "http/delayed.h"
#include "http/metrics.h"

struct delays {
    h2o_context_t *context;
    struct metrics *metrics;
    struct delayed_list waiting; /* the one that goes out first at the beginning */
    h2o_timeout_t time;
    h2o_timeout_entry_t next; /* linked while there are any */
    bool is_over;             /* none is delayed any more */
};

/* Both arguments stay the caller's and outlive the delays. */
void delays_init(struct delays *delays, h2o_context_t *context, struct metrics *metrics);
void delays_deinit(struct delays *delays);

/*
 * Calls delayed->on_due() after so long, or now, if none is delayed any more. delayed->connection
 * and on_due are set.
 */
void delays_add(struct delays *delays, struct delayed *delayed, uint32_t delay_ms);

/* It does not wait any more, if it does; on_due() is not called. */
void delayed_forget(struct delayed *delayed);

/* Sends all that wait, and delays none any more. */
void delays_end(struct delays *delays);

#endif
