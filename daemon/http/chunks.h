/*
 * A strict reader of bodies in chunks (RFC 9112, section 7.1). h2o's own reader stops at the first
 * byte that is no digit: it reads `0xe` as 0, and what was meant as data as the next request. Of an
 * extension only the bytes are checked, not what it says.
 */
#ifndef GHOSTKEYD_HTTP_CHUNKS_H
#define GHOSTKEYD_HTTP_CHUNKS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHUNKS_BROKEN (-1)
#define CHUNKS_MORE (-2)

/* Zeros at first. It takes the place of h2o's struct phr_chunked_decoder, and is of its size. */
struct chunks {
    size_t left;      /* of the chunk's data */
    uint8_t reserved; /* h2o sets it */
    uint8_t digits;   /* of the chunk's size */
    uint8_t place;    /* enum place: what the next byte belongs to */
    uint32_t framing; /* bytes since the last chunk that are no data */
};

/*
 * Reads the next bytes, moves the data in them to their beginning, and sets *len to its length.
 * CHUNKS_MORE: the body has no end yet. CHUNKS_BROKEN: it is malformed. Else the number of bytes
 * that followed its end; they stand behind the data now. All other bytes are wiped.
 */
ssize_t chunks_take(struct chunks *chunks, char *bytes, size_t *len);

#endif
