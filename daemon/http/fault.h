/* What a fault rule does to a call before it is served (contract, section 11). */
#ifndef GHOSTKEYD_HTTP_FAULT_H
#define GHOSTKEYD_HTTP_FAULT_H

#include <ghostkey/protocol.h>

struct call;
struct fault_effect;

/*
 * An API calls it once it knows what a request is about, before it does anything (api.h, serve).
 * Chooses the rule that fires, once for each call, and sets call->fault, effect, is_closed and
 * is_stale. 0, or an outcome with which serve() ends at once; GK_E_FAULT: the rule wants a refusal,
 * or no answer. GK_E_BUSY: it wants a delay, and too many answers wait. Also call->limit.
 */
int call_begin(struct call *call);

/* The status of a GK_E_FAULT, where an API has no other one. */
int fault_status(const struct fault_effect *effect);

/* Why a request is refused; the id of the rule. */
#define FAULT_SENTENCE GK_REFUSED_BY_FAULT "'%s'"

#endif
