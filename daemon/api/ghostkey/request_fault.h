/* Fault rules as requests say them. What the decoders return: api/ghostkey/request.h. */
#ifndef GHOSTKEYD_API_GHOSTKEY_REQUEST_FAULT_H
#define GHOSTKEYD_API_GHOSTKEY_REQUEST_FAULT_H

#include "api/ghostkey/request_json.h"
#include "broker/fault.h"

/* The body of PUT /v1/faults/{id}. GK_E_BAD_REQUEST */
int request_decode_fault(
        struct span text, struct span id, struct fault_rule *ret_rule, struct problem *problem);

/* A rule of a document. All mistakes in it go to mistakes. Only a negative errno is returned. */
int request_read_wanted_fault(struct body *body, const struct json_reader_value *value,
        struct span id, struct mistakes *mistakes, struct fault_rule *ret_rule);

#endif
