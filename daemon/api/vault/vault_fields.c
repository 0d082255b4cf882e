#include "api/vault/vault_fields.h"

#include <errno.h>

#include "api/vault/vault_duration.h"
#include "api/vault/vault_form.h"
#include "common/instant.h"
#include "common/json_writer.h"
#include "common/utf8.h"
#include "ghostkey/protocol.h"
#include "http/call.h"
#include "http/request_text.h"

#define LIST_MAX 64

static int refuse_json(struct problem *problem, const char *fault) {
    return problem_set(problem, GK_E_BAD_REQUEST, "failed to parse JSON input: %s", fault);
}

static int refuse_field(
        const struct vault_field *field, struct problem *problem, const char *expected) {
    return problem_set(problem, GK_E_BAD_REQUEST,
            "error converting input for field \"%s\": it must be %s", field->name, expected);
}

bool vault_decode_text(struct json_reader_value *value, struct buffer *bytes) {
    char *place;
    size_t len;

    if (value->kind != JSON_READER_TEXT || !value->has_escapes) {
        return true;
    }
    place = buffer_reserve(bytes, value->raw.len);
    if (place == NULL) {
        return true; /* who finishes the buffer notices that it is broken */
    }
    if (!json_reader_decode(value, place, &len)) {
        return false;
    }
    buffer_commit(bytes, len);
    value->raw = (struct span){place, len};
    value->has_escapes = false;
    return true;
}

/* A form's field that comes again is Vault's way to write a list: it would lose all but the last.
 */
static int take_member(struct vault_field *fields, size_t count, struct span name,
        const struct json_reader_value *value, bool is_form, struct problem *problem) {
    for (size_t at = 0; at < count; at++) {
        if (!span_is(name, fields[at].name)) {
            continue;
        }
        if (is_form && fields[at].value.kind != JSON_READER_NOTHING) {
            return problem_set(problem, GK_E_BAD_REQUEST,
                    "the form has \"%s\" more than once: write a list as %s=1,2", fields[at].name,
                    fields[at].name);
        }
        fields[at].value = *value;
    }
    return 0;
}

/* The members of the object whose '{' was taken. */
static int take_members(struct json_reader *reader, struct vault_field *fields, size_t count,
        bool is_form, struct buffer *bytes, struct problem *problem) {
    struct json_reader_value name;
    int error;

    for (bool is_first = true; json_reader_member(reader, is_first, &name); is_first = false) {
        struct json_reader_value value = json_reader_next(reader);

        if (reader->is_broken) {
            break;
        }
        if (!vault_decode_text(&name, bytes) || !vault_decode_text(&value, bytes)) {
            return refuse_json(problem, "a text has half of a surrogate pair");
        }
        error = take_member(fields, count, name.raw, &value, is_form, problem);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

static int read_json(struct span text, struct vault_field *fields, size_t count, bool is_form,
        struct buffer *bytes, struct problem *problem) {
    struct json_reader reader = json_reader_of(text);
    int error;

    if (!utf8_is_valid(text)) {
        return refuse_json(problem, "the body is not UTF-8");
    }
    if (!json_reader_take(&reader, '{')) {
        bool is_null = json_reader_next(&reader).kind == JSON_READER_NULL;

        return is_null && json_reader_finish(&reader) == 0
                       ? 0
                       : refuse_json(problem, "the body must be one JSON object");
    }
    error = take_members(&reader, fields, count, is_form, bytes, problem);
    if (error != 0) {
        return error;
    }
    if (reader.is_too_deep) {
        return refuse_json(problem, "objects and arrays are nested too deep");
    }
    return json_reader_finish(&reader) == 0 ? 0 : refuse_json(problem, "the body is no valid JSON");
}

int vault_fields_read(
        struct call *call, struct vault_field *fields, size_t count, struct buffer *bytes) {
    struct span text = call->request.body;
    bool is_form = vault_is_form(&call->request);
    size_t json_max = is_form ? vault_form_max_bytes(text.len) : text.len;
    int error;

    if (json_reader_trim_start(text).len == 0) {
        return 0;
    }
    /* what is decoded must not move: a form's JSON, then texts, which get shorter by it */
    if (buffer_reserve(bytes, 2 * json_max) == NULL) {
        return -ENOMEM;
    }
    if (is_form) {
        vault_form_append_json(text, bytes);
        text = buffer_span(bytes);
    }
    error = read_json(text, fields, count, is_form, bytes, &call->problem);
    return error != 0 ? error : buffer_finish(bytes);
}

bool vault_field_is_given(const struct vault_field *field) {
    return field->value.kind != JSON_READER_NOTHING && field->value.kind != JSON_READER_NULL;
}

/* A number or truth as it was sent. False: the field is an object or an array. */
static bool take_scalar(const struct vault_field *field, struct span *ret_text) {
    if (vault_field_is_given(field)) {
        *ret_text = field->value.raw;
    }
    return field->value.kind != JSON_READER_NESTED;
}

int vault_field_text(
        const struct vault_field *field, struct span *ret_text, struct problem *problem) {
    return take_scalar(field, ret_text) ? 0 : refuse_field(field, problem, "a string");
}

int vault_field_bool(const struct vault_field *field, bool *ret_bool, struct problem *problem) {
    static const char *const truths[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const others[] = {"0", "f", "F", "false", "FALSE", "False", ""};
    struct span text = SPAN_NULL;
    bool is_scalar = take_scalar(field, &text);

    if (is_scalar && text.data == NULL) {
        return 0;
    }
    for (size_t at = 0; at < sizeof(truths) / sizeof(truths[0]); at++) {
        if (span_is(text, truths[at])) {
            *ret_bool = true;
            return 0;
        }
    }
    for (size_t at = 0; at < sizeof(others) / sizeof(others[0]); at++) {
        if (span_is(text, others[at])) {
            *ret_bool = false;
            return 0;
        }
    }
    return refuse_field(field, problem, "true or false");
}

int vault_field_duration(
        const struct vault_field *field, uint32_t *ret_seconds, struct problem *problem) {
    struct span text = SPAN_NULL;
    bool is_scalar = take_scalar(field, &text);
    int64_t seconds = 0;

    if (is_scalar && text.data == NULL) {
        return 0;
    }
    if (!is_scalar || (text.len > 0 && ttl_parse(text, &seconds) != 0 &&
                              !vault_duration_parse(text, &seconds))) {
        return refuse_field(field, problem, "a duration such as 3600, \"30m\" or \"1h30m\"");
    }
    if (seconds > GK_TTL_MAX_S) {
        return refuse_field(field, problem, "at most 87600h, which is ten years");
    }
    *ret_seconds = (uint32_t)seconds;
    return 0;
}

int vault_field_count(const struct vault_field *field, uint64_t max, uint64_t *ret_count,
        struct problem *problem) {
    struct span text = SPAN_NULL;
    bool is_scalar = take_scalar(field, &text);
    unsigned long long count = 0;

    if (is_scalar && text.data == NULL) {
        return 0;
    }
    if (!is_scalar || (text.len > 0 && (decimal_parse(text, &count) != 0 || count > max))) {
        return problem_set(problem, GK_E_BAD_REQUEST,
                "error converting input for field \"%s\": it must be a number from 0 to %llu",
                field->name, (unsigned long long)max);
    }
    *ret_count = count;
    return 0;
}

/* Appends the value of a member as a JSON string. */
static bool append_scalar(struct buffer *buffer, struct json_reader_value value) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;

    if (value.kind == JSON_READER_NESTED || value.kind == JSON_READER_NULL ||
            !vault_decode_text(&value, &bytes)) {
        return false;
    }
    json_write_text(buffer, value.raw);
    buffer->broken = buffer->broken || bytes.broken;
    return true;
}

struct list {
    struct span items[LIST_MAX]; /* sorted, each once */
    size_t count;
};

/* False: the list is full. */
static bool list_add(struct list *list, struct span item) {
    size_t at = 0;

    while (at < list->count && span_compare(list->items[at], item) < 0) {
        at += 1;
    }
    if (at < list->count && span_equals(list->items[at], item)) {
        return true;
    }
    if (list->count == LIST_MAX) {
        return false;
    }
    memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof(item));
    list->items[at] = item;
    list->count += 1;
    return true;
}

/* "a,b" */
static bool read_divided(struct span text, struct list *list) {
    bool fits = true;

    while (fits && text.len > 0) {
        struct span part = span_trim(span_take_until(&text, ','));

        fits = part.len == 0 || list_add(list, part);
    }
    return fits;
}

/* ["a","b"]; bytes has room for what is decoded. */
static bool read_array(struct span text, struct buffer *bytes, struct list *list) {
    struct json_reader reader = json_reader_of(text);

    if (!json_reader_take(&reader, '[')) {
        return false;
    }
    while (!json_reader_take(&reader, ']')) {
        struct json_reader_value item;

        (void)json_reader_take(&reader, ',');
        item = json_reader_next(&reader);
        if (item.kind != JSON_READER_TEXT || !vault_decode_text(&item, bytes) ||
                (item.raw.len > 0 && !list_add(list, item.raw))) {
            return false;
        }
    }
    return true;
}

int vault_field_append_list(const struct vault_field *field, struct span first,
        struct buffer *buffer, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct list list = {.count = 0};
    struct span raw = field->value.raw;
    bool is_read = true;

    (void)buffer_reserve(&bytes, raw.len + 1);
    if (first.data != NULL) {
        (void)list_add(&list, first);
    }
    if (field->value.kind == JSON_READER_NESTED) {
        is_read = read_array(raw, &bytes, &list);
    } else if (vault_field_is_given(field)) {
        is_read = read_divided(raw, &list);
    }
    if (!is_read) {
        return refuse_field(field, problem, "a list of at most 64 strings");
    }
    for (size_t at = 0; at < list.count; at++) {
        buffer_append_byte(buffer, at == 0 ? '[' : ',');
        json_write_text(buffer, list.items[at]);
    }
    buffer_append_text(buffer, list.count == 0 ? "[]" : "]");
    return buffer_finish(&bytes);
}

int vault_field_append_texts(
        const struct vault_field *field, struct buffer *buffer, struct problem *problem) {
    struct json_reader reader = json_reader_of(field->value.raw);
    struct json_reader_value name;
    char separator = '{';

    if (!vault_field_is_given(field)) {
        buffer_append_literal(buffer, "null");
        return 0;
    }
    if (field->value.kind != JSON_READER_NESTED || !json_reader_take(&reader, '{')) {
        return refuse_field(field, problem, "an object whose values are strings");
    }
    for (; json_reader_member(&reader, separator == '{', &name); separator = ',') {
        buffer_append_byte(buffer, separator);
        if (!append_scalar(buffer, name)) {
            return refuse_field(field, problem, "an object whose values are strings");
        }
        buffer_append_literal(buffer, ":");
        if (!append_scalar(buffer, json_reader_next(&reader))) {
            return refuse_field(field, problem, "an object whose values are strings");
        }
    }
    buffer_append_text(buffer, separator == '{' ? "{}" : "}");
    return 0;
}

struct json_reader_value vault_field_member(
        const struct vault_field *field, const char *name, struct buffer *bytes) {
    struct json_reader reader = json_reader_of(field->value.raw);
    struct json_reader_value found = {JSON_READER_NOTHING};
    struct json_reader_value member;

    if (field->value.kind != JSON_READER_NESTED || !json_reader_take(&reader, '{')) {
        return found;
    }
    for (bool is_first = true; json_reader_member(&reader, is_first, &member); is_first = false) {
        struct json_reader_value value = json_reader_next(&reader);

        if (vault_decode_text(&member, bytes) && span_is(member.raw, name)) {
            found = value;
        }
    }
    (void)vault_decode_text(&found, bytes); /* no caller takes a text with half a pair */
    return found;
}
