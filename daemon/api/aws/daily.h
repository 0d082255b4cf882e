/*
 * On which day each secret, and each version, was last read (LastAccessedDate). It is in memory
 * alone: a read changes no state, so that it needs no room and waits for no disk. The table has a
 * fixed size; a secret that falls out of it has no such date until it is read again.
 */
#ifndef GHOSTKEYD_API_AWS_DAILY_H
#define GHOSTKEYD_API_AWS_DAILY_H

#include "broker/broker.h"
#include "broker/events.h"

/* Notes that the version of that number was read now. */
void daily_note(struct broker *broker, struct span name, uint64_t born_after, uint64_t number);

/* The start of that day, of a version, or of the secret (number 0); INT64_MIN: it is not known. */
instant daily_find(struct broker *broker, struct span name, uint64_t born_after, uint64_t number);

#endif
