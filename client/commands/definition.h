/* The options of `put` and `update` that define a secret, and the merge patch that they stand for.
 */
#ifndef GHOSTCTL_DEFINITION_H
#define GHOSTCTL_DEFINITION_H

#include <jansson.h>

#include "command.h"

/* The rows of these options, for the command's table. */
#define DEFINITION_OPTIONS \
    {"ttl", '\0', OPTION_TAKES_VALUE, "TTL", "how long it lives: 90s, 15m, 1h30m, 7d"}, \
            {"no-ttl", '\0', OPTION_TAKES_NOTHING, NULL, "it lives for ever"}, \
            {"strategy", '\0', OPTION_TAKES_VALUE, "NAME", "see 'ghostctl help strategies'"}, \
            {"length", '\0', OPTION_TAKES_VALUE, "N", "how many characters a value has"}, \
            {"template", '\0', OPTION_TAKES_VALUE, "TEXT", "text with fields such as {alnum:24}"}, \
            {"values", '\0', OPTION_TAKES_VALUE, "FILE", "the values of a cycle, one a line"}, \
            {"rotate-on-expiry", '\0', OPTION_TAKES_NOTHING, NULL, \
                    "a new value when the TTL is over"}, \
            {"no-rotate-on-expiry", '\0', OPTION_TAKES_NOTHING, NULL, \
                    "when the TTL is over, it is expired"}, \
            {"grace", '\0', OPTION_TAKES_VALUE, "D", \
                    "how long 'verify' accepts the value before"}, \
            {"env", '\0', OPTION_TAKES_VALUE, "NAME", \
                    "the name of its variable; '': the default"}, \
            {"no-env", '\0', OPTION_TAKES_NOTHING, NULL, "keep it out of exports"}, \
            {"label", '\0', OPTION_TAKES_VALUE, "K=V", "a label; repeat it for more"}, \
            {"no-label", '\0', OPTION_TAKES_VALUE, "K", "without this label; repeat it for more"}, \
    { \
        "description", '\0', OPTION_TAKES_VALUE, "TEXT", "what it is for; '': none" \
    }

/*
 * Sets in `patch` the members that the options stand for; null removes one. An exit status, after a
 * message that does not repeat what was typed.
 */
int definition_read(const struct invocation *invocation, json_t *patch);

/* What the patch makes of nothing: the definition of a new secret. */
json_t *definition_of_patch(const json_t *patch);

#endif
