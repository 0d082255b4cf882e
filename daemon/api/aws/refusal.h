/*
 * Refusals as AWS words them: a code and a sentence. The code travels in struct problem to the
 * answer, so that a refusal is one line:
 * `return refuse_with(problem, AWS_INVALID_REQUEST, "You must provide ...");`
 */
#ifndef GHOSTKEYD_API_AWS_REFUSAL_H
#define GHOSTKEYD_API_AWS_REFUSAL_H

#include "http/answer.h"
#include "model/problem.h"

#define MEDIA_AWS_JSON "application/x-amz-json-1.1"

#define AWS_ACCESS_DENIED "AccessDeniedException"
#define AWS_EXISTS "ResourceExistsException"
#define AWS_INTERNAL "InternalServiceError"
#define AWS_INVALID_PARAMETER "InvalidParameterException"
#define AWS_INVALID_REQUEST "InvalidRequestException"
#define AWS_INVALID_TOKEN "InvalidNextTokenException"
#define AWS_LIMIT_EXCEEDED "LimitExceededException"
#define AWS_MALFORMED_POLICY "MalformedPolicyDocumentException"
#define AWS_NOT_FOUND "ResourceNotFoundException"
#define AWS_SERIALIZATION "SerializationException"
#define AWS_THROTTLING "ThrottlingException"
#define AWS_UNAVAILABLE "ServiceUnavailableException"
#define AWS_UNKNOWN_OPERATION "UnknownOperationException"
#define AWS_UNRECOGNIZED_CLIENT "UnrecognizedClientException"
#define AWS_VALIDATION "ValidationException"

/* Writes the sentence and the code, which is never freed. Returns GK_E_BAD_REQUEST. */
int refuse_with(struct problem *problem, const char *code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* AWS's code of an outcome; of one that refuse_with() made the code that it was given. */
const char *refusal_code(int outcome, const struct problem *problem);

/* The sentence that goes with it. */
const char *refusal_sentence(int outcome, const struct problem *problem);

/* Fills in the answer (http/api.h, refuse). */
void refusal_answer(struct answer *answer, int outcome, const struct problem *problem);

/* The same with what it says. */
void refusal_write(struct answer *answer, int status, const char *code, struct span sentence);

/* The refusals that several operations share. */
int refuse_missing(struct problem *problem);
int refuse_deleted(struct problem *problem);
int refuse_replica(struct problem *problem);

#endif
