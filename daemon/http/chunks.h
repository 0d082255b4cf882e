/*
 * A body in chunks, read as RFC 9112, section 7.1, writes it and in no other way: h2o's own reader
 * stops at the first byte that is no digit, so that `0xe` is 0 to it, and takes what was meant as
 * data for the next request. Of an extension only the bytes are looked at, not what it says.
 */
#ifndef GHOSTKEYD_HTTP_CHUNKS_H
#define GHOSTKEYD_HTTP_CHUNKS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHUNKS_BROKEN (-1)
#define CHUNKS_MORE (-2)

/* Begins as zeros. It stands where h2o has its struct phr_chunked_decoder, and is of its size. */
struct chunks {
    size_t left;      /* of the chunk's data */
    uint8_t reserved; /* h2o sets it */
    uint8_t digits;   /* of the chunk's size */
    uint8_t place;    /* what the next byte belongs to */
    uint32_t framing; /* how many bytes that are no data have come since the last chunk */
};

/*
 * Takes the next bytes, and leaves the data that is in them at their beginning; *len is how much.
 * CHUNKS_MORE: the body is not whole. CHUNKS_BROKEN: it is none. Else how many bytes stood behind
 * its end; they stand behind the data now. What became of no use is wiped.
 */
ssize_t chunks_take(struct chunks *chunks, char *bytes, size_t *len);

#endif
