/* What several commands print of the answer of GET /v1/clock. */
#ifndef GHOSTCTL_CLOCK_VIEW_H
#define GHOSTCTL_CLOCK_VIEW_H

#include <jansson.h>

/* "ahead: 1h (…)" with what to do, if the clock is ahead of the machine's; else nothing. */
void clock_view_ahead(const json_t *clock);

#endif
