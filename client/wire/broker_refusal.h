/* What the daemon says when it refuses: a problem document (contract, section 3). */
#ifndef GHOSTCTL_BROKER_REFUSAL_H
#define GHOSTCTL_BROKER_REFUSAL_H

#include <stdbool.h>

#include "common/buffer.h"

/*
 * Sets how the sentence of a refusal is shown; without it, as it is. It holds for the whole
 * process, which runs one command.
 */
typedef void (*broker_wording)(const void *userdata, const char *detail, struct buffer *shown);
void broker_set_wording(broker_wording append, const void *userdata);

/* Prints why the daemon refused, from its problem document; returns the exit status for it. */
int broker_refused(int status, const struct buffer *body);

/* Whether a fault rule refused. A 404 by a rule is otherwise like that of a missing secret. */
bool broker_refusal_is_of_fault(const struct buffer *body);

#endif
