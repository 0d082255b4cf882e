/*
 * How a record looks: pure functions from structs to bytes and back. A record holds no key, and no
 * checksum: its frame has one (frame.h).
 *
 * Encoders replace what the buffer holds (ask buffer_finish()). Decoders return 0, or -EBADMSG for
 * a record that no GhostKey made; the spans they give point into name and record.
 */
#ifndef GHOSTKEYD_STORE_RECORD_H
#define GHOSTKEYD_STORE_RECORD_H

#include "model/event.h"
#include "model/extra.h"
#include "model/secret.h"
#include "model/state.h"
#include "store/frame.h"

/* The numbers are kept in journals: append only. */
enum table {
    TABLE_STATE = 0,      /* KEY_STATE, KEY_CLOCK */
    TABLE_SECRETS = 1,    /* name */
    TABLE_TOMBSTONES = 2, /* name of a deleted secret */
    TABLE_VERSIONS = 3,   /* name 00 number (8 bytes, big-endian) */
    TABLE_EVENTS = 4,     /* seq (8 bytes, big-endian) */
    TABLE_OWN = 5,        /* owner (1 byte), key: what a wire API keeps for itself */
    TABLE_COUNT = 6,
};

#define KEY_STATE SPAN_LITERAL("state")
#define KEY_CLOCK SPAN_LITERAL("clock")

void record_encode_secret(struct buffer *record, const struct secret *secret);
/* After an error *ret_secret is of no use: a copy of so large a struct would cost each GET. */
int record_decode_secret(struct span name, struct span record, struct secret *ret_secret);

/* What the indexes need to know of a secret. The record must be a sound one. */
struct secret_facts {
    bool has_due;   /* it has a TTL, or is deleted and can be restored */
    instant due_at; /* secret_due_at() */
    bool has_value; /* secret_has_value() */
};
struct secret_facts record_secret_facts(struct span record);

/* The number of a version stands in its key alone. */
void record_encode_version(struct buffer *record, const struct version *version);
int record_decode_version(uint64_t number, struct span record, struct version *ret_version);

/* The seq of an event stands in its key alone. */
void record_encode_event(struct buffer *record, const struct event *event);
int record_decode_event(uint64_t seq, struct span record, struct event *ret_event);

void record_encode_tombstone(struct buffer *record, const struct tombstone *tombstone);
int record_decode_tombstone(struct span record, struct tombstone *ret_tombstone);

/* The state, except where its clock stands: that is KEY_CLOCK. The decoder copies the seed. */
void record_encode_state(struct buffer *record, const struct state *state);
int record_decode_state(struct span record, struct state *ret_state);

void record_encode_clock(struct buffer *record, instant now);
int record_decode_clock(struct span record, instant *ret_now);

/* Bytes of a wire API. */
void record_encode_own(struct buffer *record, struct span bytes);
int record_decode_own(struct span record, struct span *ret_bytes);

/* The key of a version: the name, a zero, the number as 8 bytes that order as numbers do. */
#define VERSION_KEY_MAX_BYTES (GK_NAME_MAX_BYTES + 1 + 8)
struct span version_key(char place[VERSION_KEY_MAX_BYTES], struct span name, uint64_t number);
bool version_key_is_of(struct span key, struct span name, uint64_t *ret_number);

/* The key of an event. */
#define EVENT_KEY_BYTES 8
struct span event_key(char place[EVENT_KEY_BYTES], uint64_t seq);
uint64_t event_key_seq(struct span key);

/* The key of an entry of TABLE_OWN. */
#define OWN_KEY_ROOM_BYTES (1 + 512)
struct span own_key(char place[OWN_KEY_ROOM_BYTES], enum owner owner, struct span key);

/* Whether a store makes such a change: its key and its record fit its kind and its table. */
bool change_is_sound(const struct change *change);

#endif
