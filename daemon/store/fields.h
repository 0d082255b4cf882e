/*
 * What records are made of: little-endian numbers, and spans behind their length; and the checksum
 * that each record begins with.
 */
#ifndef GHOSTKEYD_STORE_FIELDS_H
#define GHOSTKEYD_STORE_FIELDS_H

#include "store/seal.h"

/* Starts a record in place of what the buffer holds; fields follow, then record_finish(). */
void record_begin(struct buffer *record);
void field_put_number(struct buffer *record, uint64_t number, size_t width);
void field_put_span(struct buffer *record, struct span span);
void record_finish(struct buffer *record, struct span key);

/* Encrypts what was appended behind private_at: a span takes its place. Before record_finish(). */
void record_seal_from(struct buffer *record, size_t private_at, struct span key, struct seal *seal);

/* Takes fields off the front; once one is not there whole, all that follow are zero. */
struct reader {
    struct span rest;
    bool bad;
};

struct reader record_open(struct span key, struct span record);
uint64_t field_take_number(struct reader *reader, size_t width);
struct span field_take_span(struct reader *reader);

/* A reader of the sealed part that stands next; it is decrypted behind what plain holds. */
struct reader record_open_sealed(
        struct reader *reader, struct span key, struct seal *seal, struct buffer *plain);

/* One byte that must be below limit. */
uint64_t field_take_below(struct reader *reader, uint64_t limit);

/*
 * 0, or -EBADMSG if a field was missing or anything is left over: then the record is damaged, or
 * another format's.
 */
int record_close(const struct reader *reader);

#endif
