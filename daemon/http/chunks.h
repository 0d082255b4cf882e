/*
 * A strict reader of chunked bodies (RFC 9112, section 7.1). h2o's own reader accepts malformed
 * sizes: it reads `0xe` as 0, and the data that follows as the next request. Chunk extensions are
 * ignored, but their bytes are checked.
 */
#ifndef GHOSTKEYD_HTTP_CHUNKS_H
#define GHOSTKEYD_HTTP_CHUNKS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHUNKS_BROKEN (-1)
#define CHUNKS_MORE (-2)

/* Zeros at first. As large as h2o's struct phr_chunked_decoder, whose place it takes. */
struct chunks {
    size_t left;      /* bytes of the chunk that are still to come */
    uint8_t reserved; /* h2o writes to it */
    uint8_t digits;   /* read of the chunk's size */
    uint8_t place;    /* enum place: what the next byte belongs to */
    uint32_t framing; /* bytes since the last data */
};

/*
 * Reads the next bytes, moves the data among them to the front and sets *len to its length.
 * CHUNKS_MORE: the body goes on. CHUNKS_BROKEN: it is malformed. Else the body has ended; returns
 * the number of bytes that follow it, which are moved behind the data. All other bytes are erased.
 */
ssize_t chunks_take(struct chunks *chunks, char *bytes, size_t *len);

#endif
