#include "env/text_encoding.h"

#include <string.h>

/* `mark` is the byte order mark; `zeros` has a bit for each zero byte of an ASCII character. */
static const struct encoding {
    const char *name;
    size_t width;
    const char *mark;
    unsigned zeros;
} encodings[] = {
        /* UTF-32LE first: its mark begins with that of UTF-16LE. */
        {"UTF-32LE", 4, "\xFF\xFE\0\0", 0xE},
        {"UTF-32BE", 4, "\0\0\xFE\xFF", 0x7},
        {"UTF-16LE", 2, "\xFF\xFE", 0x2},
        {"UTF-16BE", 2, "\xFE\xFF", 0x1},
};

static unsigned zero_bits(const char *text, size_t width) {
    unsigned bits = 0;

    for (size_t i = 0; i < width; i++) {
        bits |= (unsigned)(text[i] == '\0') << i;
    }
    return bits;
}

const char *text_encoding_foreign(const char *text, size_t len) {
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        const struct encoding *encoding = &encodings[i];

        if (len < encoding->width) {
            continue;
        }
        if (memcmp(text, encoding->mark, encoding->width) == 0 ||
                zero_bits(text, encoding->width) == encoding->zeros) {
            return encoding->name;
        }
    }
    return NULL;
}
