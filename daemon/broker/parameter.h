/* Whether a parameter of a policy is what its strategy declares. Part of strategy.c. */
#ifndef GHOSTKEYD_BROKER_PARAMETER_H
#define GHOSTKEYD_BROKER_PARAMETER_H

#include "broker/strategy.h"

/* 0, or GK_E_BAD_REQUEST about the parameter. */
int parameter_check(const struct strategy_parameter *declared, const struct parameter *given,
        size_t value_max_bytes, struct problem *problem);

#endif
