/* Whether a match of a fault rule fires: a pure function. */
#ifndef GHOSTKEYD_BROKER_FAULT_WHEN_H
#define GHOSTKEYD_BROKER_FAULT_WHEN_H

#include "broker/keystream.h"
#include "model/fault.h"

/*
 * number: of the match, from 1. fired: how often the rule has fired before. A negative errno: the
 * stream for `percent` could not be derived.
 */
int fault_fires(const struct fault_rule *rule, uint64_t number, uint64_t fired,
        struct keyring *keyring, instant now, bool *ret_fires);

#endif
