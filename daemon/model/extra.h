/*
 * What wire APIs keep for themselves beside a secret or one of its versions: bytes of the API's
 * own, at most one entry for each API. All entries of a secret are one span: for each the owner
 * (1 byte), the length (4 bytes, little-endian) and the bytes.
 */
#ifndef GHOSTKEYD_MODEL_EXTRA_H
#define GHOSTKEYD_MODEL_EXTRA_H

#include "common/buffer.h"

/* The API to which something belongs. The numbers are kept in stores: append only. */
enum owner {
    OWNER_NONE = 0,
    OWNER_VAULT = 1,
    OWNER_AWS = 2,
    OWNER_BROKER = 3, /* no API: the fault rules */
};
#define OWNER_COUNT (OWNER_BROKER + 1)

/* The owner's entry; data NULL: there is none. */
struct span extra_of(struct span extra, enum owner owner);

/*
 * Appends to buffer what extra becomes when the owner's entry is set to entry, or removed (data
 * NULL). Entries come in the order of their owners.
 */
void extra_set(struct span extra, enum owner owner, struct span entry, struct buffer *buffer);

#endif
