/* How rules and their counts are kept: entries of the broker's own (broker/own.h). */
#ifndef GHOSTKEYD_BROKER_FAULT_RECORD_H
#define GHOSTKEYD_BROKER_FAULT_RECORD_H

#include "common/buffer.h"
#include "model/fault.h"

#define FAULT_RULES "fault/"        /* an id follows */
#define FAULT_COUNTS "fault-count/" /* the same */
#define FAULT_KEY_MAX_BYTES (sizeof(FAULT_COUNTS) + GK_FAULT_ID_MAX_BYTES)
#define FAULT_COUNTS_BYTES 16

struct span fault_key(char place[FAULT_KEY_MAX_BYTES], const char *prefix, struct span id);

/* The rule without its id, which its key has. -EBADMSG: fault_encode() did not write that. */
void fault_encode(const struct fault_rule *rule, struct buffer *record);
int fault_decode(struct span record, struct fault_rule *ret_rule);

void fault_encode_counts(const struct fault *fault, char place[FAULT_COUNTS_BYTES]);
int fault_decode_counts(struct span record, struct fault *fault);

#endif
