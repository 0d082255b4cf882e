#include "wire/secret_page.h"

#include <errno.h>
#include <string.h>

#include "common/json_reader.h"
#include "secret_name.h"

struct secret {
    struct json_reader_value name;
    struct json_reader_value value;
    struct json_reader_value expired;
    struct json_reader_value env;
};

/* Decodes a text in place and puts a NUL behind it; false if the value is not a text. */
static bool decode(struct json_reader_value *value) {
    char *place = (char *)value->raw.data; /* the caller lets us write into the page */

    if (value->kind != JSON_READER_TEXT) {
        return false;
    }
    if (value->has_escapes && !json_reader_decode(value, place, &value->raw.len)) {
        return false;
    }
    place[value->raw.len] = '\0'; /* where its closing quote was, or before */
    value->has_escapes = false;
    return true;
}

/* The same; false also if the text holds a NUL. */
static bool decode_word(struct json_reader_value *value) {
    return decode(value) && memchr(value->raw.data, '\0', value->raw.len) == NULL;
}

static bool next_member(struct json_reader *reader, bool is_first, struct span *ret_name) {
    struct json_reader_value name;

    if (!json_reader_member(reader, is_first, &name)) {
        return false;
    }
    reader->is_broken = !decode(&name);
    *ret_name = name.raw;
    return !reader->is_broken;
}

static bool decode_secret(struct secret *secret) {
    bool is_live_or_not =
            secret->expired.kind == JSON_READER_TRUE || secret->expired.kind == JSON_READER_FALSE;

    if (!decode_word(&secret->name) || name_fault(secret->name.raw) != NULL || !is_live_or_not ||
            !decode(&secret->value)) {
        return false;
    }
    return secret->env.kind == JSON_READER_FALSE ||
           (decode_word(&secret->env) && env_name_is_of(secret->env.raw, secret->name.raw));
}

static void read_metadata(struct json_reader *reader, struct secret *secret) {
    struct span name;

    json_reader_expect(reader, '{');
    for (bool is_first = true; next_member(reader, is_first, &name); is_first = false) {
        struct json_reader_value value = json_reader_next(reader);

        if (span_is(name, "env")) {
            secret->env = value;
        }
    }
}

static void read_secret(struct json_reader *reader, struct secret *secret) {
    struct span name;

    json_reader_expect(reader, '{');
    for (bool is_first = true; next_member(reader, is_first, &name); is_first = false) {
        if (span_is(name, "name")) {
            secret->name = json_reader_next(reader);
        } else if (span_is(name, "value") || span_is(name, "value_base64")) {
            secret->value = json_reader_next(reader);
        } else if (span_is(name, "expired")) {
            secret->expired = json_reader_next(reader);
        } else if (span_is(name, "metadata")) {
            read_metadata(reader, secret);
        } else {
            (void)json_reader_next(reader);
        }
    }
    reader->is_broken = reader->is_broken || !decode_secret(secret);
}

static void read_secrets(
        struct json_reader *reader, struct env_entry *entries, size_t entries_max, size_t *count) {
    json_reader_expect(reader, '[');
    if (json_reader_take(reader, ']')) {
        return;
    }
    do {
        struct secret secret = {0};

        read_secret(reader, &secret);
        if (reader->is_broken || secret.expired.kind == JSON_READER_TRUE ||
                secret.env.kind == JSON_READER_FALSE) {
            continue;
        }
        if (*count == entries_max) {
            reader->is_broken = true;
            continue;
        }
        entries[(*count)++] = (struct env_entry){
                .env = secret.env.raw.data,
                .name = secret.name.raw.data,
                .value = secret.value.raw.data,
                .value_len = secret.value.raw.len,
        };
    } while (json_reader_take(reader, ','));
    json_reader_expect(reader, ']');
}

int secret_page_read(struct buffer *page, struct env_entry *entries, size_t entries_max,
        size_t *ret_count, const char **ret_next) {
    struct json_reader reader = json_reader_of(buffer_span(page));
    struct json_reader_value next = {0};
    struct span name;
    size_t count = 0;
    bool has_secrets = false;

    json_reader_expect(&reader, '{');
    for (bool is_first = true; next_member(&reader, is_first, &name); is_first = false) {
        if (span_is(name, "secrets")) {
            reader.is_broken = reader.is_broken || has_secrets; /* a second one is an error */
            read_secrets(&reader, entries, entries_max, &count);
            has_secrets = true;
        } else if (span_is(name, "next")) {
            next = json_reader_next(&reader);
        } else {
            (void)json_reader_next(&reader);
        }
    }
    if (json_reader_finish(&reader) != 0 || !has_secrets ||
            (next.kind != JSON_READER_NULL && !decode_word(&next))) {
        return -EPROTO;
    }
    *ret_count = count;
    *ret_next = next.kind == JSON_READER_NULL ? NULL : next.raw.data;
    return 0;
}
