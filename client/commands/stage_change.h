/* What `promote`, `discard`, `rollback` and `restore` have in common. */
#ifndef GHOSTCTL_STAGE_CHANGE_H
#define GHOSTCTL_STAGE_CHANGE_H

#include "command.h"

/*
 * Checks the name and the option --version, and connects. *ret_version is 0 without that option. An
 * exit status.
 */
int stage_change_begin(const struct invocation *invocation, struct broker_client **ret_broker,
        json_int_t *ret_version);

/* Asks for the change (broker_stage) and prints the name and the number of a version. */
int stage_change_ask(const struct invocation *invocation, struct broker_client *broker,
        const char *route, json_int_t version);

/* Both of them. */
int stage_change_run(const struct invocation *invocation, const char *route);

#endif
