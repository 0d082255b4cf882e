/*
 * Bytes that are owned elsewhere: any bytes, without a final NUL. Whoever hands out a span says how
 * long it is valid.
 */
#ifndef GHOSTKEY_SPAN_H
#define GHOSTKEY_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *data;
    size_t len;
};

#define SPAN_NULL ((struct span){NULL, 0})
#define SPAN_LITERAL(text) ((struct span){(text), sizeof(text) - 1})

/* For printf: `"%.*s", SPAN_ARGS(name)`. */
#define SPAN_ARGS(span) (int)(span).len, (span).data

static inline struct span span_of(const char *text) {
    return (struct span){text, strlen(text)};
}

static inline bool span_equals(struct span a, struct span b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_is(struct span a, const char *text) {
    return span_equals(a, span_of(text));
}

static inline bool span_starts_with(struct span a, struct span prefix) {
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

/* Takes the text before the first such byte from *rest, or all of it; the byte itself is dropped.
 */
static inline struct span span_take_until(struct span *rest, char byte) {
    struct span taken = *rest;
    const char *at = taken.len > 0 ? memchr(taken.data, byte, taken.len) : NULL;

    if (at == NULL) {
        *rest = SPAN_NULL;
        return taken;
    }
    taken.len = (size_t)(at - taken.data);
    rest->data = at + 1;
    rest->len -= taken.len + 1;
    return taken;
}

/* Without the spaces and tabs at its beginning; at its end; at both. */
static inline struct span span_trim_start(struct span text) {
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data += 1;
        text.len -= 1;
    }
    return text;
}

static inline struct span span_trim_end(struct span text) {
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')) {
        text.len -= 1;
    }
    return text;
}

static inline struct span span_trim(struct span text) {
    return span_trim_end(span_trim_start(text));
}

#define DECIMAL_MAX_BYTES 20

/* Writes number in decimal, without a NUL. Returns how many bytes. */
static inline size_t decimal_format(uint64_t number, char place[DECIMAL_MAX_BYTES]) {
    size_t len = 1;

    for (uint64_t rest = number; rest >= 10; rest /= 10) {
        len += 1;
    }
    for (size_t at = len; at > 0; at--) {
        place[at - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return len;
}

/* Orders as bytes: less than, equal to or greater than 0. */
static inline int span_compare(struct span a, struct span b) {
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
