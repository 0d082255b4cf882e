/*
 * A policy as JSON writes it, for tests of strategies: what daemon/api/ghostkey/request does with a
 * whole request, without the request.
 */
#ifndef GHOSTKEY_TESTS_SUPPORT_POLICY_JSON_H
#define GHOSTKEY_TESTS_SUPPORT_POLICY_JSON_H

#include <jansson.h>

#include "broker/strategy.h"

/* Decodes rotation, into which (and into storage, if it has a list) the change points. -1: unfit.
 */
int policy_change_from_json(
        json_t *rotation, struct buffer *storage, struct policy_change *ret_change);

/*
 * Makes the value that one vector of fixtures/derivation asks for. 0, or the outcome of
 * policy_resolve() or strategy_make(), or a negative errno.
 */
int value_from_vector(json_t *vector, struct buffer *ret_value, struct problem *problem);

#endif
