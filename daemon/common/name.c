#include "common/name.h"

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_segment_byte(char c) {
    switch (c) { /* not strchr(): each request has a name */
    case '.':
    case '_':
    case '+':
    case '=':
    case '@':
    case '!':
    case '%':
    case '-':
        return true;
    default:
        return is_letter(c) || is_digit(c);
    }
}

static const char *segment_fault(struct span segment) {
    if (segment.len == 0) {
        return "has an empty segment (one '/' between segments, none at the ends)";
    }
    if (span_is(segment, ".") || span_is(segment, "..")) {
        return "has a segment '.' or '..'";
    }
    for (size_t i = 0; i < segment.len; i++) {
        if (!is_segment_byte(segment.data[i])) {
            return "has a byte other than A-Z a-z 0-9 . _ + = @ ! % - and '/'";
        }
    }
    return NULL;
}

const char *name_fault(struct span name) {
    const char *start = name.data;
    const char *end;

    if (name.len == 0) {
        return "is empty";
    }
    end = start + name.len;
    if (name.len > GK_NAME_MAX_BYTES) {
        return "is longer than 255 bytes";
    }
    for (;;) {
        const char *slash = memchr(start, '/', (size_t)(end - start));
        const char *stop = slash != NULL ? slash : end;
        const char *fault = segment_fault((struct span){start, (size_t)(stop - start)});

        if (fault != NULL || slash == NULL) {
            return fault;
        }
        start = slash + 1;
    }
}

bool name_has_only_name_bytes(struct span text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '/' && !is_segment_byte(text.data[i])) {
            return false;
        }
    }
    return text.len <= GK_NAME_MAX_BYTES;
}

bool env_name_is_valid(struct span text) {
    if (text.len == 0 || text.len > GK_ENV_MAX_BYTES || is_digit(text.data[0])) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter(text.data[i]) && !is_digit(text.data[i]) && text.data[i] != '_') {
            return false;
        }
    }
    return true;
}

size_t env_name_default(struct span name, char place[GK_NAME_MAX_BYTES + 1]) {
    size_t len = 0;

    if (name.len > 0 && is_digit(name.data[0])) {
        place[len++] = '_';
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        } else if (!is_letter(c) && !is_digit(c)) {
            c = '_';
        }
        place[len++] = c;
    }
    return len;
}

bool env_name_is_of(struct span env, struct span name) {
    char place[GK_NAME_MAX_BYTES + 1];
    struct span by_default = {.data = place};

    if (env_name_is_valid(env)) {
        return true;
    }
    by_default.len = env_name_default(name, place);
    return span_equals(env, by_default);
}
