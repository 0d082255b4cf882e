#include "api/vault/vault_value.h"

#include "common/base64.h"
#include "common/json_reader.h"
#include "common/json_writer.h"
#include "common/utf8.h"

/* How deep objects and arrays are nested in valid JSON. */
static size_t depth_of(struct span json) {
    bool is_in_text = false;
    size_t depth = 0;
    size_t deepest = 0;

    for (size_t at = 0; at < json.len; at++) {
        char byte = json.data[at];

        if (is_in_text) {
            at += byte == '\\';
            is_in_text = byte != '"';
        } else if (byte == '"') {
            is_in_text = true;
        } else if (byte == '{' || byte == '[') {
            depth += 1;
            deepest = depth > deepest ? depth : deepest;
        } else if (byte == '}' || byte == ']') {
            depth -= 1;
        }
    }
    return deepest;
}

/* Whether the text is one JSON object that is not nested too deep. */
static bool is_object(struct span text) {
    struct json_reader reader;

    text = json_reader_trim_start(text);
    if (text.len == 0 || text.data[0] != '{') {
        return false;
    }
    reader = json_reader_of(text);
    (void)json_reader_next(&reader);
    return json_reader_finish(&reader) == 0 && depth_of(text) <= VAULT_DEPTH_MAX;
}

void vault_value_append(struct buffer *buffer, const struct version *version) {
    if (version->binary) {
        buffer_append_literal(buffer, "{\"value_base64\":");
        json_write_base64(buffer, version->value);
        buffer_append_literal(buffer, "}");
    } else if (is_object(version->value)) {
        buffer_append_span(buffer, version->value);
    } else {
        buffer_append_literal(buffer, "{\"value\":");
        json_write_text(buffer, version->value);
        buffer_append_literal(buffer, "}");
    }
}

static void append_subkeys(struct buffer *buffer, struct span object, uint64_t depth) {
    struct json_reader reader = json_reader_of(object);
    struct json_reader_value name;
    bool is_first = true;

    (void)json_reader_take(&reader, '{');
    buffer_append_literal(buffer, "{");
    for (; json_reader_member(&reader, is_first, &name); is_first = false) {
        struct json_reader_value value = json_reader_next(&reader);

        buffer_append_text(buffer, is_first ? "\"" : ",\"");
        buffer_append_span(buffer, name.raw);
        buffer_append_literal(buffer, "\":");
        if (value.kind == JSON_READER_NESTED && value.raw.data[0] == '{' && depth != 1) {
            append_subkeys(buffer, value.raw, depth == 0 ? 0 : depth - 1);
        } else {
            buffer_append_literal(buffer, "null");
        }
    }
    buffer_append_literal(buffer, "}");
}

void vault_subkeys_append(struct buffer *buffer, const struct version *version, uint64_t depth) {
    BUFFER_AUTO struct buffer object = BUFFER_NULL;

    vault_value_append(&object, version);
    if (buffer_finish(&object) != 0) {
        buffer->broken = true;
        return;
    }
    append_subkeys(buffer, buffer_span(&object), depth);
}

/* Appends valid JSON without the blanks between its tokens. */
static void append_compact(struct buffer *buffer, struct span json) {
    bool is_in_text = false;

    (void)buffer_reserve(buffer, json.len);
    for (size_t at = 0; at < json.len; at++) {
        char byte = json.data[at];

        if (!is_in_text && json_reader_is_blank(byte)) {
            continue;
        }
        buffer_append_byte(buffer, byte);
        if (is_in_text && byte == '\\') {
            at += 1;
            buffer_append_byte(buffer, json.data[at]);
        } else if (byte == '"') {
            is_in_text = !is_in_text;
        }
    }
}

/* The one member of an object that has one, if that is a text. Its escapes are undone in bytes. */
static bool take_only_text(
        struct span object, struct buffer *bytes, struct span *ret_name, struct span *ret_text) {
    struct json_reader reader = json_reader_of(object);
    struct json_reader_value name;
    struct json_reader_value value;
    size_t name_len;
    size_t len;
    char *place;

    (void)json_reader_take(&reader, '{');
    if (!json_reader_member(&reader, true, &name)) {
        return false;
    }
    value = json_reader_next(&reader);
    if (value.kind != JSON_READER_TEXT || !json_reader_take(&reader, '}')) {
        return false;
    }
    place = buffer_reserve(bytes, name.raw.len + value.raw.len);
    if (place == NULL || !json_reader_decode(&name, place, &name_len) ||
            !json_reader_decode(&value, place + name_len, &len)) {
        return false;
    }
    *ret_name = (struct span){place, name_len};
    *ret_text = (struct span){place + name_len, len};
    return true;
}

static bool is_text(struct span bytes) {
    return utf8_is_valid(bytes) && (bytes.len == 0 || memchr(bytes.data, '\0', bytes.len) == NULL);
}

/* Whether the object stands for a text or for bytes, which are then appended to bytes. */
static bool read_simple(struct span object, struct buffer *bytes, bool *ret_binary) {
    BUFFER_AUTO struct buffer decoded = BUFFER_NULL;
    struct span name;
    struct span text;

    if (!take_only_text(object, &decoded, &name, &text)) {
        return false;
    }
    if (span_is(name, "value") && !is_object(text) && is_text(text)) {
        buffer_append_span(bytes, text);
        *ret_binary = false;
        return true;
    }
    if (!span_is(name, "value_base64") || base64_decode(text, bytes) != 0) {
        return false;
    }
    if (is_text(buffer_span(bytes))) {
        buffer_clear(bytes);
        return false;
    }
    *ret_binary = true;
    return true;
}

int vault_value_read(struct span object, struct buffer *bytes, struct span *ret_value,
        bool *ret_binary, struct problem *problem) {
    int error;

    if (depth_of(object) > VAULT_DEPTH_MAX) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "data is nested more than %d objects and arrays deep", VAULT_DEPTH_MAX);
    }
    if (!read_simple(object, bytes, ret_binary)) {
        append_compact(bytes, object);
        *ret_binary = false;
    }
    error = buffer_finish(bytes);
    if (error != 0) {
        return error;
    }
    *ret_value = bytes->data != NULL ? buffer_span(bytes) : SPAN_LITERAL("");
    return 0;
}
