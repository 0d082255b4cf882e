/*
 * What strategy `uuid` and a template's {uuid} have in common.
 */
#ifndef GHOSTKEYD_BROKER_STRATEGIES_UUID_H
#define GHOSTKEYD_BROKER_STRATEGIES_UUID_H

#include "broker/keystream.h"

#define UUID_CHARS 36

/* Appends a version 4 UUID made of the stream's next 16 bytes. */
void uuid_append(struct keystream *stream, struct buffer *value);

#endif
