/* How often fault rules have matched and fired (broker/fault.h). */
#ifndef GHOSTKEYD_BROKER_FAULT_COUNTS_H
#define GHOSTKEYD_BROKER_FAULT_COUNTS_H

#include <stdbool.h>

struct broker;

/* Whether counts are not kept yet; and keeps them, in the open turn. */
bool broker_fault_counts_wait(const struct broker *broker);
int broker_fault_keep_counts(struct broker *broker);

#endif
