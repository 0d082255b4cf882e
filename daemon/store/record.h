/*
 * How things look in the store: pure functions from structs to bytes and back.
 *
 * A record begins with the CRC-32 of its key and of all that follows, so that bytes which were
 * changed, or which stand under another key, are found and not served. Numbers are little-endian;
 * lengths stand before what they measure. RECORD_FORMAT changes with any of it.
 *
 * -EPROTONOSUPPORT says that a state is of another format.
 *
 * Encoders replace what the buffer holds (ask buffer_finish()). Decoders return 0, or -EBADMSG for
 * a record that is damaged; the spans they give point into key and record.
 */
#ifndef GHOSTKEYD_STORE_RECORD_H
#define GHOSTKEYD_STORE_RECORD_H

#include "model/event.h"
#include "model/secret.h"
#include "model/state.h"
#include "store/seal.h"
#include "store/store.h"

#define RECORD_FORMAT 3

/*
 * With a seal, what is private (values, policies, the seed) is encrypted, with the key bound in; a
 * decoder appends it to *plain, whose bytes the spans then point into, so it must have room already
 * if it is what key and record stand in. A sealed record that is decoded without a seal comes back
 * without its private part. A seal that does not open it: -EBADMSG.
 */
void record_encode_secret(struct buffer *record, const struct secret *secret, struct seal *seal);
int record_decode_secret(struct span name, struct span record, struct seal *seal,
        struct buffer *plain, struct secret *ret_secret);

/* key is the version's whole key in the store; its number stands in that alone. */
void record_encode_version(
        struct buffer *record, struct span key, const struct version *version, struct seal *seal);
int record_decode_version(struct span key, struct span record, uint64_t number, struct seal *seal,
        struct buffer *plain, struct version *ret_version);

void record_encode_event(struct buffer *record, const struct event *event);
int record_decode_event(uint64_t seq, struct span record, struct event *ret_event);

void record_encode_tombstone(
        struct buffer *record, struct span name, const struct tombstone *tombstone);
int record_decode_tombstone(struct span name, struct span record, struct tombstone *ret_tombstone);

/* What a state is made with. The seed is copied; is_sealed says whether the store is. */
void record_encode_state(
        struct buffer *record, struct span key, const struct state *state, struct seal *seal);
int record_decode_state(
        struct span key, struct span record, struct seal *seal, struct state *ret_state);

/* One number: where the clock stands, a transaction's. */
void record_encode_number(struct buffer *record, struct span key, uint64_t number);
int record_decode_number(struct span key, struct span record, uint64_t *ret_number);

#endif
