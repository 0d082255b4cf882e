/* The part `faults` of a document: fault rules by their ids. */
#ifndef GHOSTKEYD_API_GHOSTKEY_DOCUMENT_FAULT_H
#define GHOSTKEYD_API_GHOSTKEY_DOCUMENT_FAULT_H

#include "api/ghostkey/document_part.h"

struct broker;
struct mistakes;

/*
 * Checks the rules, and that there will not be too many of them. broker NULL: against a broker
 * without rules. prune: those that the part does not name will be deleted. A negative errno.
 */
int document_check_faults(const struct document_part *part, struct body *body,
        struct broker *broker, bool prune, struct mistakes *mistakes);

/* Makes the rules agree. All of the document has been checked. */
int document_apply_faults(const struct document_part *part, struct body *body,
        struct broker *broker, bool prune, bool is_dry, struct document_lists *lists);

#endif
