/* Fault rules as requests write them. Results: see api/ghostkey/request.h. */
#ifndef GHOSTKEYD_API_GHOSTKEY_REQUEST_FAULT_H
#define GHOSTKEYD_API_GHOSTKEY_REQUEST_FAULT_H

#include "broker/fault.h"

struct body;
struct json_reader_value;
struct mistakes;

/* As request_decode_name(), of the id of a rule. GK_E_BAD_REQUEST */
int request_decode_fault_id(struct span text, char place[GK_FAULT_ID_MAX_BYTES],
        struct span *ret_id, struct problem *problem);

/* The body of PUT /v1/faults/{id}. GK_E_BAD_REQUEST */
int request_decode_fault(
        struct span body, struct span id, struct fault_rule *ret_rule, struct problem *problem);

/* A rule of a document for apply. Adds its mistakes; returns 0 or a negative errno. */
int request_read_document_fault(struct body *body, const struct json_reader_value *value,
        struct span id, struct mistakes *mistakes, struct fault_rule *ret_rule);

#endif
