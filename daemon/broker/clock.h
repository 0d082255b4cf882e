/*
 * GhostKey's one clock (contract, section 4), and the only place that asks the system for the time.
 *
 * `system` follows the machine's clock but never goes back: if that is set back, it waits.
 * `virtual` stands still until it is moved. Either can be held back by the broker while something
 * that is due has not fired yet.
 */
#ifndef GHOSTKEYD_BROKER_CLOCK_H
#define GHOSTKEYD_BROKER_CLOCK_H

#include "model/state.h"

struct clock {
    enum clock_kind kind;
    instant now; /* the latest instant that anybody was told */
};

/* A clock that continues at (never before) start. */
void clock_init(struct clock *clock, enum clock_kind kind, instant start);

/* The instant up to which things may fire: the machine's for `system`, where it stands else. */
instant clock_target(const struct clock *clock);

/* Moves it forward to at; earlier instants change nothing. Returns where it stands. */
instant clock_move(struct clock *clock, instant at);

/* "system" or "virtual" */
const char *clock_kind_text(enum clock_kind kind);

/* Nanoseconds on a clock that only goes on, for measuring how long something takes. */
uint64_t clock_ticks_ns(void);

/*
 * An fd that becomes readable once the machine's clock reaches an instant, or is set by somebody
 * (so that the wait is reckoned anew); a negative errno if there is none to be had.
 */
int clock_alarm_new(void);

/* Sets it to ring at the instant; INT64_MAX: never. Whatever it rang for before is forgotten. */
int clock_alarm_set(int alarm_fd, instant at);

#endif
