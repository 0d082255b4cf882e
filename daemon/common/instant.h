/*
 * Points in time and lengths of time, as text and as numbers (contract, section 2, "Times" and
 * "Mode"; RFC 3339). Pure functions: they read no clock, locale or time zone.
 */
#ifndef GHOSTKEY_INSTANT_H
#define GHOSTKEY_INSTANT_H

#include <stdint.h>

#include "common/buffer.h"

/* Milliseconds since 1970-01-01T00:00:00Z, leap seconds left out. */
typedef int64_t instant;

#define INSTANT_TEXT_BYTES 24                         /* 2000-01-01T00:00:00.000Z */
#define INSTANT_VIRTUAL_DEFAULT INT64_C(946684800000) /* 2000-01-01T00:00:00Z */
#define INSTANT_CEILING INT64_C(250246627200000)      /* 9900-01-01T00:00:00Z */

/* Writes INSTANT_TEXT_BYTES bytes, no NUL. at is from year 0 to 9999. */
void instant_format(instant at, char place[INSTANT_TEXT_BYTES]);

/*
 * RFC 3339 with any offset; digits after the third of a fraction are cut; a leap second (:60) is
 * the second after it. 0, or -1 if text is not such a time or lies outside the years 0 to 9999.
 */
int instant_parse(struct span text, instant *ret_at);

/*
 * A duration [Nd][Nh][Nm][Ns], each at most once, in this order, at least one; in whole seconds. 0,
 * or -1 if text is not a duration or is too large.
 */
int duration_parse(struct span text, int64_t *ret_seconds);

/* A time to live as it is typed: seconds, or a duration. 0, or -1 if text is neither. */
int ttl_parse(struct span text, int64_t *ret_seconds);

/* A delay: a whole number and `ms`, `s` or `m`, from 1 ms to 10 minutes. 0, or -1 if it is none. */
int delay_parse(struct span text, uint32_t *ret_ms);

/* Appends `3d4h`, `14m30s`, `5s`: the two largest units, what is below them cut; at least `1s`. */
void duration_append(struct buffer *buffer, int64_t ms);

#endif
