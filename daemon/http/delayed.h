/* An answer that waits, since a fault rule delays it (delay.h). All zeros: it does not wait. */
#ifndef GHOSTKEYD_HTTP_DELAYED_H
#define GHOSTKEYD_HTTP_DELAYED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct connection;
struct delays;

struct delayed {
    TAILQ_ENTRY(delayed) link;
    struct delays *delays; /* among which it waits; NULL: it does not */
    struct connection *connection;
    uint64_t due_ns; /* clock_ticks_ns() */

    /* Its time has come, or its client has gone. It does not wait any more, and may be freed. */
    void (*on_due)(struct delays *delays, struct delayed *delayed, bool is_gone);
};

TAILQ_HEAD(delayed_list, delayed);

#endif
