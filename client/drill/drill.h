/* A drill (contract, section 13): an app in a sandbox, to which the steps of a plan happen. */
#ifndef GHOSTCTL_DRILL_H
#define GHOSTCTL_DRILL_H

#include "drill/plan.h"
#include "sandbox/sandbox.h"

struct drill_order {
    struct sandbox_plan sandbox;
    const struct drill_plan *plan; /* NULL: the default plan */
    const json_t *names;           /* of the default plan; an empty array: all that can rotate */
    char *const *command;
    const char *probe; /* NULL: none */
    int64_t wait_ms;   /* for the app to become healthy at first */
    const char *junit; /* a file for the report as XML; NULL: none */
    bool json;         /* the report as JSON */
};

/* Runs it and prints the report. An exit status: 0 if all steps held. */
int drill_run(const struct drill_order *order);

#endif
