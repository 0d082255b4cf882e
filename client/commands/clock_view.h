/* What several commands read and print of the answer of GET /v1/clock. */
#ifndef GHOSTCTL_CLOCK_VIEW_H
#define GHOSTCTL_CLOCK_VIEW_H

#include <stdint.h>

#include "wire/broker_verbs.h"

/* "ahead: 1h (…)" with what to do, if the clock is ahead of the machine's; else nothing. */
void clock_view_ahead(const json_t *clock);

/* The broker's clock, which may differ from the machine's. An exit status. */
int clock_view_now(struct broker_client *broker, int64_t *ret_now_ms);

#endif
