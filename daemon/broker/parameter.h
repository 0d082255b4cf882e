/*
 * Whether what a request says of a strategy's parameter is what that strategy declares. Part of
 * strategy.c.
 */
#ifndef GHOSTKEYD_BROKER_PARAMETER_H
#define GHOSTKEYD_BROKER_PARAMETER_H

#include "broker/strategy.h"

/* 0, or GK_E_BAD_REQUEST with the member named. */
int parameter_check(const struct strategy_parameter *declared, const struct parameter *given,
        size_t value_max_bytes, struct problem *problem);

#endif
