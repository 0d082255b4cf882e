/* Fault rules as requests say them. What the decoders return: api/ghostkey/request.h. */
#ifndef GHOSTKEYD_API_GHOSTKEY_REQUEST_FAULT_H
#define GHOSTKEYD_API_GHOSTKEY_REQUEST_FAULT_H

#include "api/ghostkey/request_json.h"
#include "broker/fault.h"

/* The body of PUT /v1/faults/{id}. GK_E_BAD_REQUEST */
int request_decode_fault(
        struct span text, struct span id, struct fault_rule *ret_rule, struct problem *problem);

/* The members of a rule within a body; the rule's id is left empty. GK_E_BAD_REQUEST */
int request_read_fault(
        struct body *body, const struct members *members, struct fault_rule *ret_rule);

#endif
