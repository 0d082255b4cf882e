#include "api/vault/vault_custom.h"

#include "common/json_writer.h"
#include "common/utf8.h"
#include "http/request_text.h"

#define REFUSED "custom_metadata validation failed: "

/*
 * What cannot be printed: the characters that Unicode 15 (UnicodeData.txt) has in the categories
 * Cc, Cf, Co, Cs, Zl, Zp and, but for the blank, Zs; and those that are for ever none. Unassigned
 * ones between two of them are in the ranges, others are not.
 */
static const struct range {
    uint32_t first;
    uint32_t last;
} unprintable[] = {
        {0x0, 0x1f},
        {0x7f, 0xa0},
        {0xad, 0xad},
        {0x600, 0x605},
        {0x61c, 0x61c},
        {0x6dd, 0x6dd},
        {0x70f, 0x70f},
        {0x890, 0x891},
        {0x8e2, 0x8e2},
        {0x1680, 0x1680},
        {0x180e, 0x180e},
        {0x2000, 0x200f},
        {0x2028, 0x202f},
        {0x205f, 0x206f},
        {0x3000, 0x3000},
        {0xd800, 0xf8ff},
        {0xfdd0, 0xfdef},
        {0xfeff, 0xfeff},
        {0xfff9, 0xfffb},
        {0xfffe, 0xffff},
        {0x110bd, 0x110bd},
        {0x110cd, 0x110cd},
        {0x13430, 0x1343f},
        {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a},
        {0x1fffe, 0x1ffff},
        {0x2fffe, 0x2ffff},
        {0x3fffe, 0xe007f},
        {0xefffe, 0x10ffff},
};

/* The code point of a character that is valid UTF-8. */
static uint32_t code_point(const char *character, size_t width) {
    static const unsigned char head_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = (unsigned char)character[0] & head_bits[width];

    for (size_t at = 1; at < width; at++) {
        code = code << 6 | ((unsigned char)character[at] & 0x3f);
    }
    return code;
}

static bool is_printable(uint32_t code) {
    for (size_t at = 0; at < sizeof(unprintable) / sizeof(unprintable[0]); at++) {
        if (code <= unprintable[at].last) {
            return code < unprintable[at].first;
        }
    }
    return true;
}

/* Whether it has a character that cannot be printed, or is not UTF-8 (half a surrogate pair). */
static bool is_unprintable(struct span text) {
    for (size_t at = 0; at < text.len;) {
        size_t width = utf8_character(text.data + at, text.len - at);

        if (width == 0 || !is_printable(code_point(text.data + at, width))) {
            return true;
        }
        at += width;
    }
    return false;
}

static int check_text(struct span text, const char *what, size_t max_bytes, struct span key,
        struct problem *problem) {
    if (text.len == 0) {
        return problem_set(problem, GK_E_BAD_REQUEST, REFUSED "length of %s%s is 0", what,
                shown_utf8(key).text);
    }
    if (text.len > max_bytes) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                REFUSED "length of %s%s is %zu but max allowed is %zu", what, shown_utf8(key).text,
                text.len, max_bytes);
    }
    if (is_unprintable(text)) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                REFUSED "%s%s contains unprintable characters", what, shown_utf8(key).text);
    }
    return 0;
}

/* A text with its escapes undone, appended to bytes, which does not move. */
static struct span decode(const struct json_reader_value *text, struct buffer *bytes) {
    char *place = buffer_reserve(bytes, text->raw.len);
    size_t len;

    if (!text->has_escapes || place == NULL) {
        return text->raw;
    }
    (void)json_reader_decode(text, place, &len); /* half a pair is found by is_unprintable() */
    buffer_commit(bytes, len);
    return (struct span){place, len};
}

/* What a value becomes: a number its digits, true "1", false "0". False: it is no such value. */
static bool take_value(
        const struct json_reader_value *value, struct buffer *bytes, struct span *ret_text) {
    switch (value->kind) {
    case JSON_READER_TEXT:
        *ret_text = decode(value, bytes);
        return true;
    case JSON_READER_NUMBER:
        *ret_text = value->raw;
        return true;
    case JSON_READER_TRUE:
        *ret_text = SPAN_LITERAL("1");
        return true;
    case JSON_READER_FALSE:
        *ret_text = SPAN_LITERAL("0");
        return true;
    case JSON_READER_NULL:
        *ret_text = SPAN_LITERAL("");
        return true;
    default:
        return false;
    }
}

static int take_label(const struct json_reader_value *name, const struct json_reader_value *value,
        bool is_patch, struct buffer *bytes, struct label *ret_label, struct problem *problem) {
    struct label label = {.name = decode(name, bytes)};
    int error = check_text(label.name, "key ", GK_LABEL_NAME_MAX_BYTES, label.name, problem);

    if (error != 0) {
        return error;
    }
    if (is_patch && value->kind == JSON_READER_NULL) {
        *ret_label = label; /* without a value: it is removed */
        return 0;
    }
    if (!take_value(value, bytes, &label.value)) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                REFUSED "value for key %s is not a string, a number, true or false",
                shown_utf8(label.name).text);
    }
    error = check_text(
            label.value, "value for key ", GK_LABEL_VALUE_MAX_BYTES, label.name, problem);
    if (error != 0) {
        return error;
    }
    *ret_label = label;
    return 0;
}

/* Of members with the same name the last one counts. */
static int add(struct definition *definition, const struct label *label, struct problem *problem) {
    for (size_t at = 0; at < definition->label_count; at++) {
        if (span_equals(definition->labels[at].name, label->name)) {
            definition->labels[at] = *label;
            return 0;
        }
    }
    if (definition->label_count == GK_LABEL_CHANGES_MAX) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                REFUSED "payload must contain at most %d keys", GK_LABELS_MAX);
    }
    definition->labels[definition->label_count++] = *label;
    return 0;
}

int vault_custom_read(const struct json_reader_value *value, bool is_patch, struct buffer *bytes,
        struct definition *definition, struct problem *problem) {
    struct json_reader reader = json_reader_of(value->raw);
    struct json_reader_value name;
    struct label label;

    definition->has_labels = true;
    definition->labels_reset = !is_patch || value->kind == JSON_READER_NULL;
    if (value->kind == JSON_READER_NULL) {
        return 0;
    }
    if (value->kind != JSON_READER_NESTED || !json_reader_take(&reader, '{')) {
        return problem_set(problem, GK_E_BAD_REQUEST, REFUSED "it must be an object");
    }
    if (buffer_reserve(bytes, value->raw.len) == NULL) { /* so that nothing moves */
        return -ENOMEM;
    }
    for (bool is_first = true; json_reader_member(&reader, is_first, &name); is_first = false) {
        struct json_reader_value item = json_reader_next(&reader);
        int error = take_label(&name, &item, is_patch, bytes, &label, problem);

        if (error != 0) {
            return error;
        }
        error = add(definition, &label, problem);
        if (error != 0) {
            return error;
        }
    }
    labels_sort(definition->labels, definition->label_count);
    return 0;
}
