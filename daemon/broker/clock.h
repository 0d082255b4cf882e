/*
 * GhostKey's one clock (contract, section 4), and the only place that asks the system for the time.
 *
 * `virtual` stands still until it is moved. `system` follows the machine's clock, but never goes
 * back. If the machine's clock is set back by up to a minute, GhostKey's waits for it. If it is set
 * back by more, GhostKey's follows CLOCK_BOOTTIME, which nobody can set, and stays ahead until the
 * machine's is set forward. The broker holds both kinds back while something due has not fired.
 */
#ifndef GHOSTKEYD_BROKER_CLOCK_H
#define GHOSTKEYD_BROKER_CLOCK_H

#include "model/state.h"

struct clock {
    enum clock_kind kind;
    instant now; /* the latest instant that a client was shown */

    /* only for `system`: as of the last look, in milliseconds */
    instant target;        /* the time once all that is due has fired */
    instant machine;       /* where the machine's clock stood */
    int64_t boot_ms;       /* CLOCK_BOOTTIME */
    int64_t worked_ms;     /* CPU time of this thread */
    instant missed_before; /* what was due before this instant was missed */
    instant missed_until;  /* the instant at which it fires */
};

/* A clock that continues at start, and never shows an earlier instant. */
void clock_init(struct clock *clock, enum clock_kind kind, instant start);

/*
 * Reads the machine's clock: this is a look. Returns the instant up to which expiries may fire; for
 * a virtual clock, that is where it stands.
 *
 * A look also notices missed time: since the last look the process did not work for more than a
 * minute (the machine slept, the process was paused, the machine's clock was set). What fell due
 * more than a minute ago then counts as due now, for clock_move_to_due().
 */
instant clock_look(struct clock *clock);

/* Moves it forward to at; earlier instants change nothing. Returns where it stands. */
instant clock_move(struct clock *clock, instant at);

/* Moves it forward to due, or to missed_until if due was missed. Returns where it stands. */
instant clock_move_to_due(struct clock *clock, instant due);

/* By how much it is ahead of the machine's clock, as of the last look; 0: it follows that clock. */
int64_t clock_ahead_ms(const struct clock *clock);

/* Whether the machine's clock was behind at the last look, so that the time has to be stored. */
bool clock_is_ahead(const struct clock *clock);

/* What the machine's clock will show when this one reaches `at`. INT64_MAX, never, stays so. */
instant clock_machine_instant(const struct clock *clock, instant at);

/* "system" or "virtual" */
const char *clock_kind_text(enum clock_kind kind);

/* Nanoseconds on a clock that never goes back, for measuring how long something takes. */
uint64_t clock_ticks_ns(void);

/* Milliseconds since the machine started, as CLOCK_BOOTTIME counts them. */
int64_t clock_boot_ms(void);

/*
 * An fd that becomes readable when the machine's clock reaches an instant, and when that clock is
 * set, so that the caller can set the alarm anew; or a negative errno.
 */
int clock_alarm_new(void);

/*
 * Sets the alarm to an instant of the machine's clock; INT64_MAX: it rings only when that clock is
 * set. A ring from before is cleared.
 */
int clock_alarm_set(int alarm_fd, instant at);

#endif
