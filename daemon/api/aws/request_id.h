/*
 * x-amzn-RequestId: a UUID that is derived from the seed and from how many requests AWS's clients
 * have sent since the start, or since the last reset.
 */
#ifndef GHOSTKEYD_API_AWS_REQUEST_ID_H
#define GHOSTKEYD_API_AWS_REQUEST_ID_H

struct call;

/* Gives the answer its id. */
void request_id_set(struct call *call);

#endif
