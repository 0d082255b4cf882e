#include "http/chunks.h"

#include <stdbool.h>
#include <string.h>

#include "ghostkey/protocol.h"

#define DIGITS_MAX (2 * sizeof(size_t))

enum place {
    IN_SIZE, /* where a body begins */
    BEFORE_EXTENSION,
    IN_EXTENSION,
    BEFORE_SIZE_LF,
    IN_DATA,
    BEFORE_DATA_CR,
    BEFORE_DATA_LF,
    BEFORE_TRAILER,
    IN_TRAILER_NAME,
    IN_TRAILER_VALUE,
    BEFORE_TRAILER_LF,
    BEFORE_LAST_LF,
    AT_END,
};

static bool go_on(struct chunks *chunks, enum place place) {
    chunks->place = (uint8_t)place;
    return true;
}

/* Moves to the place if the byte is the wanted one. */
static bool expect(struct chunks *chunks, char byte, char wanted, enum place place) {
    return byte == wanted && go_on(chunks, place);
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

/* Whether the byte may stand in a field's value or in an extension. */
static bool is_text(char byte) {
    return is_blank(byte) || ((unsigned char)byte > ' ' && byte != 0x7f);
}

/* Whether the byte may stand in a field's name (RFC 9110, section 5.6.2). */
static bool is_token(char byte) {
    return byte > ' ' && byte < 0x7f && strchr("\"(),/:;<=>?@[\\]{}", byte) == NULL;
}

static int digit_of(char byte) {
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20; /* a letter's lower case */
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool take_size(struct chunks *chunks, char byte) {
    int digit = digit_of(byte);

    if (digit >= 0 && chunks->digits < DIGITS_MAX) {
        chunks->left = chunks->left * 16 + (size_t)digit;
        chunks->digits += 1;
        return true;
    }
    if (chunks->digits == 0) {
        return false;
    }
    if (is_blank(byte)) {
        return go_on(chunks, BEFORE_EXTENSION);
    }
    return expect(chunks, byte, ';', IN_EXTENSION) || expect(chunks, byte, '\r', BEFORE_SIZE_LF);
}

static bool begin_chunk(struct chunks *chunks, char byte) {
    chunks->digits = 0;
    chunks->framing = 0;
    return expect(chunks, byte, '\n', IN_SIZE);
}

/* False: the byte must not stand here. */
static bool take_framing(struct chunks *chunks, char byte) {
    chunks->framing += 1;
    if (chunks->framing > GK_HEAD_MAX_BYTES) {
        return false;
    }
    switch (chunks->place) {
    case IN_SIZE:
        return take_size(chunks, byte);
    case BEFORE_EXTENSION:
        return is_blank(byte) || expect(chunks, byte, ';', IN_EXTENSION);
    case IN_EXTENSION:
        return is_text(byte) || expect(chunks, byte, '\r', BEFORE_SIZE_LF);
    case BEFORE_SIZE_LF:
        return expect(chunks, byte, '\n', chunks->left > 0 ? IN_DATA : BEFORE_TRAILER);
    case BEFORE_DATA_CR:
        return expect(chunks, byte, '\r', BEFORE_DATA_LF);
    case BEFORE_DATA_LF:
        return begin_chunk(chunks, byte);
    case BEFORE_TRAILER:
        return expect(chunks, byte, '\r', BEFORE_LAST_LF) ||
               (is_token(byte) && go_on(chunks, IN_TRAILER_NAME));
    case IN_TRAILER_NAME:
        return is_token(byte) || expect(chunks, byte, ':', IN_TRAILER_VALUE);
    case IN_TRAILER_VALUE:
        return is_text(byte) || expect(chunks, byte, '\r', BEFORE_TRAILER_LF);
    case BEFORE_TRAILER_LF:
        return expect(chunks, byte, '\n', BEFORE_TRAILER);
    case BEFORE_LAST_LF:
        return expect(chunks, byte, '\n', AT_END);
    default:
        return false;
    }
}

/* Moves the data of the chunk that has come, and returns its length. */
static size_t take_data(struct chunks *chunks, char *to, const char *from, size_t len) {
    size_t count = chunks->left < len ? chunks->left : len;

    memmove(to, from, count);
    chunks->left -= count;
    if (chunks->left == 0) {
        chunks->place = BEFORE_DATA_CR;
    }
    return count;
}

ssize_t chunks_take(struct chunks *chunks, char *bytes, size_t *len) {
    ssize_t result = CHUNKS_MORE;
    size_t size = *len;
    size_t from = 0;
    size_t to = 0;
    size_t count;

    while (from < size && result == CHUNKS_MORE) {
        if (chunks->place == IN_DATA) {
            count = take_data(chunks, bytes + to, bytes + from, size - from);
            from += count;
            to += count;
        } else if (!take_framing(chunks, bytes[from])) {
            result = CHUNKS_BROKEN;
        } else {
            from += 1;
            result = chunks->place == AT_END ? (ssize_t)(size - from) : CHUNKS_MORE;
        }
    }
    *len = to;
    if (result > 0) {
        memmove(bytes + to, bytes + from, size - from);
        to += size - from;
    }
    explicit_bzero(bytes + to, size - to);
    return result;
}
