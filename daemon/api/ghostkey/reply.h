/*
 * Writes results as the contract shows them: compact JSON, members in the contract's order, so that
 * equal state gives equal bytes. Writers append to a buffer; buffer_finish() says at the end
 * whether there was memory for all.
 */
#ifndef GHOSTKEYD_API_GHOSTKEY_REPLY_H
#define GHOSTKEYD_API_GHOSTKEY_REPLY_H

#include "broker/fault.h"
#include "common/json_writer.h"
#include "model/event.h"
#include "model/problem.h"

/* A secret, as in GET /v1/secrets/{name}; without its value as in the answer to a PUT. */
void reply_secret(struct buffer *buffer, const struct secret *secret, instant now, bool with_value);

/*
 * A member of a document: the secret's name and its definition, as PUT takes it. Without values the
 * lists of the policy are left out, too.
 */
void reply_definition(struct buffer *buffer, const struct secret *secret, bool with_value);

/* How many bytes the value takes in the secret's document. */
size_t reply_value_bytes(const struct secret *secret);

/* A secret as an entry of a list, which says of a deleted one until when it can be restored. */
void reply_listed(struct buffer *buffer, const struct secret *secret, instant now, bool with_value);

/*
 * GET /v1/metadata/{name}, in steps: all but the versions, each version, the end. The id of a
 * version, in quotes, is appended between its beginning and its end.
 */
void reply_metadata_begin(struct buffer *buffer, const struct secret *secret, instant now);
void reply_version_begin(struct buffer *buffer, const struct version *version, bool first);
void reply_version_end(
        struct buffer *buffer, const struct version *version, const struct secret *secret);
void reply_metadata_end(struct buffer *buffer);

/* A policy, as the member `rotation` of a secret. A list of values is shown by its count alone. */
void reply_policy(struct buffer *buffer, const struct policy *policy);

/* One event, as in GET /v1/events and in the logs. */
void reply_event(struct buffer *buffer, const struct event *event);

/* An instant as a JSON string; null for INT64_MAX. */
void reply_instant(struct buffer *buffer, instant at);

/* A fault rule with its counts; and the members `match`, `effect` and `when` of one. */
void reply_fault(struct buffer *buffer, const struct fault *fault);
void reply_fault_rule(struct buffer *buffer, const struct fault_rule *rule);

/* A problem document for a status that a fault rule wants. */
void reply_problem_status(struct buffer *buffer, int status, const char *title, struct span detail);

#define REPLY_SENTENCE_MAX_BYTES (PROBLEM_MAX_BYTES + 128) /* names of fields are far shorter */

/*
 * What is wrong, with the name that this API has for the field. detail empty: the outcome's own
 * sentence. A negative outcome: that of a bare 500. The result is valid as long as both arguments.
 */
struct span reply_sentence(
        int outcome, const struct problem *problem, char place[REPLY_SENTENCE_MAX_BYTES]);

/* RFC 9457, with that sentence, or with another detail. */
void reply_problem(struct buffer *buffer, int outcome, const struct problem *problem);
void reply_refusal(struct buffer *buffer, int outcome, struct span detail);

#endif
