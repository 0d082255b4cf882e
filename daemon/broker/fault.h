/*
 * Fault rules. The broker keeps the rules and chooses; http/fault.h does to the answer what a rule
 * says.
 *
 * The rules and how often each has matched and fired are part of the state. The rules are kept with
 * the turn that changes them, the counts with the next change, at the latest after a second.
 */
#ifndef GHOSTKEYD_BROKER_FAULT_H
#define GHOSTKEYD_BROKER_FAULT_H

#include "model/fault.h"
#include "model/problem.h"

struct broker;

/* Makes the rule or replaces it; it counts from 0. GK_E_CONFLICT: there are too many. */
int broker_fault_put(struct broker *broker, const struct fault_rule *rule, struct problem *problem);

/* Finds or removes the rule of that id. *ret_fault is valid until the next change of a rule.
 * GK_E_NO_FAULT */
int broker_fault_get(struct broker *broker, struct span id, const struct fault **ret_fault,
        struct problem *problem);
int broker_fault_delete(struct broker *broker, struct span id, struct problem *problem);

/* Removes all rules. */
int broker_fault_delete_all(struct broker *broker);

/* All rules, in byte order of their ids. They are valid until the next change of a rule. */
int broker_fault_list(struct broker *broker, const struct fault **ret_faults, size_t *ret_count);

/*
 * Counts the request with each rule that it matches, up to the first that fires. *ret_rule NULL:
 * none does. The rule is valid until the next change of one. A negative errno: the choice failed.
 */
int broker_fault_choose(struct broker *broker, const struct fault_request *request,
        const struct fault_rule **ret_rule);

/* Whether there are rules at all, so that the choice can be left out. */
bool broker_has_faults(const struct broker *broker);

#endif
