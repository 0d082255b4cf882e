/*
 * What the handlers of AWS's operations share: the decoded request, the secret that it names, and
 * how answers show it.
 */
#ifndef GHOSTKEYD_API_AWS_ASK_H
#define GHOSTKEYD_API_AWS_ASK_H

#include "api/aws/refusal.h"
#include "api/aws/shape.h"
#include "broker/broker.h"
#include "broker/secrets.h"
#include "broker/versions.h"
#include "http/call.h"

#define AWS_ACCOUNT "123456789012"
#define REGION_MAX_BYTES 64

/* A request: call->decoded. */
struct ask {
    struct arguments *arguments;
    struct span region; /* that the client speaks to */
    struct span home;   /* --aws-region */
};

static inline const struct ask *ask_of(const struct call *call) {
    return call->decoded;
}

static inline const struct arguments *arguments_of(const struct call *call) {
    return ask_of(call)->arguments;
}

/* Makes the answer a 200 and returns the buffer to write the JSON to. */
struct buffer *answer_begin(struct call *call);

/* A time as AWS writes it: seconds, with a fraction if there is one. */
void append_time(struct buffer *buffer, instant at);

/* `,"Name":SECONDS` */
void append_time_member(struct buffer *buffer, const char *name, instant at);

/* `,"Name":"text"`, if there is a text. */
void append_text_member(struct buffer *buffer, const char *name, struct span text);

#endif
